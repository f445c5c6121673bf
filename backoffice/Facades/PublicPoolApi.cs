using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Facades;

/// <summary>The paths of public-pool, and those that its page of 2026 asks for besides.</summary>
internal static class PublicPoolApi
{
    public static void MapPublicPool(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api").ExcludeFromDescription();
        api.MapGet("/info", (string? pool, FacadePools all, PublicPool facade) => Of(pool, all, facade.Info)).Shared(30, "pool");
        api.MapGet("/pool", (string? pool, FacadePools all, PublicPool facade) => Of(pool, all, facade.Pool)).Shared(30, "pool");
        api.MapGet("/network", (string? pool, FacadePools all, PublicPool facade) => Of(pool, all, facade.Network)).Shared(10, "pool");
        api.MapGet("/info/accounting", (string? pool, string? payoutMode, FacadePools all, PublicPool facade) =>
            Of(pool, all, one => IsOf(payoutMode, one) ? facade.Accounting(one) : Task.FromResult<object?>(new object())))
            .Shared(30, "pool", "payoutMode");
        api.MapGet("/info/chart", (string? pool, FacadePools all, PublicPool facade) =>
            Of(pool, all, async one => await facade.Chart(new SeriesOf(one.PoolId)))).Shared(60, "pool");
        api.MapGet("/info/chart/payout-modes", (string? pool, string? payoutMode, FacadePools all, PublicPool facade) =>
            Of(pool, all, async one => IsOf(payoutMode, one) ? await facade.Chart(new SeriesOf(one.PoolId), PublicPool.ModeOf(one)) : []))
            .Shared(60, "pool", "payoutMode");

        MapClients(api.MapGroup("/client"), PublicPool.WorkersMax);
    }

    /// <summary>Devices with little memory ask at a port of their own, and get a shorter list.</summary>
    private static void MapClients(RouteGroupBuilder clients, int workersMax)
    {
        clients.MapGet("/{address}", async (
            string address,
            string? pool,
            string? payoutMode,
            HttpContext context,
            FacadePools all,
            PublicPool facade,
            SharedAnswers shared) =>
        {
            var most = NerdListener.Took(context) ? PublicPool.WorkersMaxOfDevices : workersMax;
            return await shared.GetAsync(
                $"public-pool\n{address}\n{pool}\n{payoutMode}\n{most}",
                10,
                async () => await ClientAsync(address, pool, payoutMode, all, facade, most),
                context.RequestAborted);
        });
        clients.MapGet("/{address}/chart", (string address, string? pool, FacadePools all, PublicPool facade, TimeProvider time) =>
            ChartAsync(address, pool, null, false, all, facade, time)).Shared(60, "pool");
        clients.MapGet("/{address}/chart/payout-modes", (
            string address, string? pool, string? payoutMode, FacadePools all, PublicPool facade, TimeProvider time) =>
            ChartAsync(address, pool, payoutMode, true, all, facade, time)).Shared(60, "pool", "payoutMode");
        clients.MapGet("/{address}/{worker}", WorkerAsync).Shared(30, "pool");
        clients.MapGet("/{address}/{worker}/{session}", SessionAsync).Shared(30, "pool");
    }

    private static async Task<IResult> Of(string? pool, FacadePools all, Func<KnownPool, Task<object?>> answer)
    {
        if (all.Choose(pool) is not { } chosen) return all.None(pool);
        return await answer(chosen) is { } value ? Results.Ok(value) : PoolsApi.NotReady();
    }

    private static bool IsOf(string? mode, KnownPool pool) => mode is null or "all" || mode == PublicPool.ModeOf(pool);

    private static async Task<object?> ClientAsync(
        string address, string? pool, string? mode, FacadePools all, PublicPool facade, int most)
    {
        if (pool is not null && all.Choose(pool) is null) return all.None(pool);
        var subject = await all.FindAsync(address, pool, facade.NowMs);
        return Results.Ok(await facade.Client(subject is not null && IsOf(mode, subject.Pool) ? subject : null, most));
    }

    private static async Task<IResult> ChartAsync(
        string address, string? pool, string? mode, bool byMode, FacadePools all, PublicPool facade, TimeProvider time)
    {
        var subject = await all.FindAsync(address, pool, time.GetUtcNow().ToUnixTimeMilliseconds());
        if (subject is null || !IsOf(mode, subject.Pool)) return Results.Ok(Array.Empty<PublicPoolPoint>());
        return Results.Ok(await facade.Chart(
            new SeriesOf(subject.PoolId, subject.AccountId), byMode ? PublicPool.ModeOf(subject.Pool) : null));
    }

    private static async Task<IResult> WorkerAsync(string address, string worker, string? pool, FacadePools all, PublicPool facade)
    {
        var (subject, rig) = await RigAsync(address, worker, pool, all, facade);
        return rig is null ? NoRig(worker) : Results.Ok(await facade.Group(subject!, rig));
    }

    private static async Task<IResult> SessionAsync(
        string address, string worker, string session, string? pool, FacadePools all, PublicPool facade)
    {
        var (subject, rig) = await RigAsync(address, worker, pool, all, facade);
        return rig is null || PublicPool.SessionOf(rig) != session ? NoRig(worker) : Results.Ok(await facade.Session(subject!, rig));
    }

    /// <summary>A slash inside of a name comes encoded, and routing leaves it so.</summary>
    private static async Task<(Subject? Subject, Rig? Rig)> RigAsync(
        string address, string worker, string? pool, FacadePools all, PublicPool facade)
    {
        var name = worker.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return await all.FindAsync(address, pool, facade.NowMs) is { } subject ? (subject, await facade.Rig(subject, name)) : (null, null);
    }

    private static IResult NoRig(string worker) => Problems.Of(404, "no-worker", $"there is no rig '{Problems.Shown(worker)}'");
}
