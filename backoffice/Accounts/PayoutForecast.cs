using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>What a forecast is made of.</summary>
/// <param name="Pool">Where.</param>
/// <param name="Confirmed">What may be paid, base units; negative after a compensation.</param>
/// <param name="Immature">What waits, base units.</param>
/// <param name="Threshold">Balance from which it is paid.</param>
/// <param name="Hashrate">The account's over the day, hashes per second.</param>
/// <param name="PoolHashrate">The pool's over the day.</param>
/// <param name="NetworkHashrate">The network's: what finds a block in the time that the chain aims at.</param>
/// <param name="Reward">Reward of the newest block, base units; null before the first.</param>
/// <param name="Waiting">Credits of immature blocks with the confirmations that these have.</param>
/// <param name="Now">The time.</param>
internal sealed record ForecastInput(
    KnownPool Pool,
    long Confirmed,
    long Immature,
    long Threshold,
    double Hashrate,
    double PoolHashrate,
    double NetworkHashrate,
    long? Reward,
    IReadOnlyList<(long Amount, int Confirmations)> Waiting,
    DateTimeOffset Now);

/// <summary>
/// When an account is paid next: at once, when enough of its immature credits has matured, or when it has mined the rest at the day's rate
/// and that has matured. An expectation, never a promise: blocks come by chance.
/// </summary>
internal static class PayoutForecast
{
    private const double DaySeconds = 86_400;

    /// <summary>Beyond ten years nothing can be told.</summary>
    private const double FarthestSeconds = 3_650 * DaySeconds;

    public static PayoutEstimate Of(ForecastInput from)
    {
        var coin = from.Pool.Coin;
        var perDay = PerDay(from);
        var (time, reason) = Time(from, perDay);
        return new PayoutEstimate(
            Amount.Of(from.Threshold, coin.Decimals),
            Amount.Of(from.Confirmed, coin.Decimals),
            Amount.Of(from.Immature, coin.Decimals),
            Amount.Of(Math.Max(from.Threshold - from.Confirmed, 0), coin.Decimals),
            perDay is { } day ? Amount.Of((long)Math.Min(day, long.MaxValue / 2), coin.Decimals) : null,
            PerBlock(from) is { } block ? Amount.Of((long)block, coin.Decimals) : null,
            time,
            reason);
    }

    /// <summary>Base units a day: the account's part of the network's blocks, less the pool's fee.</summary>
    private static double? PerDay(ForecastInput from)
    {
        if (from.Reward is not { } reward || from.NetworkHashrate <= 0) return null;
        var blocks = DaySeconds / from.Pool.Coin.BlockSeconds * (from.Hashrate / from.NetworkHashrate);
        return blocks * reward * Kept(from);
    }

    private static double? PerBlock(ForecastInput from)
    {
        if (from.Reward is not { } reward || from.PoolHashrate <= 0) return null;
        var part = from.Pool.Config.Rewards.Scheme == "solo" ? 1 : Math.Min(from.Hashrate / from.PoolHashrate, 1);
        return part * reward * Kept(from);
    }

    private static double Kept(ForecastInput from) => 1 - (from.Pool.FeePpm / 1e6);

    private static (DateTimeOffset? Time, string Reason) Time(ForecastInput from, double? perDay)
    {
        if (from.Pool.Config.Payouts is not { Enabled: true, Wallet: not null }) return (null, "off");

        var payouts = from.Pool.Config.Payouts;
        if (from.Confirmed >= from.Threshold) return (from.Now.AddSeconds(payouts.IntervalSeconds), "due");

        var coin = from.Pool.Coin;
        var balance = from.Confirmed;
        foreach (var (amount, confirmations) in from.Waiting.OrderByDescending(credit => credit.Confirmations))
        {
            balance += amount;
            if (balance >= from.Threshold)
                return (from.Now.AddSeconds(Math.Max(coin.CoinbaseMaturity - confirmations, 0) * (double)coin.BlockSeconds), "maturing");
        }

        if (perDay is null) return (null, "no-block-yet");
        if (from.Hashrate <= 0 || perDay <= 0) return (null, "idle");
        var seconds = ((from.Threshold - balance) / perDay.Value * DaySeconds) + (coin.CoinbaseMaturity * (double)coin.BlockSeconds);
        return (seconds < FarthestSeconds ? from.Now.AddSeconds(seconds) : null, "mining");
    }
}
