using System.Runtime.InteropServices;
using Viddhana.Backoffice.Blocks;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// What one database transaction stores of shares, summed up in memory first: a share costs one dictionary look-up, and the database sees
/// one row per (worker, slice, work) however many shares there were.
/// </summary>
internal sealed class BatchTotals(int sliceMs)
{
    /// <summary>Bytes after which a chunk of raw entries is closed.</summary>
    private const int ChunkBytes = 1 << 20;

    private const long DayMs = 86_400_000;

    private readonly Dictionary<(int PoolId, int SourceId), Chunk> _open = [];

    /// <summary>One row of <c>share_slices</c>, where the kind is the assigned work, or <c>reject_slices</c>: the reason.</summary>
    public readonly record struct SliceKey<TKind>(int PoolId, long SliceMs, WorkerEntry Worker, TKind Kind);

    /// <summary>Shares by worker, slice and assigned work.</summary>
    public Dictionary<SliceKey<ulong>, long> Shares { get; } = [];

    /// <summary>Refused shares by worker, slice and reason.</summary>
    public Dictionary<SliceKey<RejectReason>, long> Rejects { get; } = [];

    /// <summary>Chunks of raw entries.</summary>
    public List<Chunk> Chunks { get; } = [];

    /// <summary>By pool: work since its last found block of this batch, or since the batch began.</summary>
    public Dictionary<int, UInt128> RoundWork { get; } = [];

    /// <summary>By pool: the newest tip.</summary>
    public Dictionary<int, (uint Nbits, uint Height, long Ms)> Tips { get; } = [];

    /// <summary>Block records in their order.</summary>
    public List<BlockRecord> Blocks { get; } = [];

    /// <summary>By source: the last sequence and the newest time.</summary>
    public Dictionary<SourceKey, (ulong Last, long TimeMs)> Marks { get; } = [];

    /// <summary>Accepted shares in all.</summary>
    public long ShareCount { get; private set; }

    /// <summary>A chunk: consecutive entries of one source and pool.</summary>
    internal sealed class Chunk
    {
        public required int PoolId { get; init; }

        public required int SourceId { get; init; }

        public required ulong FromSequence { get; init; }

        public required long FirstMs { get; set; }

        public long LastMs { get; set; }

        public MemoryStream Bytes { get; } = new();
    }

    /// <summary>Adds the new part of an entry of shares; returns the newest time in it.</summary>
    public long Add(ReadyEntry ready, int poolId, int sourceId, AccountBook accounts)
    {
        var entry = ready.Entry;
        var workers = Array.ConvertAll(entry.Names, name => accounts[name]);
        var (firstMs, lastMs, work) = (long.MaxValue, entry.Header.UtcMs, (UInt128)0);
        var skipped = (int)Math.Min(
            ready.FromSequence > entry.Header.FirstSequence ? ready.FromSequence - entry.Header.FirstSequence : 0, int.MaxValue);
        for (var i = skipped; i < entry.Shares.Length; i++)
        {
            ref readonly var share = ref entry.Shares[i];
            var ms = entry.Header.UtcMs + share.OffsetMs;
            (firstMs, lastMs) = (Math.Min(firstMs, ms), Math.Max(lastMs, ms));
            var key = new SliceKey<ulong>(poolId, SliceOf(ms), workers[share.NameIndex], share.Work);
            CollectionsMarshal.GetValueRefOrAddDefault(Shares, key, out _)++;
            work += share.Work;
        }

        // The counters have the entry's last sequence: they are new whenever anything of it is.
        foreach (var reject in entry.Rejects)
        {
            var key = new SliceKey<RejectReason>(poolId, SliceOf(entry.Header.UtcMs), workers[reject.NameIndex], reject.Reason);
            CollectionsMarshal.GetValueRefOrAddDefault(Rejects, key, out _) += reject.Count;
        }

        if (skipped < entry.Shares.Length)
        {
            ShareCount += entry.Shares.Length - skipped;
            RoundWork[poolId] = RoundWork.GetValueOrDefault(poolId) + work;
            AddRaw(ready, poolId, sourceId, firstMs, lastMs);
        }

        if (!Tips.TryGetValue(poolId, out var tip) || entry.Header.UtcMs >= tip.Ms)
            Tips[poolId] = (entry.Header.Nbits, entry.Header.Height, entry.Header.UtcMs);
        return lastMs;
    }

    /// <summary>All times that need a partition.</summary>
    public IEnumerable<long> Times() =>
        Shares.Keys.Select(key => key.SliceMs)
            .Concat(Rejects.Keys.Select(key => key.SliceMs))
            .Concat(Chunks.Select(chunk => chunk.FirstMs))
            .Distinct();

    private long SliceOf(long ms) => ms - (ms % sliceMs);

    private void AddRaw(ReadyEntry ready, int poolId, int sourceId, long firstMs, long lastMs)
    {
        if (!_open.TryGetValue((poolId, sourceId), out var chunk)
            || chunk.Bytes.Length >= ChunkBytes
            || chunk.FirstMs / DayMs != firstMs / DayMs)
        {
            // A first entry may begin before what is new of it, so the chunk says from where on it counts.
            var from = Math.Max(ready.FromSequence, ready.Entry.Header.FirstSequence);
            chunk = new Chunk { PoolId = poolId, SourceId = sourceId, FromSequence = from, FirstMs = firstMs };
            Chunks.Add(_open[(poolId, sourceId)] = chunk);
        }

        chunk.Bytes.Write(ready.Bytes.Span);
        (chunk.FirstMs, chunk.LastMs) = (Math.Min(chunk.FirstMs, firstMs), Math.Max(chunk.LastMs, lastMs));
    }
}
