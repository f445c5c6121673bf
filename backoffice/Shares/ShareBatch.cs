using System.Runtime.InteropServices;
using Viddhana.Backoffice.Blocks;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// What one database transaction stores, summed up in memory first: a share costs two dictionary look-ups and a few bytes, and the
/// database sees one row per (worker, slice, work) however many shares there were.
/// </summary>
internal sealed class ShareBatch(int sliceMs)
{
    private readonly Dictionary<(int PoolId, int SourceId), ShareChunk> _open = [];

    /// <summary>One row of <c>share_slices</c>, where the kind is the assigned work, or <c>reject_slices</c>: the reason.</summary>
    public readonly record struct SliceKey<TKind>(int PoolId, long SliceMs, WorkerEntry Worker, TKind Kind);

    /// <summary>Shares by worker, slice and assigned work.</summary>
    public Dictionary<SliceKey<ulong>, long> Shares { get; } = [];

    /// <summary>Refused shares by worker, slice and reason.</summary>
    public Dictionary<SliceKey<RejectReason>, long> Rejects { get; } = [];

    /// <summary>The single shares.</summary>
    public List<ShareChunk> Chunks { get; } = [];

    /// <summary>By pool: work since its last found block of this batch, or since the batch began.</summary>
    public Dictionary<int, UInt128> RoundWork { get; } = [];

    /// <summary>By pool: the newest tip.</summary>
    public Dictionary<int, (uint Nbits, uint Height, long Ms)> Tips { get; } = [];

    /// <summary>Shares that are better than any known of their worker.</summary>
    public List<BestRow> BestEver { get; } = [];

    /// <summary>Shares that are better than any known of their worker and day.</summary>
    public List<BestRow> BestOfDay { get; } = [];

    /// <summary>Block records in their order.</summary>
    public List<BlockRecord> Blocks { get; } = [];

    /// <summary>The journals that it is from.</summary>
    public Dictionary<SourceKey, SourceProgress> Sources { get; } = [];

    /// <summary>Accepted shares in all.</summary>
    public long ShareCount { get; private set; }

    /// <summary>Notes that an entry is part of it.</summary>
    public void AddEntry(in ReadyEntry ready, int sourceId, long timeMs)
    {
        ref var progress = ref CollectionsMarshal.GetValueRefOrAddDefault(Sources, ready.Source, out var isKnown);
        if (!isKnown) progress = new SourceProgress(sourceId, ready.FromSequence, 0, 0);
        progress = progress with { Last = ready.Header.LastSequence, TimeMs = Math.Max(progress.TimeMs, timeMs) };
    }

    /// <summary>Adds the new part of an entry of shares; returns the newest time in it.</summary>
    /// <param name="ready">The entry.</param>
    /// <param name="body">Its body.</param>
    /// <param name="poolId">Its pool.</param>
    /// <param name="sourceId">Its journal.</param>
    /// <param name="workers">Those of its names, in their order.</param>
    public long AddShares(in ReadyEntry ready, in EntryShares body, int poolId, int sourceId, ReadOnlySpan<WorkerEntry> workers)
    {
        var header = ready.Header;
        var (lastMs, work) = (header.UtcMs, (UInt128)0);
        var skipped = ready.FromSequence > header.FirstSequence ? (int)(ready.FromSequence - header.FirstSequence) : 0;
        for (var i = skipped; i < body.ShareCount; i++)
        {
            var share = body.Share(i);
            var (ms, worker) = (header.UtcMs + share.OffsetMs, workers[(int)share.NameIndex]);
            Count(Shares, new SliceKey<ulong>(poolId, SliceOf(ms), worker, share.Work), 1);
            Keep(ms, header.FirstSequence + (ulong)i, poolId, sourceId, worker, share);
            lastMs = Math.Max(lastMs, ms);
            work += share.Work;
        }

        if (body.HasBest) AddBests(header, body, poolId, workers);

        // The counters have the entry's last sequence: they are new whenever anything of it is.
        for (var i = 0; i < body.RejectCount; i++)
        {
            var reject = body.Reject(i);
            var worker = workers[(int)reject.NameIndex];
            Count(Rejects, new SliceKey<RejectReason>(poolId, SliceOf(header.UtcMs), worker, reject.Reason), reject.Count);
        }

        if (skipped < body.ShareCount)
        {
            ShareCount += body.ShareCount - skipped;
            RoundWork[poolId] = RoundWork.GetValueOrDefault(poolId) + work;
        }

        if (!Tips.TryGetValue(poolId, out var tip) || header.UtcMs >= tip.Ms) Tips[poolId] = (header.Nbits, header.Height, header.UtcMs);
        return lastMs;
    }

    /// <summary>All times that need a partition.</summary>
    public IEnumerable<long> Times() =>
        Shares.Keys.Select(key => key.SliceMs)
            .Concat(Rejects.Keys.Select(key => key.SliceMs))
            .Concat(Chunks.Select(chunk => chunk.FirstMs))
            .Distinct();

    /// <summary>What is part of the entry and was applied before is seen again: it changes nothing.</summary>
    private void AddBests(in EntryHeader header, in EntryShares body, int poolId, ReadOnlySpan<WorkerEntry> workers)
    {
        var day = WorkerBest.DayOf(header.UtcMs);
        for (var i = 0; i < body.NameCount; i++)
        {
            var work = body.Best(i);
            if (work == 0) continue;
            var (isEver, isOfDay) = WorkerBest.Of(workers[i], poolId).See(day, work);
            if (isEver) BestEver.Add(new BestRow(poolId, day, workers[i], work, header.UtcMs));
            if (isOfDay) BestOfDay.Add(new BestRow(poolId, day, workers[i], work, header.UtcMs));
        }
    }

    private long SliceOf(long ms) => ms - (ms % sliceMs);

    private static void Count<TKind>(Dictionary<SliceKey<TKind>, long> rows, in SliceKey<TKind> key, long by) =>
        CollectionsMarshal.GetValueRefOrAddDefault(rows, key, out _) += by;

    private void Keep(long ms, ulong sequence, int poolId, int sourceId, WorkerEntry worker, in ShareRecord share)
    {
        ref var chunk = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, (poolId, sourceId), out _);
        if (chunk is null || !chunk.Takes(ms)) Chunks.Add(chunk = new ShareChunk(poolId, sourceId, sequence, ms));
        chunk.Add(ms, sequence, worker, share);
    }
}

/// <summary>What a batch stores of one journal.</summary>
/// <param name="SourceId">Its number.</param>
/// <param name="From">The first sequence that is new.</param>
/// <param name="Last">The last.</param>
/// <param name="TimeMs">The newest time.</param>
internal readonly record struct SourceProgress(int SourceId, ulong From, ulong Last, long TimeMs);
