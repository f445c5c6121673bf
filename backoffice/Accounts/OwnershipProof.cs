using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>What a request brings along to prove that it comes from the owner, not just from an open session.</summary>
/// <param name="ChallengeId">Of a challenge for this very purpose and detail.</param>
/// <param name="Signature">Of that challenge's text.</param>
/// <param name="Password">Of the login.</param>
/// <param name="Code">Of its authenticator, or a backup code.</param>
public sealed record Proof(string? ChallengeId, string? Signature, string? Password, string? Code);

/// <summary>What the proof is about.</summary>
/// <param name="AccountId">The account.</param>
/// <param name="Coin">Name of the coin.</param>
/// <param name="Network">Its network.</param>
public sealed record ProofSubject(long AccountId, string Coin, string Network);

/// <summary>What a proof has to be.</summary>
/// <param name="Kind"><c>signature</c> or <c>password</c> (with a code).</param>
/// <param name="Address">Who has to sign; null for a password.</param>
public sealed record ProofNeed(string Kind, string? Address);

/// <summary>Whether a proof is good; else a code for programs and a detail for people.</summary>
public readonly record struct ProofResult(bool IsGood, string Code, string Detail)
{
    internal static readonly ProofResult Good = new(true, "", "");
}

/// <summary>
/// Proof of ownership before anything that decides about money. An account whose name is an address: a signature by the address that it is
/// paid to now. A name that a login made: the login's password and a code of its second factor.
/// </summary>
public sealed class OwnershipProof
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(15);

    private readonly NpgsqlDataSource _database;
    private readonly Challenges _challenges;
    private readonly Passwords _passwords;
    private readonly SecondFactor _second;
    private readonly AttemptLimits _attempts;

    internal OwnershipProof(
        NpgsqlDataSource database, Challenges challenges, Passwords passwords, SecondFactor second, AttemptLimits attempts)
    {
        (_database, _challenges, _passwords, _second, _attempts) = (database, challenges, passwords, second, attempts);
    }

    /// <summary>What is needed for an account in a coin.</summary>
    public async Task<ProofNeed> NeedOfAsync(ProofSubject subject, CancellationToken cancel = default)
    {
        await using var connection = await _database.OpenConnectionAsync(cancel);
        return await NeedOfAsync(connection, subject, cancel);
    }

    /// <summary>Checks a proof, and uses it up if it is good.</summary>
    /// <param name="caller">Who asks; must own the account.</param>
    /// <param name="subject">Account, coin, network.</param>
    /// <param name="proof">What the request brought.</param>
    /// <param name="purpose">The challenge's purpose.</param>
    /// <param name="detail">What exactly is to be done, computed from the request: the challenge must have been made for it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ProofResult> CheckAsync(
        Caller caller, ProofSubject subject, Proof? proof, string purpose, string detail, CancellationToken cancel = default)
    {
        await using var connection = await _database.OpenConnectionAsync(cancel);
        var owns = await connection.ScalarAsync<bool>(
            "SELECT true FROM claims WHERE login_id = $1 AND account_id = $2", [caller.LoginId, subject.AccountId], cancel);
        if (!owns) return new ProofResult(false, "not-yours", "this account is not one of yours");
        if (proof is null) return new ProofResult(false, "proof-missing", "this needs a proof of ownership");

        var need = await NeedOfAsync(connection, subject, cancel);
        return need.Kind == "signature"
            ? await CheckSignatureAsync(connection, need.Address!, proof, purpose, detail, cancel)
            : await CheckPasswordAsync(connection, caller, proof, cancel);
    }

    private static async Task<ProofNeed> NeedOfAsync(NpgsqlConnection connection, ProofSubject subject, CancellationToken cancel)
    {
        var made = await connection.ScalarAsync<bool>(
            "SELECT true FROM claims WHERE account_id = $1 AND how = 'made'", [subject.AccountId], cancel);
        if (made) return new ProofNeed("password", null);
        var address = await connection.ScalarAsync<string>(
            """
            SELECT coalesce(p.address, a.name)
            FROM accounts a LEFT JOIN payout_addresses p ON p.account_id = a.account_id AND p.coin = $2 AND p.network = $3
            WHERE a.account_id = $1
            """,
            [subject.AccountId, subject.Coin, subject.Network],
            cancel);
        return new ProofNeed("signature", address ?? "");
    }

    private async Task<ProofResult> CheckSignatureAsync(
        NpgsqlConnection connection, string address, Proof proof, string purpose, string detail, CancellationToken cancel)
    {
        var result = await _challenges.CheckAsync(connection, proof.ChallengeId, proof.Signature, purpose, detail, cancel);
        if (result.Verdict == ChallengeVerdict.Gone)
            return new ProofResult(
                false,
                "challenge-expired",
                $"the challenge is used, too old, or not for this: ask for one with purpose {purpose}, detail '{detail}'");
        if (result.Verdict == ChallengeVerdict.WrongSignature)
            return new ProofResult(false, "signature-refused", $"this is not a signature of that text by {result.Address}");
        if (result.Address != address)
            return new ProofResult(false, "wrong-signer", $"signed by {result.Address}; it must be {address}, which is paid to now");
        return await _challenges.UseAsync(connection, proof.ChallengeId!, cancel)
            ? ProofResult.Good
            : new ProofResult(false, "challenge-expired", "the challenge was used a moment ago");
    }

    private async Task<ProofResult> CheckPasswordAsync(
        NpgsqlConnection connection, Caller caller, Proof proof, CancellationToken cancel)
    {
        var subject = $"proof:{caller.LoginId}";
        if (_attempts.Wait(subject) is { } wait)
            return new ProofResult(false, "too-many-attempts", $"too many wrong attempts: wait {Math.Ceiling(wait.TotalSeconds)} s");
        if (!caller.HasSecondFactor)
            return new ProofResult(
                false, "second-factor-required", "set up a second factor first: payments are not changed by a password alone");

        var hash = await connection.ScalarAsync<string>(
            "SELECT password_hash FROM logins WHERE login_id = $1", [caller.LoginId], cancel);
        if (!await _passwords.IsRightAsync(hash, proof.Password, cancel)
            || !await _second.UseAsync(connection, caller.LoginId, proof.Code, cancel))
        {
            _attempts.Fail(subject, WaitMax);
            return new ProofResult(false, "proof-refused", "the password or the code is wrong, or the code was used before");
        }

        _attempts.Succeed(subject);
        return ProofResult.Good;
    }
}
