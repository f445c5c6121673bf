using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>A wish for another payout address.</summary>
internal sealed record AddressChange
{
    public long ChangeId { get; init; }

    public long AccountId { get; init; }

    public string Account { get; init; } = "";

    public string Coin { get; init; } = "";

    public string Network { get; init; } = "";

    public string? OldAddress { get; init; }

    public string NewAddress { get; init; } = "";

    public DateTime RequestedAt { get; init; }

    public DateTime DueAt { get; init; }
}

/// <summary>
/// Another payout address comes into force after a delay in which the old owner hears of it on every channel and may cancel it. Until then
/// nothing but this table knows it: payouts go by <c>payout_addresses</c>, which only <see cref="ApplyDue"/> writes over.
/// </summary>
internal sealed class AddressChanges(NpgsqlDataSource database, AuditLog audit, TimeProvider time, ILogger<AddressChanges> log)
{
    private const string Columns =
        """
        c.change_id, c.account_id, a.name AS account, c.coin, c.network, c.old_address, c.new_address, c.requested_at, c.due_at
        FROM payout_address_changes c JOIN accounts a USING (account_id)
        """;

    /// <summary>The change of an account that waits; null if none does.</summary>
    public static Task<AddressChange?> WaitingAsync(NpgsqlConnection connection, long accountId, string coin, string network) =>
        connection.QuerySingleOrDefaultAsync<AddressChange>(
            $"SELECT {Columns} WHERE c.account_id = @accountId AND c.coin = @coin AND c.network = @network AND c.state = 'waiting'",
            new { accountId, coin, network });

    /// <summary>Writes a wish down and tells the owners. In the caller's transaction, under the lock of payout settings.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="change">Account, coin, addresses; the times are set here.</param>
    /// <param name="delay">Until it comes into force.</param>
    /// <param name="by">Who wants it.</param>
    /// <param name="publicUrl">Where the page is, for the link in the notice; null: none.</param>
    public async Task<AddressChange> RequestAsync(
        NpgsqlConnection connection, AddressChange change, TimeSpan delay, string by, string? publicUrl)
    {
        var now = time.GetUtcNow();
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var made = change with { RequestedAt = now.UtcDateTime, DueAt = (now + delay).UtcDateTime };
        var id = await connection.ExecuteScalarAsync<long>(
            """
            INSERT INTO payout_address_changes
                (account_id, coin, network, old_address, new_address, cancel_hash, requested_by, requested_at, due_at)
            VALUES (@AccountId, @Coin, @Network, @OldAddress, @NewAddress, @hash, @by, @RequestedAt, @DueAt) RETURNING change_id
            """,
            new
            {
                made.AccountId,
                made.Coin,
                made.Network,
                made.OldAddress,
                made.NewAddress,
                hash = HashOf(code),
                by,
                made.RequestedAt,
                made.DueAt,
            });
        await NoticeBook.AddAsync(connection, Announcement(made with { ChangeId = id }, code, publicUrl), now);
        return made with { ChangeId = id };
    }

    /// <summary>Withdraws the waiting change of an account; false if there is none.</summary>
    public Task<bool> CancelAsync(
        long accountId, string coin, string network, AuditActor actor, string? reason, CancellationToken cancel) =>
        CancelAsync(
            "c.account_id = @accountId AND c.coin = @coin AND c.network = @network",
            new { accountId, coin, network },
            actor,
            reason,
            cancel);

    /// <summary>Withdraws the change that a notice told of, by the code in it; false if there is none.</summary>
    public Task<bool> CancelAsync(string code, AuditActor actor, CancellationToken cancel) =>
        CancelAsync("c.cancel_hash = @hash", new { hash = HashOf(code) }, actor, "by the code in the notice", cancel);

    /// <summary>Brings into force what is due, but nothing of a frozen account. Returns how many.</summary>
    public async Task<int> ApplyDue(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (!await IsAnythingDue(now, cancel)) return 0;
        var applied = await database.InTransactionAsync(
            async connection =>
            {
                await PayoutChoice.LockAsync(connection);
                var due = (await connection.QueryAsync<AddressChange>(
                    $"""
                    SELECT {Columns} WHERE c.state = 'waiting' AND c.due_at <= @now
                      AND NOT EXISTS (SELECT FROM payout_holds h WHERE h.released_at IS NULL AND h.account_id = c.account_id)
                    ORDER BY c.change_id LIMIT 200
                    """,
                    new { now })).AsList();
                foreach (var change in due) await ApplyAsync(connection, change, now);
                foreach (var change in due) await TellAuditAsync(connection, AuditActor.Program("payouts"), "applied", change, null);
                return due;
            },
            cancel);
        foreach (var change in applied) NoticesLog.AddressChanged(log, change.Account, change.Coin, change.Network);
        return applied.Count;
    }

    /// <summary>An address on a public page: enough to know it again, not enough to follow it.</summary>
    public static string Shortened(string address) => address.Length <= 14 ? address : $"{address[..6]}…{address[^4..]}";

    /// <summary>Sets the address in force.</summary>
    public static Task SetAsync(
        NpgsqlConnection connection, long accountId, string coin, string network, string address, DateTimeOffset now) =>
        connection.ExecuteAsync(
            """
            INSERT INTO payout_addresses (account_id, coin, network, address, set_at) VALUES (@accountId, @coin, @network, @address, @now)
            ON CONFLICT (account_id, coin, network) DO UPDATE SET address = excluded.address, set_at = excluded.set_at
            """,
            new { accountId, coin, network, address, now });

    private async Task<bool> IsAnythingDue(DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.ExecuteScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM payout_address_changes WHERE state = 'waiting' AND due_at <= @now)", new { now });
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, AddressChange change, DateTimeOffset now)
    {
        await SetAsync(connection, change.AccountId, change.Coin, change.Network, change.NewAddress, now);
        await connection.ExecuteAsync(
            """
            UPDATE payout_address_changes SET state = 'applied', decided_by = 'the delay is over', decided_at = @now
            WHERE change_id = @ChangeId
            """,
            new { change.ChangeId, now });
        var notice = new NoticeDraft(
            change.AccountId,
            "address-changed",
            $"address:{change.ChangeId}:applied",
            $"{change.Coin} is paid to another address from now on",
            [$"Account: {change.Account}", $"Address: {change.NewAddress}"])
        {
            IsSecurity = true,
        };
        await NoticeBook.AddAsync(connection, notice, now);
    }

    private Task<bool> CancelAsync(string which, object values, AuditActor actor, string? reason, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                await PayoutChoice.LockAsync(connection);
                var change = await connection.QuerySingleOrDefaultAsync<AddressChange>(
                    $"SELECT {Columns} WHERE c.state = 'waiting' AND {which}", values);
                if (change is null) return false;

                var now = time.GetUtcNow();
                await connection.ExecuteAsync(
                    """
                    UPDATE payout_address_changes SET state = 'cancelled', decided_by = @Name, decided_at = @now WHERE change_id = @ChangeId
                    """,
                    new { change.ChangeId, actor.Name, now });
                var notice = new NoticeDraft(
                    change.AccountId,
                    "address-change-cancelled",
                    $"address:{change.ChangeId}:cancelled",
                    $"The change of the {change.Coin} payout address was cancelled",
                    [$"Account: {change.Account}", $"Not taken: {change.NewAddress}"])
                {
                    IsSecurity = true,
                };
                await NoticeBook.AddAsync(connection, notice, now);
                await TellAuditAsync(connection, actor, "cancelled", change, reason);
                return true;
            },
            cancel);

    private Task<long> TellAuditAsync(NpgsqlConnection connection, AuditActor actor, string what, AddressChange change, string? reason) =>
        audit.AppendAsync(
            connection,
            actor,
            $"payout.address.{what}",
            change.Account,
            new { change.Coin, change.Network, from = change.OldAddress, to = change.NewAddress, reason });

    private static NoticeDraft Announcement(AddressChange change, string code, string? publicUrl)
    {
        List<string> lines =
        [
            $"Account: {change.Account}",
            $"From: {change.OldAddress ?? "none"}",
            $"To: {change.NewAddress}",
            $"In force from: {change.DueAt:yyyy-MM-dd HH:mm} UTC",
            "If it was not you: cancel it before then.",
            $"Code to cancel: {code}",
        ];
        if (publicUrl is not null) lines.Add($"{publicUrl.TrimEnd('/')}/#/cancel-change?code={code}");
        return new NoticeDraft(
            change.AccountId,
            "address-change",
            $"address:{change.ChangeId}:requested",
            $"Somebody wants {change.Coin} paid to another address",
            lines)
        {
            IsSecurity = true,
        };
    }

    private static byte[] HashOf(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));
}
