using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Pools;

/// <summary>The read-only API about pools: <c>/api/v1/pools</c>.</summary>
public static class PoolsApi
{
    /// <summary>What the endpoints need.</summary>
    public static IServiceCollection AddPools(this IServiceCollection services) => services
        .AddSingleton<PoolQueries>()
        .AddSingleton<MinerQueries>()
        .AddSingleton<PayoutQueries>()
        .AddSingleton<PoolStats>()
        .AddSingleton<SharedAnswers>()
        .AddProblemDetails(options => options.CustomizeProblemDetails = context =>
            context.ProblemDetails.Extensions.TryAdd("code", Problems.CodeOf(context.HttpContext.Response.StatusCode)))
        .AddOpenApi();

    /// <summary>The endpoints.</summary>
    public static void MapPools(this IEndpointRouteBuilder routes)
    {
        var pools = routes.MapGroup("/api/v1/pools").WithTags("Pools");
        pools.MapGet("/", (PoolBook all) => new { pools = all.All.Select(Describe) }).WithSummary("Pools served here");
        pools.MapGet("/{id}", (string id, PoolBook all) => all.ByName(id) is { } p ? Results.Ok(Describe(p)) : NoPool(id, all))
            .Produces<PoolAnswer>().WithSummary("One pool");
        pools.MapGet("/{id}/stats", Stats).Produces<StatsAnswer>().WithSummary("A pool's figures now");
        pools.MapGet("/{id}/hashrate", Series).Produces<IReadOnlyList<HashratePoint>>()
            .WithSummary("Hash rate over time (period: 1h, 1d, 7d, 30d)");
        pools.MapGet("/{id}/blocks", Blocks).Produces<Page<BlockAnswer>>().WithSummary("Block candidates, newest first");
        pools.MapMiners();
        pools.MapPayouts();
    }

    /// <summary>See <see cref="Paging.TryLimit"/>.</summary>
    internal static bool TryLimit(int? asked, out int limit, out IResult? problem) => Paging.TryLimit(asked, out limit, out problem);

    /// <summary>A cursor that is a row number, or a problem.</summary>
    internal static bool TryCursor(string? text, out long? cursor, out IResult? problem)
    {
        var isGood = Cursor.TryRead(text, 1, out var key, out problem);
        cursor = key?[0];
        return isGood;
    }

    internal static IResult Problem(int status, string detail) => Problems.Of(status, Problems.CodeOf(status), detail);

    internal static IResult NoPool(string id, PoolBook all)
    {
        var there = string.Join(", ", all.All.Select(pool => pool.Name));
        return Problems.Of(404, "no-pool", $"there is no pool '{Problems.Shown(id)}'; there are: {there}");
    }

    internal static string? Link(string? template, string name, string? value) =>
        template is null || value is null ? null : template.Replace("{" + name + "}", value, StringComparison.Ordinal);

    private static PoolAnswer Describe(KnownPool pool)
    {
        var (config, coin) = (pool.Config, pool.Coin);
        return new PoolAnswer(
            config.Id,
            coin.Name,
            coin.Symbol,
            config.Network,
            coin.Algorithm,
            config.Rewards.Scheme,
            config.Rewards.FeePercent,
            config.Rewards.Scheme == "pplns" ? config.Rewards.Pplns.Window : null,
            config.Payouts is { Enabled: true, Wallet: not null },
            Amount.Of(PayoutPool.ThresholdOf(pool), coin.Decimals),
            coin.Decimals,
            coin.CoinbaseMaturity,
            config.Address,
            Ports(config),
            BlockPage(pool),
            TransactionPage(pool))
        {
            AddressForms = new([.. pool.Network.P2pkh, .. pool.Network.P2sh], pool.Network.Bech32),
        };
    }

    /// <summary>Stratum ports: the configured ones, or the default.</summary>
    private static IReadOnlyList<PortAnswer> Ports(PoolConfig pool) => pool.Ports.Count == 0
        ? [new PortAnswer(3333, false, pool.Difficulty.Start, pool.Difficulty.Vardiff)]
        :
        [
            .. from port in pool.Ports
               let difficulty = port.Difficulty ?? pool.Difficulty
               select new PortAnswer(port.Port, port.Tls == PortTls.On, difficulty.Start, difficulty.Vardiff),
        ];

    /// <summary>Public explorers know the main network only.</summary>
    internal static string? BlockPage(KnownPool pool) => pool.Config.Network == "mainnet" ? pool.Coin.ExplorerBlock : null;

    internal static string? TransactionPage(KnownPool pool) => pool.Config.Network == "mainnet" ? pool.Coin.ExplorerTransaction : null;

    private static async Task<IResult> Stats(string id, PoolBook all, PoolStats stats)
    {
        if (all.ByName(id) is not { } pool) return NoPool(id, all);
        return await stats.Get(pool) is { } answer ? Results.Ok(answer) : Problem(503, "the pool is not in the database yet");
    }

    private static async Task<IResult> Series(string id, string? period, PoolBook all, PoolQueries queries, TimeProvider time)
    {
        if (all.ByName(id) is not { } pool) return NoPool(id, all);
        if (!SeriesPeriod.TryParse(period, out var chosen)) return Problem(400, $"period must be one of {SeriesPeriod.Allowed}");
        return Results.Ok(chosen.Points(await queries.Series(pool.PoolId, chosen.FromMs(time), chosen.BucketMs)));
    }

    private static async Task<IResult> Blocks(string id, int? limit, string? cursor, PoolBook all, PoolQueries queries)
    {
        if (all.ByName(id) is not { } pool) return NoPool(id, all);
        if (!TryLimit(limit, out var most, out var problem) || !TryCursor(cursor, out var before, out problem)) return problem!;

        var rows = await queries.Blocks(pool.PoolId, before, most);
        var explorer = BlockPage(pool);
        return Results.Ok(Page.Of(rows, most, row => Block(row, pool.Coin, explorer), row => row.BlockId));
    }

    internal static BlockAnswer Block(BlockRow block, CoinDefinition coin, string? explorer) => new(
        block.Height,
        block.Hash,
        block.State,
        block.StateReason,
        block.Confirmations,
        DateTimeOffset.FromUnixTimeMilliseconds(block.ShareMs),
        block.Finder,
        block.Worker,
        Amount.Of(block.Reward, coin.Decimals),
        block.NetworkWork > 0 ? (double)(block.EffortWork / block.NetworkWork) : 0,
        block.Scheme,
        Link(explorer, "hash", block.Hash));
}

/// <summary>How far back a series goes and how wide its points are.</summary>
internal sealed record SeriesPeriod(string Name, long LengthMs, long BucketMs)
{
    private static readonly SeriesPeriod[] All =
    [
        new("1h", 3_600_000, 60_000),
        new("1d", 86_400_000, 600_000),
        new("7d", 604_800_000, 3_600_000),
        new("30d", 2_592_000_000, 14_400_000),
    ];

    /// <summary>For messages.</summary>
    public static string Allowed => string.Join(", ", All.Select(p => p.Name));

    public static bool TryParse(string? text, out SeriesPeriod period)
    {
        var found = Array.Find(All, p => p.Name == (text ?? "1d"));
        period = found ?? All[0];
        return found is not null;
    }

    public long FromMs(TimeProvider time) => (time.GetUtcNow().ToUnixTimeMilliseconds() - LengthMs) / BucketMs * BucketMs;

    public List<HashratePoint> Points(IEnumerable<SliceRow> rows) =>
        [.. rows.Select(
            r => new HashratePoint(DateTimeOffset.FromUnixTimeMilliseconds(r.AtMs), (double)r.Work / (BucketMs / 1000.0), r.Shares))];
}
