using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Pools;

/// <summary>The read-only API about pools: <c>/api/v1/pools</c>.</summary>
public static class PoolsApi
{
    /// <summary>What the endpoints need.</summary>
    public static IServiceCollection AddPools(this IServiceCollection services, ViddhanaConfig config) => services
        .AddSingleton<PoolQueries>()
        .AddSingleton<SeriesQueries>()
        .AddSingleton<MinerQueries>()
        .AddSingleton<PayoutQueries>()
        .AddSingleton<ActivityBook>()
        .AddSingleton<MinerBoard>()
        .AddSingleton<MinerFigures>()
        .AddSingleton<PoolStats>()
        .AddSingleton<IBestShares, KeptBestShares>()
        .AddSingleton<SharedAnswers>()
        .AddActive(provider => new SliceSums(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<PoolBook>(),
            config.Backoffice.KeepDays,
            provider.GetRequiredService<ActiveLease>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SliceSums>>()))
        .AddProblemDetails(options => options.CustomizeProblemDetails = context =>
            context.ProblemDetails.Extensions.TryAdd("code", Problems.CodeOf(context.HttpContext.Response.StatusCode)))
        .AddApiDescription();

    /// <summary>The endpoints.</summary>
    public static void MapPools(this IEndpointRouteBuilder routes)
    {
        var pools = routes.MapGroup("/api/v1/pools").WithTags("Pools");
        pools.MapGet("/", (PoolBook all) => Results.Ok(new PoolsAnswer([.. all.All.Select(Describe)]))).Produces<PoolsAnswer>()
            .WithSummary("Pools served here").Shared(30);
        pools.MapGet("/{id}", (string id, PoolBook all) => all.ByName(id) is { } pool ? Results.Ok(Describe(pool)) : NoPool(id, all))
            .Produces<PoolAnswer>().ProducesProblem(404).WithSummary("One pool").Shared(30);
        pools.MapGet("/{id}/stats", Stats).Produces<StatsAnswer>().ProducesProblem(404).ProducesProblem(503)
            .WithSummary("A pool's figures now").Shared(1);
        pools.MapGet("/{id}/hashrate", Hashrate).Produces<IReadOnlyList<HashratePoint>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Hash rate over time (period: 1h, 6h, 1d, 7d, 30d, 90d)").Shared(10, "period");
        pools.MapGet("/{id}/shares", Shares).Produces<SharesAnswer>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Shares by result over time (period as above)").Shared(10, "period");
        pools.MapGet("/{id}/blocks", Blocks).Produces<Page<BlockAnswer>>().ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Block candidates, newest first (state: found, immature, confirmed, orphaned)")
            .Shared(1, "limit", "cursor", "state");
        pools.MapGet("/{id}/blocks/{hash}", OneBlock).Produces<BlockAnswer>().ProducesProblem(404).WithSummary("One block").Shared(1);
        pools.MapLeaderboard();
        pools.MapMiners();
        pools.MapWorkers();
        pools.MapPayouts();
        routes.MapMinersEverywhere();
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
        return await stats.Get(pool) is { } answer ? Results.Ok(answer) : NotReady();
    }

    /// <summary>The pool is configured, and its row in the database is not there yet.</summary>
    internal static IResult NotReady() => Problems.Later("not-ready", "the pool is not in the database yet", 5);

    private static async Task<IResult> Hashrate(
        string id, string? period, PoolBook all, SeriesQueries series, ViddhanaConfig config, TimeProvider time)
    {
        if (all.ByName(id) is not { } pool) return NoPool(id, all);
        if (!SeriesPeriod.TryParse(period, config.Backoffice.SliceSeconds, out var chosen, out var problem)) return problem!;
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = await series.Read(new SeriesOf(pool.PoolId), chosen.FromMs(nowMs), chosen.BucketMs, nowMs);
        return Results.Ok(chosen.Hashrates(rows, nowMs));
    }

    private static async Task<IResult> Shares(
        string id, string? period, PoolBook all, SeriesQueries series, ViddhanaConfig config, TimeProvider time)
    {
        if (all.ByName(id) is not { } pool) return NoPool(id, all);
        if (!SeriesPeriod.TryParse(period, config.Backoffice.SliceSeconds, out var chosen, out var problem)) return problem!;
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = await series.Read(new SeriesOf(pool.PoolId), chosen.FromMs(nowMs), chosen.BucketMs, nowMs);
        return Results.Ok(chosen.Shares(rows, nowMs));
    }

    private static async Task<IResult> Blocks(string id, int? limit, string? cursor, string? state, PoolBook all, PoolQueries queries)
    {
        if (all.ByName(id) is not { } pool) return NoPool(id, all);
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var before, out problem))
            return problem!;
        if (state is not (null or "found" or "immature" or "confirmed" or "orphaned"))
            return Problems.Of(400, "bad-state", $"state must be found, immature, confirmed or orphaned, not '{Problems.Shown(state)}'");

        var rows = await queries.Blocks(pool.PoolId, before?[0], most, state);
        var explorer = BlockPage(pool);
        return Results.Ok(Page.Of(rows, most, row => Block(row, pool.Coin, explorer), row => row.BlockId));
    }

    private static async Task<IResult> OneBlock(string id, string hash, PoolBook all, PoolQueries queries)
    {
        if (all.ByName(id) is not { } pool) return NoPool(id, all);
        var isHash = hash.Length == 64 && hash.All(char.IsAsciiHexDigit);
        if (!isHash || await queries.Block(pool.PoolId, hash.ToLowerInvariant()) is not { } row)
            return Problems.Of(404, "no-block", "the pool has found no block of that hash (64 hex digits)");
        return Results.Ok(Block(row, pool.Coin, BlockPage(pool)) with { Credits = await queries.Credited(row.BlockId) });
    }

    internal static BlockAnswer Block(BlockRow block, CoinDefinition coin, string? explorer)
    {
        var effort = block.NetworkWork > 0 ? (double)(block.EffortWork / block.NetworkWork) : 0;
        return new BlockAnswer(
            block.Height,
            block.Hash,
            block.State,
            block.StateReason,
            block.Confirmations,
            DateTimeOffset.FromUnixTimeMilliseconds(block.ShareMs),
            block.Finder,
            block.Worker,
            Amount.Of(block.Reward, coin.Decimals),
            effort,
            block.Scheme,
            Link(explorer, "hash", block.Hash))
        {
            NetworkDifficulty = NetworkTarget.DifficultyOfWork((double)block.NetworkWork, coin),
            Luck = effort > 0 ? 1 / effort : null,
            Maturity = coin.CoinbaseMaturity,
        };
    }
}
