using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools;

/// <summary>
/// Paths that older tools ask for. They speak of the first pool, or of <c>?pool=</c>, and hold the same data as <c>/api/v1</c>.
/// </summary>
public static class OlderApi
{
    private const int Most = 100;

    /// <summary>The endpoints.</summary>
    public static void MapOlderPaths(this IEndpointRouteBuilder routes)
    {
        var older = routes.MapGroup("/api").ExcludeFromDescription();
        older.MapGet("/", (PoolBook all) => new
        {
            name = "Viddhana",
            documentation = "/openapi/v1.json",
            pools = all.All.Select(p => $"/api/v1/pools/{p.Name}"),
        }).Shared(30);
        older.MapGet("/stats/pool", Stats).Shared(1, "pool");
        older.MapGet("/stats/leaderboard", Leaderboard).Shared(3, "pool");
        older.MapGet("/workers", Leaderboard).Shared(3, "pool");
        older.MapGet("/blocks", Blocks).Shared(1, "pool");
        older.MapGet("/payouts", Payouts).Shared(1, "pool");
    }

    private static async Task<IResult> Stats(string? pool, PoolBook all, PoolStats stats)
    {
        if (Choose(pool, all) is not { } chosen) return PoolsApi.NoPool(pool ?? "", all);
        if (await stats.Get(chosen) is not { } s) return PoolsApi.NotReady();
        return Results.Ok(new
        {
            stats = new
            {
                hashrate = s.Hashrate,
                activeWorkers = s.Workers,
                activeMiners = s.Miners,
                blocksFound = s.Blocks.Immature + s.Blocks.Confirmed,
                totalPaid = s.Paid.Decimal,
                difficulty = s.Network.Difficulty,
                networkHashrate = s.Network.Hashrate,
                lastBlockTime = s.LastBlockTime,
                poolFee = s.FeePercent,
            },
        });
    }

    private static async Task<IResult> Leaderboard(string? pool, PoolBook all, MinerBoard boards, MinerQueries queries)
    {
        if (Choose(pool, all) is not { } chosen) return PoolsApi.NoPool(pool ?? "", all);
        var board = await boards.GetAsync(chosen);
        return Results.Ok(await MinersApi.Answers(board, [.. board.ByRate.Take(Most)], chosen, queries));
    }

    private static async Task<IResult> Blocks(string? pool, PoolBook all, PoolQueries queries)
    {
        if (Choose(pool, all) is not { } chosen) return PoolsApi.NoPool(pool ?? "", all);
        var rows = await queries.Blocks(chosen.PoolId, null, Most);
        return Results.Ok(rows.Select(r => PoolsApi.Block(r, chosen.Coin, null)));
    }

    private static async Task<IResult> Payouts(string? pool, PoolBook all, PayoutQueries queries)
    {
        if (Choose(pool, all) is not { } chosen) return PoolsApi.NoPool(pool ?? "", all);
        var rows = await queries.OfPool(chosen.PoolId, null, Most);
        return Results.Ok(rows.Select(r => r.Answer(chosen.Coin.Decimals, null)));
    }

    internal static KnownPool? Choose(string? pool, PoolBook all) => pool is null ? all.All.FirstOrDefault() : all.ByName(pool);
}
