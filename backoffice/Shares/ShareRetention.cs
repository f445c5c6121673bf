using System.Numerics;
using Npgsql;
using Viddhana.Backoffice.Rewards;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// Makes tomorrow's partitions and drops those that nothing needs: raw entries when no window can reach them, sums when besides they are
/// older than is kept; in between, sums of slices become sums of hours. A window that a block found tomorrow may need reaches back twice
/// as far as one of today, because difficulty may rise.
/// </summary>
public sealed class ShareRetention(
    NpgsqlDataSource database, PoolBook pools, int keepDays, ActiveLease lease, TimeProvider clock, ILogger<ShareRetention> log)
    : ActiveLoop(lease, log)
{
    private const int SliceMsMax = 600_000;
    private const long DayMs = 86_400_000;
    private const int WindowMargin = 2;

    /// <summary>Slices of so many days stay as they are, whatever windows need: the API shows the last day by ten minutes.</summary>
    private const int FineDays = 2;

    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (true)
        {
            await RunOnceAsync(cancel);
            Succeeded();
            await Task.Delay(Every, clock, cancel);
        }
    }

    /// <summary>One round; returns what was dropped.</summary>
    internal async Task<IReadOnlyList<string>> RunOnceAsync(CancellationToken cancel)
    {
        var nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var partitions = new Partitions(database);
        await partitions.EnsureAsync([nowMs, nowMs + DayMs], cancel);

        var needed = nowMs - DayMs;
        foreach (var pool in pools.All) needed = Math.Min(needed, await NeededFromAsync(pool, cancel));
        needed -= SliceMsMax;
        var kept = Math.Min(needed, nowMs - (keepDays * DayMs));

        var dropped = new List<string>();
        foreach (var (table, fromMs) in ((string, long)[])[("raw_entries", needed), ("share_slices", kept), ("reject_slices", kept)])
            dropped.AddRange(await DropAsync(partitions, table, fromMs, cancel));
        foreach (var name in await SliceRollUp.RunAsync(database, partitions, Math.Min(needed, nowMs - (FineDays * DayMs)), cancel))
            SharesLog.RolledUp(log, name);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync("DELETE FROM pool_slices WHERE slice_ms < $1", [kept / DayMs * DayMs], cancel);
        return dropped;
    }

    private async Task<List<string>> DropAsync(Partitions partitions, string table, long fromMs, CancellationToken cancel)
    {
        var dropped = new List<string>();
        foreach (var (name, _, endMs) in await partitions.ListAsync(table, cancel))
        {
            if (endMs > fromMs) continue;
            // A chunk of raw entries lies in the partition of its first share; its last may be later.
            if (table == "raw_entries" && await ReachesAsync(name, fromMs, cancel)) continue;
            await partitions.DropAsync(name, cancel);
            SharesLog.Dropped(log, name);
            dropped.Add(name);
        }

        return dropped;
    }

    private async Task<bool> ReachesAsync(string partition, long fromMs, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM {partition} WHERE last_ms >= $1)", [fromMs], cancel);
    }

    /// <summary>
    /// The earliest time that a window of this pool may reach: of blocks whose split is not fixed, and of one found from now on.
    /// </summary>
    private async Task<long> NeededFromAsync(KnownPool pool, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var needed = long.MaxValue;
        var open = await connection.RowsAsync(
            """
            SELECT share_ms, network_work, window_ten_thousandths FROM blocks
            WHERE pool_id = $1 AND NOT is_final AND split_fixed_at IS NULL
            """,
            [pool.PoolId],
            row => (ShareMs: row.GetInt64(0), Work: Pplns.WindowWork(row.GetUInt128(1), row.GetInt64(2))),
            cancel);
        foreach (var (shareMs, work) in open)
            needed = Math.Min(needed, await WindowStartAsync(connection, pool.PoolId, shareMs, work, cancel));

        if (!RewardSchemes.ByName[pool.Config.Rewards.Scheme].NeedsHistory) return needed;
        var work2 = Pplns.WindowWork(await NetworkWorkAsync(connection, pool.PoolId, cancel), pool.WindowTenThousandths) * WindowMargin;
        return Math.Min(needed, await WindowStartAsync(connection, pool.PoolId, long.MaxValue, work2, cancel));
    }

    /// <summary>The largest work of a block that is to be expected: of the tip and of the pool's recent blocks.</summary>
    private static async Task<UInt128> NetworkWorkAsync(NpgsqlConnection connection, int poolId, CancellationToken cancel)
    {
        var nbits = await connection.ScalarAsync<long>("SELECT tip_nbits FROM pools WHERE pool_id = $1", [poolId], cancel);
        var blocks = await connection.ScalarAsync<BigInteger>(
            """
            SELECT coalesce(max(network_work), 0)
            FROM (SELECT network_work FROM blocks WHERE pool_id = $1 ORDER BY block_id DESC LIMIT 20) b
            """,
            [poolId],
            cancel);
        return UInt128.Max(CompactTarget.Work((uint)nbits), (UInt128)blocks);
    }

    /// <summary>Where a window of this much work that ends at a time begins; the very beginning if it is not full.</summary>
    private static async Task<long> WindowStartAsync(
        NpgsqlConnection connection, int poolId, long endMs, UInt128 work, CancellationToken cancel) =>
        await connection.ScalarAsync<long?>(
            """
            SELECT max(slice_ms) FROM (
                SELECT slice_ms, sum(work_sum) OVER (ORDER BY slice_ms DESC, length_ms) AS work_from
                FROM pool_slices WHERE pool_id = $1 AND slice_ms <= $2) s
            WHERE work_from > $3
            """,
            [poolId, endMs, (BigInteger)work],
            cancel) ?? 0;
}
