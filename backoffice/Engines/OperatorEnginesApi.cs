using Viddhana.Backoffice.Pools;

namespace Viddhana.Backoffice.Engines;

/// <summary>What operators see of engines: themselves, nodes, jobs, shares by result.</summary>
internal static class OperatorEnginesApi
{
    private static readonly string[] ResultNames =
        ["valid", "stale", "duplicate", "lowdiff", "invalid", "unauthorized", "unavailable"];

    public static void MapOperatorEngines(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/engines", EnginesAsync).Produces<Page<EngineDetail>>()
            .WithSummary("Engines with all that they say of themselves, and their journals");
        admin.MapGet("/nodes", (EngineBoard board) => All(Nodes(board))).Produces<Page<NodeAnswer>>()
            .WithSummary("Coin nodes, as each engine sees them");
        admin.MapGet("/jobs", (EngineBoard board) => All(Jobs(board))).Produces<Page<JobAnswer>>()
            .WithSummary("The work that each engine hands out, and its age");
        admin.MapGet("/shares", (EngineBoard board) => All(Shares(board))).Produces<Page<SharesAnswer>>()
            .WithSummary("Submissions by result: since each engine's start, and per second over the last minute");
    }

    /// <summary>As the API writes it.</summary>
    public static string WordOf(EngineLife life) => life.ToString().ToLowerInvariant();

    private static IResult All<T>(IEnumerable<T> items) => Results.Ok(new Page<T>([.. items], null));

    private static async Task<IResult> EnginesAsync(
        EngineQueries queries, EngineBoard board, TimeProvider time, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var journals = (await queries.JournalsAsync(cancel)).ToLookup(row => row.Engine, row => row.Journal);
        var views = board.Engines.ToDictionary(view => view.Status.Engine);
        var engines = views.Keys.Union(journals.Select(group => group.Key)).Order();
        return All(engines.Select(engine =>
        {
            var view = views.GetValueOrDefault(engine);
            return new EngineDetail(
                engine,
                WordOf(view?.Life ?? EngineLife.Unknown),
                view?.LastSeen,
                view is null ? null : Math.Max(0, (now - view.LastSeen).TotalSeconds),
                [.. journals[engine]],
                view?.Status);
        }));
    }

    private static IEnumerable<NodeAnswer> Nodes(EngineBoard board) =>
        from view in board.Engines
        from pool in view.Status.Pools
        from node in pool.Nodes
        select new NodeAnswer(
            view.Status.Engine,
            WordOf(view.Life),
            pool.Id,
            node.Name,
            node.Rank,
            node.State,
            node.Active,
            node.Lags,
            node.Height < 0 ? null : node.Height,
            node.LatencyMs < 0 ? null : node.LatencyMs,
            node.TemplateMs < 0 ? null : node.TemplateMs,
            node.Detail,
            node.LastError,
            TimeOf(node.LastErrorAt),
            pool.BlocksWaiting);

    private static IEnumerable<JobAnswer> Jobs(EngineBoard board) =>
        from view in board.Engines
        from pool in view.Status.Pools
        let jobs = pool.Jobs
        select new JobAnswer(
            view.Status.Engine,
            WordOf(view.Life),
            pool.Id,
            jobs.Job,
            jobs.Height,
            jobs.AgeSeconds is { } age ? DateTimeOffset.FromUnixTimeMilliseconds(view.Status.At).AddSeconds(-age) : null,
            jobs.AgeSeconds,
            jobs.Transactions,
            jobs.Reason,
            jobs.TemplateAgeSeconds < 0 ? null : jobs.TemplateAgeSeconds,
            pool.Nodes.FirstOrDefault(node => node.Active) is { TemplateMs: >= 0 } active ? active.TemplateMs : null,
            jobs.NewTips,
            jobs.Refreshes,
            jobs.Refused,
            jobs.LastRefusal,
            TimeOf(jobs.LastRefusalAt),
            jobs.TemplateError);

    private static IEnumerable<SharesAnswer> Shares(EngineBoard board) =>
        from entry in board.Engines.SelectMany(view => view.Status.Pools.Select(pool => (view, pool)))
        group entry by entry.pool.Id into same
        orderby same.Key
        let engines = same.Select(entry => OfEngine(entry.view, entry.pool)).ToList()
        select new SharesAnswer(
            same.Key,
            ResultNames.ToDictionary(name => name, name => engines.Sum(engine => engine.Total.GetValueOrDefault(name))),
            ResultNames.ToDictionary(name => name, name => engines.Sum(engine => engine.PerSecond.GetValueOrDefault(name))),
            engines.Sum(engine => engine.Hashrate),
            engines.Sum(engine => engine.BlocksFound),
            engines);

    // What an engine counted stays; its rates are those of now, and one that does not live has none.
    private static EngineShares OfEngine(EngineView view, PoolStatus pool)
    {
        var lives = view.Life == EngineLife.Ok;
        return new EngineShares(
            view.Status.Engine,
            WordOf(view.Life),
            pool.Shares,
            lives ? pool.SharesPerSecond : new Dictionary<string, double>(),
            lives ? pool.Hashrate : 0,
            pool.BlocksFound);
    }

    private static DateTimeOffset? TimeOf(long utcMs) => utcMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(utcMs);
}

/// <summary>An engine with all that is known of it.</summary>
public sealed record EngineDetail(
    int Id, string State, DateTimeOffset? LastSeen, double? SilentSeconds, IReadOnlyList<JournalAnswer> Journals, EngineStatus? Status);

/// <summary>A coin node as an engine sees it.</summary>
public sealed record NodeAnswer(
    int Engine,
    string EngineState,
    string Pool,
    string Name,
    int Rank,
    string State,
    bool IsActive,
    bool IsLagging,
    long? Height,
    double? LatencyMs,
    double? TemplateMs,
    string Detail,
    string? LastError,
    DateTimeOffset? LastErrorAt,
    int BlocksWaiting);

/// <summary>The work of a pool on an engine.</summary>
public sealed record JobAnswer(
    int Engine,
    string EngineState,
    string Pool,
    long? Job,
    long? Height,
    DateTimeOffset? At,
    double? AgeSeconds,
    int? Transactions,
    string? Reason,
    double? TemplateAgeSeconds,
    double? TemplateMs,
    long JobsNewTip,
    long JobsRefresh,
    long ProposalsRefused,
    string? LastRefusal,
    DateTimeOffset? LastRefusalAt,
    string? TemplateError);

/// <summary>Submissions to a pool by result.</summary>
public sealed record SharesAnswer(
    string Pool,
    IReadOnlyDictionary<string, long> Total,
    IReadOnlyDictionary<string, double> PerSecond,
    double Hashrate,
    long BlocksFound,
    IReadOnlyList<EngineShares> Engines);

/// <summary>The same of one engine.</summary>
public sealed record EngineShares(
    int Engine,
    string EngineState,
    IReadOnlyDictionary<string, long> Total,
    IReadOnlyDictionary<string, double> PerSecond,
    double Hashrate,
    long BlocksFound);
