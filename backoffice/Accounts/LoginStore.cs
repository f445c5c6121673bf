using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>A login as stored, without its secrets but the password's hash.</summary>
internal sealed record Login(
    long LoginId,
    string Kind,
    string Name,
    Role Role,
    string? PasswordHash,
    bool IsConfirmed,
    bool IsLocked,
    bool HasSecondFactor,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastSeenAt);

/// <summary>Logins in the database.</summary>
internal sealed class LoginStore(TimeProvider time)
{
    public const string Wallet = "wallet";
    public const string Email = "email";
    public const string Staff = "staff";

    private const string Columns =
        "login_id, kind, name, role, password_hash, confirmed_at IS NOT NULL, is_locked, totp_enabled_at IS NOT NULL, created_at, "
        + "last_seen_at";

    /// <summary>By number.</summary>
    public static async Task<Login?> FindAsync(NpgsqlConnection connection, long loginId, CancellationToken cancel) =>
        (await connection.RowsAsync($"SELECT {Columns} FROM logins WHERE login_id = $1", [loginId], Read, cancel)).FirstOrDefault();

    /// <summary>By name and kind.</summary>
    public static async Task<Login?> FindAsync(NpgsqlConnection connection, string kind, string name, CancellationToken cancel) =>
        (await connection.RowsAsync(
            $"SELECT {Columns} FROM logins WHERE kind = $1 AND name = $2", [kind, name], Read, cancel)).FirstOrDefault();

    /// <summary>Who signs in with a password: an e-mail address or a staff name.</summary>
    public static Task<Login?> FindByPasswordNameAsync(NpgsqlConnection connection, string name, CancellationToken cancel) =>
        FindAsync(connection, name.Contains('@', StringComparison.Ordinal) ? Email : Staff, name, cancel);

    /// <summary>Makes a login; null if the name is taken.</summary>
    public async Task<Login?> MakeAsync(
        NpgsqlConnection connection, string kind, string name, Role role, string? passwordHash, bool isConfirmed, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        return (await connection.RowsAsync(
            $"""
            INSERT INTO logins (kind, name, role, password_hash, confirmed_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING RETURNING {Columns}
            """,
            [kind, name, role.Text(), passwordHash, isConfirmed ? now : null, now],
            Read,
            cancel)).FirstOrDefault();
    }

    /// <summary>Sets a password, of whatever login that has one.</summary>
    public static Task<int> SetPasswordAsync(NpgsqlConnection connection, long loginId, string passwordHash, CancellationToken cancel) =>
        connection.RunAsync("UPDATE logins SET password_hash = $2 WHERE login_id = $1", [loginId, passwordHash], cancel);

    /// <summary>The name as it is looked up: e-mail addresses and staff names do not tell capitals apart.</summary>
    public static string Normal(string name) => name.Trim().ToLowerInvariant();

    public static Login Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetString(2),
        Roles.Parse(row.GetString(3)),
        row.IsDBNull(4) ? null : row.GetString(4),
        row.GetBoolean(5),
        row.GetBoolean(6),
        row.GetBoolean(7),
        row.GetFieldValue<DateTimeOffset>(8),
        row.IsDBNull(9) ? null : row.GetFieldValue<DateTimeOffset>(9));
}
