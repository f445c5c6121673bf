using System.Buffers.Binary;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;

namespace Viddhana.Core.Shares;

/// <summary>
/// Hashes the headers of many shares at once, of whatever jobs: one call of the share kernels, and for a proof of work other than SHA-256d
/// one more over the headers.
/// </summary>
internal sealed unsafe class HeaderBatch
{
    private const int LanesMax = 128;
    private const int HeaderSize = ShareKernels.HeaderSize;
    private const int HashSize = Sha256d.HashSize;
    private const int Extranonce1Size = CoinbaseWords.Extranonce1Size;

    private readonly IPowAlgorithm _pow;
    private readonly Kernel _kernel;
    private readonly int[] _indices = new int[LanesMax];
    private readonly KernelShare[] _shares = new KernelShare[LanesMax];
    private readonly byte[] _headers;
    private readonly byte[] _hashes = new byte[LanesMax * HashSize];

    /// <param name="pow">The coin's proof of work.</param>
    public HeaderBatch(IPowAlgorithm pow)
    {
        _pow = pow;
        _kernel = pow is Sha256d sha256d ? sha256d.Kernel : Sha256d.Default;
        _headers = pow is Sha256d ? [] : new byte[LanesMax * HeaderSize];
    }

    /// <summary>Shares added.</summary>
    public int Count { get; private set; }

    /// <summary>True when no more fit.</summary>
    public bool IsFull => Count == LanesMax;

    /// <summary>The index a share was added with.</summary>
    public int IndexOf(int lane) => _indices[lane];

    /// <summary>The proof-of-work hash of a share, as a number.</summary>
    public UInt256 NumberOf(int lane) => UInt256.FromLittleEndian(_hashes.AsSpan(lane * HashSize, HashSize));

    /// <summary>Empties the batch.</summary>
    public void Clear() => Count = 0;

    /// <summary>
    /// Adds a share that has an assignment and an extranonce2 of its job's size. The assignment must stay referenced until
    /// <see cref="Hash"/> is done: the batch keeps no reference, only where its words lie.
    /// </summary>
    public void Add(in Pending pending, int index)
    {
        Check.That(!IsFull);
        _indices[Count] = index;
        ref var share = ref _shares[Count++];
        share.Work = pending.Work.Work.Words.Pointer;
        share.Extranonce1 = pending.Extranonce1;
        share.Extranonce2 = Extranonce2Of(pending);
        share.Version = ShareValidator.VersionOf(pending);
        share.Ntime = pending.Share.Ntime;
        share.Nonce = pending.Share.Nonce;
    }

    /// <summary>Computes everything; <see cref="NumberOf"/> is valid after it.</summary>
    public void Hash()
    {
        if (Count == 0) return;

        var shares = _shares.AsSpan(0, Count);
        if (_headers.Length == 0)
        {
            ShareKernels.Hash(_kernel, shares, [], _hashes);
            return;
        }

        ShareKernels.Hash(_kernel, shares, _headers, []);
        _pow.HashMany(_headers.AsSpan(0, Count * HeaderSize), HeaderSize, _hashes);
    }

    /// <summary>
    /// Builds the header and the coinbase of a share that solves a block, byte by byte and apart from the kernels: rare, and never in a
    /// hurry.
    /// </summary>
    public static SolvedBlock Build(in Pending pending, int index)
    {
        var job = pending.Work.Work.Job;
        var coinbase = WriteCoinbase(pending);
        Span<byte> node = stackalloc byte[2 * HashSize];
        var root = node[..HashSize];
        Sha256d.Hash(coinbase, root);
        Span<byte> above = stackalloc byte[HashSize];
        for (var step = 0; step < job.MerkleBranches.Length; step += HashSize)
        {
            job.MerkleBranches.AsSpan(step, HashSize).CopyTo(node[HashSize..]);
            Sha256d.Hash(node, above);
            above.CopyTo(root);
        }

        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, ShareValidator.VersionOf(pending));
        job.PrevHash.CopyTo(header, 4);
        root.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), pending.Share.Ntime);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), job.Nbits);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), pending.Share.Nonce);
        return new SolvedBlock(index, header, coinbase);
    }

    private static byte[] WriteCoinbase(in Pending pending)
    {
        var work = pending.Work.Work;
        Span<byte> extranonces = stackalloc byte[Extranonce1Size + sizeof(ulong)];
        BinaryPrimitives.WriteUInt32LittleEndian(extranonces, pending.Extranonce1);
        BinaryPrimitives.WriteUInt64LittleEndian(extranonces[Extranonce1Size..], pending.Share.Extranonce2);
        return [.. work.Coinbase1, .. extranonces[..(Extranonce1Size + pending.Share.Extranonce2Size)], .. work.Coinbase2];
    }

    // The kernels take eight bytes; those beyond extranonce2 belong to what follows it.
    private static ulong Extranonce2Of(in Pending pending) =>
        pending.Share.Extranonce2Size == 0 ? 0 : pending.Share.Extranonce2 & (ulong.MaxValue >> (64 - (8 * pending.Share.Extranonce2Size)));
}
