using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>The read-only API about payouts: <c>/api/v1/pools/{id}/payouts</c>.</summary>
internal static class PayoutsApi
{
    public static void MapPayouts(this RouteGroupBuilder pools) =>
        pools.MapGet("/{id}/payouts", Payouts).Produces<Page<PayoutAnswer>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Payouts, newest first").Shared(1, "limit", "cursor");

    private static async Task<IResult> Payouts(string id, int? limit, string? cursor, PoolBook all, PayoutQueries queries)
    {
        if (all.ByName(id) is not { } pool) return PoolsApi.NoPool(id, all);
        if (!PoolsApi.TryLimit(limit, out var most, out var problem)
            || !PoolsApi.TryCursor(cursor, out var before, out problem)) return problem!;

        var explorer = PoolsApi.TransactionPage(pool);
        var rows = await queries.OfPool(pool.PoolId, before, most);
        return Results.Ok(Page.Of(rows, most, row => row.Answer(pool.Coin.Decimals, explorer), row => row.PayoutId));
    }
}
