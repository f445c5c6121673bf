using Dapper;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>What is frozen: exactly one of the three.</summary>
internal sealed record HoldSubject(string Kind, string Name)
{
    public int? PoolId { get; init; }

    public long? AccountId { get; init; }

    public long? PayoutId { get; init; }

    public static HoldSubject Pool(KnownPool pool) => new("pool", pool.Name) { PoolId = pool.PoolId };

    public static HoldSubject Account(long accountId, string name) => new("account", name) { AccountId = accountId };

    public static HoldSubject Payout(long payoutId) => new("payout", $"{payoutId}") { PayoutId = payoutId };
}

/// <summary>Something frozen, now or once.</summary>
internal sealed record Hold
{
    public long HoldId { get; init; }

    public string Kind { get; init; } = "";

    public string Subject { get; init; } = "";

    public string Reason { get; init; } = "";

    public string SetBy { get; init; } = "";

    public DateTime SetAt { get; init; }

    public string? ReleasedBy { get; init; }

    public DateTime? ReleasedAt { get; init; }

    public string? ReleaseReason { get; init; }
}

/// <summary>What an operator decides about payouts: freezing, releasing, approving, giving up. Each with a reason, each audited.</summary>
internal sealed class PayoutHoldBook(NpgsqlDataSource database, PayoutStore store, AuditLog audit, TimeProvider time)
{
    private const string Columns =
        """
        SELECT h.hold_id,
               CASE WHEN h.pool_id IS NOT NULL THEN 'pool' WHEN h.account_id IS NOT NULL THEN 'account' ELSE 'payout' END AS kind,
               coalesce(p.name, a.name, h.payout_id::text) AS subject, h.reason, h.set_by, h.set_at, h.released_by, h.released_at,
               h.release_reason
        FROM payout_holds h LEFT JOIN pools p ON p.pool_id = h.pool_id LEFT JOIN accounts a ON a.account_id = h.account_id
        """;

    private const string Same =
        "(h.pool_id, h.account_id, h.payout_id) IS NOT DISTINCT FROM (@PoolId::int, @AccountId::bigint, @PayoutId::bigint)";

    /// <summary>Freezes; nothing is done, and the refusal says why, where it is frozen already or a payout is signed.</summary>
    public Task<(Hold? Hold, string? Refusal)> FreezeAsync(
        HoldSubject subject, string reason, AuditActor actor, CancellationToken cancel) =>
        database.InTransactionAsync<(Hold?, string?)>(
            async connection =>
            {
                await PayoutChoice.LockAsync(connection);
                if (subject.PayoutId is { } payoutId && await StateAsync(connection, payoutId) != "prepared")
                    return (null, "already-signed");
                var now = time.GetUtcNow();
                var id = await connection.ExecuteScalarAsync<long?>(
                    """
                    INSERT INTO payout_holds (pool_id, account_id, payout_id, reason, set_by, set_at)
                    VALUES (@PoolId, @AccountId, @PayoutId, @reason, @Name, @now) ON CONFLICT DO NOTHING RETURNING hold_id
                    """,
                    new { subject.PoolId, subject.AccountId, subject.PayoutId, reason, actor.Name, now });
                if (id is null) return (null, "already-frozen");

                await TellOwners(connection, subject, id.Value, isFrozen: true, now);
                await audit.AppendAsync(connection, actor, $"payout.{subject.Kind}.frozen", subject.Name, new { reason }, cancel);
                return (await OneAsync(connection, id.Value), null);
            },
            cancel);

    /// <summary>Releases; null if it is not frozen.</summary>
    public Task<Hold?> ReleaseAsync(HoldSubject subject, string reason, AuditActor actor, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                await PayoutChoice.LockAsync(connection);
                var now = time.GetUtcNow();
                var id = await connection.ExecuteScalarAsync<long?>(
                    $"""
                    UPDATE payout_holds h SET released_by = @Name, release_reason = @reason, released_at = @now
                    WHERE h.released_at IS NULL AND {Same} RETURNING hold_id
                    """,
                    new { subject.PoolId, subject.AccountId, subject.PayoutId, reason, actor.Name, now });
                if (id is null) return null;

                await TellOwners(connection, subject, id.Value, isFrozen: false, now);
                await audit.AppendAsync(connection, actor, $"payout.{subject.Kind}.released", subject.Name, new { reason }, cancel);
                return await OneAsync(connection, id.Value);
            },
            cancel);

    /// <summary>
    /// Lets a line above the bound go once, up to a sum, to the address that is in force now. A newer approval replaces an older one.
    /// </summary>
    public Task ApproveAsync(
        KnownPool pool, long accountId, string account, string address, long upTo, string reason, AuditActor actor,
        CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                await PayoutChoice.LockAsync(connection);
                await connection.ExecuteAsync(
                    """
                    INSERT INTO payout_approvals (pool_id, account_id, address, up_to, approved_by, reason, approved_at)
                    VALUES (@PoolId, @accountId, @address, @upTo, @Name, @reason, @now)
                    ON CONFLICT (pool_id, account_id) WHERE payout_id IS NULL DO UPDATE SET address = excluded.address,
                        up_to = excluded.up_to, approved_by = excluded.approved_by, reason = excluded.reason,
                        approved_at = excluded.approved_at
                    """,
                    new { pool.PoolId, accountId, address, upTo, actor.Name, reason, now = time.GetUtcNow() });
                return await audit.AppendAsync(
                    connection, actor, "payout.line.approved", account, new { pool = pool.Name, address, upTo = $"{upTo}", reason },
                    cancel);
            },
            cancel);

    /// <summary>Gives up a payout that is not signed; its lines go back into the balances. False if it is past that.</summary>
    public async Task<bool> GiveUpAsync(int poolId, long payoutId, string reason, AuditActor actor)
    {
        if (await store.Find(payoutId) is not { State: "prepared" } payout) return false;
        if (!await store.Failed(poolId, payout, await store.Lines(payoutId), $"given up by the operator: {reason}")) return false;
        await audit.AppendAsync(null, actor, "payout.payout.cancelled", $"{payoutId}", new { reason });
        return true;
    }

    /// <summary>What is frozen, newest first; with <paramref name="all"/> what was, too.</summary>
    public async Task<List<Hold>> ListAsync(bool all, long? before, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return [.. await connection.QueryAsync<Hold>(
            $"""
            {Columns} WHERE (@all OR h.released_at IS NULL) AND (@before::bigint IS NULL OR h.hold_id < @before)
            ORDER BY h.hold_id DESC LIMIT @limit
            """,
            new { all, before, limit })];
    }

    private static Task<string?> StateAsync(NpgsqlConnection connection, long payoutId) =>
        connection.ExecuteScalarAsync<string?>("SELECT state FROM payouts WHERE payout_id = @payoutId FOR UPDATE", new { payoutId });

    private static Task<Hold> OneAsync(NpgsqlConnection connection, long holdId) =>
        connection.QuerySingleAsync<Hold>($"{Columns} WHERE h.hold_id = @holdId", new { holdId });

    /// <summary>That it is so, not why: the reason is the operator's.</summary>
    private static async Task TellOwners(NpgsqlConnection connection, HoldSubject subject, long holdId, bool isFrozen, DateTimeOffset now)
    {
        if (subject.AccountId is not { } accountId) return;
        var notice = new NoticeDraft(
            accountId,
            isFrozen ? "account-frozen" : "account-released",
            $"hold:{holdId}:{(isFrozen ? "set" : "released")}",
            isFrozen ? "Payouts of your account are frozen by the operator" : "Payouts of your account go on",
            [$"Account: {subject.Name}"])
        {
            IsSecurity = true,
        };
        await NoticeBook.AddAsync(connection, notice, now);
    }
}
