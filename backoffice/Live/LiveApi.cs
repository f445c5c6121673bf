using System.Net;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Live;

/// <summary>The live channel: <c>/api/v1/live</c>, Server-Sent Events.</summary>
internal static class LiveApi
{
    private const string ContentType = "text/event-stream";

    /// <summary>What it needs.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services, ViddhanaConfig config) => services
        .AddSingleton(config.Backoffice.Live)
        .AddSingleton<LiveHub>()
        .AddSingleton<LiveQueries>()
        .AddSingleton<BestShares>()
        .AddSingleton<AchievementQueries>()
        .AddActive<AccountDays>()
        .AddActive<LiveWatch>();

    /// <summary>The channel, and achievements.</summary>
    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        routes.MapAchievements();
        MapChannel(routes);
    }

    private static void MapChannel(IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/live", WatchAsync)
        .Produces<string>(StatusCodes.Status200OK, ContentType)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
        .WithTags("Live")
        .WithSummary("Server-Sent Events: figures of pools, blocks, heights, payouts, best shares (pool: one of them; else all)");

    private static async Task<IResult> WatchAsync(
        HttpContext context, string? pool, string? lastEventId, PoolBook pools, LiveHub hub)
    {
        var known = pool is null ? null : pools.ByName(pool);
        if (pool is not null && known is null) return PoolsApi.NoPool(pool, pools);

        var address = context.ClientAddress();
        if (hub.TryAdmit(address) is var admission && admission != LiveAdmission.Welcome) return Refuse(context, admission);

        try
        {
            var last = context.Request.Headers["Last-Event-ID"].FirstOrDefault() ?? lastEventId;
            await ServeAsync(context, hub, address, known?.PoolId, last);
        }
        finally
        {
            hub.Release(address);
        }

        return Results.Empty;
    }

    private static IResult Refuse(HttpContext context, LiveAdmission admission)
    {
        context.Response.Headers.RetryAfter = "30";
        context.Response.Headers.CacheControl = "no-store";
        return admission == LiveAdmission.Full
            ? Problems.Of(503, "viewers-full", "this server has as many viewers as it serves; ask the other endpoints, or come back later")
            : Problems.Of(429, "too-many-viewers", "your address has as many viewers as are allowed; close one, or come back later");
    }

    /// <summary>Until the viewer goes, the server stops, or the viewer does not read.</summary>
    private static async Task ServeAsync(HttpContext context, LiveHub hub, IPAddress address, int? poolId, string? lastEventId)
    {
        var response = context.Response;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store, no-transform";
        // For nginx and those that learned it from there: pass on what comes, at once.
        response.Headers["X-Accel-Buffering"] = "no";
        await response.StartAsync(context.RequestAborted);

        var viewer = new LiveViewer(response.BodyWriter, address, poolId);
        await using var aborted = context.RequestAborted.UnsafeRegister(static gone => ((LiveViewer)gone!).End(), viewer);
        hub.Join(viewer, LiveId.TryParse(lastEventId, out var last) ? last : null);
        await viewer.Ended;
        if (!hub.Leave(viewer)) context.Abort();
        await viewer.LeftAsync();
    }
}
