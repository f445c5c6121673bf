using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Facades;

/// <summary>A rig, with the names and the order of ckpool (stratifier.c, statsupdate).</summary>
internal sealed record CkpoolWorker(
    [property: JsonPropertyName("workername")] string WorkerName,
    [property: JsonPropertyName("hashrate1m")] string Hashrate1m,
    [property: JsonPropertyName("hashrate5m")] string Hashrate5m,
    [property: JsonPropertyName("hashrate1hr")] string Hashrate1hr,
    [property: JsonPropertyName("hashrate1d")] string Hashrate1d,
    [property: JsonPropertyName("hashrate7d")] string Hashrate7d,
    [property: JsonPropertyName("lastshare")] long LastShare,
    [property: JsonPropertyName("shares")] long Shares,
    [property: JsonPropertyName("bestshare")] double BestShare,
    [property: JsonPropertyName("bestever")] long BestEver);

/// <summary>An account.</summary>
internal sealed record CkpoolUser(
    [property: JsonPropertyName("hashrate1m")] string Hashrate1m,
    [property: JsonPropertyName("hashrate5m")] string Hashrate5m,
    [property: JsonPropertyName("hashrate1hr")] string Hashrate1hr,
    [property: JsonPropertyName("hashrate1d")] string Hashrate1d,
    [property: JsonPropertyName("hashrate7d")] string Hashrate7d,
    [property: JsonPropertyName("lastshare")] long LastShare,
    [property: JsonPropertyName("workers")] long Workers,
    [property: JsonPropertyName("shares")] long Shares,
    [property: JsonPropertyName("bestshare")] double BestShare,
    [property: JsonPropertyName("bestever")] long BestEver,
    [property: JsonPropertyName("authorised")] long Authorised,
    [property: JsonPropertyName("worker")] IReadOnlyList<CkpoolWorker> Worker);

/// <summary>
/// What ckpool writes into <c>pool/pool.status</c> and <c>users/ADDRESS</c>, said of a pool here. Shares are counted in difficulty, as
/// ckpool does: those of an account over seven days, those of the pool since its last block.
/// </summary>
internal sealed class Ckpool(
    PoolStats stats, ActivityBook activities, MinerQueries queries, MinerFigures figures, IEnumerable<IBestShares> best, TimeProvider time)
{
    private const long WeekMs = 604_800_000;
    private const long IdleMs = 60_000;

    /// <summary>Rigs that are listed, those seen last.</summary>
    private const int WorkersMax = 2_000;

    private readonly DateTimeOffset _since = time.GetUtcNow();
    private readonly IBestShares? _best = best.LastOrDefault();

    /// <summary>Three lines, each a JSON object; null while the pool is not in the database.</summary>
    public async Task<RawAnswer?> Status(KnownPool pool)
    {
        if (await stats.Get(pool) is not { } all) return null;
        var activity = await activities.GetAsync(pool);
        var now = time.GetUtcNow();
        var idle = activity.Workers.Values.Count(worker =>
            activity.StateOf(worker.Recent) != RigState.Off && activity.NowMs - worker.Recent.LastShareMs > IdleMs);
        var together = new Recent();
        foreach (var account in activity.Accounts.Values) together.Add(account.Recent);

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{{\"runtime\": {(long)(now - _since).TotalSeconds}, ")
            .Append(CultureInfo.InvariantCulture, $"\"lastupdate\": {now.ToUnixTimeSeconds()}, \"Users\": {all.Miners}, ")
            .Append(CultureInfo.InvariantCulture, $"\"Workers\": {all.Workers}, \"Idle\": {idle}, ")
            .Append(CultureInfo.InvariantCulture, $"\"Disconnected\": {all.WorkerStates.Off}}}\n");
        text.Append('{');
        foreach (var (window, rate) in all.Hashrates)
        {
            var name = window.EndsWith('h') ? window + "r" : window;
            text.Append(text[^1] == '{' ? "" : ", ")
                .Append(CultureInfo.InvariantCulture, $"\"hashrate{name}\": \"{CkpoolText.Rate(rate)}\"");
        }

        text.Append("}\n").Append(SharesLine(pool, all, activity, together));
        return new RawAnswer(Encoding.ASCII.GetBytes(text.ToString()), "text/plain; charset=utf-8");
    }

    /// <summary>An account; null: it has not been seen for a week, and ckpool would have no file of it.</summary>
    public async Task<CkpoolUser?> User(Subject subject)
    {
        var activity = await activities.GetAsync(subject.Pool);
        var rigs = await queries.Rigs(subject.AccountId);
        var rows = rigs.Where(rig => activity.NowMs - rig.LastShareMs < WeekMs).Take(WorkersMax).ToList();
        var miner = await figures.Miner(subject);
        if (rows.Count == 0 || miner.LastShare is not { } last) return null;

        long[] ids = [.. rows.Select(rig => rig.WorkerId)];
        var hours = await queries.Hours(subject.PoolId, subject.AccountId, ids, activity.NowMs, activity.OpenFromMs, isWeek: true);
        var works = _best is null ? null : await _best.OfWorkersAsync(subject.PoolId, subject.AccountId, ids);
        var week = miner.Hashrates["7d"] * activity.SecondsSince(MinerBoard.HourOf(activity.NowMs - WeekMs));
        return new CkpoolUser(
            CkpoolText.Rate(miner.Hashrates["1m"]),
            CkpoolText.Rate(miner.Hashrates["5m"]),
            CkpoolText.Rate(miner.Hashrates["1h"]),
            CkpoolText.Rate(miner.Hashrates["1d"]),
            CkpoolText.Rate(miner.Hashrates["7d"]),
            last.ToUnixTimeSeconds(),
            miner.Workers,
            Difficulty(week, subject),
            miner.BestDifficulty ?? 0,
            (long)(miner.BestDifficulty ?? 0),
            new DateTimeOffset(subject.Account.CreatedAt).ToUnixTimeSeconds(),
            [.. rows.Select(rig => Worker(rig, hours.GetValueOrDefault(rig.WorkerId, new HoursRow())))]);

        CkpoolWorker Worker(RigRow rig, HoursRow sums)
        {
            var recent = activity.Workers.TryGetValue(rig.WorkerId, out var worker) ? worker.Recent : null;
            var ofWeek = activity.Hours(recent, WeekMs, sums.Work7d, sums.Shares7d);
            var bestWork = works is not null && works.TryGetValue(rig.WorkerId, out var work) ? work : 0;
            var bestShare = NetworkTarget.DifficultyOfWork(bestWork, subject.Pool.Coin);
            return new CkpoolWorker(
                rig.Name.Length == 0 ? subject.Account.Name : $"{subject.Account.Name}.{rig.Name}",
                CkpoolText.Rate(activity.Window(recent, 0).Hashrate),
                CkpoolText.Rate(activity.Window(recent, 1).Hashrate),
                CkpoolText.Rate(activity.Window(recent, Recent.Hour).Hashrate),
                CkpoolText.Rate(activity.Hours(recent, WeekMs / 7, sums.Work1d, sums.Shares1d).Hashrate),
                CkpoolText.Rate(ofWeek.Hashrate),
                Math.Max(rig.LastShareMs, recent?.LastShareMs ?? 0) / 1_000,
                Difficulty(ofWeek.Work, subject),
                bestShare,
                (long)bestShare);
        }
    }

    private static long Difficulty(double work, Subject subject) => (long)NetworkTarget.DifficultyOfWork(work, subject.Pool.Coin);

    /// <summary>
    /// Refused shares are kept by number, not by difficulty: they are taken to be as difficult as the accepted ones.
    /// </summary>
    private static string SharesLine(KnownPool pool, StatsAnswer all, Activity activity, Recent together)
    {
        var accepted = NetworkTarget.DifficultyOfWork(all.Effort * all.Network.Hashrate * pool.Coin.BlockSeconds, pool.Coin);
        var counts = all.Shares;
        var refused = counts.Stale + counts.Duplicate + counts.Lowdiff + counts.Invalid;
        var rejected = counts.Valid > 0 ? accepted * refused / counts.Valid : 0;
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{{\"diff\": {CkpoolText.ThreeDigits(Math.Round(all.Effort * 10_000) / 100)}, ")
            .Append(CultureInfo.InvariantCulture, $"\"accepted\": {(long)accepted}, \"rejected\": {(long)rejected}, ")
            .Append(CultureInfo.InvariantCulture, $"\"bestshare\": {(long)(all.BestDifficulty ?? 0)}");
        foreach (var (name, window) in (ReadOnlySpan<(string, int)>)[("1m", 0), ("5m", 1), ("15m", 3), ("1h", Recent.Hour)])
        {
            var mined = activity.Window(together, window);
            line.Append(CultureInfo.InvariantCulture, $", \"SPS{name}\": {CkpoolText.ThreeDigits(mined.Shares / mined.Seconds)}");
        }

        return line.Append("}\n").ToString();
    }
}
