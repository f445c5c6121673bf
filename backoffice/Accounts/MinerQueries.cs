using Dapper;
using Npgsql;
using Viddhana.Backoffice.Pools;

namespace Viddhana.Backoffice.Accounts;

/// <summary>An account's activity in a pool.</summary>
internal sealed record MinerRow
{
    public long AccountId { get; init; }

    public string Name { get; init; } = "";

    public double Work { get; init; }

    public long Shares { get; init; }

    public long Workers { get; init; }

    public long? LastShareMs { get; init; }

    public long Immature { get; init; }

    public long Confirmed { get; init; }
}

/// <summary>A rig's activity.</summary>
internal sealed record WorkerRow
{
    public long WorkerId { get; init; }

    public string Name { get; init; } = "";

    public double Work { get; init; }

    public double WorkHour { get; init; }

    public long Shares { get; init; }

    public long LastShareMs { get; init; }

    public long Stale { get; init; }

    public long Duplicate { get; init; }

    public long Lowdiff { get; init; }

    public long Invalid { get; init; }
}

/// <summary>A credit of a block to an account.</summary>
internal sealed record CreditRow(long Height, string Hash, string State, long Amount);

/// <summary>What the API reads about accounts. All lists are bounded by their limit.</summary>
internal sealed class MinerQueries(NpgsqlDataSource source)
{
    private const long HourMs = 3_600_000;
    private const long DayMs = 86_400_000;

    public async Task<long?> AccountId(string name)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long?>("SELECT account_id FROM accounts WHERE name = @name", new { name });
    }

    /// <summary>Accounts with shares in the last day or a balance, those with most recent work first; one account where named.</summary>
    public async Task<List<MinerRow>> Miners(int poolId, long nowMs, long windowMs, long offset, int limit, long? accountId = null)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<MinerRow>(
            """
            WITH active AS (
                SELECT account_id,
                       coalesce(sum(work_sum) FILTER (WHERE slice_ms > @nowMs - @windowMs), 0)::float8 AS work,
                       sum(shares)::bigint AS shares,
                       count(DISTINCT worker_id) FILTER (WHERE slice_ms > @nowMs - @ActiveMs) AS workers,
                       max(slice_ms + length_ms) AS last_share_ms
                FROM share_slices
                WHERE pool_id = @poolId AND slice_ms > @nowMs - @DayMs AND (@accountId::bigint IS NULL OR account_id = @accountId)
                GROUP BY account_id),
            owed AS (
                SELECT account_id, coalesce(sum(balance) FILTER (WHERE kind = 'user_immature'), 0)::bigint AS immature,
                       coalesce(sum(balance) FILTER (WHERE kind = 'user_confirmed'), 0)::bigint AS confirmed
                FROM ledger_accounts
                WHERE pool_id = @poolId AND account_id IS NOT NULL AND (@accountId::bigint IS NULL OR account_id = @accountId)
                GROUP BY account_id)
            SELECT account_id, a.name, coalesce(work, 0) AS work, coalesce(shares, 0) AS shares, coalesce(workers, 0) AS workers,
                   least(last_share_ms, @nowMs) AS last_share_ms, coalesce(immature, 0) AS immature, coalesce(confirmed, 0) AS confirmed
            FROM active FULL JOIN owed USING (account_id) JOIN accounts a USING (account_id)
            ORDER BY coalesce(work, 0) DESC, account_id OFFSET @offset LIMIT @limit
            """,
            new { poolId, nowMs, windowMs, DayMs, PoolQueries.ActiveMs, offset, limit, accountId })];
    }

    public async Task<List<WorkerRow>> Workers(int poolId, long accountId, long nowMs, long windowMs, string? after, int limit)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<WorkerRow>(
            """
            WITH s AS (
                SELECT worker_id,
                       coalesce(sum(work_sum) FILTER (WHERE slice_ms > @nowMs - @windowMs), 0)::float8 AS work,
                       coalesce(sum(work_sum) FILTER (WHERE slice_ms > @nowMs - @HourMs), 0)::float8 AS work_hour,
                       sum(shares)::bigint AS shares
                FROM share_slices WHERE account_id = @accountId AND pool_id = @poolId AND slice_ms > @nowMs - @DayMs GROUP BY worker_id),
            r AS (
                SELECT worker_id,
                       coalesce(sum(shares) FILTER (WHERE reason = 1), 0)::bigint AS stale,
                       coalesce(sum(shares) FILTER (WHERE reason = 2), 0)::bigint AS duplicate,
                       coalesce(sum(shares) FILTER (WHERE reason = 3), 0)::bigint AS lowdiff,
                       coalesce(sum(shares) FILTER (WHERE reason = 4), 0)::bigint AS invalid
                FROM reject_slices WHERE account_id = @accountId AND pool_id = @poolId AND slice_ms > @nowMs - @DayMs GROUP BY worker_id)
            SELECT w.worker_id, w.name, coalesce(work, 0) AS work, coalesce(work_hour, 0) AS work_hour,
                   coalesce(s.shares, 0) AS shares, w.last_share_ms, coalesce(stale, 0) AS stale, coalesce(duplicate, 0) AS duplicate,
                   coalesce(lowdiff, 0) AS lowdiff, coalesce(invalid, 0) AS invalid
            FROM workers w LEFT JOIN s USING (worker_id) LEFT JOIN r USING (worker_id)
            WHERE w.account_id = @accountId AND (@after::text IS NULL OR w.name > @after)
            ORDER BY w.name LIMIT @limit
            """,
            new { poolId, accountId, nowMs, windowMs, HourMs, DayMs, after, limit })];
    }

    /// <summary>Paid for good to an account in a pool.</summary>
    public async Task<long> Paid(int poolId, long accountId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(
            """
            SELECT coalesce(sum(l.amount - l.fee), 0)::bigint FROM payout_lines l JOIN payouts p USING (payout_id)
            WHERE p.pool_id = @poolId AND p.state = 'confirmed' AND l.account_id = @accountId
            """,
            new { poolId, accountId });
    }

    /// <summary>The newest credits of an account.</summary>
    public async Task<List<CreditRow>> Credits(int poolId, long accountId, int limit)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<CreditRow>(
            """
            SELECT b.height, b.hash, b.state, c.amount FROM block_credits c JOIN blocks b USING (block_id)
            WHERE b.pool_id = @poolId AND c.account_id = @accountId ORDER BY b.block_id DESC LIMIT @limit
            """,
            new { poolId, accountId, limit })];
    }
}
