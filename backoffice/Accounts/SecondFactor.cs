using System.Security.Cryptography;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Codes of an authenticator app, and backup codes for when it is lost. Every code is good once.</summary>
internal sealed class SecondFactor(AccountSecrets secrets, TimeProvider time)
{
    /// <summary>Backup codes of a login.</summary>
    public const int BackupCodes = 10;

    /// <summary>Letters of a backup code: 16 of 5 bits.</summary>
    private const int BackupBytes = 10;

    /// <summary>
    /// Uses up a code: of the app, or a backup code (any case, with or without dashes). False: wrong, used before, or there is no second
    /// factor.
    /// </summary>
    public async Task<bool> UseAsync(NpgsqlConnection connection, long loginId, string? code, CancellationToken cancel)
    {
        if (code is null || code.Length > 40) return false;
        var plain = code.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
        return plain.Length == 6
            ? await UseTotpAsync(connection, loginId, plain, isEnabled: true, cancel)
            : await UseBackupAsync(connection, loginId, plain, cancel);
    }

    /// <summary>Makes a secret that is not in force until a code of it was given.</summary>
    public async Task<byte[]> OfferAsync(NpgsqlConnection connection, long loginId, CancellationToken cancel)
    {
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretSize);
        await connection.RunAsync(
            "UPDATE logins SET totp_secret = $2, totp_last_step = 0 WHERE login_id = $1 AND totp_enabled_at IS NULL",
            [loginId, secrets.Seal(secret, loginId)],
            cancel);
        return secret;
    }

    /// <summary>Puts the offered secret in force; false if the code is wrong or nothing was offered.</summary>
    public async Task<bool> EnableAsync(NpgsqlConnection connection, long loginId, string? code, CancellationToken cancel)
    {
        if (code is null || !await UseTotpAsync(connection, loginId, code.Trim(), isEnabled: false, cancel)) return false;
        await connection.RunAsync("UPDATE logins SET totp_enabled_at = $2 WHERE login_id = $1", [loginId, time.GetUtcNow()], cancel);
        return true;
    }

    /// <summary>Takes the second factor away.</summary>
    public static async Task DisableAsync(NpgsqlConnection connection, long loginId, CancellationToken cancel)
    {
        await connection.RunAsync(
            "UPDATE logins SET totp_secret = NULL, totp_enabled_at = NULL WHERE login_id = $1", [loginId], cancel);
        await connection.RunAsync("DELETE FROM backup_codes WHERE login_id = $1", [loginId], cancel);
    }

    /// <summary>New backup codes in place of all before; told once, stored hashed.</summary>
    public async Task<string[]> RenewBackupCodesAsync(NpgsqlConnection connection, long loginId, CancellationToken cancel)
    {
        string[] codes = [.. Enumerable.Range(0, BackupCodes).Select(_ => Totp.ToBase32(RandomNumberGenerator.GetBytes(BackupBytes)))];
        await connection.RunAsync("DELETE FROM backup_codes WHERE login_id = $1", [loginId], cancel);
        await connection.RunAsync(
            "INSERT INTO backup_codes (login_id, code_hash) SELECT $1, unnest($2)",
            [loginId, codes.Select(secrets.Hash).ToArray()],
            cancel);
        return [.. codes.Select(code => string.Join('-', code.Chunk(4).Select(part => new string(part))))];
    }

    private async Task<bool> UseTotpAsync(
        NpgsqlConnection connection, long loginId, string code, bool isEnabled, CancellationToken cancel)
    {
        var rows = await connection.RowsAsync(
            """
            SELECT totp_secret, totp_last_step FROM logins
            WHERE login_id = $1 AND totp_secret IS NOT NULL AND (totp_enabled_at IS NOT NULL) = $2
            """,
            [loginId, isEnabled],
            row => (Secret: row.GetFieldValue<byte[]>(0), LastStep: row.GetInt64(1)),
            cancel);
        if (rows.Count == 0) return false;

        var secret = secrets.Open(rows[0].Secret, loginId);
        if (Totp.StepOf(secret, code, time.GetUtcNow(), rows[0].LastStep) is not { } step) return false;
        // Of two requests with the same code at the same time one finds the step used.
        return await connection.RunAsync(
            "UPDATE logins SET totp_last_step = $2 WHERE login_id = $1 AND totp_last_step < $2", [loginId, step], cancel) == 1;
    }

    private async Task<bool> UseBackupAsync(NpgsqlConnection connection, long loginId, string code, CancellationToken cancel) =>
        await connection.RunAsync(
            "UPDATE backup_codes SET used_at = $3 WHERE login_id = $1 AND code_hash = $2 AND used_at IS NULL",
            [loginId, secrets.Hash(code), time.GetUtcNow()],
            cancel) == 1;
}
