using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools;

/// <summary>Who mines most: <c>/api/v1/pools/{id}/leaderboard</c>.</summary>
internal static class LeaderboardApi
{
    private const int LimitStandard = 10;
    private const int LimitMost = 100;

    private static readonly Dictionary<string, long> WindowMs = new()
    {
        ["1h"] = 3_600_000,
        ["1d"] = 86_400_000,
        ["7d"] = 604_800_000,
    };

    public static void MapLeaderboard(this RouteGroupBuilder pools) =>
        pools.MapGet("/{id}/leaderboard", Leaderboard).Produces<LeaderboardAnswer>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Who mines most (by: hashrate, shares, blocks, best; window: 1h, 1d, 7d)").Shared(10, "by", "window", "limit");

    /// <summary>What an account did in a window.</summary>
    private sealed record Contender(long AccountId, Mined Mined, long Blocks, double? Best);

    private static async Task<IResult> Leaderboard(
        string id,
        string? by,
        string? window,
        int? limit,
        PoolBook all,
        MinerBoard boards,
        MinerQueries queries,
        IEnumerable<IBestShares> best)
    {
        if (all.ByName(id) is not { } pool) return PoolsApi.NoPool(id, all);
        by ??= "hashrate";
        window ??= "1d";
        if (by is not ("hashrate" or "shares" or "blocks" or "best"))
            return Problems.Of(400, "bad-sort", $"by must be hashrate, shares, blocks or best, not '{Problems.Shown(by)}'");
        if (!WindowMs.TryGetValue(window, out var windowMs))
            return Problems.Of(400, "bad-window", $"window must be 1h, 1d or 7d, not '{Problems.Shown(window)}'");
        var most = limit ?? LimitStandard;
        if (most is < 1 or > LimitMost) return Problems.Of(400, "bad-limit", $"limit must be from 1 to {LimitMost}, not {most}");

        var board = await boards.GetAsync(pool);
        var mined = await Mined(pool, board, windowMs, boards);
        var blocks = await queries.BlocksByFinder(pool.PoolId, board.Activity.NowMs - windowMs);
        var contenders = await Contenders(pool, by, most, mined, blocks, best.LastOrDefault());
        var names = await queries.Names([.. contenders.Select(contender => contender.AccountId)]);
        var total = mined.Values.Sum(one => one.Work);
        return Results.Ok(new LeaderboardAnswer(by, window, [.. contenders.Select(Answer)], null));

        LeaderAnswer Answer(Contender one, int at) => new(
            at + 1,
            names.GetValueOrDefault(one.AccountId, ""),
            one.Mined.Hashrate,
            one.Mined.Error,
            board.Activity.Accounts.GetValueOrDefault(one.AccountId)?.Active ?? 0,
            one.Mined.Shares,
            one.Blocks,
            one.Best is { } work ? NetworkTarget.DifficultyOfWork(work, pool.Coin) : null,
            total > 0 ? one.Mined.Work / total : 0);
    }

    private static async Task<Dictionary<long, Mined>> Mined(KnownPool pool, Board board, long windowMs, MinerBoard boards)
    {
        var activity = board.Activity;
        if (windowMs == WindowMs["1d"]) return board.ByDay.ToDictionary(row => row.AccountId, row => row.Day);
        if (windowMs == WindowMs["1h"])
            return activity.Accounts.Where(account => account.Value.Recent.Shares(Recent.Hour) > 0)
                .ToDictionary(account => account.Key, account => activity.Window(account.Value.Recent, Recent.Hour));

        var week = await boards.WeekAsync(pool);
        var mined = new Dictionary<long, Mined>();
        foreach (var id in week.Keys.Union(activity.Accounts.Keys))
        {
            var (work, shares) = week.GetValueOrDefault(id);
            mined[id] = activity.Hours(activity.Accounts.GetValueOrDefault(id)?.Recent, windowMs, work, shares);
        }

        return mined;
    }

    private static async Task<List<Contender>> Contenders(
        KnownPool pool, string by, int most, Dictionary<long, Mined> mined, Dictionary<long, long> blocks, IBestShares? best)
    {
        var empty = mined.Values.FirstOrDefault(new Mined(0, 0, 1)) with { Work = 0, Shares = 0 };
        IEnumerable<long> ids = by switch
        {
            "blocks" => blocks.OrderByDescending(found => found.Value).ThenBy(found => found.Key).Select(found => found.Key),
            "best" => best is null ? [] : (await best.TopAccountsAsync(pool.PoolId, most)).Select(top => top.AccountId),
            "shares" => mined.OrderByDescending(one => one.Value.Shares).ThenBy(one => one.Key).Select(one => one.Key),
            _ => mined.OrderByDescending(one => one.Value.Work).ThenBy(one => one.Key).Select(one => one.Key),
        };
        List<long> chosen = [.. ids.Take(most)];
        var bests = best is null ? null : await best.OfAccountsAsync(pool.PoolId, chosen);
        return chosen.ConvertAll(id => new Contender(
            id,
            mined.GetValueOrDefault(id, empty),
            blocks.GetValueOrDefault(id),
            bests is not null && bests.TryGetValue(id, out var work) ? work : null));
    }
}
