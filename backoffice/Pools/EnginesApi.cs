using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools;

/// <summary>The engines whose journals the backoffice has read: <c>/api/v1/engines</c>.</summary>
public static class EnginesApi
{
    /// <summary>The endpoint.</summary>
    public static void MapEngines(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/engines", async (NpgsqlDataSource database, CancellationToken cancel) => new
        {
            engines = await database.RowsAsync(
                """
                SELECT engine_id, epoch, last_sequence, last_time_ms, first_seen_at, last_commit_at, released_at FROM sources
                ORDER BY engine_id, source_id LIMIT 2000
                """,
                [],
                Read,
                cancel),
        }).WithTags("Engines").WithSummary("Engines, by journal");

    private static EngineAnswer Read(NpgsqlDataReader row) => new(
        row.GetInt32(0),
        row.GetString(1),
        row.GetInt64(2),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        row.GetFieldValue<DateTimeOffset>(4),
        row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
        row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6));
}

/// <summary>A journal of an engine.</summary>
public sealed record EngineAnswer(
    int Id,
    string Epoch,
    long CommittedSequence,
    DateTimeOffset LastShare,
    DateTimeOffset FirstSeen,
    DateTimeOffset? LastCommit,
    DateTimeOffset? Released);
