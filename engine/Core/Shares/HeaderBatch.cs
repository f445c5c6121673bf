using System.Buffers.Binary;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Shares;

/// <summary>
/// Builds and hashes the headers of many shares at once: coinbases, then each merkle step, then headers, every stage side by side in as few
/// kernel calls as the shares' sizes allow. Neighbours with coinbases of one length and paths of one length, which is nearly always all of
/// them, go together.
/// </summary>
internal sealed class HeaderBatch(IPowAlgorithm pow)
{
    private const int LanesMax = 128;
    private const int HeaderSize = 80;
    private const int HashSize = Sha256d.HashSize;
    private const int Extranonce1Size = 4;

    private readonly int[] _indices = new int[LanesMax];
    private readonly int[] _coinbaseEnds = new int[LanesMax];
    private readonly Job[] _jobs = new Job[LanesMax];
    private readonly byte[] _coinbases = new byte[LanesMax * Job.CoinbaseSizeMax];
    private readonly byte[] _nodes = new byte[LanesMax * 2 * HashSize];
    private readonly byte[] _roots = new byte[LanesMax * HashSize];
    private readonly byte[] _headers = new byte[LanesMax * HeaderSize];
    private readonly byte[] _hashes = new byte[LanesMax * HashSize];

    /// <summary>Shares added.</summary>
    public int Count { get; private set; }

    /// <summary>True when no more fit.</summary>
    public bool IsFull => Count == LanesMax;

    /// <summary>The index a share was added with.</summary>
    public int IndexOf(int lane) => _indices[lane];

    /// <summary>The coinbase without witness of a share.</summary>
    public ReadOnlySpan<byte> CoinbaseOf(int lane) => _coinbases.AsSpan(CoinbaseStart(lane).._coinbaseEnds[lane]);

    /// <summary>The header of a share.</summary>
    public ReadOnlySpan<byte> HeaderOf(int lane) => Header(lane);

    /// <summary>The proof-of-work hash of a share, as it leaves the hash function.</summary>
    public ReadOnlySpan<byte> HashOf(int lane) => _hashes.AsSpan(lane * HashSize, HashSize);

    /// <summary>Empties the batch.</summary>
    public void Clear()
    {
        _jobs.AsSpan(0, Count).Clear();
        Count = 0;
    }

    /// <summary>Adds a share that has an assignment and an extranonce2 of its job's size.</summary>
    public void Add(in Pending pending, int index)
    {
        Check.That(!IsFull);
        var lane = Count++;
        _indices[lane] = index;
        _jobs[lane] = pending.Work.Work.Job;
        _coinbaseEnds[lane] = CoinbaseStart(lane) + WriteCoinbase(pending, _coinbases.AsSpan(CoinbaseStart(lane)));
        WriteHeaderButRoot(pending, Header(lane));
    }

    /// <summary>Computes everything; <see cref="HeaderOf"/> and <see cref="HashOf"/> are valid after it.</summary>
    public void Hash()
    {
        if (Count == 0) return;

        for (int start = 0, end; start < Count; start = end)
        {
            var size = CoinbaseOf(start).Length;
            for (end = start + 1; end < Count && CoinbaseOf(end).Length == size;) end++;
            Sha256d.HashMany(_coinbases.AsSpan(CoinbaseStart(start)..(CoinbaseStart(end))), size, Roots(start, end));
        }

        for (int start = 0, end; start < Count; start = end)
        {
            var size = _jobs[start].MerkleBranches.Length;
            for (end = start + 1; end < Count && _jobs[end].MerkleBranches.Length == size;) end++;
            for (var step = 0; step < size; step += HashSize) ClimbMerkleTrees(start, end, step);
        }

        for (var lane = 0; lane < Count; lane++) Roots(lane, lane + 1).CopyTo(Header(lane)[36..]);
        pow.HashMany(_headers.AsSpan(0, Count * HeaderSize), HeaderSize, _hashes);
    }

    private void ClimbMerkleTrees(int start, int end, int step)
    {
        for (var lane = start; lane < end; lane++)
        {
            var node = _nodes.AsSpan(lane * 2 * HashSize, 2 * HashSize);
            Roots(lane, lane + 1).CopyTo(node);
            _jobs[lane].MerkleBranches.AsSpan(step, HashSize).CopyTo(node[HashSize..]);
        }

        Sha256d.HashMany(_nodes.AsSpan((start * 2 * HashSize)..(end * 2 * HashSize)), 2 * HashSize, Roots(start, end));
    }

    private static int WriteCoinbase(in Pending pending, Span<byte> to)
    {
        var work = pending.Work.Work;
        var at = work.Coinbase1.Length;
        work.Coinbase1.CopyTo(to);
        BinaryPrimitives.WriteUInt32LittleEndian(to[at..], pending.Extranonce1);
        at += Extranonce1Size;

        // Eight bytes at once; those beyond extranonce2 are overwritten by what follows it.
        BinaryPrimitives.WriteUInt64LittleEndian(to[at..], pending.Share.Extranonce2);
        at += pending.Share.Extranonce2Size;
        work.Coinbase2.CopyTo(to[at..]);
        return at + work.Coinbase2.Length;
    }

    private static void WriteHeaderButRoot(in Pending pending, Span<byte> to)
    {
        var job = pending.Work.Work.Job;
        BinaryPrimitives.WriteUInt32LittleEndian(to, ShareValidator.VersionOf(pending));
        job.PrevHash.CopyTo(to[4..]);
        BinaryPrimitives.WriteUInt32LittleEndian(to[68..], pending.Share.Ntime);
        BinaryPrimitives.WriteUInt32LittleEndian(to[72..], job.Nbits);
        BinaryPrimitives.WriteUInt32LittleEndian(to[76..], pending.Share.Nonce);
    }

    // Coinbases lie without gaps, so that a run of them is one message list for the kernel.
    private int CoinbaseStart(int lane) => lane == 0 ? 0 : _coinbaseEnds[lane - 1];

    private Span<byte> Header(int lane) => _headers.AsSpan(lane * HeaderSize, HeaderSize);

    private Span<byte> Roots(int start, int end) => _roots.AsSpan((start * HashSize)..(end * HashSize));
}
