using System.Globalization;
using Viddhana.Backoffice.Pools;

namespace Viddhana.Backoffice.Payouts;

/// <summary>The read-only API about payouts: <c>/api/v1/pools/{id}/payouts</c>.</summary>
internal static class PayoutsApi
{
    public static void MapPayouts(this RouteGroupBuilder pools) =>
        pools.MapGet("/{id}/payouts", Payouts).Produces<Page<PayoutAnswer>>().WithSummary("Payouts, newest first");

    private static async Task<IResult> Payouts(string id, int? limit, string? cursor, PoolDirectory all, PoolIds ids, PayoutQueries queries)
    {
        if (all.Find(id) is not { } pool) return PoolsApi.NoPool(id, all);
        if (!PoolsApi.TryLimit(limit, out var most, out var problem) || !PoolsApi.TryCursor(cursor, out var before, out problem)) return problem!;
        if (await ids.Get(id) is not { } poolId) return Results.Ok(new Page<PayoutAnswer>([], null));

        var explorer = pool.Config.Network == "mainnet" ? pool.Coin.ExplorerTransaction : null;
        var rows = await queries.OfPool(poolId, before, most);
        return Results.Ok(new Page<PayoutAnswer>(
            [.. rows.Select(r => r.Answer(pool.Coin.Decimals, explorer))], rows.Count < most ? null : rows[^1].PayoutId.ToString(CultureInfo.InvariantCulture)));
    }
}
