namespace Viddhana.Backoffice.Accounts;

/// <summary>The caller's own login.</summary>
public sealed record MeAnswer(
    long Id,
    string Name,
    string Kind,
    string Role,
    string? Email,
    DateTimeOffset CreatedAt,
    bool SecondFactor,
    bool SecondFactorRequired,
    int BackupCodesLeft,
    IReadOnlyList<string> Scopes,
    bool IsApiKey);

/// <summary>An account that the caller may speak for.</summary>
public sealed record AccountAnswer(string Name, bool IsAddress, DateTimeOffset ClaimedAt);

/// <summary>A device that is signed in.</summary>
public sealed record SessionAnswer(
    long Id, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, string Address, string UserAgent, bool Current);

/// <summary>An API key; <see cref="Key"/> is there only in the answer that made it.</summary>
public sealed record KeyAnswer(
    long Id,
    string Name,
    string Prefix,
    IReadOnlyList<string> Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    string? Key = null);

/// <summary>A secret for an authenticator app.</summary>
/// <param name="Secret">Base32, to type.</param>
/// <param name="Uri">otpauth, to show as a QR code.</param>
public sealed record TotpAnswer(string Secret, string Uri);

/// <summary>Backup codes, shown once.</summary>
public sealed record BackupCodesAnswer(IReadOnlyList<string> BackupCodes);

/// <summary>A new password.</summary>
public sealed record PasswordRequest(string? Current, string? Password, string? Code);

/// <summary>An account to make (name) or to claim (challenge and signature).</summary>
public sealed record AccountRequest(string? Name, string? ChallengeId, string? Signature);

/// <summary>A key to make.</summary>
public sealed record KeyRequest(string? Name, IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt, int? ExpiresInDays, string? Code);

/// <summary>Begins a second factor.</summary>
public sealed record TotpRequest(string? Password);

/// <summary>A code of the second factor.</summary>
public sealed record CodeRequest(string? Code);
