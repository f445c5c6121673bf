using System.Globalization;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Facades;

/// <summary>
/// What public-pool's API says, said of a pool here. What it calls a session is a rig here, so each name has one.
/// </summary>
internal sealed class PublicPool(
    PoolStats stats,
    PoolQueries pools,
    ActivityBook activities,
    MinerFigures figures,
    MinerBoard boards,
    SeriesQueries series,
    IEnumerable<IBestShares> best,
    TimeProvider time)
{
    /// <summary>Rigs that are listed; what the rest does is one line, so that the sum is right.</summary>
    public const int WorkersMax = 1_000;

    /// <summary>The same for devices that have no more memory.</summary>
    public const int WorkersMaxOfDevices = 24;

    /// <summary>What a rig without a name is called.</summary>
    private const string Unnamed = "worker";

    private const string Others = "others";
    private const long SlotMs = 600_000;
    private const long DayMs = 86_400_000;
    private const int BlocksMax = 200;
    private const int ScoresMax = 10;

    private readonly DateTimeOffset _since = time.GetUtcNow();
    private readonly IBestShares? _best = best.LastOrDefault();

    /// <summary>Unix milliseconds.</summary>
    public long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>How miners are paid, as public-pool calls it.</summary>
    public static string ModeOf(KnownPool pool) => pool.Config.Rewards.Scheme == "solo" ? "solo" : "pplns";

    public async Task<object?> Info(KnownPool pool)
    {
        if (await stats.Get(pool) is not { } all) return null;
        return new PublicPoolInfo(
            await Blocks(pool),
            all.Workers == 0 ? [] : [new PublicPoolAgent("all", all.Workers, all.BestDifficulty ?? 0, all.Hashrates["15m"])],
            await Scores(pool),
            _since);
    }

    public async Task<object?> Pool(KnownPool pool) => await stats.Get(pool) is { } all
        ? new PublicPoolPool(all.Hashrates["15m"], Math.Max(all.Network.Height - 1, 0), all.Workers, await Blocks(pool), all.FeePercent)
        : null;

    /// <summary>The pool works for the height after the chain's.</summary>
    public async Task<object?> Network(KnownPool pool) => await stats.Get(pool) is { Network: var network }
        ? new PublicPoolNetwork(
            Math.Max(network.Height - 1, 0), network.Difficulty, network.Hashrate, pool.Network.NodeChain, null, null, null, "")
        : null;

    public async Task<object?> Accounting(KnownPool pool)
    {
        if (await stats.Get(pool) is not { } all) return null;
        var activity = await activities.GetAsync(pool);
        var together = new Recent();
        foreach (var account in activity.Accounts.Values) together.Add(account.Recent);
        var day = all.Hashrates["1d"] * Math.Min(activity.SecondsSince(activity.NowMs - DayMs), DayMs / 1_000.0);
        return AccountingOf(pool, activity, together, day, all.BestDifficulty, all.Network.Difficulty);
    }

    /// <summary>An account; nothing but zeros where it is not known, as public-pool answers.</summary>
    public async Task<PublicPoolClient> Client(Subject? subject, int workersMax)
    {
        if (subject is null) return new PublicPoolClient(null, 0, [], null);
        var (activity, rigs) = await figures.Rigs(subject);
        var working = rigs.Where(rig => rig.State != RigState.Off).OrderBy(rig => rig.Name, StringComparer.Ordinal).ToList();
        var miner = await figures.Miner(subject);
        var recent = activity.Accounts.GetValueOrDefault(subject.AccountId)?.Recent;
        var day = miner.Hashrates["1d"] * activity.SecondsSince(activity.NowMs - DayMs);
        return new PublicPoolClient(
            miner.BestDifficulty ?? 0,
            working.Count,
            await Workers(subject, activity, working, workersMax),
            AccountingOf(subject.Pool, activity, recent, day, miner.BestDifficulty, null));
    }

    /// <summary>The day in slots of ten minutes, without the one that is not over.</summary>
    public async Task<List<PublicPoolPoint>> Chart(SeriesOf of, string? mode = null)
    {
        var nowMs = NowMs;
        var fromMs = (nowMs - DayMs) / SlotMs * SlotMs;
        var rows = await series.Read(of, fromMs, SlotMs, nowMs);
        return
        [
            .. from row in rows
               where row.AtMs + SlotMs <= nowMs
               select new PublicPoolPoint(DateTimeOffset.FromUnixTimeMilliseconds(row.AtMs), row.Work / (SlotMs / 1_000))
               {
                   PayoutMode = mode,
               },
        ];
    }

    /// <summary>The rig of a name as public-pool spells it; null: there is none.</summary>
    public async Task<Rig?> Rig(Subject subject, string name)
    {
        var (_, rigs) = await figures.Rigs(subject);
        return rigs.Find(rig => rig.Name == name) ?? (name == Unnamed ? rigs.Find(rig => rig.Name.Length == 0) : null);
    }

    public async Task<PublicPoolGroup> Group(Subject subject, Rig rig) => new(
        NameOf(rig),
        Math.Floor(await BestOf(subject, rig)),
        await Chart(new SeriesOf(subject.PoolId, subject.AccountId, rig.WorkerId)),
        [ModeOf(subject.Pool)]);

    public async Task<PublicPoolSession> Session(Subject subject, Rig rig) => new(
        SessionOf(rig),
        NameOf(rig),
        Math.Floor(await BestOf(subject, rig)),
        await Chart(new SeriesOf(subject.PoolId, subject.AccountId, rig.WorkerId)),
        rig.FirstSeen,
        ModeOf(subject.Pool));

    /// <summary>Eight hex digits, like public-pool's sessions; the same for as long as the rig is known.</summary>
    public static string SessionOf(Rig rig) => rig.WorkerId.ToString("x8", CultureInfo.InvariantCulture);

    private static string NameOf(Rig rig) => rig.Name.Length == 0 ? Unnamed : rig.Name;

    private async Task<double> BestOf(Subject subject, Rig rig)
    {
        if (_best is null) return 0;
        var works = await _best.OfWorkersAsync(subject.PoolId, subject.AccountId, [rig.WorkerId]);
        return works.TryGetValue(rig.WorkerId, out var work) ? NetworkTarget.DifficultyOfWork(work, subject.Pool.Coin) : 0;
    }

    private async Task<List<PublicPoolWorker>> Workers(Subject subject, Activity activity, List<Rig> working, int most)
    {
        var listed = working.Count <= most ? working : working[..(most - 1)];
        long[] ids = [.. listed.Select(rig => rig.WorkerId)];
        var works = _best is null ? null : await _best.OfWorkersAsync(subject.PoolId, subject.AccountId, ids);
        var answers = listed.ConvertAll(rig => new PublicPoolWorker(
            SessionOf(rig),
            NameOf(rig),
            works is not null && works.TryGetValue(rig.WorkerId, out var work)
                ? NetworkTarget.DifficultyOfWork(work, subject.Pool.Coin).ToString("F2", CultureInfo.InvariantCulture)
                : "0.00",
            activity.Window(rig.Recent, Recent.TenMinutes).Hashrate,
            rig.FirstSeen,
            DateTimeOffset.FromUnixTimeMilliseconds(rig.LastShareMs)));
        if (listed.Count == working.Count) return answers;

        var rest = working[(most - 1)..];
        answers.Add(new PublicPoolWorker(
            "00000000",
            Others,
            "0.00",
            rest.Sum(rig => activity.Window(rig.Recent, Recent.TenMinutes).Hashrate),
            rest.Min(rig => rig.FirstSeen),
            DateTimeOffset.FromUnixTimeMilliseconds(rest.Max(rig => rig.LastShareMs))));
        return answers;
    }

    private static PublicPoolAccounting AccountingOf(
        KnownPool pool, Activity activity, Recent? recent, double dayWork, double? best, double? networkDifficulty)
    {
        var (tenMinutes, hour) = (activity.Window(recent, Recent.TenMinutes), activity.Window(recent, Recent.Hour));
        return new PublicPoolAccounting(
            best ?? 0,
            null,
            NetworkTarget.DifficultyOfWork(tenMinutes.Work, pool.Coin),
            NetworkTarget.DifficultyOfWork(hour.Work, pool.Coin),
            NetworkTarget.DifficultyOfWork(dayWork, pool.Coin),
            tenMinutes.Hashrate,
            hour.Hashrate,
            networkDifficulty is > 0 and var network ? 100 * (best ?? 0) / network : 0);
    }

    private async Task<List<PublicPoolBlock>> Blocks(KnownPool pool)
    {
        var rows = await pools.Blocks(pool.PoolId, null, BlocksMax);
        return
        [
            .. from row in rows
               where row.State is "immature" or "confirmed"
               select new PublicPoolBlock(row.Height, row.Finder, row.Worker.Length == 0 ? Unnamed : row.Worker, ""),
        ];
    }

    private async Task<List<PublicPoolScore>> Scores(KnownPool pool)
    {
        if (_best is null) return [];
        var now = (await boards.GetAsync(pool)).Activity.NowMs;
        var top = await _best.TopAccountsAsync(pool.PoolId, ScoresMax);
        return
        [
            .. top.Select(one => new PublicPoolScore(
                DateTimeOffset.FromUnixTimeMilliseconds(now), NetworkTarget.DifficultyOfWork(one.Work, pool.Coin), "")),
        ];
    }
}
