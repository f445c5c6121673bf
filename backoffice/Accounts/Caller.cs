namespace Viddhana.Backoffice.Accounts;

/// <summary>What a login may do. Each may read what those before it may.</summary>
public enum Role
{
    /// <summary>Its own accounts.</summary>
    Miner,

    /// <summary>Reads what helps others: logins, accounts, payouts.</summary>
    Support,

    /// <summary>Runs the pool: engines, bans, payouts.</summary>
    Operator,

    /// <summary>Everything, roles too.</summary>
    Admin,
}

/// <summary>What a token allows of that.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>To look.</summary>
    Read = 1,

    /// <summary>To change.</summary>
    Write = 2,
}

/// <summary>Who sends a request.</summary>
/// <param name="LoginId">Number of the login.</param>
/// <param name="Name">Address, e-mail address or staff name.</param>
/// <param name="Role">As of now: roles are read with each request.</param>
/// <param name="Scopes">What the token allows; a session allows both.</param>
/// <param name="IsApiKey">True for a key, false for a session.</param>
/// <param name="HasSecondFactor">True where the login has TOTP, so that its sessions were begun with a code.</param>
public sealed record Caller(long LoginId, string Name, Role Role, Scopes Scopes, bool IsApiKey, bool HasSecondFactor)
{
    /// <summary>The session; null for a key.</summary>
    public long? SessionId { get; init; }

    /// <summary>The API key; null for a session.</summary>
    public long? KeyId { get; init; }

    /// <summary>True for support, operator and admin.</summary>
    public bool IsStaff => Role > Role.Miner;
}
