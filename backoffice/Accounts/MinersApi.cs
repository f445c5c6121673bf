using System.Globalization;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Accounts;

/// <summary>The read-only API about accounts of a pool: <c>/api/v1/pools/{id}/miners</c>.</summary>
internal static class MinersApi
{
    private const long WindowMs = 300_000;
    private const long HourMs = 3_600_000;

    public static void MapMiners(this RouteGroupBuilder pools)
    {
        pools.MapGet("/{id}/miners", Miners).Produces<Page<MinerAnswer>>().WithSummary("Accounts, those with most recent work first");
        pools.MapGet("/{id}/balances", Miners).Produces<Page<MinerAnswer>>().WithSummary("The same list, for its balances");
        pools.MapGet("/{id}/miners/{address}", Miner).Produces<MinerAnswer>().WithSummary("One account");
        pools.MapGet("/{id}/miners/{address}/workers", Workers).Produces<Page<WorkerAnswer>>().WithSummary("Its rigs");
        pools.MapGet("/{id}/miners/{address}/hashrate", Series).Produces<IReadOnlyList<HashratePoint>>()
            .WithSummary("Its hash rate over time");
        pools.MapGet("/{id}/miners/{address}/balances", Balances).Produces<MinerBalanceAnswer>()
            .WithSummary("Its balances and newest credits");
        pools.MapGet("/{id}/miners/{address}/payouts", Payouts).Produces<Page<MinerPayoutAnswer>>()
            .WithSummary("Its payouts, newest first");
    }

    /// <summary>What every endpoint of one account begins with.</summary>
    private sealed record Subject(KnownPool Pool, long AccountId, string Name)
    {
        public CoinDefinition Coin => Pool.Coin;

        public int PoolId => Pool.PoolId;

        public static async Task<(Subject? Subject, IResult? Problem)> Find(string id, string address, PoolBook all, MinerQueries queries)
        {
            if (all.ByName(id) is not { } pool) return (null, PoolsApi.NoPool(id, all));
            if (address.Length > 191) return (null, PoolsApi.Problem(400, "an account's name has at most 191 characters"));
            // As the consumer reads names: an address in capitals is the account in small letters.
            var name = StratumName.Parse(address).Account;
            return await queries.AccountId(name) is { } accountId
                ? (new Subject(pool, accountId, name), null)
                : (null, PoolsApi.Problem(404, "no account of that name has sent a share"));
        }
    }

    private static async Task<IResult> Miners(
        string id, int? limit, string? cursor, PoolBook all, MinerQueries queries, TimeProvider time)
    {
        if (all.ByName(id) is not { } pool) return PoolsApi.NoPool(id, all);
        if (!PoolsApi.TryLimit(limit, out var most, out var problem)
            || !PoolsApi.TryCursor(cursor, out var offset, out problem)) return problem!;

        var from = Math.Min(offset ?? 0, 1_000_000);
        var rows = await queries.Miners(pool.PoolId, time.GetUtcNow().ToUnixTimeMilliseconds(), WindowMs, from, most);
        var next = rows.Count < most ? null : (from + rows.Count).ToString(CultureInfo.InvariantCulture);
        return Results.Ok(new Page<MinerAnswer>([.. rows.Select(r => Answer(r, pool.Coin))], next));
    }

    private static async Task<IResult> Miner(
        string id, string address, PoolBook all, MinerQueries queries, TimeProvider time)
    {
        var (subject, problem) = await Subject.Find(id, address, all, queries);
        if (subject is null) return problem!;
        var rows = await queries.Miners(subject.PoolId, time.GetUtcNow().ToUnixTimeMilliseconds(), WindowMs, 0, 1, subject.AccountId);
        return rows.Count == 0
            ? Results.Ok(Answer(new MinerRow { AccountId = subject.AccountId, Name = subject.Name }, subject.Coin))
            : Results.Ok(Answer(rows[0], subject.Coin));
    }

    private static async Task<IResult> Workers(
        string id, string address, int? limit, string? cursor, PoolBook all, MinerQueries queries, TimeProvider time)
    {
        var (subject, problem) = await Subject.Find(id, address, all, queries);
        if (subject is null || !PoolsApi.TryLimit(limit, out var most, out problem)) return problem!;

        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        // A rig may have no name, and '' sorts first: the first page has no lower bound, a cursor is a name after a mark.
        var rows = await queries.Workers(
            subject.PoolId, subject.AccountId, nowMs, WindowMs, cursor is ['~', .. var name] ? name : null, most);
        return Results.Ok(new Page<WorkerAnswer>([.. rows.Select(r => Answer(r, nowMs))], rows.Count < most ? null : "~" + rows[^1].Name));
    }

    private static async Task<IResult> Series(
        string id, string address, string? period, PoolBook all, MinerQueries queries, PoolQueries pools, TimeProvider time)
    {
        var (subject, problem) = await Subject.Find(id, address, all, queries);
        if (subject is null) return problem!;
        if (!SeriesPeriod.TryParse(period, out var chosen)) return PoolsApi.Problem(400, $"period must be one of {SeriesPeriod.Allowed}");
        return Results.Ok(chosen.Points(await pools.Series(subject.PoolId, chosen.FromMs(time), chosen.BucketMs, subject.AccountId)));
    }

    private static async Task<IResult> Balances(
        string id, string address, PoolBook all, MinerQueries queries, TimeProvider time)
    {
        var (subject, problem) = await Subject.Find(id, address, all, queries);
        if (subject is null) return problem!;
        var rows = await queries.Miners(subject.PoolId, time.GetUtcNow().ToUnixTimeMilliseconds(), WindowMs, 0, 1, subject.AccountId);
        var row = rows.Count == 0 ? new MinerRow() : rows[0];
        var credits = await queries.Credits(subject.PoolId, subject.AccountId, 100);
        var decimals = subject.Coin.Decimals;
        return Results.Ok(new MinerBalanceAnswer(
            subject.Name,
            new BalanceAnswer(Amount.Of(row.Immature, decimals), Amount.Of(row.Confirmed, decimals)),
            Amount.Of(await queries.Paid(subject.PoolId, subject.AccountId), decimals),
            [.. credits.Select(c => new CreditAnswer(c.Height, c.Hash, c.State, Amount.Of(c.Amount, decimals)))]));
    }

    private static async Task<IResult> Payouts(
        string id, string address, int? limit, string? cursor, PoolBook all, MinerQueries queries, PayoutQueries payouts)
    {
        var (subject, problem) = await Subject.Find(id, address, all, queries);
        if (subject is null || !PoolsApi.TryLimit(limit, out var most, out problem)
            || !PoolsApi.TryCursor(cursor, out var before, out problem)) return problem!;
        var explorer = PoolsApi.TransactionPage(subject.Pool);
        var rows = await payouts.OfAccount(subject.PoolId, subject.AccountId, before, most);
        return Results.Ok(Page.Of(rows, most, row => row.Answer(subject.Coin.Decimals, explorer), row => row.PayoutId));
    }

    internal static MinerAnswer Answer(MinerRow row, CoinDefinition coin) => new(
        row.Name,
        row.Work / (WindowMs / 1000.0),
        row.Workers,
        row.Shares,
        row.LastShareMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null,
        new BalanceAnswer(Amount.Of(row.Immature, coin.Decimals), Amount.Of(row.Confirmed, coin.Decimals)));

    internal static WorkerAnswer Answer(WorkerRow row, long nowMs)
    {
        var (now, hour) = (row.Work / (WindowMs / 1000.0), row.WorkHour / (HourMs / 1000.0));
        var state = nowMs - row.LastShareMs > PoolQueries.ActiveMs ? "off" : now < hour / 2 ? "low" : "ok";
        return new WorkerAnswer(
            row.Name,
            now,
            hour,
            row.Shares,
            row.LastShareMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.LastShareMs),
            state,
            new ShareCounts(row.Shares, row.Stale, row.Duplicate, row.Lowdiff, row.Invalid));
    }
}
