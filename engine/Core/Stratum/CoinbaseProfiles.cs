using Viddhana.Contracts.Config;

namespace Viddhana.Core.Stratum;

/// <summary>What a kind of device can read.</summary>
/// <param name="Name">Name in log and metrics.</param>
/// <param name="CoinbaseMax">Bytes of the largest coinbase without witness, extranonces included.</param>
public sealed record CoinbaseProfile(string Name, int CoinbaseMax)
{
    private readonly string[] _beginnings = [];
    private readonly string[] _parts = [];

    /// <summary>Takes an entry of the configuration.</summary>
    public CoinbaseProfile(CoinbaseProfileConfig config)
        : this(config.Name, config.MaxBytes)
    {
        _beginnings = [.. config.UserAgents.Where(text => text[0] != '*')];
        _parts = [.. config.UserAgents.Where(text => text[0] == '*').Select(text => text.Trim('*'))];
    }

    /// <summary>True when this is the device's profile.</summary>
    public bool Fits(string userAgent)
    {
        foreach (var text in _beginnings)
            if (userAgent.StartsWith(text, StringComparison.OrdinalIgnoreCase)) return true;

        foreach (var text in _parts)
            if (userAgent.Contains(text, StringComparison.OrdinalIgnoreCase)) return true;

        return false;
    }
}

/// <summary>The profiles of a configuration: the first that fits a user agent counts, and the last fits all.</summary>
/// <param name="config">The configuration, checked by the loader.</param>
public sealed class CoinbaseProfiles(CoinbaseConfig config)
{
    /// <summary>In order; the last is for user agents that no other fits.</summary>
    public CoinbaseProfile[] All { get; } =
        [.. config.Profiles.Select(profile => new CoinbaseProfile(profile)), new CoinbaseProfile("default", config.MaxBytes)];

    /// <summary>The profile of a user agent.</summary>
    public CoinbaseProfile Of(string userAgent)
    {
        foreach (var profile in All)
            if (profile.Fits(userAgent)) return profile;

        return All[^1];
    }
}
