using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>An API key as it is listed: never with its secret.</summary>
internal sealed record ApiKey(
    long KeyId,
    string Name,
    string Prefix,
    Scopes Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt);

/// <summary>Keys of programs: 256 random bits, shown once, stored as a hash.</summary>
internal sealed class ApiKeys(TimeProvider time)
{
    /// <summary>What every key begins with, so that scanners of leaked secrets know it.</summary>
    public const string Mark = "vk_";

    /// <summary>Characters of a key.</summary>
    public const int KeyLength = 46;

    /// <summary>Living keys of a login.</summary>
    public const int KeysMax = 20;

    private const int PrefixLength = 9;

    /// <summary>Makes a key; null if there are too many.</summary>
    public async Task<(string Key, ApiKey Made)?> MakeAsync(
        NpgsqlConnection connection, long loginId, string name, Scopes scopes, DateTimeOffset? expiresAt, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        // Two requests at once must not both find room.
        await connection.RunAsync("SELECT 1 FROM logins WHERE login_id = $1 FOR UPDATE", [loginId], cancel);
        if ((await OfAsync(connection, loginId, cancel)).Count >= KeysMax) return null;

        var key = Mark + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var keyId = await connection.ScalarAsync<long>(
            """
            INSERT INTO api_keys (login_id, name, prefix, secret_hash, scopes, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING key_id
            """,
            [loginId, name, key[..PrefixLength], SHA256.HashData(Encoding.UTF8.GetBytes(key)), (int)scopes, now, expiresAt],
            cancel);
        return (key, new ApiKey(keyId, name, key[..PrefixLength], scopes, now, expiresAt, null));
    }

    /// <summary>Living keys of a login.</summary>
    public async Task<IReadOnlyList<ApiKey>> OfAsync(NpgsqlConnection connection, long loginId, CancellationToken cancel) =>
        await connection.RowsAsync(
            """
            SELECT key_id, name, prefix, scopes, created_at, expires_at, last_used_at FROM api_keys
            WHERE login_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) ORDER BY key_id
            """,
            [loginId, time.GetUtcNow()],
            Read,
            cancel);

    /// <summary>Revokes a key of a login; false if there is none.</summary>
    public async Task<bool> RevokeAsync(NpgsqlConnection connection, long loginId, long keyId, CancellationToken cancel) =>
        await connection.RunAsync(
            "UPDATE api_keys SET revoked_at = $3 WHERE login_id = $1 AND key_id = $2 AND revoked_at IS NULL",
            [loginId, keyId, time.GetUtcNow()],
            cancel) == 1;

    private static ApiKey Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetString(2),
        (Scopes)row.GetInt32(3),
        row.GetFieldValue<DateTimeOffset>(4),
        row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
        row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6));
}
