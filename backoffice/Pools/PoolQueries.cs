using Dapper;
using Npgsql;

namespace Viddhana.Backoffice.Pools;

/// <summary>Sums of a pool, as the database gives them.</summary>
internal sealed record PoolTotals
{
    public int PoolId { get; init; }

    public long TipNbits { get; init; }

    public long TipHeight { get; init; }

    public long Valid { get; init; }

    public long Stale { get; init; }

    public long Duplicate { get; init; }

    public long Lowdiff { get; init; }

    public long Invalid { get; init; }

    public long Found { get; init; }

    public long Immature { get; init; }

    public long Confirmed { get; init; }

    public long Orphaned { get; init; }

    public long? LastBlockMs { get; init; }

    public decimal WorkSinceBlock { get; init; }

    public long BalanceImmature { get; init; }

    public long BalanceConfirmed { get; init; }

    public long Paid { get; init; }

    public long Workers { get; init; }

    public long Miners { get; init; }
}

/// <summary>A slice of a pool's or an account's shares.</summary>
internal sealed record SliceRow(long AtMs, long Shares, decimal Work);

/// <summary>A block row.</summary>
internal sealed record BlockRow
{
    public long BlockId { get; init; }

    public long Height { get; init; }

    public string Hash { get; init; } = "";

    public string State { get; init; } = "";

    public string StateReason { get; init; } = "";

    public int Confirmations { get; init; }

    public long ShareMs { get; init; }

    public string Finder { get; init; } = "";

    public string Worker { get; init; } = "";

    public long Reward { get; init; }

    public decimal EffortWork { get; init; }

    public decimal NetworkWork { get; init; }

    public string Scheme { get; init; } = "";
}

/// <summary>What the API reads about pools. All lists are bounded by their limit.</summary>
internal sealed class PoolQueries(NpgsqlDataSource source)
{
    /// <summary>How long after its last share a rig counts as working.</summary>
    public const long ActiveMs = 600_000;

    public async Task<PoolTotals?> Totals(string pool, long nowMs)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<PoolTotals>(
            """
            WITH p AS (SELECT * FROM pools WHERE name = @pool),
            s AS (SELECT coalesce(sum(shares), 0)::bigint AS valid,
                         coalesce(sum(stale), 0)::bigint AS stale,
                         coalesce(sum(duplicate), 0)::bigint AS duplicate,
                         coalesce(sum(lowdiff), 0)::bigint AS lowdiff,
                         coalesce(sum(invalid), 0)::bigint AS invalid
                  FROM pool_slices JOIN p USING (pool_id)),
            b AS (SELECT count(*) AS found,
                         count(*) FILTER (WHERE state = 'immature') AS immature,
                         count(*) FILTER (WHERE state = 'confirmed') AS confirmed,
                         count(*) FILTER (WHERE state = 'orphaned') AS orphaned,
                         max(share_ms) FILTER (WHERE state IN ('immature', 'confirmed')) AS last_block_ms
                  FROM blocks JOIN p USING (pool_id)),
            l AS (SELECT coalesce(sum(balance) FILTER (WHERE kind = 'user_immature'), 0)::bigint AS balance_immature,
                         coalesce(sum(balance) FILTER (WHERE kind = 'user_confirmed'), 0)::bigint AS balance_confirmed,
                         coalesce(sum(balance) FILTER (WHERE kind = 'paid'), 0)::bigint AS paid
                  FROM ledger_accounts JOIN p USING (pool_id)),
            a AS (SELECT count(DISTINCT worker_id) AS workers, count(DISTINCT account_id) AS miners
                  FROM share_slices JOIN p USING (pool_id) WHERE slice_ms > @nowMs - @ActiveMs)
            SELECT p.pool_id, p.tip_nbits, p.tip_height, s.*, b.*, l.*, a.*,
                   (SELECT least(coalesce(sum(w.work_sum), 0), 1e27) FROM pool_slices w
                    WHERE w.pool_id = p.pool_id AND w.slice_ms > coalesce(b.last_block_ms, 0)) AS work_since_block
            FROM p, s, b, l, a
            """,
            new { pool, nowMs, ActiveMs });
    }

    /// <summary>Hashes per second over the window that ends now; a pool that is younger is measured over its life.</summary>
    public async Task<double> Hashrate(int poolId, long nowMs, long windowMs)
    {
        await using var connection = await source.OpenConnectionAsync();
        var (work, sinceMs) = await connection.QuerySingleAsync<(double, long?)>(
            """
            SELECT coalesce(sum(work_sum), 0)::float8, min(slice_ms) FROM pool_slices
            WHERE pool_id = @poolId AND slice_ms + length_ms > @nowMs - @windowMs
            """,
            new { poolId, nowMs, windowMs });
        return sinceMs is { } since ? work / (Math.Max(nowMs - since, 1_000) / 1000.0) : 0;
    }

    public async Task<List<SliceRow>> Series(int poolId, long fromMs, long bucketMs, long? accountId = null)
    {
        await using var connection = await source.OpenConnectionAsync();
        var table = accountId is null ? "pool_slices" : "share_slices";
        var filter = accountId is null ? "" : "AND account_id = @accountId";
        return [.. await connection.QueryAsync<SliceRow>(
            $"""
            SELECT (slice_ms / @bucketMs) * @bucketMs AS at_ms, sum(shares)::bigint AS shares, least(sum(work_sum), 1e27) AS work
            FROM {table} WHERE pool_id = @poolId AND slice_ms >= @fromMs {filter}
            GROUP BY 1 ORDER BY 1
            """,
            new { poolId, fromMs, bucketMs, accountId })];
    }

    public async Task<List<BlockRow>> Blocks(int poolId, long? before, int limit)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<BlockRow>(
            """
            SELECT b.block_id, b.height, b.hash, b.state, b.state_reason, b.confirmations, b.share_ms,
                   a.name AS finder, w.name AS worker, b.reward,
                   least(b.effort_work, 1e27) AS effort_work, least(b.network_work, 1e27) AS network_work, b.scheme
            FROM blocks b JOIN accounts a USING (account_id) JOIN workers w USING (worker_id)
            WHERE b.pool_id = @poolId AND (@before::bigint IS NULL OR b.block_id < @before)
            ORDER BY b.block_id DESC LIMIT @limit
            """,
            new { poolId, before, limit })];
    }
}
