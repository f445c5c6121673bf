using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools.Figures;

/// <summary>
/// Sums slices into ten minutes and hours by account, and into hours by rig. A period is summed when it is over, the newest first, and
/// again whenever its slices have changed: shares of an engine that was cut off for hours come late.
/// </summary>
public sealed class SliceSums(
    NpgsqlDataSource database, PoolBook pools, int keepDays, ActiveLease lease, TimeProvider clock, ILogger<SliceSums> log)
    : ActiveLoop(lease, log)
{
    /// <summary>Milliseconds of the fine sums.</summary>
    public const int TenMs = 600_000;

    /// <summary>Milliseconds of the coarse sums.</summary>
    public const int HourMs = 3_600_000;

    private const long DayMs = 86_400_000;

    /// <summary>Slices older than two days may have become hours: ten minutes cannot be made of them any more.</summary>
    private const long TensKeptMs = (2 * DayMs) - HourMs;

    /// <summary>How far back each round looks; a round now and then looks at all that is kept.</summary>
    private const long LookBackMs = 2 * DayMs;

    private const int RoundsPerWholeLook = 120;
    private const int PeriodsPerRound = 48;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken cancel)
    {
        for (var round = 0; true; round++)
        {
            var isAll = round % RoundsPerWholeLook == 0;
            while (await RunOnceAsync(isAll, cancel) >= PeriodsPerRound) Succeeded();
            Succeeded();
            await Task.Delay(Every, clock, cancel);
        }
    }

    /// <summary>One round over all pools; returns how many periods were summed, at most 48 of each pool and length.</summary>
    internal async Task<int> RunOnceAsync(bool isAll, CancellationToken cancel)
    {
        var nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var most = 0;
        foreach (var pool in pools.All)
        {
            var tens = await SumAsync(pool.PoolId, TenMs, nowMs - TensKeptMs, nowMs, cancel);
            var hours = await SumAsync(pool.PoolId, HourMs, nowMs - (isAll ? keepDays * DayMs : LookBackMs), nowMs, cancel);
            most = Math.Max(most, Math.Max(tens, hours));
        }

        if (isAll) await ForgetAsync(nowMs, cancel);
        return most;
    }

    private async Task<int> SumAsync(int poolId, int lengthMs, long fromMs, long nowMs, CancellationToken cancel)
    {
        var changed = await database.RowsAsync(
            """
            SELECT b.at_ms FROM (
                SELECT slice_ms / $2 * $2 AS at_ms, sum(shares)::bigint AS shares,
                       sum(stale + duplicate + lowdiff + invalid)::bigint AS rejects
                FROM pool_slices WHERE pool_id = $1 AND slice_ms >= $3 AND slice_ms < $4 GROUP BY 1) b
            LEFT JOIN summed_periods s ON s.pool_id = $1 AND s.length_ms = $2 AND s.at_ms = b.at_ms
            WHERE s.at_ms IS NULL OR s.shares <> b.shares OR s.rejects <> b.rejects
            ORDER BY b.at_ms DESC LIMIT $5
            """,
            [poolId, (long)lengthMs, ((fromMs / lengthMs) + 1) * lengthMs, nowMs / lengthMs * lengthMs, PeriodsPerRound],
            row => row.GetInt64(0),
            cancel);
        foreach (var atMs in changed) await SumAsync(poolId, lengthMs, atMs, cancel);
        return changed.Count;
    }

    /// <summary>One snapshot of the database, so that the sums and the mark that says what they hold are of the same moment.</summary>
    private async Task SumAsync(int poolId, int lengthMs, long atMs, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        object?[] period = [poolId, atMs, atMs + lengthMs];
        await connection.RunAsync(
            "DELETE FROM account_sums WHERE pool_id = $1 AND length_ms = $2 AND at_ms = $3", [poolId, lengthMs, atMs], cancel);
        await connection.RunAsync(
            $"""
            INSERT INTO account_sums (
                pool_id, length_ms, at_ms, account_id, workers, shares, work_sum, stale, duplicate, lowdiff, invalid)
            SELECT $1, {lengthMs}, $2, account_id, coalesce(workers, 0), coalesce(shares, 0), coalesce(work_sum, 0),
                   coalesce(stale, 0), coalesce(duplicate, 0), coalesce(lowdiff, 0), coalesce(invalid, 0)
            FROM ({Shares("account_id", ", count(DISTINCT worker_id) AS workers")}) s
            FULL JOIN ({Rejects("account_id")}) r USING (account_id)
            """,
            period,
            cancel,
            Sql.Unlimited);
        if (lengthMs == HourMs) await SumWorkersAsync(connection, period, cancel);
        await connection.RunAsync(
            $"""
            INSERT INTO summed_periods (pool_id, length_ms, at_ms, shares, rejects, miners, workers)
            SELECT $1, {lengthMs}, $2, p.shares, p.rejects, a.miners, a.workers
            FROM (SELECT coalesce(sum(shares), 0) AS shares, coalesce(sum(stale + duplicate + lowdiff + invalid), 0) AS rejects
                  FROM pool_slices WHERE pool_id = $1 AND slice_ms >= $2 AND slice_ms < $3) p,
                 (SELECT count(*) FILTER (WHERE shares > 0) AS miners, coalesce(sum(workers), 0) AS workers
                  FROM account_sums WHERE pool_id = $1 AND length_ms = {lengthMs} AND at_ms = $2) a
            ON CONFLICT (pool_id, length_ms, at_ms) DO UPDATE SET
                shares = excluded.shares, rejects = excluded.rejects, miners = excluded.miners, workers = excluded.workers
            """,
            period,
            cancel);
        await snapshot.CommitAsync(cancel);
    }

    private static async Task SumWorkersAsync(NpgsqlConnection connection, object?[] period, CancellationToken cancel)
    {
        await connection.RunAsync("DELETE FROM worker_sums WHERE pool_id = $1 AND at_ms = $2", period[..2], cancel);
        await connection.RunAsync(
            $"""
            INSERT INTO worker_sums (pool_id, at_ms, account_id, worker_id, shares, work_sum, stale, duplicate, lowdiff, invalid)
            SELECT $1, $2, account_id, worker_id, coalesce(shares, 0), coalesce(work_sum, 0),
                   coalesce(stale, 0), coalesce(duplicate, 0), coalesce(lowdiff, 0), coalesce(invalid, 0)
            FROM ({Shares("account_id, worker_id")}) s FULL JOIN ({Rejects("account_id, worker_id")}) r USING (account_id, worker_id)
            """,
            period,
            cancel,
            Sql.Unlimited);
    }

    private static string Shares(string by, string more = "") =>
        $"""
        SELECT {by}, sum(shares)::bigint AS shares, sum(work_sum) AS work_sum{more}
        FROM share_slices WHERE pool_id = $1 AND slice_ms >= $2 AND slice_ms < $3 GROUP BY {by}
        """;

    private static string Rejects(string by) =>
        $"""
        SELECT {by}, sum(shares) FILTER (WHERE reason = 1)::bigint AS stale, sum(shares) FILTER (WHERE reason = 2)::bigint AS duplicate,
               sum(shares) FILTER (WHERE reason = 3)::bigint AS lowdiff, sum(shares) FILTER (WHERE reason = 4)::bigint AS invalid
        FROM reject_slices WHERE pool_id = $1 AND slice_ms >= $2 AND slice_ms < $3 GROUP BY {by}
        """;

    private async Task ForgetAsync(long nowMs, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var keptMs = nowMs - (keepDays * DayMs);
        foreach (var table in (string[])["account_sums", "summed_periods"])
            await connection.RunAsync(
                $"DELETE FROM {table} WHERE at_ms < $1 OR (length_ms = {TenMs} AND at_ms < $2)",
                [keptMs, nowMs - TensKeptMs],
                cancel,
                Sql.Unlimited);
        await connection.RunAsync("DELETE FROM worker_sums WHERE at_ms < $1", [keptMs], cancel, Sql.Unlimited);
    }
}
