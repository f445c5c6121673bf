using Viddhana.Backoffice.Pools.Sharing;

namespace Viddhana.Backoffice.Engines;

/// <summary>The engines, as far as everybody may know: <c>/api/v1/engines</c>.</summary>
internal static class PublicEnginesApi
{
    private const int SharedSeconds = 5;

    public static void MapPublicEngines(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/engines", async (EngineQueries queries, EngineBoard board) => Results.Ok(await AllAsync(queries, board)))
        .Produces<EnginesAnswer>()
        .Shared(SharedSeconds)
        .WithTags("Engines")
        .WithSummary("Engines, by journal: what is committed, and whether they live");

    private static async Task<EnginesAnswer> AllAsync(EngineQueries queries, EngineBoard board)
    {
        var journals = await queries.JournalsAsync(CancellationToken.None);
        var rows = new List<EngineAnswer>();
        foreach (var (engine, journal) in journals) rows.Add(Row(engine, journal, Of(board, engine, journal.Epoch)));

        // Engines that run and have committed nothing yet.
        foreach (var view in board.Engines)
        {
            var (engine, epoch) = (view.Status.Engine, view.Status.Epoch);
            if (journals.Any(row => row.Engine == engine && row.Journal.Epoch == epoch)) continue;
            var started = DateTimeOffset.FromUnixTimeMilliseconds(view.Status.StartedAt);
            rows.Add(Row(engine, new JournalAnswer(epoch, 0, DateTimeOffset.UnixEpoch, started, null, null), view));
        }

        return new EnginesAnswer(rows);
    }

    private static EngineView? Of(EngineBoard board, int engine, string epoch) =>
        board.Engines.FirstOrDefault(view => view.Status.Engine == engine && view.Status.Epoch == epoch);

    private static EngineAnswer Row(int engine, JournalAnswer journal, EngineView? view) => new(
        engine,
        journal.Epoch,
        journal.CommittedSequence,
        journal.LastShare,
        journal.FirstSeen,
        journal.LastCommit,
        journal.Released,
        OperatorEnginesApi.WordOf(view?.Life ?? EngineLife.Unknown),
        view?.Status.Version,
        view is { Life: EngineLife.Ok } ? view.Status.UptimeSeconds : null,
        view is { Life: EngineLife.Ok } ? view.Status.Connections : null,
        view?.LastSeen);
}

/// <summary>All engines.</summary>
public sealed record EnginesAnswer(IReadOnlyList<EngineAnswer> Engines);

/// <summary>A journal of an engine. What is told of a process is null where it does not live.</summary>
public sealed record EngineAnswer(
    int Id,
    string Epoch,
    long CommittedSequence,
    DateTimeOffset LastShare,
    DateTimeOffset FirstSeen,
    DateTimeOffset? LastCommit,
    DateTimeOffset? Released,
    string State,
    string? Version,
    long? UptimeSeconds,
    int? Connections,
    DateTimeOffset? LastSeen);
