namespace Viddhana.Contracts.Config;

/// <summary>Section <c>engine.coinbase</c>: how large a coinbase transaction devices can read.</summary>
public sealed class CoinbaseConfig
{
    /// <summary>Least that can be configured: less than any coinbase.</summary>
    public const int BytesMin = 100;

    /// <summary>Most that can be configured, and the largest coinbase the engine makes.</summary>
    public const int BytesMax = 16_000;

    /// <summary>Most profiles.</summary>
    public const int ProfilesMax = 32;

    /// <summary>
    /// Bytes of a coinbase without witness, extranonces included, for user agents that no profile names: what stock firmware of the S19
    /// reads.
    /// </summary>
    public int MaxBytes { get; set; } = 730;

    /// <summary>Devices that read less or more, in order: the first that fits a user agent counts.</summary>
    public List<CoinbaseProfileConfig> Profiles { get; set; } =
    [
        new() { Name = "nerdminer", MaxBytes = 255, UserAgents = ["NerdMiner", "HAN_SOLOminer"] },
        new() { Name = "nicehash", MaxBytes = 500, UserAgents = ["NiceHash/"] },
        new() { Name = "antminer-s21", MaxBytes = 2_250, UserAgents = ["Antminer S21/"] },
        new() { Name = "braiins", MaxBytes = 2_250, UserAgents = ["*bosminer-plus-tuner"] },
        new() { Name = "whatsminer", MaxBytes = 6_500, UserAgents = ["whatsminer/v1"] },
        new() { Name = "bitaxe", MaxBytes = 6_500, UserAgents = ["bitaxe"] },
        new() { Name = "epic", MaxBytes = 16_000, UserAgents = ["PowerPlay-BM/"] },
        new() { Name = "vnish", MaxBytes = 16_000, UserAgents = ["xminer-1."] },
    ];
}

/// <summary>One entry of <c>engine.coinbase.profiles</c>.</summary>
public sealed class CoinbaseProfileConfig
{
    /// <summary>Name in log and metrics, <c>[a-z0-9-]{1,32}</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Bytes of a coinbase without witness, extranonces included.</summary>
    public int MaxBytes { get; set; }

    /// <summary>What a user agent begins with or, after <c>*</c>, contains. Capitals do not count.</summary>
    public List<string> UserAgents { get; set; } = [];
}
