using Dapper;
using Npgsql;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>A payout with what holds it.</summary>
internal sealed record AdminPayoutRow
{
    public long PayoutId { get; init; }

    public int PoolId { get; init; }

    public string State { get; init; } = "";

    public string StateReason { get; init; } = "";

    public bool IsStuck { get; init; }

    public string? Txid { get; init; }

    public long Total { get; init; }

    public long? Fee { get; init; }

    public int Confirmations { get; init; }

    public int Lines { get; init; }

    public DateTime CreatedAt { get; init; }

    public string? FrozenReason { get; init; }

    public PayoutAnswer Answer(int decimals, string? explorer) => new PayoutRow
    {
        PayoutId = PayoutId,
        State = State,
        StateReason = StateReason,
        IsStuck = IsStuck,
        Txid = Txid,
        Total = Total,
        Fee = Fee,
        Confirmations = Confirmations,
        Lines = Lines,
        CreatedAt = CreatedAt,
    }.Answer(decimals, explorer);
}

/// <summary>An account that is owed enough.</summary>
internal sealed record WaitingRow
{
    public long AccountId { get; init; }

    public string Account { get; init; } = "";

    public long Balance { get; init; }

    public string? Address { get; init; }

    public string Why { get; init; } = "";

    public bool Requested { get; init; }

    public WaitingAnswer Answer(KnownPool pool) =>
        new(pool.Name, Account, AccountId, Amount.Of(Balance, pool.Coin.Decimals), Address, Why, Requested);
}

/// <summary>What operators read about payouts.</summary>
internal static class PayoutAdminQueries
{
    public static async Task<List<AdminPayoutRow>> Payouts(
        NpgsqlDataSource database, int[] pools, long? before, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return (await connection.QueryAsync<AdminPayoutRow>(
            """
            SELECT p.payout_id, p.pool_id, p.state, p.state_reason, p.is_stuck, p.txid, p.total, p.fee, p.confirmations, p.created_at,
                   (SELECT count(*) FROM payout_lines l WHERE l.payout_id = p.payout_id)::int AS lines,
                   (SELECT h.reason FROM payout_holds h
                    WHERE h.released_at IS NULL AND (h.payout_id = p.payout_id OR h.pool_id = p.pool_id AND p.state = 'prepared')
                    LIMIT 1) AS frozen_reason
            FROM payouts p WHERE p.pool_id = ANY(@pools) AND (@before::bigint IS NULL OR p.payout_id < @before)
            ORDER BY p.payout_id DESC LIMIT @limit
            """,
            new { pools, before, limit })).AsList();
    }

    /// <summary>Accounts at their threshold, or with a request above the minimum, in the order of their numbers.</summary>
    public static async Task<List<WaitingRow>> Waiting(
        NpgsqlDataSource database, PayoutPool pool, DateTimeOffset now, long after, int limit, CancellationToken cancel)
    {
        var rules = pool.Rules;
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = (await connection.QueryAsync<WaitingRow>(
            """
            SELECT l.account_id, a.name AS account, l.balance, p.address, r.request_id IS NOT NULL AS requested,
                   CASE WHEN h.hold_id IS NOT NULL THEN 'frozen'
                        WHEN s.is_paused THEN 'paused'
                        WHEN p.address IS NULL THEN 'no-address'
                        WHEN l.balance > @ApprovalAbove AND v.approval_id IS NULL THEN 'approval'
                        WHEN EXISTS (SELECT FROM payout_holds WHERE pool_id = @PoolId AND released_at IS NULL) THEN 'pool-frozen'
                        ELSE 'schedule' END AS why
            FROM ledger_accounts l
            JOIN accounts a USING (account_id)
            LEFT JOIN payout_addresses p ON p.account_id = l.account_id AND p.coin = @coin AND p.network = @network
            LEFT JOIN payout_settings s ON s.account_id = l.account_id AND s.coin = @coin AND s.network = @network
            LEFT JOIN payout_requests r ON r.pool_id = @PoolId AND r.account_id = l.account_id AND r.state = 'waiting'
            LEFT JOIN payout_approvals v
                ON v.pool_id = @PoolId AND v.account_id = l.account_id AND v.payout_id IS NULL AND v.address = p.address
            LEFT JOIN payout_holds h ON h.account_id = l.account_id AND h.released_at IS NULL
            WHERE l.pool_id = @PoolId AND l.kind = 'user_confirmed' AND l.account_id > @after
              AND (r.request_id IS NOT NULL AND l.balance >= @RequestMin
                   OR l.balance >= CASE
                       WHEN s.threshold IS NULL THEN @Threshold ELSE greatest(least(s.threshold, @ThresholdMax), @ThresholdMin) END)
            ORDER BY l.account_id LIMIT @limit
            """,
            new
            {
                pool.PoolId,
                coin = pool.Coin.Name,
                network = pool.Config.Network,
                rules.Threshold,
                rules.ThresholdMin,
                rules.ThresholdMax,
                rules.RequestMin,
                rules.ApprovalAbove,
                after,
                limit,
            })).AsList();
        // The round itself says who is next: one place decides that.
        long[] open = [.. rows.Where(row => row.Why == "schedule").Select(row => row.AccountId)];
        if (open.Length == 0) return rows;
        var next = (await PayoutChoice.OfAsync(connection, pool, now, open.Length, open)).Select(p => p.AccountId).ToHashSet();
        return rows.ConvertAll(row => next.Contains(row.AccountId) ? row with { Why = "next-round" } : row);
    }
}
