using System.Buffers.Binary;

namespace Viddhana.Core.Algorithms;

/// <summary>
/// What all shares of a job have in common behind the coinbase, as the share kernels read it: <c>struct vk_job</c> of
/// <c>native/vk.h</c>. Words are those that SHA-256 reads, so that no byte is swapped between the hashes.
/// </summary>
internal sealed unsafe class JobWords
{
    /// <summary>Word at which the previous hash begins; before it stand the steps of the merkle path and nbits.</summary>
    public const int PrevHashAt = 2;

    /// <summary>Word at which the merkle path begins.</summary>
    public const int BranchesAt = 16;

    private readonly PinnedWords _words;

    /// <param name="prevHash">32 bytes in header order.</param>
    /// <param name="nbits">Compact target.</param>
    /// <param name="branches">Merkle path, 32 bytes a step.</param>
    public JobWords(ReadOnlySpan<byte> prevHash, uint nbits, ReadOnlySpan<byte> branches)
    {
        Check.That(prevHash.Length == Sha256d.HashSize && branches.Length % Sha256d.HashSize == 0);
        _words = new PinnedWords(BranchesAt + (branches.Length / sizeof(uint)));
        var words = _words.Span;
        words[0] = (uint)(branches.Length / Sha256d.HashSize);
        words[1] = nbits;
        ReadWords(prevHash, words[PrevHashAt..]);
        ReadWords(branches, words[BranchesAt..]);
    }

    /// <summary><c>struct vk_job</c>; valid while this object is referenced.</summary>
    public uint* Pointer => _words.Pointer;

    /// <summary>Reads whole big-endian words.</summary>
    public static void ReadWords(ReadOnlySpan<byte> bytes, Span<uint> words)
    {
        for (var i = 0; i < bytes.Length / sizeof(uint); i++) words[i] = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 * i)..]);
    }
}
