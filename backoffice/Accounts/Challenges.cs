using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Viddhana.Backoffice.Accounts.Signatures;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>A text to sign.</summary>
/// <param name="ChallengeId">Its id, which stands in the text too.</param>
/// <param name="Message">The text, byte for byte.</param>
/// <param name="ExpiresAt">When it is worth nothing any more.</param>
/// <param name="Formats">How the address can sign: bip137, bip322, eip191.</param>
internal sealed record Challenge(string ChallengeId, string Message, DateTimeOffset ExpiresAt, IReadOnlyList<string> Formats);

/// <summary>What became of a signed challenge.</summary>
internal enum ChallengeVerdict
{
    Good,

    /// <summary>Never made, used up, too old, tried too often, or made for something else.</summary>
    Gone,

    /// <summary>Not signed by the address.</summary>
    WrongSignature,
}

/// <summary>A challenge as it was made, and what its signature is worth.</summary>
internal readonly record struct ChallengeResult(ChallengeVerdict Verdict, string Address);

/// <summary>
/// Texts that a wallet signs: one line of ASCII, short enough for hardware (Coldcard: 240 characters), naming who asks, for what, until
/// when, and an id that makes it good once. Purpose and detail are compared when it comes back: a signature allows that one thing.
/// </summary>
internal sealed class Challenges(PoolBook pools, TimeProvider time)
{
    /// <summary>How long a challenge is good: hardware wallets take their time.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>Characters of a detail.</summary>
    public const int DetailMax = 100;

    private const int TriesMax = 5;

    /// <summary>Purposes that may be asked for.</summary>
    public static readonly IReadOnlyList<string> Purposes = ["login", "claim", "payout-settings"];

    /// <summary>Makes a challenge for an address that can sign.</summary>
    public async Task<Challenge> MakeAsync(
        NpgsqlConnection connection, string domain, WalletAddress address, string purpose, string detail, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await connection.RunAsync("DELETE FROM challenges WHERE expires_at < $1", [now.AddHours(-1)], cancel);

        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var expiresAt = now + Lifetime;
        var asked = purpose switch
        {
            "login" => $"sign in as {address.Name}",
            "claim" => $"add {address.Name} to my account",
            _ => detail,
        };
        var until = expiresAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var message = $"{domain}: {asked} (id {id}, until {until})";
        await connection.RunAsync(
            """
            INSERT INTO challenges (challenge_id, address, purpose, detail, message, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
            """,
            [id, address.Name, purpose, detail, message, expiresAt],
            cancel);
        return new Challenge(id, message, expiresAt, address.Formats);
    }

    /// <summary>
    /// Checks a signature. Good or not it costs a try; what is good is not used up yet, so that a second factor may still be asked for:
    /// <see cref="UseAsync"/> does that.
    /// </summary>
    public async Task<ChallengeResult> CheckAsync(
        NpgsqlConnection connection, string? id, string? signature, string purpose, string detail, CancellationToken cancel)
    {
        if (id is null || id.Length > 64) return new ChallengeResult(ChallengeVerdict.Gone, "");
        var rows = await connection.RowsAsync(
            """
            UPDATE challenges SET tries = tries + 1
            WHERE challenge_id = $1 AND used_at IS NULL AND expires_at > $2 AND tries < $3 AND purpose = $4 AND detail = $5
            RETURNING address, message
            """,
            [id, time.GetUtcNow(), TriesMax, purpose, detail],
            row => (Address: row.GetString(0), Message: row.GetString(1)),
            cancel);
        if (rows.Count == 0 || WalletAddress.Parse(rows[0].Address, pools.All, out _) is not { } address)
            return new ChallengeResult(ChallengeVerdict.Gone, "");
        var isGood = WalletSignature.IsGood(address, rows[0].Message, signature);
        return new ChallengeResult(isGood ? ChallengeVerdict.Good : ChallengeVerdict.WrongSignature, address.Name);
    }

    /// <summary>Uses a challenge up; false if another request was faster.</summary>
    public async Task<bool> UseAsync(NpgsqlConnection connection, string id, CancellationToken cancel) =>
        await connection.RunAsync(
            "UPDATE challenges SET used_at = $2 WHERE challenge_id = $1 AND used_at IS NULL", [id, time.GetUtcNow()], cancel) == 1;
}
