using Dapper;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools;

/// <summary>Sums of a pool, as the database gives them.</summary>
internal sealed record PoolTotals
{
    public int PoolId { get; init; }

    public long TipNbits { get; init; }

    public long TipHeight { get; init; }

    public long TipMs { get; init; }

    public double RoundWork { get; init; }

    public long Found { get; init; }

    public long Immature { get; init; }

    public long Confirmed { get; init; }

    public long Orphaned { get; init; }

    public long? LastBlockMs { get; init; }

    public long? LastReward { get; init; }

    public long BalanceImmature { get; init; }

    public long BalanceConfirmed { get; init; }

    public long Paid { get; init; }
}

/// <summary>Shares by result.</summary>
internal sealed record ResultRow(long Valid, long Stale, long Duplicate, long Lowdiff, long Invalid);

/// <summary>A slice of a pool by itself.</summary>
internal sealed record PoolSliceRow(long SliceMs, long Shares, double Work);

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

    public string CoinbaseTxid { get; init; } = "";
}

/// <summary>What a block took, and what it takes on average.</summary>
internal sealed record EffortRow(double EffortWork, double NetworkWork);

/// <summary>What the API reads about pools. All lists are bounded by their limit.</summary>
internal sealed class PoolQueries(ReadDatabase database)
{
    /// <summary>
    /// The columns of <see cref="BlockRow"/>. Works are cut where .NET's decimal ends, far above any chain's.
    /// </summary>
    private const string BlockColumns =
        """
        b.block_id, b.height, b.hash, b.state, b.state_reason, b.confirmations, b.share_ms, a.name AS finder, w.name AS worker, b.reward,
        least(b.effort_work, 1e27) AS effort_work, least(b.network_work, 1e27) AS network_work, b.scheme, b.coinbase_txid
        FROM blocks b JOIN accounts a USING (account_id) JOIN workers w USING (worker_id)
        """;

    private readonly NpgsqlDataSource _source = database.Source;

    public async Task<PoolTotals?> Totals(string pool)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<PoolTotals>(
            """
            SELECT p.pool_id, p.tip_nbits, p.tip_height, p.tip_ms, p.round_work::float8 AS round_work, b.*, l.*,
                   (SELECT reward FROM blocks r WHERE r.pool_id = p.pool_id ORDER BY block_id DESC LIMIT 1) AS last_reward
            FROM pools p
            CROSS JOIN LATERAL (
                SELECT count(*) AS found,
                       count(*) FILTER (WHERE state = 'immature') AS immature,
                       count(*) FILTER (WHERE state = 'confirmed') AS confirmed,
                       count(*) FILTER (WHERE state = 'orphaned') AS orphaned,
                       max(share_ms) FILTER (WHERE state IN ('immature', 'confirmed')) AS last_block_ms
                FROM blocks WHERE pool_id = p.pool_id) b
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(balance) FILTER (WHERE kind = 'user_immature'), 0)::bigint AS balance_immature,
                       coalesce(sum(balance) FILTER (WHERE kind = 'user_confirmed'), 0)::bigint AS balance_confirmed,
                       coalesce(sum(balance) FILTER (WHERE kind = 'paid'), 0)::bigint AS paid
                FROM ledger_accounts WHERE pool_id = p.pool_id) l
            WHERE p.name = @pool
            """,
            new { pool });
    }

    /// <summary>Shares by result, as long as slices are kept.</summary>
    public async Task<ResultRow> Results(int poolId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.QuerySingleAsync<ResultRow>(
            """
            SELECT coalesce(sum(shares), 0)::bigint AS valid, coalesce(sum(stale), 0)::bigint AS stale,
                   coalesce(sum(duplicate), 0)::bigint AS duplicate, coalesce(sum(lowdiff), 0)::bigint AS lowdiff,
                   coalesce(sum(invalid), 0)::bigint AS invalid
            FROM pool_slices WHERE pool_id = @poolId
            """,
            new { poolId });
    }

    /// <summary>
    /// The slices of a window, summed where they are older than two hours: what is needed for all windows of hash rates at once.
    /// </summary>
    public async Task<List<PoolSliceRow>> Slices(int poolId, long fromMs, long fineFromMs)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<PoolSliceRow>(
            """
            SELECT CASE WHEN slice_ms >= @fineFromMs THEN slice_ms ELSE slice_ms / 3600000 * 3600000 END AS slice_ms,
                   sum(shares)::bigint AS shares, sum(work_sum)::float8 AS work
            FROM pool_slices WHERE pool_id = @poolId AND slice_ms >= @fromMs GROUP BY 1 ORDER BY 1
            """,
            new { poolId, fromMs, fineFromMs })];
    }

    /// <summary>What the newest blocks took, newest first; candidates that no node has judged yet are left out.</summary>
    public async Task<List<EffortRow>> Efforts(int poolId, int limit)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<EffortRow>(
            """
            SELECT effort_work::float8 AS effort_work, network_work::float8 AS network_work FROM blocks
            WHERE pool_id = @poolId AND state <> 'found' ORDER BY block_id DESC LIMIT @limit
            """,
            new { poolId, limit })];
    }

    /// <summary>Blocks, newest first; of one state, of one finder, where asked for.</summary>
    public async Task<List<BlockRow>> Blocks(int poolId, long? before, int limit, string? state = null, long? accountId = null)
    {
        await using var connection = await _source.OpenConnectionAsync();
        var filter = (state is null ? "" : " AND b.state = @state") + (accountId is null ? "" : " AND b.account_id = @accountId");
        return [.. await connection.QueryAsync<BlockRow>(
            $"""
            SELECT {BlockColumns}
            WHERE b.pool_id = @poolId AND b.block_id < @before{filter} ORDER BY b.block_id DESC LIMIT @limit
            """,
            new { poolId, before = before ?? long.MaxValue, limit, state, accountId })];
    }

    /// <summary>One block of a pool.</summary>
    public async Task<BlockRow?> Block(int poolId, string hash)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<BlockRow>(
            $"SELECT {BlockColumns} WHERE b.hash = @hash AND b.pool_id = @poolId", new { poolId, hash });
    }

    /// <summary>How many accounts a block credits.</summary>
    public async Task<long> Credited(long blockId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM block_credits WHERE block_id = @blockId", new { blockId });
    }
}
