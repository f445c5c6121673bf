using System.Text.Json;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Sharing;

namespace Viddhana.Backoffice.Facades;

/// <summary>The paths at which ckpool's files are served: <c>/pool/pool.status</c>, <c>/users/ADDRESS</c>.</summary>
internal static class CkpoolApi
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1 };

    public static void MapCkpool(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/pool/pool.status", async (string? pool, FacadePools all, Ckpool facade) =>
        {
            if (all.Choose(pool) is not { } chosen) return all.None(pool);
            return await facade.Status(chosen) is { } status ? Results.Ok(status) : PoolsApi.NotReady();
        }).ExcludeFromDescription().Shared(10, "pool");
        routes.MapGet("/users/{address}", async (string address, string? pool, FacadePools all, Ckpool facade, TimeProvider time) =>
            await all.FindAsync(address, pool, time.GetUtcNow().ToUnixTimeMilliseconds()) is { } subject
            && await facade.User(subject) is { } user
                ? Results.Ok(new RawAnswer(JsonSerializer.SerializeToUtf8Bytes(user, Indented), "application/json; charset=utf-8"))
                : Problems.Of(404, "no-account", "no account of that name has sent a share within a week"))
            .ExcludeFromDescription().Shared(30, "pool");
    }
}
