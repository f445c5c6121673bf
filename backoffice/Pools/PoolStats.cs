using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Pools;

/// <summary>Makes a pool's figures from what the database holds. A figure is made at most once a second, whoever asks.</summary>
internal sealed class PoolStats(
    PoolQueries queries, ActivityBook activities, ViddhanaConfig config, IEnumerable<IBestShares> best, TimeProvider time)
{
    private const long FreshMs = 1_000;
    private const int LuckBlocksMax = 1_000;

    private static readonly int[] LuckOver = [10, 50, 100];

    private readonly Dictionary<string, Fresh<StatsAnswer?>> _made = [];
    private readonly IBestShares? _best = best.LastOrDefault();

    /// <summary>The figures; null while the database does not know the pool yet.</summary>
    public Task<StatsAnswer?> Get(KnownPool pool)
    {
        lock (_made)
        {
            if (!_made.TryGetValue(pool.Name, out var fresh))
                _made.Add(pool.Name, fresh = new Fresh<StatsAnswer?>(time, FreshMs, nowMs => Make(pool, nowMs)));
            return fresh.GetAsync();
        }
    }

    /// <summary>Luck over the newest blocks; efforts are given newest first.</summary>
    internal static List<LuckAnswer> Luck(List<EffortRow> efforts)
    {
        var luck = new List<LuckAnswer>();
        int[] over = [.. LuckOver.Where(count => count < efforts.Count), efforts.Count];
        foreach (var count in over)
        {
            var spent = efforts.Take(count).Sum(block => block.EffortWork);
            var expected = efforts.Take(count).Sum(block => block.NetworkWork);
            if (spent > 0 && expected > 0)
                luck.Add(new LuckAnswer(count, spent / expected, expected / spent, 1 / Math.Sqrt(count)));
        }

        return luck;
    }

    private async Task<StatsAnswer?> Make(KnownPool pool, long nowMs)
    {
        if (await queries.Totals(pool.Name) is not { } totals) return null;

        var coin = pool.Coin;
        var activity = await activities.GetAsync(pool);
        var rates = await Rates(totals, nowMs);
        var results = await queries.Results(pool.PoolId);
        var blockWork = NetworkTarget.Work(totals.TipNbits);
        return new StatsAnswer
        {
            Pool = pool.Name,
            Coin = coin.Name,
            Symbol = coin.Symbol,
            Hashrate = rates["5m"].Hashrate,
            Hashrates = rates.ToDictionary(rate => rate.Key, rate => rate.Value.Hashrate),
            HashrateErrors = rates.ToDictionary(rate => rate.Key, rate => rate.Value.Error),
            SharesPerSecond = rates["5m"].Shares / rates["5m"].Seconds,
            Workers = activity.States.Ok + activity.States.Low,
            Miners = activity.Accounts.Values.Count(account => account.Active > 0),
            WorkerStates = activity.States,
            Shares = new ShareCounts(results.Valid, results.Stale, results.Duplicate, results.Lowdiff, results.Invalid),
            Blocks = new BlockCounts(totals.Found, totals.Immature, totals.Confirmed, totals.Orphaned),
            Balances = new BalanceAnswer(
                Amount.Of(totals.BalanceImmature, coin.Decimals), Amount.Of(totals.BalanceConfirmed, coin.Decimals)),
            Paid = Amount.Of(totals.Paid, coin.Decimals),
            Network = new NetworkAnswer(totals.TipHeight, NetworkTarget.Difficulty(totals.TipNbits, coin), blockWork / coin.BlockSeconds),
            LastBlockTime = totals.LastBlockMs is { } lastMs ? DateTimeOffset.FromUnixTimeMilliseconds(lastMs) : null,
            FeePercent = pool.Config.Rewards.FeePercent,
            Scheme = pool.Config.Rewards.Scheme,
            Effort = blockWork > 0 ? totals.RoundWork / blockWork : 0,
            Luck = Luck(await queries.Efforts(pool.PoolId, LuckBlocksMax)),
            SecondsToBlock = rates["1d"].Hashrate is > 0 and var day ? blockWork / day : null,
            BlockReward = totals.LastReward is { } reward ? Amount.Of(reward, coin.Decimals) : null,
            PayoutThreshold = Amount.Of(PayoutPool.ThresholdOf(pool), coin.Decimals),
            BestDifficulty = await Best(pool, null),
            BestDifficultyToday = await Best(pool, IBestShares.DayOf(nowMs)),
        };
    }

    private async Task<double?> Best(KnownPool pool, int? day) =>
        _best is not null && await _best.OfPoolAsync(pool.PoolId, day) is { } work ? NetworkTarget.DifficultyOfWork(work, pool.Coin) : null;

    /// <summary>
    /// All windows from one read. A window begins with the slice that it begins in, and ends with the newest shares that are here; a pool
    /// that is younger is measured over its life.
    /// </summary>
    private async Task<Dictionary<string, Mined>> Rates(PoolTotals totals, long nowMs)
    {
        const long LagMaxMs = 5_000;
        const long FineMs = 2 * SliceSums.HourMs;
        var sliceMs = config.Backoffice.SliceSeconds * 1_000L;
        var fineFromMs = (nowMs - FineMs) / SliceSums.HourMs * SliceSums.HourMs;
        var longest = (nowMs - RateWindows.All[^1].Ms) / SliceSums.HourMs * SliceSums.HourMs;
        var slices = await queries.Slices(totals.PoolId, longest, fineFromMs);
        var endMs = Math.Clamp(totals.TipMs, nowMs - LagMaxMs, nowMs);

        var rates = new Dictionary<string, Mined>();
        foreach (var (name, ms) in RateWindows.All)
        {
            var stepMs = ms > SliceSums.HourMs ? SliceSums.HourMs : sliceMs;
            var startMs = (nowMs - ms) / stepMs * stepMs;
            if (slices.Count > 0) startMs = Math.Max(startMs, slices[0].SliceMs);
            var mined = new Mined(0, 0, Math.Max(endMs - startMs, sliceMs / 2) / 1_000.0);
            foreach (var slice in slices)
                if (slice.SliceMs >= startMs) mined = mined.Plus(slice.Work, slice.Shares);
            rates[name] = mined;
        }

        return rates;
    }
}
