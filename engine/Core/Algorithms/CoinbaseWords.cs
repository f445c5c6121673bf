using System.Buffers.Binary;
using Viddhana.Contracts;

namespace Viddhana.Core.Algorithms;

/// <summary>
/// A coinbase (without witness) as the share kernels read it: <c>struct vk_work</c> of <c>native/vk.h</c>. The blocks before extranonce1
/// are hashed once, here; the others are kept as words, SHA-256's padding included, with zeros where the extranonces go.
/// </summary>
internal sealed unsafe class CoinbaseWords
{
    /// <summary>Word that holds the number of blocks of the tail; before it stands the pointer to the job's words.</summary>
    public const int BlocksAt = 2;

    /// <summary>Word that holds the byte of the tail at which extranonce1 begins.</summary>
    public const int HoleAt = 3;

    /// <summary>Word at which the state after the whole blocks before extranonce1 begins.</summary>
    public const int MidstateAt = 4;

    /// <summary>Word at which the tail begins.</summary>
    public const int TailAt = 16;

    /// <summary>Bytes of extranonce1.</summary>
    public const int Extranonce1Size = 4;

    private const int BlockSize = 64;
    private const int LengthSize = 8;

    private readonly PinnedWords _words;

    /// <param name="job">The job; kept alive by this object.</param>
    /// <param name="before">Coinbase up to extranonce1.</param>
    /// <param name="extranonce2Size">Bytes of extranonce2, at most 8.</param>
    /// <param name="after">Coinbase after extranonce2.</param>
    public CoinbaseWords(JobWords job, ReadOnlySpan<byte> before, int extranonce2Size, ReadOnlySpan<byte> after)
    {
        Check.That(extranonce2Size is >= 0 and <= sizeof(ulong));
        Job = job;
        var constant = before.Length / BlockSize * BlockSize;
        var size = before.Length + Extranonce1Size + extranonce2Size + after.Length;
        var blocks = (size - constant + 1 + LengthSize + BlockSize - 1) / BlockSize;

        // Kernels may read two blocks even where there is one.
        _words = new PinnedWords(TailAt + (Math.Max(blocks, 2) * Sha256.BlockWords));
        *(uint**)_words.Pointer = job.Pointer;
        var words = _words.Span;
        words[BlocksAt] = (uint)blocks;
        words[HoleAt] = (uint)(before.Length - constant);
        Sha256.Begin(words[MidstateAt..]);
        Span<uint> block = stackalloc uint[Sha256.BlockWords];
        for (var at = 0; at < constant; at += BlockSize)
        {
            JobWords.ReadWords(before.Slice(at, BlockSize), block);
            Sha256.Mix(words[MidstateAt..], block);
        }

        var tail = new byte[blocks * BlockSize];
        before[constant..].CopyTo(tail);
        after.CopyTo(tail.AsSpan(size - constant - after.Length));
        tail[size - constant] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(tail.AsSpan(tail.Length - LengthSize), (ulong)size * 8);
        JobWords.ReadWords(tail, words[TailAt..]);
    }

    /// <summary>The job's words.</summary>
    public JobWords Job { get; }

    /// <summary><c>struct vk_work</c>; valid while this object is referenced.</summary>
    public uint* Pointer => _words.Pointer;
}
