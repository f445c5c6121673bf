using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Facades;

/// <summary>The paths of Miningcore that read: <c>/api/pools</c> and its second version.</summary>
internal static class MiningcoreApi
{
    private const int SizeStandard = 15;
    private const int SizeMax = 500;
    private const int RowsMax = 10_000;
    private const string Account = "/{id}/miners/{address}";

    private static readonly string[] PageKeys = ["page", "pageSize"];

    public static void MapMiningcore(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api").ExcludeFromDescription();
        api.MapGet("/health-check", () => Results.Text("👍"));
        var first = api.MapGroup("/pools");
        first.MapGet("/", PoolsAsync).Shared(5);
        first.MapGet("/{id}", PoolAsync).Shared(5);
        first.MapGet("/{id}/performance", PerformanceAsync).Shared(60, "r");
        first.MapGet("/{id}/miners", (string id, int? page, int? pageSize, FacadePools all, Miningcore facade) =>
            ListAsync(id, page, pageSize, all, facade.Miners)).Shared(10, PageKeys);
        first.MapGet("/{id}/blocks", (string id, int? page, int? pageSize, FacadePools all, Miningcore facade) =>
            ListAsync(id, page, pageSize, all, facade.Blocks)).Shared(5, PageKeys);
        first.MapGet("/{id}/payments", (string id, int? page, int? pageSize, FacadePools all, Miningcore facade) =>
            ListAsync(id, page, pageSize, all, (pool, skip, take) => facade.Payments(pool, null, skip, take))).Shared(5, PageKeys);
        MapAccounts(first);
        MapSecond(api.MapGroup("/v2/pools"));
    }

    private static void MapAccounts(RouteGroupBuilder pools)
    {
        pools.MapGet(Account, (string id, string address, FacadePools all, Miningcore facade, TimeProvider time) =>
            OfAsync(id, address, all, time, facade.Account)).Shared(10);
        pools.MapGet(Account + "/performance", (string id, string address, FacadePools all, Miningcore facade, TimeProvider time) =>
            OfAsync(id, address, all, time, facade.History)).Shared(60);
        pools.MapGet(Account + "/settings", (string id, string address, FacadePools all, MinerQueries miners, TimeProvider time) =>
            OfAsync(id, address, all, time, async subject => new McSettings(Miningcore.Coins(
                (await miners.Owed(subject.Pool, subject.AccountId)).ThresholdOf(subject.Pool), subject.Pool)))).Shared(10);
        pools.MapGet(Account + "/payments", (
            string id, string address, int? page, int? pageSize, FacadePools all, Miningcore facade, TimeProvider time) =>
            OfAsync(id, address, page, pageSize, all, time, Payments(facade))).Shared(5, PageKeys);
        pools.MapGet(Account + "/balancechanges", (
            string id, string address, int? page, int? pageSize, FacadePools all, Miningcore facade, TimeProvider time) =>
            OfAsync(id, address, page, pageSize, all, time, facade.Changes)).Shared(5, PageKeys);
        pools.MapGet(Account + "/earnings/daily", (
            string id, string address, int? page, int? pageSize, FacadePools all, Miningcore facade, TimeProvider time) =>
            OfAsync(id, address, page, pageSize, all, time, facade.Days)).Shared(30, PageKeys);
    }

    /// <summary>The second version says how many pages there are.</summary>
    private static void MapSecond(RouteGroupBuilder pools)
    {
        pools.MapGet("/{id}/blocks", (
            string id, int? page, int? pageSize, FacadePools all, Miningcore facade, MiningcoreQueries queries) =>
            PageAsync(id, page, pageSize, all, facade.Blocks, pool => queries.BlockCount(pool.PoolId))).Shared(5, PageKeys);
        pools.MapGet("/{id}/payments", (
            string id, int? page, int? pageSize, FacadePools all, Miningcore facade, MiningcoreQueries queries) =>
            PageAsync(
                id,
                page,
                pageSize,
                all,
                (pool, skip, take) => facade.Payments(pool, null, skip, take),
                pool => queries.PaymentCount(pool.PoolId, null))).Shared(5, PageKeys);
        pools.MapGet(Account + "/payments", (
            string id, string address, int? page, int? pageSize, FacadePools all, Miningcore facade, MiningcoreQueries queries,
            TimeProvider time) => PageOfAsync(
                id, address, page, pageSize, all, time, Payments(facade), one => queries.PaymentCount(one.PoolId, one.AccountId)))
            .Shared(5, PageKeys);
        pools.MapGet(Account + "/balancechanges", (
            string id, string address, int? page, int? pageSize, FacadePools all, Miningcore facade, MiningcoreQueries queries,
            TimeProvider time) => PageOfAsync(
                id, address, page, pageSize, all, time, facade.Changes, one => queries.ChangeCount(one.PoolId, one.AccountId)))
            .Shared(5, PageKeys);
        pools.MapGet(Account + "/earnings/daily", (
            string id, string address, int? page, int? pageSize, FacadePools all, Miningcore facade, TimeProvider time) => PageOfAsync(
                id, address, page, pageSize, all, time, facade.Days, async one => (await facade.Days(one, 0, RowsMax)).Count))
            .Shared(30, PageKeys);
    }

    private static Func<Subject, int, int, Task<List<McPayment>>> Payments(Miningcore facade) =>
        (subject, skip, take) => facade.Payments(subject.Pool, subject.AccountId, skip, take);

    private static async Task<IResult> PoolsAsync(PoolBook pools, Miningcore facade)
    {
        var answers = new List<McPool>();
        foreach (var pool in pools.All)
            if (await facade.Pool(pool) is { } answer) answers.Add(answer);
        return Results.Ok(new McPools(answers));
    }

    private static async Task<IResult> PoolAsync(string id, FacadePools all, Miningcore facade)
    {
        if (all.Choose(id) is not { } pool) return all.None(id);
        return await facade.Pool(pool) is { } answer ? Results.Ok(new McOnePool(answer)) : PoolsApi.NotReady();
    }

    /// <summary>r: Day or Month, or their numbers 1 and 2.</summary>
    private static async Task<IResult> PerformanceAsync(string id, string? r, FacadePools all, Miningcore facade)
    {
        if (all.Choose(id) is not { } pool) return all.None(id);
        var isMonth = r is "2" || string.Equals(r, "month", StringComparison.OrdinalIgnoreCase);
        return await facade.Performance(pool, isMonth) is { } answer ? Results.Ok(answer) : PoolsApi.NotReady();
    }

    private static async Task<IResult> ListAsync<T>(
        string id, int? page, int? pageSize, FacadePools all, Func<KnownPool, int, int, Task<List<T>>> read)
    {
        if (all.Choose(id) is not { } pool) return all.None(id);
        return TryPage(page, pageSize, out var skip, out var take, out var problem)
            ? Results.Ok(await read(pool, skip, take))
            : problem!;
    }

    private static async Task<IResult> PageAsync<T>(
        string id,
        int? page,
        int? pageSize,
        FacadePools all,
        Func<KnownPool, int, int, Task<List<T>>> read,
        Func<KnownPool, Task<long>> count)
    {
        if (all.Choose(id) is not { } pool) return all.None(id);
        return TryPage(page, pageSize, out var skip, out var take, out var problem)
            ? Results.Ok(PageOf(await read(pool, skip, take), await count(pool), take))
            : problem!;
    }

    private static async Task<IResult> OfAsync<T>(
        string id, string address, FacadePools all, TimeProvider time, Func<Subject, Task<T>> read)
    {
        if (all.Choose(id) is null) return all.None(id);
        return await all.FindAsync(address, id, time.GetUtcNow().ToUnixTimeMilliseconds()) is { } subject
            ? Results.Ok(await read(subject))
            : NoAccount();
    }

    private static async Task<IResult> OfAsync<T>(
        string id,
        string address,
        int? page,
        int? pageSize,
        FacadePools all,
        TimeProvider time,
        Func<Subject, int, int, Task<List<T>>> read) =>
        TryPage(page, pageSize, out var skip, out var take, out var problem)
            ? await OfAsync(id, address, all, time, subject => read(subject, skip, take))
            : problem!;

    private static async Task<IResult> PageOfAsync<T>(
        string id,
        string address,
        int? page,
        int? pageSize,
        FacadePools all,
        TimeProvider time,
        Func<Subject, int, int, Task<List<T>>> read,
        Func<Subject, Task<long>> count) =>
        TryPage(page, pageSize, out var skip, out var take, out var problem)
            ? await OfAsync(
                id, address, all, time, async subject => PageOf(await read(subject, skip, take), await count(subject), take))
            : problem!;

    private static McPage<T> PageOf<T>(List<T> items, long count, int size) => new(items, true, null, (count + size - 1) / size, count);

    private static IResult NoAccount() => Problems.Of(404, "no-account", "no account of that name has sent a share");

    /// <summary>Pages are counted from 0. How far one may count is bounded: what lies deeper costs more and more.</summary>
    private static bool TryPage(int? page, int? pageSize, out int skip, out int take, out IResult? problem)
    {
        (skip, take, problem) = (0, pageSize ?? SizeStandard, null);
        var first = (page ?? 0) * (long)take;
        if (take is < 1 or > SizeMax) problem = Problems.Of(400, "bad-limit", $"pageSize must be from 1 to {SizeMax}, not {take}");
        else if (first is < 0 or > RowsMax)
            problem = Problems.Of(400, "bad-cursor", $"page must be from 0 to {RowsMax / take}; /api/v1 has pages without an end");
        else skip = (int)first;
        return problem is null;
    }
}
