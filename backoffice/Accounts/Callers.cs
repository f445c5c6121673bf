using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// Finds who a token stands for, in the database and with each request: a session that was ended, a login that was locked and a role that
/// was taken away count from the next request on.
/// </summary>
internal sealed class Callers(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>The caller of a session; null where it has ended or its login is locked.</summary>
    public async Task<Caller?> OfSessionAsync(AccessToken token, CancellationToken cancel) => (await database.RowsAsync(
        """
        SELECT l.name, l.role, l.totp_enabled_at IS NOT NULL
        FROM sessions s JOIN logins l USING (login_id)
        WHERE s.session_id = $1 AND s.login_id = $2 AND s.ended_at IS NULL AND s.expires_at > $3 AND NOT l.is_locked
        """,
        [token.SessionId, token.LoginId, time.GetUtcNow()],
        row => new Caller(
            token.LoginId, row.GetString(0), Roles.Parse(row.GetString(1)), Scopes.Read | Scopes.Write, false, row.GetBoolean(2))
        {
            SessionId = token.SessionId,
        },
        cancel)).FirstOrDefault();

    /// <summary>The caller of an API key; null where it is unknown, expired or revoked, or its login is locked.</summary>
    public async Task<Caller?> OfKeyAsync(string key, CancellationToken cancel)
    {
        if (key.Length != ApiKeys.KeyLength) return null;
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        var found = await connection.RowsAsync(
            """
            SELECT l.login_id, l.name, l.role, k.scopes, l.totp_enabled_at IS NOT NULL, k.key_id,
                   k.last_used_at IS NULL OR k.last_used_at < $2 - interval '1 minute'
            FROM api_keys k JOIN logins l USING (login_id)
            WHERE k.secret_hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2) AND NOT l.is_locked
            """,
            [SHA256.HashData(Encoding.UTF8.GetBytes(key)), now],
            row => (Caller: OfRow(row), IsToBeSeen: row.GetBoolean(6)),
            cancel);
        if (found.Count == 0) return null;

        if (found[0].IsToBeSeen)
            await connection.RunAsync("UPDATE api_keys SET last_used_at = $2 WHERE key_id = $1", [found[0].Caller.KeyId, now], cancel);
        return found[0].Caller;
    }

    private static Caller OfRow(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), Roles.Parse(row.GetString(2)), (Scopes)row.GetInt32(3), true, row.GetBoolean(4))
    {
        KeyId = row.GetInt64(5),
    };
}
