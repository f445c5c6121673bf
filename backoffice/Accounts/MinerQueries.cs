using Dapper;
using Npgsql;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>An account.</summary>
internal sealed record AccountRow(long AccountId, string Name, DateTime CreatedAt);

/// <summary>What an account is owed and was paid in a pool, in base units.</summary>
internal sealed record OwedRow(long Immature, long Confirmed, long Paid, long Blocks, long? OwnThreshold)
{
    /// <summary>Balance from which it is paid.</summary>
    public long ThresholdOf(KnownPool pool) => PayoutRules.Of(pool).ThresholdOf(OwnThreshold);
}

/// <summary>A rig's name and when it was seen last.</summary>
internal sealed record RigRow(long WorkerId, string Name, long LastShareMs, DateTime CreatedAt);

/// <summary>Sums of hours of an account or a rig.</summary>
internal sealed record HoursRow
{
    public long WorkerId { get; init; }

    public double Work6h { get; init; }

    public double Work1d { get; init; }

    public double Work7d { get; init; }

    public long Shares6h { get; init; }

    public long Shares1d { get; init; }

    public long Shares7d { get; init; }

    public long Stale { get; init; }

    public long Duplicate { get; init; }

    public long Lowdiff { get; init; }

    public long Invalid { get; init; }

    /// <summary>Refused within the day.</summary>
    public Refused Refused => new(Stale, Duplicate, Lowdiff, Invalid);
}

/// <summary>A credit of a block to an account.</summary>
internal sealed record CreditRow(long BlockId, long Height, string Hash, string State, long Amount, long ShareMs, int Confirmations);

/// <summary>What the API reads about accounts. All lists are bounded by their limit.</summary>
internal sealed class MinerQueries(ReadDatabase database)
{
    /// <summary>Rigs of one account that are looked at, those seen last.</summary>
    public const int RigsMax = 50_000;

    private const string HourSums =
        """
        coalesce(sum(work_sum) FILTER (WHERE at_ms >= @from6h), 0)::float8 AS work6h,
        coalesce(sum(work_sum) FILTER (WHERE at_ms >= @from1d), 0)::float8 AS work1d,
        coalesce(sum(work_sum), 0)::float8 AS work7d,
        coalesce(sum(shares) FILTER (WHERE at_ms >= @from6h), 0)::bigint AS shares6h,
        coalesce(sum(shares) FILTER (WHERE at_ms >= @from1d), 0)::bigint AS shares1d,
        coalesce(sum(shares), 0)::bigint AS shares7d,
        coalesce(sum(stale) FILTER (WHERE at_ms >= @from1d), 0)::bigint AS stale,
        coalesce(sum(duplicate) FILTER (WHERE at_ms >= @from1d), 0)::bigint AS duplicate,
        coalesce(sum(lowdiff) FILTER (WHERE at_ms >= @from1d), 0)::bigint AS lowdiff,
        coalesce(sum(invalid) FILTER (WHERE at_ms >= @from1d), 0)::bigint AS invalid
        """;

    private readonly NpgsqlDataSource _source = database.Source;

    public async Task<AccountRow?> Account(string name)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<AccountRow>(
            "SELECT account_id, name, created_at FROM accounts WHERE name = @name", new { name });
    }

    /// <summary>The number of an account; null: there is none of that name.</summary>
    public async Task<long?> AccountId(string name) => (await Account(name))?.AccountId;

    /// <summary>Names of accounts by number.</summary>
    public async Task<Dictionary<long, string>> Names(IReadOnlyCollection<long> accountIds)
    {
        await using var connection = await _source.OpenConnectionAsync();
        long[] ids = [.. accountIds];
        return (await connection.QueryAsync<(long Id, string Name)>(
            "SELECT account_id, name FROM accounts WHERE account_id = ANY(@ids)",
            new { ids })).ToDictionary(row => row.Id, row => row.Name);
    }

    /// <summary>When accounts had a share last, as of the beginning of its slice; those without one are missing.</summary>
    public async Task<Dictionary<long, long>> LastShares(IReadOnlyCollection<long> accountIds)
    {
        await using var connection = await _source.OpenConnectionAsync();
        long[] ids = [.. accountIds];
        return (await connection.QueryAsync<(long Id, long Ms)>(
            "SELECT account_id, max(last_share_ms) FROM workers WHERE account_id = ANY(@ids) AND last_share_ms > 0 GROUP BY account_id",
            new { ids })).ToDictionary(row => row.Id, row => row.Ms);
    }

    /// <summary>Pools in which an account has mined for as long as sums are kept, is mining, or has a balance.</summary>
    public async Task<List<int>> PoolsOf(long accountId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<int>(
            """
            SELECT pool_id FROM pools p
            WHERE EXISTS (SELECT FROM ledger_accounts l WHERE l.pool_id = p.pool_id AND l.account_id = @accountId)
               OR EXISTS (SELECT FROM account_sums s WHERE s.pool_id = p.pool_id AND s.length_ms = 3600000 AND s.account_id = @accountId)
               OR EXISTS (SELECT FROM share_slices c WHERE c.account_id = @accountId AND c.pool_id = p.pool_id)
            ORDER BY pool_id
            """,
            new { accountId })];
    }

    public async Task<OwedRow> Owed(KnownPool pool, long accountId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.QuerySingleAsync<OwedRow>(
            """
            SELECT coalesce((SELECT balance FROM ledger_accounts
                             WHERE pool_id = @poolId AND kind = 'user_immature' AND account_id = @accountId), 0) AS immature,
                   coalesce((SELECT balance FROM ledger_accounts
                             WHERE pool_id = @poolId AND kind = 'user_confirmed' AND account_id = @accountId), 0) AS confirmed,
                   (SELECT coalesce(sum(l.amount - l.fee), 0)::bigint FROM payout_lines l JOIN payouts p USING (payout_id)
                    WHERE l.account_id = @accountId AND p.pool_id = @poolId AND p.state = 'confirmed') AS paid,
                   (SELECT count(*) FROM blocks WHERE account_id = @accountId AND pool_id = @poolId) AS blocks,
                   (SELECT threshold FROM payout_settings
                    WHERE account_id = @accountId AND coin = @Coin AND network = @Network) AS own_threshold
            """,
            new { poolId = pool.PoolId, accountId, pool.Config.Coin, pool.Config.Network });
    }

    /// <summary>The summed hours of an account up to a time.</summary>
    public async Task<HoursRow> Hours(int poolId, long accountId, long nowMs, long toMs)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.QuerySingleAsync<HoursRow>(
            $"""
            SELECT 0::bigint AS worker_id, {HourSums} FROM account_sums
            WHERE pool_id = @poolId AND length_ms = 3600000 AND account_id = @accountId AND at_ms >= @from7d AND at_ms < @toMs
            """,
            Times(poolId, accountId, [], nowMs, toMs));
    }

    /// <summary>The summed hours of some of an account's rigs: of a day, or of a week where asked for.</summary>
    public async Task<Dictionary<long, HoursRow>> Hours(
        int poolId, long accountId, IReadOnlyCollection<long> workerIds, long nowMs, long toMs, bool isWeek = false)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return (await connection.QueryAsync<HoursRow>(
            $"""
            SELECT worker_id, {HourSums} FROM worker_sums
            WHERE pool_id = @poolId AND account_id = @accountId AND worker_id = ANY(@ids) AND at_ms >= {(isWeek ? "@from7d" : "@from1d")}
              AND at_ms < @toMs
            GROUP BY worker_id
            """,
            Times(poolId, accountId, workerIds, nowMs, toMs))).ToDictionary(row => row.WorkerId);
    }

    /// <summary>An account's rigs, those seen last.</summary>
    public async Task<List<RigRow>> Rigs(long accountId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<RigRow>(
            """
            SELECT worker_id, name, last_share_ms, created_at FROM workers WHERE account_id = @accountId
            ORDER BY last_share_ms DESC, worker_id LIMIT @RigsMax
            """,
            new { accountId, RigsMax })];
    }

    /// <summary>The rig of a name; null: the account has none of it.</summary>
    public async Task<long?> RigId(long accountId, string name)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long?>(
            "SELECT worker_id FROM workers WHERE account_id = @accountId AND name = @name", new { accountId, name });
    }

    /// <summary>Credits of an account, newest block first.</summary>
    public async Task<List<CreditRow>> Credits(int poolId, long accountId, long? before, int limit)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<CreditRow>(
            """
            SELECT b.block_id, b.height, b.hash, b.state, c.amount, b.share_ms, b.confirmations
            FROM block_credits c JOIN blocks b USING (block_id)
            WHERE c.account_id = @accountId AND b.pool_id = @poolId AND c.block_id < @before ORDER BY c.block_id DESC LIMIT @limit
            """,
            new { poolId, accountId, before = before ?? long.MaxValue, limit })];
    }

    /// <summary>Blocks found since a time, by finder.</summary>
    public async Task<Dictionary<long, long>> BlocksByFinder(int poolId, long fromMs)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return (await connection.QueryAsync<(long Id, long Blocks)>(
            "SELECT account_id, count(*) FROM blocks WHERE pool_id = @poolId AND share_ms >= @fromMs GROUP BY account_id",
            new { poolId, fromMs })).ToDictionary(row => row.Id, row => row.Blocks);
    }

    private static object Times(int poolId, long accountId, IReadOnlyCollection<long> workerIds, long nowMs, long toMs) => new
    {
        poolId,
        accountId,
        ids = workerIds.ToArray(),
        from6h = MinerBoard.HourOf(nowMs - 21_600_000),
        from1d = MinerBoard.HourOf(nowMs - 86_400_000),
        from7d = MinerBoard.HourOf(nowMs - 604_800_000),
        toMs,
    };
}
