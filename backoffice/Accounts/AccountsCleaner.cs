using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Forgets, every hour, what has ended long ago: sessions, challenges, links of mails, logins that nobody confirmed.</summary>
internal sealed class AccountsCleaner(
    NpgsqlDataSource database, Sessions sessions, ActiveLease lease, TimeProvider time, ILogger<AccountsCleaner> log)
    : ActiveLoop(lease, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>One round of it.</summary>
    public async Task CleanAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        await sessions.ForgetAsync(connection, cancel);
        await connection.RunAsync("DELETE FROM challenges WHERE expires_at < $1", [now.AddHours(-1)], cancel);
        await connection.RunAsync("DELETE FROM mail_tokens WHERE expires_at < $1", [now.AddDays(-1)], cancel);
        await connection.RunAsync(
            """
            DELETE FROM logins l WHERE kind = 'email' AND confirmed_at IS NULL AND created_at < $1
              AND NOT EXISTS (SELECT 1 FROM mail_tokens t WHERE t.login_id = l.login_id)
            """,
            [now.AddDays(-7)],
            cancel);
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (true)
        {
            await CleanAsync(cancel);
            Succeeded();
            await Task.Delay(Interval, time, cancel);
        }
    }
}
