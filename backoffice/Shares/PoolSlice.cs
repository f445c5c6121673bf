using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>What a batch adds to one slice of a pool.</summary>
internal sealed class PoolSlice(int poolId, long sliceMs)
{
    public int PoolId { get; } = poolId;

    public long SliceMs { get; } = sliceMs;

    public long Shares { get; private set; }

    public UInt128 Work { get; private set; }

    public long Stale { get; private set; }

    public long Duplicate { get; private set; }

    public long LowDifficulty { get; private set; }

    public long Invalid { get; private set; }

    public static PoolSlice[] Of(ShareBatch batch)
    {
        var slices = new Dictionary<(int, long), PoolSlice>();
        foreach (var (key, count) in batch.Shares)
        {
            var slice = Get(slices, key.PoolId, key.SliceMs);
            slice.Shares += count;
            slice.Work += (UInt128)key.Kind * (ulong)count;
        }

        foreach (var (key, count) in batch.Rejects) Get(slices, key.PoolId, key.SliceMs).Reject(key.Kind, count);
        return [.. slices.Values.OrderBy(slice => slice.PoolId).ThenBy(slice => slice.SliceMs)];
    }

    private void Reject(RejectReason reason, long count)
    {
        switch (reason)
        {
            case RejectReason.Stale: Stale += count; break;
            case RejectReason.Duplicate: Duplicate += count; break;
            case RejectReason.LowDifficulty: LowDifficulty += count; break;
            default: Invalid += count; break;
        }
    }

    private static PoolSlice Get(Dictionary<(int, long), PoolSlice> slices, int poolId, long sliceMs)
    {
        if (!slices.TryGetValue((poolId, sliceMs), out var slice)) slices.Add((poolId, sliceMs), slice = new PoolSlice(poolId, sliceMs));
        return slice;
    }
}
