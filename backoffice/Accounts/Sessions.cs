using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>A device that is signed in.</summary>
internal sealed record Session(
    long SessionId, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, string Address, string UserAgent);

/// <summary>What became of a refresh token.</summary>
internal enum RefreshVerdict
{
    Good,

    /// <summary>Unknown, expired, or of a session that has ended.</summary>
    Gone,

    /// <summary>Used before: someone has a copy. The session has been ended.</summary>
    Reused,
}

/// <summary>A new pair where the verdict is good; whose session it was otherwise, where that is known.</summary>
internal sealed record Refreshed(RefreshVerdict Verdict, long LoginId, long SessionId, string Token);

/// <summary>
/// Sessions, each a chain of refresh tokens (256 random bits, stored as SHA-256): using one makes the next. One that comes a second time
/// has been copied, by whom nobody can tell: the whole session ends.
/// </summary>
internal sealed class Sessions(TimeProvider time)
{
    /// <summary>How long a device stays signed in without being used.</summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromDays(7);

    /// <summary>How long it stays signed in at most.</summary>
    public static readonly TimeSpan LengthMax = TimeSpan.FromDays(90);

    /// <summary>Living sessions of a login: the oldest ends when another begins.</summary>
    public const int SessionsMax = 50;

    private const int UserAgentMax = 200;

    /// <summary>Begins a session; returns its number and first refresh token.</summary>
    public async Task<(long SessionId, string Token)> BeginAsync(
        NpgsqlConnection connection, long loginId, string address, string userAgent, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var agent = userAgent.Replace('\0', '\uFFFD');
        var sessionId = await connection.ScalarAsync<long>(
            """
            INSERT INTO sessions (login_id, created_at, last_used_at, expires_at, address, user_agent)
            VALUES ($1, $2, $2, $3, $4, $5) RETURNING session_id
            """,
            [loginId, now, now + IdleMax, address, agent.Length <= UserAgentMax ? agent : agent[..UserAgentMax]],
            cancel);
        await connection.RunAsync(
            """
            UPDATE sessions SET ended_at = $2, end_reason = 'replaced' WHERE session_id IN (
                SELECT session_id FROM sessions WHERE login_id = $1 AND ended_at IS NULL AND expires_at > $2
                ORDER BY last_used_at DESC, session_id DESC OFFSET $3)
            """,
            [loginId, now, SessionsMax],
            cancel);
        await connection.RunAsync("UPDATE logins SET last_seen_at = $2 WHERE login_id = $1", [loginId, now], cancel);
        return (sessionId, await IssueAsync(connection, sessionId, now, now + IdleMax, cancel));
    }

    /// <summary>Exchanges a refresh token for the next one.</summary>
    public async Task<Refreshed> RefreshAsync(NpgsqlConnection connection, string token, string address, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var rows = await connection.RowsAsync(
            """
            SELECT s.session_id, s.login_id, s.created_at, t.used_at IS NOT NULL,
                   s.ended_at IS NULL AND t.expires_at > $2 AND NOT l.is_locked
            FROM refresh_tokens t JOIN sessions s USING (session_id) JOIN logins l USING (login_id)
            WHERE t.token_hash = $1
            FOR UPDATE OF t, s
            """,
            [Hash(token), now],
            row => (Id: row.GetInt64(0), LoginId: row.GetInt64(1), CreatedAt: row.GetFieldValue<DateTimeOffset>(2),
                IsUsed: row.GetBoolean(3), IsAlive: row.GetBoolean(4)),
            cancel);
        if (rows.Count == 0) return new Refreshed(RefreshVerdict.Gone, 0, 0, "");

        var (id, loginId, createdAt, isUsed, isAlive) = rows[0];
        if (!isAlive) return new Refreshed(RefreshVerdict.Gone, loginId, id, "");
        if (isUsed)
        {
            await EndAsync(connection, loginId, "reused", id, cancel);
            return new Refreshed(RefreshVerdict.Reused, loginId, id, "");
        }

        var expiresAt = Earlier(now + IdleMax, createdAt + LengthMax);
        if (expiresAt <= now) return new Refreshed(RefreshVerdict.Gone, loginId, id, "");
        await connection.RunAsync("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1", [Hash(token), now], cancel);
        await connection.RunAsync(
            "UPDATE sessions SET last_used_at = $2, expires_at = $3, address = $4 WHERE session_id = $1",
            [id, now, expiresAt, address],
            cancel);
        await connection.RunAsync("UPDATE logins SET last_seen_at = $2 WHERE login_id = $1", [loginId, now], cancel);
        return new Refreshed(RefreshVerdict.Good, loginId, id, await IssueAsync(connection, id, now, expiresAt, cancel));
    }

    /// <summary>The session of a refresh token, whatever state it is in; null if it is unknown.</summary>
    public static async Task<(long LoginId, long SessionId)?> FindAsync(
        NpgsqlConnection connection, string token, CancellationToken cancel)
    {
        var rows = await connection.RowsAsync(
            "SELECT s.login_id, s.session_id FROM refresh_tokens t JOIN sessions s USING (session_id) WHERE t.token_hash = $1",
            [Hash(token)],
            row => (row.GetInt64(0), row.GetInt64(1)),
            cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>Living sessions of a login, the last used first.</summary>
    public async Task<IReadOnlyList<Session>> OfAsync(NpgsqlConnection connection, long loginId, CancellationToken cancel) =>
        await connection.RowsAsync(
            """
            SELECT session_id, created_at, last_used_at, expires_at, address, user_agent FROM sessions
            WHERE login_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY last_used_at DESC, session_id DESC
            """,
            [loginId, time.GetUtcNow()],
            row => new Session(
                row.GetInt64(0),
                row.GetFieldValue<DateTimeOffset>(1),
                row.GetFieldValue<DateTimeOffset>(2),
                row.GetFieldValue<DateTimeOffset>(3),
                row.GetString(4),
                row.GetString(5)),
            cancel);

    /// <summary>Ends a session of a login, or all of them but one; returns how many.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="loginId">Whose.</param>
    /// <param name="reason">Why: logout, revoked, reused, password, locked.</param>
    /// <param name="sessionId">The one; null: all.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="exceptId">The one that stays when all end.</param>
    public Task<int> EndAsync(
        NpgsqlConnection connection, long loginId, string reason, long? sessionId, CancellationToken cancel, long? exceptId = null) =>
        connection.RunAsync(
            """
            UPDATE sessions SET ended_at = $2, end_reason = $3
            WHERE login_id = $1 AND ended_at IS NULL AND ($4::bigint IS NULL OR session_id = $4)
              AND ($5::bigint IS NULL OR session_id <> $5)
            """,
            [loginId, time.GetUtcNow(), reason, sessionId, exceptId],
            cancel);

    /// <summary>Forgets sessions that ended a month ago, with their tokens.</summary>
    public Task<int> ForgetAsync(NpgsqlConnection connection, CancellationToken cancel) => connection.RunAsync(
        "DELETE FROM sessions WHERE coalesce(ended_at, expires_at) < $1", [time.GetUtcNow().AddDays(-30)], cancel);

    private static async Task<string> IssueAsync(
        NpgsqlConnection connection, long sessionId, DateTimeOffset now, DateTimeOffset expiresAt, CancellationToken cancel)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        await connection.RunAsync(
            "INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)",
            [Hash(token), sessionId, now, expiresAt],
            cancel);
        return token;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
