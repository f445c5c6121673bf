using Dapper;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>A wish to be paid now.</summary>
internal sealed record PayoutRequest
{
    public long RequestId { get; init; }

    public int PoolId { get; init; }

    public long AccountId { get; init; }

    public string Account { get; init; } = "";

    public string State { get; init; } = "";

    public DateTime RequestedAt { get; init; }

    public long? PayoutId { get; init; }

    /// <summary>Of the payout that took it.</summary>
    public string? PayoutState { get; init; }

    public string? Txid { get; init; }

    /// <summary>What the payout pays; before, what it would pay now.</summary>
    public long Amount { get; init; }

    public bool IsApproved { get; init; }

    /// <summary>For people and programs: what it waits for or has become.</summary>
    public string StateNow(PayoutRules rules) => (State, PayoutState) switch
    {
        ("waiting", _) => Amount > rules.ApprovalAbove && !IsApproved ? "waits-for-approval" : "waiting",
        ("taken", "broadcast") => "sent",
        ("taken", "confirmed") => "paid",
        ("taken", _) => "in-payout",
        _ => State,
    };
}

/// <summary>What became of asking: the request, or why not.</summary>
/// <param name="Code">Null if it was taken (or had been, by the same key).</param>
/// <param name="IsNew">False for a repetition by the same key.</param>
/// <param name="Wait">With <c>too-soon</c>: how long.</param>
internal readonly record struct RequestOutcome(string? Code, PayoutRequest? Request, bool IsNew, TimeSpan Wait = default);

/// <summary>Payouts on request: each key is good for one request, each request for one payout, one of an account and pool at a time.
/// </summary>
internal sealed class PayoutRequestBook(NpgsqlDataSource database, TimeProvider time)
{
    private const string Query =
        """
        SELECT r.request_id, r.pool_id, r.account_id, a.name AS account, r.state, r.requested_at, r.payout_id,
               p.state AS payout_state, p.txid, coalesce(l.amount, b.balance, 0) AS amount, v.approval_id IS NOT NULL AS is_approved
        FROM payout_requests r
        JOIN accounts a USING (account_id)
        LEFT JOIN payouts p USING (payout_id)
        LEFT JOIN payout_lines l ON l.payout_id = r.payout_id AND l.account_id = r.account_id
        LEFT JOIN ledger_accounts b ON b.pool_id = r.pool_id AND b.account_id = r.account_id AND b.kind = 'user_confirmed'
        LEFT JOIN payout_approvals v ON v.pool_id = r.pool_id AND v.account_id = r.account_id AND v.payout_id IS NULL
        """;

    /// <summary>Asks. The same key gives the same request, whatever has become of it.</summary>
    public Task<RequestOutcome> AskAsync(KnownPool pool, long accountId, string key, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                await PayoutChoice.LockAsync(connection);
                const string SameKey = "r.account_id = @accountId AND r.idempotency_key = @key";
                if (await OneAsync(connection, SameKey, new { accountId, key }) is { } earlier)
                {
                    return earlier.PoolId == pool.PoolId
                        ? new RequestOutcome(null, earlier, false)
                        : new RequestOutcome("idempotency-key-used", null, false);
                }

                if (await ObstacleAsync(connection, pool, accountId) is { } obstacle) return new RequestOutcome(obstacle, null, false);
                var now = time.GetUtcNow();
                if (await NextAsync(connection, pool, accountId) is { } next && next > now)
                    return new RequestOutcome("too-soon", null, false, next - now);

                var id = await connection.ExecuteScalarAsync<long>(
                    """
                    INSERT INTO payout_requests (pool_id, account_id, idempotency_key, requested_at)
                    VALUES (@PoolId, @accountId, @key, @now) RETURNING request_id
                    """,
                    new { pool.PoolId, accountId, key, now });
                return new RequestOutcome(null, await OneAsync(connection, "r.request_id = @id", new { id }), true);
            },
            cancel);

    /// <summary>Withdraws a request; false if it waits no more.</summary>
    public Task<bool> CancelAsync(long requestId, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            await PayoutChoice.LockAsync(connection);
            return await connection.ExecuteAsync(
                "UPDATE payout_requests SET state = 'cancelled' WHERE request_id = @requestId AND state = 'waiting'",
                new { requestId }) == 1;
        },
        cancel);

    public async Task<PayoutRequest?> FindAsync(long requestId, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await OneAsync(connection, "r.request_id = @requestId", new { requestId });
    }

    /// <summary>Requests of accounts, newest first.</summary>
    public async Task<List<PayoutRequest>> OfAsync(long[] accounts, long? before, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return [.. await connection.QueryAsync<PayoutRequest>(
            $"""
            {Query} WHERE r.account_id = ANY(@accounts) AND (@before::bigint IS NULL OR r.request_id < @before)
            ORDER BY r.request_id DESC LIMIT @limit
            """,
            new { accounts, before, limit })];
    }

    private static Task<PayoutRequest?> OneAsync(NpgsqlConnection connection, string where, object values) =>
        connection.QuerySingleOrDefaultAsync<PayoutRequest>($"{Query} WHERE {where}", values);

    private static Task<string?> ObstacleAsync(NpgsqlConnection connection, KnownPool pool, long accountId) =>
        connection.ExecuteScalarAsync<string?>(
            """
            SELECT CASE
                WHEN EXISTS (SELECT FROM payout_holds WHERE account_id = @accountId AND released_at IS NULL) THEN 'frozen'
                WHEN s.is_paused THEN 'paused'
                WHEN p.address IS NULL THEN 'no-address'
                WHEN EXISTS (SELECT FROM payout_requests WHERE pool_id = @PoolId AND account_id = @accountId AND state = 'waiting')
                    THEN 'request-waits'
                WHEN coalesce(b.balance, 0) < @RequestMin THEN 'below-minimum' END
            FROM (SELECT 1) one
            LEFT JOIN payout_settings s ON s.account_id = @accountId AND s.coin = @coin AND s.network = @Network
            LEFT JOIN payout_addresses p ON p.account_id = @accountId AND p.coin = @coin AND p.network = @Network
            LEFT JOIN ledger_accounts b ON b.pool_id = @PoolId AND b.account_id = @accountId AND b.kind = 'user_confirmed'
            """,
            new { pool.PoolId, accountId, coin = pool.Coin.Name, pool.Config.Network, PayoutRules.Of(pool).RequestMin });

    /// <summary>Requests cost the pool a fee each, so an account may not ask all the time. What was withdrawn does not count.</summary>
    private static async Task<DateTimeOffset?> NextAsync(NpgsqlConnection connection, KnownPool pool, long accountId)
    {
        var last = await connection.ExecuteScalarAsync<DateTime?>(
            "SELECT max(requested_at) FROM payout_requests WHERE pool_id = @PoolId AND account_id = @accountId AND state = 'taken'",
            new { pool.PoolId, accountId });
        return last is { } at ? new DateTimeOffset(at, TimeSpan.Zero).AddHours(pool.Config.Payouts.RequestHours) : null;
    }
}
