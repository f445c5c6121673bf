using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Payouts;
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
        });
        older.MapGet("/stats/pool", Stats);
        older.MapGet("/stats/leaderboard", Leaderboard);
        older.MapGet("/workers", Leaderboard);
        older.MapGet("/blocks", Blocks);
        older.MapGet("/payouts", Payouts);
    }

    private static async Task<IResult> Stats(string? pool, PoolBook all, PoolStats stats)
    {
        if (Choose(pool, all) is not { } chosen) return PoolsApi.NoPool(pool ?? "", all);
        if (await stats.Get(chosen) is not { } s) return PoolsApi.Problem(503, "the pool is not in the database yet");
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

    private static async Task<IResult> Leaderboard(string? pool, PoolBook all, MinerQueries queries, TimeProvider time)
    {
        if (Choose(pool, all) is not { } chosen) return PoolsApi.NoPool(pool ?? "", all);
        var rows = await queries.Miners(chosen.PoolId, time.GetUtcNow().ToUnixTimeMilliseconds(), 300_000, 0, Most);
        return Results.Ok(rows.Select(r => MinersApi.Answer(r, chosen.Coin)));
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

    private static KnownPool? Choose(string? pool, PoolBook all) => pool is null ? all.All.FirstOrDefault() : all.ByName(pool);
}
