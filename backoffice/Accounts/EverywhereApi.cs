using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>An account in all pools: <c>/api/v1/miners/{address}</c>.</summary>
internal static class EverywhereApi
{
    public static void MapMinersEverywhere(this IEndpointRouteBuilder routes)
    {
        var miners = routes.MapGroup("/api/v1/miners").WithTags("Miners");
        miners.MapGet("/{address}", Miner).Produces<MinerEverywhereAnswer>().ProducesProblem(404)
            .WithSummary("One account in every pool that it has mined in").Shared(3);
        miners.MapGet("/{address}/balances", Balances).Produces<BalancesAnswer>().ProducesProblem(404)
            .WithSummary("Its balances in every pool that it has mined in").Shared(2);
    }

    private static async Task<IResult> Miner(string address, PoolBook all, MinerQueries queries, MinerFigures figures)
    {
        var (account, problem) = await MinersApi.FindAccount(address, queries);
        if (account is null) return problem!;
        var answers = new List<MinerInPoolAnswer>();
        foreach (var pool in await PoolsOf(account, all, queries))
            answers.Add(new MinerInPoolAnswer(
                pool.Name, pool.Coin.Name, pool.Coin.Symbol, pool.Config.Network, await figures.Miner(new Subject(pool, account))));
        return Results.Ok(new MinerEverywhereAnswer(account.Name, answers));
    }

    private static async Task<IResult> Balances(string address, PoolBook all, MinerQueries queries)
    {
        var (account, problem) = await MinersApi.FindAccount(address, queries);
        if (account is null) return problem!;
        var answers = new List<MinerPoolBalanceAnswer>();
        foreach (var pool in await PoolsOf(account, all, queries))
        {
            var owed = await queries.Owed(pool, account.AccountId);
            var decimals = pool.Coin.Decimals;
            answers.Add(new MinerPoolBalanceAnswer(
                pool.Name,
                pool.Coin.Name,
                pool.Coin.Symbol,
                new BalanceAnswer(Amount.Of(owed.Immature, decimals), Amount.Of(owed.Confirmed, decimals)),
                Amount.Of(owed.Paid, decimals),
                Amount.Of(owed.ThresholdOf(pool), decimals)));
        }

        return Results.Ok(new BalancesAnswer(account.Name, answers));
    }

    private static async Task<List<KnownPool>> PoolsOf(AccountRow account, PoolBook all, MinerQueries queries)
    {
        var known = new HashSet<int>(await queries.PoolsOf(account.AccountId));
        return [.. all.All.Where(pool => known.Contains(pool.PoolId))];
    }
}
