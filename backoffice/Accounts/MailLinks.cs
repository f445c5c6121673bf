using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// Links in mails. What depends on whether a login exists happens after the request that asked for it has been answered.
/// A link is good once and for a while; its token is stored as a hash.
/// </summary>
internal sealed class MailLinks(
    NpgsqlDataSource database,
    LoginStore logins,
    Sessions sessions,
    IMailer mailer,
    AuditLog audit,
    TimeProvider time,
    ViddhanaConfig config,
    BackgroundWork work)
{
    /// <summary>How long a link to confirm an address is good.</summary>
    public static readonly TimeSpan ConfirmLifetime = TimeSpan.FromHours(24);

    /// <summary>How long a link to a new password is good.</summary>
    public static readonly TimeSpan ResetLifetime = TimeSpan.FromHours(1);

    /// <summary>Living links of a login: no one's mailbox is filled by others.</summary>
    private const int LinksMax = 3;

    /// <summary>Why no mail can be sent, or null.</summary>
    public IResult? Problem() => mailer.IsConfigured && config.Backoffice.Access.PublicUrl is not null
        ? null
        : Problems.Of(
            503, "mail-not-configured", "this pool sends no mail (its operator sets a mail server and backoffice.access.public_url)");

    /// <summary>Makes a login that is not confirmed yet, and sends the link; tells the owner of one that is.</summary>
    public void Register(string email, string passwordHash, AuditActor actor) =>
        work.Add(cancel => RegisterAsync(email, passwordHash, actor, cancel));

    /// <summary>Sends a link to a new password where there is a login.</summary>
    public void Forgot(string email) => work.Add(cancel => ForgotAsync(email, cancel));

    /// <summary>Confirms the login of a token; false if it is not good.</summary>
    public async Task<bool> ConfirmAsync(NpgsqlConnection connection, string? token, HttpContext context, CancellationToken cancel)
    {
        if (await UseAsync(connection, token, "confirm", cancel) is not { } link) return false;
        await connection.RunAsync(
            "UPDATE logins SET confirmed_at = $2, password_hash = $3 WHERE login_id = $1 AND confirmed_at IS NULL",
            [link.LoginId, time.GetUtcNow(), link.PasswordHash],
            cancel);
        await audit.AppendAsync(
            connection, new AuditActor(link.LoginId, link.Name, context.ClientAddress().ToString()), "login.confirmed", link.Name,
            cancel: cancel);
        return true;
    }

    /// <summary>Sets the password of a token's login and ends its sessions; false if the token is not good.</summary>
    public async Task<bool> ResetAsync(
        NpgsqlConnection connection, string? token, string passwordHash, HttpContext context, CancellationToken cancel)
    {
        if (await UseAsync(connection, token, "reset", cancel) is not { } link) return false;
        await LoginStore.SetPasswordAsync(connection, link.LoginId, passwordHash, cancel);
        await connection.RunAsync(
            "UPDATE mail_tokens SET used_at = $2 WHERE login_id = $1 AND used_at IS NULL", [link.LoginId, time.GetUtcNow()], cancel);
        await sessions.EndAsync(connection, link.LoginId, "password", sessionId: null, cancel);
        await audit.AppendAsync(
            connection, new AuditActor(link.LoginId, link.Name, context.ClientAddress().ToString()), "login.password.reset", link.Name,
            cancel: cancel);
        return true;
    }

    /// <summary>Whose token this is, if it is good; it stays so.</summary>
    public async Task<string?> NameOfAsync(
        NpgsqlConnection connection, string? token, string purpose, CancellationToken cancel) =>
        token is not { Length: > 0 and <= 100 }
            ? null
            : await connection.ScalarAsync<string>(
                """
                SELECT l.name FROM mail_tokens t JOIN logins l USING (login_id)
                WHERE t.token_hash = $1 AND t.purpose = $2 AND t.used_at IS NULL AND t.expires_at > $3 AND NOT l.is_locked
                """,
                [Hash(token), purpose, time.GetUtcNow()],
                cancel);

    private async Task RegisterAsync(string email, string passwordHash, AuditActor actor, CancellationToken cancel)
    {
        var mail = await database.InTransactionAsync(
            async connection =>
            {
                var made = await logins.MakeAsync(
                    connection, LoginStore.Email, email, Role.Miner, passwordHash, isConfirmed: false, cancel);
                var login = made ?? (await LoginStore.FindAsync(connection, LoginStore.Email, email, cancel))!;
                if (login.IsConfirmed) return MailTexts.AlreadyThere(email, Url(""));
                if (await IssueAsync(connection, login, "confirm", passwordHash, ConfirmLifetime, cancel) is not { } token) return null;
                if (made is not null) await audit.AppendAsync(connection, actor, "login.registered", email, cancel: cancel);
                return MailTexts.Confirm(email, Url($"/#/confirm?token={token}"));
            },
            cancel);
        if (mail is not null) await mailer.QueueAsync(mail, cancel);
    }

    private async Task ForgotAsync(string email, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var login = await LoginStore.FindAsync(connection, LoginStore.Email, email, cancel);
        if (login is not { IsConfirmed: true, IsLocked: false }) return;
        if (await IssueAsync(connection, login, "reset", null, ResetLifetime, cancel) is { } token)
            await mailer.QueueAsync(MailTexts.Reset(email, Url($"/#/reset?token={token}")), cancel);
    }

    private string Url(string path) => config.Backoffice.Access.PublicUrl + path;

    private async Task<string?> IssueAsync(
        NpgsqlConnection connection, Login login, string purpose, string? passwordHash, TimeSpan lifetime, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await connection.RunAsync("DELETE FROM mail_tokens WHERE expires_at < $1", [now], cancel);
        var living = await connection.ScalarAsync<long>(
            "SELECT count(*) FROM mail_tokens WHERE login_id = $1 AND purpose = $2 AND used_at IS NULL", [login.LoginId, purpose], cancel);
        if (living >= LinksMax) return null;

        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        await connection.RunAsync(
            "INSERT INTO mail_tokens (token_hash, login_id, purpose, password_hash, expires_at) VALUES ($1, $2, $3, $4, $5)",
            [Hash(token), login.LoginId, purpose, passwordHash, now + lifetime],
            cancel);
        return token;
    }

    private async Task<(long LoginId, string Name, string? PasswordHash)?> UseAsync(
        NpgsqlConnection connection, string? token, string purpose, CancellationToken cancel)
    {
        if (token is not { Length: > 0 and <= 100 }) return null;
        var rows = await connection.RowsAsync(
            """
            UPDATE mail_tokens t SET used_at = $3 FROM logins l
            WHERE t.token_hash = $1 AND t.purpose = $2 AND t.used_at IS NULL AND t.expires_at > $3
              AND l.login_id = t.login_id AND NOT l.is_locked
            RETURNING l.login_id, l.name, t.password_hash
            """,
            [Hash(token), purpose, time.GetUtcNow()],
            row => (row.GetInt64(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)),
            cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
