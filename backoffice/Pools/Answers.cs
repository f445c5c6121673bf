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

    /// <summary>Relative standard error of each: 1/sqrt(shares); null without shares.</summary>
    public required IReadOnlyDictionary<string, double?> HashrateErrors { get; init; }

    /// <summary>Accepted shares per second over five minutes.</summary>
    public required double SharesPerSecond { get; init; }

    /// <summary>Rigs with a share in the last ten minutes.</summary>
    public required long Workers { get; init; }

    /// <summary>Accounts with a share in the last ten minutes.</summary>
    public required long Miners { get; init; }

    /// <summary>Rigs by state.</summary>
    public required StateCounts WorkerStates { get; init; }

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

    /// <summary>Work since the last block that was found, in multiples of what a block takes on average.</summary>
    public required double Effort { get; init; }

    /// <summary>Luck over the newest 10, 50, 100, 1000 blocks, as far as there are so many, and over all of up to 1000.</summary>
    public required IReadOnlyList<LuckAnswer> Luck { get; init; }

    /// <summary>Seconds that a block takes on average at the day's hash rate; null without one.</summary>
    public required double? SecondsToBlock { get; init; }

    /// <summary>Reward of the newest block; null before the first.</summary>
    public required Amount? BlockReward { get; init; }

    /// <summary>Balance from which the pool pays.</summary>
    public required Amount PayoutThreshold { get; init; }

    /// <summary>Difficulty of the best share of all time; null where none is known.</summary>
    public required double? BestDifficulty { get; init; }

    /// <summary>The same of this UTC day.</summary>
    public required double? BestDifficultyToday { get; init; }
}

/// <summary>How lucky a pool was.</summary>
/// <param name="Blocks">Over so many blocks, the newest.</param>
/// <param name="Effort">Work spent in multiples of what these blocks take on average.</param>
/// <param name="Luck">The reverse: above 1, blocks came for less work than they take on average.</param>
/// <param name="Error">Relative standard error of both by chance alone: 1/sqrt(blocks).</param>
public sealed record LuckAnswer(int Blocks, double Effort, double Luck, double Error);

/// <summary>
/// Rigs by state. <c>ok</c>; <c>low</c>: under half of its own hour over ten minutes, and not by chance; <c>off</c>: no share for ten
/// minutes.
/// </summary>
public sealed record StateCounts(long Ok, long Low, long Off);

/// <summary>Shares by result.</summary>
public sealed record ShareCounts(long Valid, long Stale, long Duplicate, long Lowdiff, long Invalid);

/// <summary>Blocks by state; <c>found</c> counts all candidates.</summary>
public sealed record BlockCounts(long Found, long Immature, long Confirmed, long Orphaned);

/// <summary>Balances.</summary>
public sealed record BalanceAnswer(Amount Immature, Amount Confirmed);

/// <summary>The chain as the pool's newest work shows it. Hash rate in hashes per second.</summary>
public sealed record NetworkAnswer(long Height, double Difficulty, double Hashrate);

/// <summary>One point of a series.</summary>
public sealed record HashratePoint(DateTimeOffset Time, double Hashrate, long Shares)
{
    /// <summary>Relative standard error; null without shares.</summary>
    public double? Error { get; init; }
}

/// <summary>Shares by result over time.</summary>
/// <param name="Period">As asked for.</param>
/// <param name="BucketSeconds">Width of a point.</param>
/// <param name="Total">Of all points.</param>
/// <param name="Points">Oldest first, without holes.</param>
public sealed record SharesAnswer(string Period, long BucketSeconds, ShareCounts Total, IReadOnlyList<SharesPoint> Points);

/// <summary>Shares by result in a bucket of time.</summary>
public sealed record SharesPoint(DateTimeOffset Time, long Valid, long Stale, long Duplicate, long Lowdiff, long Invalid);

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
    string? Explorer)
{
    /// <summary>Difficulty of the chain when it was found, as the coin's miners count it.</summary>
    public double NetworkDifficulty { get; init; }

    /// <summary>1 / effort; null where no work is known.</summary>
    public double? Luck { get; init; }

    /// <summary>Confirmations that its reward needs.</summary>
    public int Maturity { get; init; }

    /// <summary>Accounts that it credits; only where one block is asked for.</summary>
    public long? Credits { get; init; }
}

/// <summary>An account in a list.</summary>
public sealed record MinerRowAnswer(
    string Address, double Hashrate, long Workers, long Shares, DateTimeOffset? LastShare, BalanceAnswer Balances, double? HashrateError);

/// <summary>An account as the pool knows it. Hash rate over five minutes, shares over a day.</summary>
public sealed record MinerAnswer(
    string Address, double Hashrate, long Workers, long Shares, DateTimeOffset? LastShare, BalanceAnswer Balances)
{
    /// <summary>By window: 1m 5m 15m 1h 6h 1d 7d.</summary>
    public required IReadOnlyDictionary<string, double> Hashrates { get; init; }

    /// <summary>Relative standard error of each; null without shares.</summary>
    public required IReadOnlyDictionary<string, double?> HashrateErrors { get; init; }

    /// <summary>Its rigs by state; off: had a share within a day.</summary>
    public required StateCounts WorkerStates { get; init; }

    /// <summary>Shares of the last day by result.</summary>
    public required ShareCounts Results { get; init; }

    /// <summary>Paid for good.</summary>
    public required Amount Paid { get; init; }

    /// <summary>When its name was seen first, in any pool.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>Best share of all time; null where none is known.</summary>
    public required double? BestDifficulty { get; init; }

    /// <summary>Best share of this UTC day.</summary>
    public required double? BestDifficultyToday { get; init; }

    /// <summary>Blocks that it found, whatever became of them.</summary>
    public required long Blocks { get; init; }

    /// <summary>Place by hash rate of the day; null without one.</summary>
    public required int? Rank { get; init; }

    /// <summary>When it is paid next, as far as can be told.</summary>
    public required PayoutEstimate Payout { get; init; }
}

/// <summary>An estimate of an account's next payout.</summary>
/// <param name="Threshold">Balance from which it is paid.</param>
/// <param name="Confirmed">What may be paid.</param>
/// <param name="Immature">What waits for its blocks to mature.</param>
/// <param name="Missing">What is missing to the threshold, immature credits not counted.</param>
/// <param name="PerDay">What it earns in a day at the day's hash rate and the newest block's reward; null where that is not known.</param>
/// <param name="PerBlock">What a block of the pool would pay it at its part of the day's work; null likewise.</param>
/// <param name="Time">When the balance is expected at the threshold; null where it is not.</param>
/// <param name="Reason"><c>due</c>, <c>maturing</c>, <c>mining</c>, <c>idle</c>, <c>off</c> or <c>no-block-yet</c>.</param>
public sealed record PayoutEstimate(
    Amount Threshold,
    Amount Confirmed,
    Amount Immature,
    Amount Missing,
    Amount? PerDay,
    Amount? PerBlock,
    DateTimeOffset? Time,
    string Reason);

/// <summary>An account in all pools.</summary>
public sealed record MinerEverywhereAnswer(string Address, IReadOnlyList<MinerInPoolAnswer> Pools);

/// <summary>An account in one of them.</summary>
public sealed record MinerInPoolAnswer(string Pool, string Coin, string Symbol, string Network, MinerAnswer Miner);

/// <summary>An account's balances in all pools.</summary>
public sealed record BalancesAnswer(string Address, IReadOnlyList<MinerPoolBalanceAnswer> Items);

/// <summary>An account's balances in one of them.</summary>
public sealed record MinerPoolBalanceAnswer(string Pool, string Coin, string Symbol, BalanceAnswer Balances, Amount Paid, Amount Threshold);

/// <summary>
/// A rig. State: ok, low (under half of its own hour over ten minutes, and not by chance), off (no share for ten minutes). Shares and
/// results over a day.
/// </summary>
public sealed record WorkerAnswer(
    string Name, double Hashrate, double HashrateHour, long Shares, DateTimeOffset? LastShare, string State, ShareCounts Results)
{
    /// <summary>By window: 5m 15m 1h 6h 1d.</summary>
    public required IReadOnlyDictionary<string, double> Hashrates { get; init; }

    /// <summary>Relative standard error of each; null without shares.</summary>
    public required IReadOnlyDictionary<string, double?> HashrateErrors { get; init; }

    /// <summary>Best share of all time; null where none is known.</summary>
    public required double? BestDifficulty { get; init; }
}

/// <summary>A page of an account's rigs.</summary>
/// <param name="Items">The page.</param>
/// <param name="Next">For the next page; null at the end.</param>
/// <param name="Total">Rigs that fit what is asked for.</param>
/// <param name="States">All rigs of the account by state.</param>
public sealed record WorkersAnswer(IReadOnlyList<WorkerAnswer> Items, string? Next, long Total, StateCounts States);

/// <summary>Who mines most.</summary>
/// <param name="By">hashrate, shares, blocks or best.</param>
/// <param name="Window">1h, 1d or 7d.</param>
/// <param name="Items">First first.</param>
/// <param name="Next">Always null: it has one page.</param>
public sealed record LeaderboardAnswer(string By, string Window, IReadOnlyList<LeaderAnswer> Items, string? Next);

/// <summary>A place.</summary>
/// <param name="Rank">From 1.</param>
/// <param name="Address">Account.</param>
/// <param name="Hashrate">Over the window.</param>
/// <param name="HashrateError">Its relative standard error; null without shares.</param>
/// <param name="Workers">Rigs with a share in the last ten minutes.</param>
/// <param name="Shares">Accepted in the window.</param>
/// <param name="Blocks">Found in the window.</param>
/// <param name="BestDifficulty">Best share of all time; null where none is known.</param>
/// <param name="Fraction">Of the pool's work in the window, 0 to 1.</param>
public sealed record LeaderAnswer(
    int Rank,
    string Address,
    double Hashrate,
    double? HashrateError,
    long Workers,
    long Shares,
    long Blocks,
    double? BestDifficulty,
    double Fraction);

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
public sealed record MinerBalanceAnswer(string Address, BalanceAnswer Balances, Amount Paid, IReadOnlyList<CreditAnswer> Credits)
{
    /// <summary>Balance from which it is paid.</summary>
    public required Amount Threshold { get; init; }
}

/// <summary>A credit of a block.</summary>
public sealed record CreditAnswer(long Height, string Hash, string State, Amount Amount)
{
    /// <summary>When the block was found.</summary>
    public DateTimeOffset Time { get; init; }
}

/// <summary>The pools.</summary>
public sealed record PoolsAnswer(IReadOnlyList<PoolAnswer> Pools);
