using System.Globalization;
using System.Text.Json.Serialization;
using Viddhana.Backoffice.Money;

namespace Viddhana.Backoffice.Pools;

/// <summary>An amount of coins as the API gives it.</summary>
/// <param name="BaseUnits">As text, because JavaScript numbers lose the last digits.</param>
/// <param name="Decimal">The same in whole coins.</param>
public sealed record Amount([property: JsonPropertyName("amount")] string BaseUnits, string Decimal)
{
    /// <summary>Makes one from base units.</summary>
    public static Amount Of(long baseUnits, int decimals) =>
        new(baseUnits.ToString(CultureInfo.InvariantCulture), Amounts.Text(baseUnits, decimals));
}

/// <summary>A pool as configured.</summary>
public sealed record PoolAnswer(
    string Id,
    string Coin,
    string Symbol,
    string Network,
    string Algorithm,
    string Scheme,
    decimal FeePercent,
    decimal? PplnsWindow,
    bool PayoutsEnabled,
    Amount PayoutThreshold,
    int Decimals,
    int CoinbaseMaturity,
    string Address,
    IReadOnlyList<PortAnswer> Ports,
    string? ExplorerBlock,
    string? ExplorerTransaction)
{
    /// <summary>How addresses of the pool's network begin.</summary>
    public AddressFormsAnswer? AddressForms { get; init; }
}

/// <summary>Forms of addresses, so that a page can check one before it is used.</summary>
/// <param name="Base58">Version bytes of Base58Check.</param>
/// <param name="Bech32">Readable part of Bech32 and Bech32m; null if the coin has none.</param>
public sealed record AddressFormsAnswer(IReadOnlyList<int> Base58, string? Bech32);

/// <summary>A Stratum port.</summary>
public sealed record PortAnswer(int Port, bool Tls, string StartDifficulty, bool Vardiff);

/// <summary>A pool's figures now. Hash rates in hashes per second.</summary>
public sealed record StatsAnswer
{
    /// <summary>Pool id.</summary>
    public required string Pool { get; init; }

    /// <summary>Coin.</summary>
    public required string Coin { get; init; }

    /// <summary>Ticker.</summary>
    public required string Symbol { get; init; }

    /// <summary>Over the last five minutes.</summary>
    public required double Hashrate { get; init; }

    /// <summary>By window: 1m 5m 15m 1h 6h 1d 7d.</summary>
    public required IReadOnlyDictionary<string, double> Hashrates { get; init; }

    /// <summary>Rigs with a share in the last ten minutes.</summary>
    public required long Workers { get; init; }

    /// <summary>Accounts with a share in the last ten minutes.</summary>
    public required long Miners { get; init; }

    /// <summary>Shares by result, as long as aggregates are kept.</summary>
    public required ShareCounts Shares { get; init; }

    /// <summary>Blocks by state.</summary>
    public required BlockCounts Blocks { get; init; }

    /// <summary>What the pool owes its miners.</summary>
    public required BalanceAnswer Balances { get; init; }

    /// <summary>What has been paid for good.</summary>
    public required Amount Paid { get; init; }

    /// <summary>The chain.</summary>
    public required NetworkAnswer Network { get; init; }

    /// <summary>When the last block that stands was found, RFC 3339; null if none.</summary>
    public required DateTimeOffset? LastBlockTime { get; init; }

    /// <summary>Fee in percent.</summary>
    public required decimal FeePercent { get; init; }

    /// <summary>Reward scheme.</summary>
    public required string Scheme { get; init; }

    /// <summary>Work since the last block in multiples of what a block takes on average.</summary>
    public required double Effort { get; init; }
}

/// <summary>Shares by result.</summary>
public sealed record ShareCounts(long Valid, long Stale, long Duplicate, long Lowdiff, long Invalid);

/// <summary>Blocks by state; <c>found</c> counts all candidates.</summary>
public sealed record BlockCounts(long Found, long Immature, long Confirmed, long Orphaned);

/// <summary>Balances.</summary>
public sealed record BalanceAnswer(Amount Immature, Amount Confirmed);

/// <summary>The chain as the pool's newest work shows it. Hash rate in hashes per second.</summary>
public sealed record NetworkAnswer(long Height, double Difficulty, double Hashrate);

/// <summary>One point of a series.</summary>
public sealed record HashratePoint(DateTimeOffset Time, double Hashrate, long Shares);

/// <summary>A block candidate.</summary>
public sealed record BlockAnswer(
    long Height,
    string Hash,
    string State,
    string Reason,
    int Confirmations,
    DateTimeOffset Time,
    string Finder,
    string Worker,
    Amount Reward,
    double Effort,
    string Scheme,
    string? Explorer);

/// <summary>An account as the pool knows it.</summary>
public sealed record MinerAnswer(
    string Address, double Hashrate, long Workers, long Shares, DateTimeOffset? LastShare, BalanceAnswer Balances);

/// <summary>A rig. State: ok, low (under half of its own hour), off (no share for ten minutes).</summary>
public sealed record WorkerAnswer(
    string Name, double Hashrate, double HashrateHour, long Shares, DateTimeOffset? LastShare, string State, ShareCounts Results);

/// <summary>A payout of the pool.</summary>
public sealed record PayoutAnswer(
    long Id,
    string State,
    string Reason,
    bool Stuck,
    string? Txid,
    Amount Total,
    Amount? Fee,
    int Confirmations,
    int Lines,
    DateTimeOffset Time,
    string? Explorer);

/// <summary>What an account got in a payout.</summary>
public sealed record MinerPayoutAnswer(
    long Id,
    string State,
    string? Txid,
    string Address,
    Amount Amount,
    Amount Fee,
    int Confirmations,
    DateTimeOffset Time,
    string? Explorer);

/// <summary>An account's balances, and what its last blocks credit.</summary>
public sealed record MinerBalanceAnswer(string Address, BalanceAnswer Balances, Amount Paid, IReadOnlyList<CreditAnswer> Credits);

/// <summary>A credit of a block.</summary>
public sealed record CreditAnswer(long Height, string Hash, string State, Amount Amount);
