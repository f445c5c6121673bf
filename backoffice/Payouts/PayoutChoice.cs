using Dapper;
using Npgsql;

namespace Viddhana.Backoffice.Payouts;

/// <summary>An account that may be paid now.</summary>
internal sealed record Payable
{
    public required long AccountId { get; init; }

    public required string Name { get; init; }

    /// <summary>What it is paid, base units: its balance, or as much of it as an operator has approved.</summary>
    public required long Balance { get; init; }

    /// <summary>Null where it has no address of this coin.</summary>
    public string? Address { get; init; }

    /// <summary>True where only an operator's approval lets it go.</summary>
    public bool IsApproved { get; init; }
}

/// <summary>
/// Who is paid: accounts at their threshold and on their schedule, or on request; never those that are frozen or paused, never to another
/// address than the one in force, and above a sum only as far as an operator has approved.
/// </summary>
internal static class PayoutChoice
{
    /// <summary>
    /// Held by everything that changes what payouts are chosen by, and while one is made or signed: one at a time, to the end of the
    /// transaction.
    /// </summary>
    public static Task LockAsync(NpgsqlConnection connection) =>
        connection.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtext('payout_settings'), 0)");

    /// <summary>Accounts to be paid now, richest first. (LEAST and GREATEST pass over NULL: nothing that may be NULL goes into them.)
    /// </summary>
    /// <param name="connection">In a transaction under the lock, what it gives stays true to its end.</param>
    /// <param name="pool">Whose balances.</param>
    /// <param name="now">For schedules.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="only">Only these accounts; null: all.</param>
    public static async Task<List<Payable>> OfAsync(
        NpgsqlConnection connection, PayoutPool pool, DateTimeOffset now, int most, long[]? only = null)
    {
        var rules = pool.Rules;
        return [.. await connection.QueryAsync<Payable>(
            """
            SELECT * FROM (
                SELECT l.account_id, a.name, p.address, coalesce(l.balance > @ApprovalAbove, false) AS is_approved,
                       CASE WHEN l.balance > @ApprovalAbove THEN
                           CASE WHEN v.up_to IS NOT NULL THEN least(l.balance, v.up_to) END
                       ELSE l.balance END AS balance
                FROM ledger_accounts l
                JOIN accounts a USING (account_id)
                LEFT JOIN payout_addresses p ON p.account_id = l.account_id AND p.coin = @coin AND p.network = @network
                LEFT JOIN payout_settings s ON s.account_id = l.account_id AND s.coin = @coin AND s.network = @network
                LEFT JOIN payout_requests r ON r.pool_id = @PoolId AND r.account_id = l.account_id AND r.state = 'waiting'
                LEFT JOIN payout_approvals v
                    ON v.pool_id = @PoolId AND v.account_id = l.account_id AND v.payout_id IS NULL AND v.address = p.address
                WHERE l.pool_id = @PoolId AND l.kind = 'user_confirmed' AND l.balance >= least(@ThresholdMin, @RequestMin)
                  AND (@only::bigint[] IS NULL OR l.account_id = ANY(@only))
                  AND s.is_paused IS NOT TRUE
                  AND NOT EXISTS (SELECT FROM payout_holds h WHERE h.released_at IS NULL AND h.account_id = l.account_id)
                  AND (
                      r.request_id IS NOT NULL AND l.balance >= @RequestMin
                      OR coalesce(s.schedule, 'auto') <> 'manual'
                      AND l.balance >= CASE
                          WHEN s.threshold IS NULL THEN @Threshold ELSE greatest(least(s.threshold, @ThresholdMax), @ThresholdMin) END
                      AND (coalesce(s.schedule, 'auto') = 'auto' OR NOT EXISTS (
                          SELECT FROM payout_lines x JOIN payouts y USING (payout_id)
                          WHERE x.account_id = l.account_id AND y.pool_id = @PoolId AND y.state <> 'failed'
                            AND y.created_at >= CASE s.schedule WHEN 'daily' THEN @day ELSE @week END)))
            ) chosen
            WHERE balance IS NOT NULL ORDER BY balance DESC, account_id LIMIT @most
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
                day = PayoutSchedule.DayOf(now),
                week = PayoutSchedule.WeekOf(now),
                only,
                most,
            })];
    }

    /// <summary>Why a payout that is not signed must wait, in words; null if it need not.</summary>
    public static Task<string?> HeldAsync(NpgsqlConnection connection, int poolId, long payoutId) =>
        connection.ExecuteScalarAsync<string?>(
            """
            SELECT CASE WHEN payout_id IS NULL THEN 'frozen by an operator, with all payouts of the pool' ELSE 'frozen by an operator' END
            FROM payout_holds WHERE released_at IS NULL AND (pool_id = @poolId OR payout_id = @payoutId) LIMIT 1
            """,
            new { poolId, payoutId });

    /// <summary>
    /// Lines of a payout that its accounts or an operator would not have now: frozen or paused since, or paid elsewhere.
    /// </summary>
    public static Task<long> OutdatedAsync(NpgsqlConnection connection, PayoutPool pool, long payoutId) =>
        connection.ExecuteScalarAsync<long>(
            """
            SELECT count(*) FROM payout_lines l
            LEFT JOIN payout_addresses p ON p.account_id = l.account_id AND p.coin = @coin AND p.network = @network
            LEFT JOIN payout_settings s ON s.account_id = l.account_id AND s.coin = @coin AND s.network = @network
            WHERE l.payout_id = @payoutId
              AND (p.address IS DISTINCT FROM l.address OR s.is_paused
                   OR EXISTS (SELECT FROM payout_holds h WHERE h.released_at IS NULL AND h.account_id = l.account_id))
            """,
            new { payoutId, coin = pool.Coin.Name, network = pool.Config.Network });
}
