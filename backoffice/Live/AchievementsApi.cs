using System.Numerics;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Live;

/// <summary>What an account has achieved: <c>/api/v1/pools/{id}/miners/{address}/achievements</c>.</summary>
internal static class AchievementsApi
{
    private const int NameMax = 191;
    private const int SharedSeconds = 30;

    /// <summary>The endpoint.</summary>
    public static void MapAchievements(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/pools/{id}/miners/{address}/achievements", Answer)
        .Produces<AchievementsAnswer>()
        .ProducesProblem(StatusCodes.Status404NotFound)
        .WithTags("Miners")
        .WithSummary("Best shares, blocks, streaks, milestones and firsts of an account")
        .Shared(SharedSeconds);

    private static async Task<IResult> Answer(
        string id, string address, PoolBook all, AchievementQueries queries, BestShares bests, TimeProvider time)
    {
        if (all.ByName(id) is not { } pool) return PoolsApi.NoPool(id, all);
        // As the consumer reads names: an address in capitals is the account in small letters.
        var name = StratumName.Parse(address).Account;
        if (address.Length > NameMax || await queries.Account(name) is not { } account)
            return Problems.Of(404, "no-account", "no account of that name has sent a share");

        var today = BestShares.Day(time.GetUtcNow().ToUnixTimeMilliseconds());
        var days = await queries.Days(pool.PoolId, account.Id);
        var blocks = await queries.Blocks(pool.PoolId, account.Id);
        var payout = await queries.FirstPayout(pool.PoolId, account.Id);
        var answer = new AchievementsAnswer(
            name,
            pool.Name,
            await Best(bests, pool, account.Id, null),
            await Best(bests, pool, account.Id, today),
            new BlocksAnswer(blocks.Found, blocks.Standing, Time(blocks.FirstMs), Time(blocks.LastMs)),
            Achievements.Streak([.. days.Select(day => day.Day)], today),
            Achievements.Work(days.Aggregate(BigInteger.Zero, (sum, day) => sum + day.Work)),
            new FirstsAnswer(FirstShare(days, account.Since), Time(blocks.FirstMs), payout),
            []);
        var network = NetworkTarget.Difficulty(await queries.TipBits(pool.PoolId), pool.Coin);
        return Results.Ok(answer with { Badges = Achievements.Badges(answer, network) });
    }

    private static async Task<BestShareAnswer?> Best(BestShares bests, KnownPool pool, long accountId, int? day)
    {
        if (await bests.OfAccount(pool.PoolId, accountId, day) is not { } best) return null;
        var (better, of) = await bests.Standing(pool.PoolId, best.Work, day);
        var difficulty = BestShares.Difficulty(best.Work, pool.Coin);
        return new BestShareAnswer(difficulty, best.Worker, DateTimeOffset.FromUnixTimeMilliseconds(best.AtMs), better + 1, of);
    }

    /// <summary>
    /// An account's name is heard with its first share; where that was in another pool, the day is known and the hour is not.
    /// </summary>
    private static DateTimeOffset? FirstShare(List<ActiveDay> days, DateTimeOffset since)
    {
        if (days.Count == 0) return null;
        return BestShares.Day(since.ToUnixTimeMilliseconds()) == days[0].Day ? since : Time(days[0].Day * AccountDays.DayMs);
    }

    private static DateTimeOffset? Time(long? ms) => ms is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}
