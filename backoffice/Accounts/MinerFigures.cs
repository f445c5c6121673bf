using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>An account of a pool that something is asked about.</summary>
internal sealed record Subject(KnownPool Pool, AccountRow Account)
{
    public int PoolId => Pool.PoolId;

    public long AccountId => Account.AccountId;
}

/// <summary>Puts together what is known about accounts and their rigs.</summary>
internal sealed class MinerFigures(
    MinerQueries queries, PoolStats stats, ActivityBook activities, MinerBoard boards, IEnumerable<IBestShares> best, TimeProvider time)
{
    private const long DayMs = 86_400_000;
    private const int CreditsSeen = 200;

    private static readonly string[] RigWindows = ["5m", "15m", "1h", "6h", "1d"];

    private readonly IBestShares? _best = best.LastOrDefault();

    /// <summary>Everything about one account.</summary>
    public async Task<MinerAnswer> Miner(Subject subject)
    {
        var (pool, coin) = (subject.Pool, subject.Pool.Coin);
        var activity = await activities.GetAsync(pool);
        var recent = activity.Accounts.GetValueOrDefault(subject.AccountId);
        var hours = await queries.Hours(subject.PoolId, subject.AccountId, activity.NowMs, activity.OpenFromMs);
        var windows = WindowsOf(activity, recent?.Recent, hours);
        var owed = await queries.Owed(subject.Pool, subject.AccountId);
        var rigs = await queries.Rigs(subject.AccountId);
        var day = windows["1d"];
        var nowMs = activity.NowMs;
        return new MinerAnswer(
            subject.Account.Name,
            windows["5m"].Hashrate,
            recent?.Active ?? 0,
            day.Shares,
            LastShare(recent?.Recent.LastShareMs ?? 0, rigs.Count > 0 ? rigs[0].LastShareMs : 0),
            new BalanceAnswer(Amount.Of(owed.Immature, coin.Decimals), Amount.Of(owed.Confirmed, coin.Decimals)))
        {
            Hashrates = windows.ToDictionary(window => window.Key, window => window.Value.Hashrate),
            HashrateErrors = windows.ToDictionary(window => window.Key, window => window.Value.Error),
            WorkerStates = States(activity, rigs, nowMs - DayMs),
            Results = (hours.Refused + (recent?.Recent.OpenRefused ?? default)).With(day.Shares),
            Paid = Amount.Of(owed.Paid, coin.Decimals),
            FirstSeen = new DateTimeOffset(subject.Account.CreatedAt),
            BestDifficulty = await Best(subject, null),
            BestDifficultyToday = await Best(subject, IBestShares.DayOf(nowMs)),
            Blocks = owed.Blocks,
            Rank = (await boards.GetAsync(pool)).RankOf(subject.AccountId),
            Payout = await Estimate(subject, owed, day),
        };
    }

    /// <summary>An account's rigs with their states, in no order.</summary>
    public async Task<(Activity Activity, List<Rig> Rigs)> Rigs(Subject subject)
    {
        var activity = await activities.GetAsync(subject.Pool);
        var rows = await queries.Rigs(subject.AccountId);
        return (activity, rows.ConvertAll(row =>
        {
            var recent = activity.Workers.TryGetValue(row.WorkerId, out var worker) ? worker.Recent : null;
            return new Rig(
                row.WorkerId,
                row.Name,
                Math.Max(row.LastShareMs, recent?.LastShareMs ?? 0),
                activity.Window(recent, 1).Work,
                activity.Window(recent, 1).Hashrate,
                activity.StateOf(recent),
                recent)
            {
                FirstSeen = new DateTimeOffset(row.CreatedAt),
            };
        }));
    }

    /// <summary>A page of rigs.</summary>
    public async Task<List<WorkerAnswer>> Workers(Subject subject, Activity activity, IReadOnlyList<Rig> page)
    {
        long[] ids = [.. page.Select(rig => rig.WorkerId)];
        var hours = await queries.Hours(subject.PoolId, subject.AccountId, ids, activity.NowMs, activity.OpenFromMs);
        var best = _best is null ? null : await _best.OfWorkersAsync(subject.PoolId, subject.AccountId, ids);
        return [.. page.Select(rig => Worker(rig, hours.GetValueOrDefault(rig.WorkerId, new HoursRow())))];

        WorkerAnswer Worker(Rig rig, HoursRow sums)
        {
            var windows = WindowsOf(activity, rig.Recent, sums);
            return new WorkerAnswer(
                rig.Name,
                rig.Hashrate,
                windows["1h"].Hashrate,
                windows["1d"].Shares,
                LastShare(rig.LastShareMs, 0),
                StateText(rig.State),
                (sums.Refused + (rig.Recent?.OpenRefused ?? default)).With(windows["1d"].Shares))
            {
                Hashrates = RigWindows.ToDictionary(name => name, name => windows[name].Hashrate),
                HashrateErrors = RigWindows.ToDictionary(name => name, name => windows[name].Error),
                BestDifficulty = best is not null && best.TryGetValue(rig.WorkerId, out var work)
                    ? NetworkTarget.DifficultyOfWork(work, subject.Pool.Coin)
                    : null,
            };
        }
    }

    /// <summary>A state as the API spells it.</summary>
    public static string StateText(RigState state) => state switch { RigState.Ok => "ok", RigState.Low => "low", _ => "off" };

    /// <summary>Rigs by state; those that are off count if they were seen since a time.</summary>
    private static StateCounts States(Activity activity, List<RigRow> rigs, long sinceMs)
    {
        long ok = 0, low = 0, off = 0;
        foreach (var rig in rigs)
        {
            var recent = activity.Workers.TryGetValue(rig.WorkerId, out var worker) ? worker.Recent : null;
            var state = activity.StateOf(recent);
            if (state == RigState.Ok) ok++;
            else if (state == RigState.Low) low++;
            else if (rig.LastShareMs >= sinceMs) off++;
        }

        return new StateCounts(ok, low, off);
    }

    private static Dictionary<string, Mined> WindowsOf(Activity activity, Recent? recent, HoursRow hours) => new()
    {
        ["1m"] = activity.Window(recent, 0),
        ["5m"] = activity.Window(recent, 1),
        ["15m"] = activity.Window(recent, 3),
        ["1h"] = activity.Window(recent, Recent.Hour),
        ["6h"] = activity.Hours(recent, DayMs / 4, hours.Work6h, hours.Shares6h),
        ["1d"] = activity.Hours(recent, DayMs, hours.Work1d, hours.Shares1d),
        ["7d"] = activity.Hours(recent, 7 * DayMs, hours.Work7d, hours.Shares7d),
    };

    private static DateTimeOffset? LastShare(long recentMs, long storedMs) => Math.Max(recentMs, storedMs) is > 0 and var ms
        ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
        : null;

    private async Task<double?> Best(Subject subject, int? day) =>
        _best is not null && await _best.OfAccountAsync(subject.PoolId, subject.AccountId, day) is { } work
            ? NetworkTarget.DifficultyOfWork(work, subject.Pool.Coin)
            : null;

    private async Task<PayoutEstimate> Estimate(Subject subject, OwedRow owed, Mined day)
    {
        var pool = await stats.Get(subject.Pool);
        var waiting = owed.Immature > 0 ? await queries.Credits(subject.PoolId, subject.AccountId, null, CreditsSeen) : [];
        return PayoutForecast.Of(new ForecastInput(
            subject.Pool,
            owed.Confirmed,
            owed.Immature,
            owed.ThresholdOf(subject.Pool),
            day.Hashrate,
            pool?.Hashrates["1d"] ?? 0,
            pool?.Network.Hashrate ?? 0,
            pool?.BlockReward is { } reward ? long.Parse(reward.BaseUnits, System.Globalization.CultureInfo.InvariantCulture) : null,
            [.. waiting.Where(credit => credit.State == "immature").Select(credit => (credit.Amount, credit.Confirmations))],
            time.GetUtcNow()));
    }
}

/// <summary>A rig at a moment.</summary>
/// <param name="WorkerId">Its number.</param>
/// <param name="Name">Empty where it has none.</param>
/// <param name="LastShareMs">Unix milliseconds.</param>
/// <param name="Work">Expected hashes of five minutes.</param>
/// <param name="Hashrate">The same over their time.</param>
/// <param name="State">Its state.</param>
/// <param name="Recent">The last hour; null: nothing.</param>
internal sealed record Rig(
    long WorkerId, string Name, long LastShareMs, double Work, double Hashrate, RigState State, Recent? Recent)
{
    /// <summary>When its name was seen first.</summary>
    public DateTimeOffset FirstSeen { get; init; }
}
