using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Engines;

/// <summary>A journal of an engine, as far as it is committed.</summary>
public sealed record JournalAnswer(
    string Epoch,
    long CommittedSequence,
    DateTimeOffset LastShare,
    DateTimeOffset FirstSeen,
    DateTimeOffset? LastCommit,
    DateTimeOffset? Released);

/// <summary>What the database knows of engines.</summary>
internal sealed class EngineQueries(NpgsqlDataSource database)
{
    private const int JournalsMax = 2_000;

    /// <summary>All journals that were ever read, by engine and age.</summary>
    public Task<List<(int Engine, JournalAnswer Journal)>> JournalsAsync(CancellationToken cancel) => database.RowsAsync(
        """
        SELECT engine_id, epoch, last_sequence, last_time_ms, first_seen_at, last_commit_at, released_at FROM sources
        ORDER BY engine_id, source_id LIMIT $1
        """,
        [JournalsMax],
        row => (row.GetInt32(0), new JournalAnswer(
            row.GetString(1),
            row.GetInt64(2),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
            row.GetFieldValue<DateTimeOffset>(4),
            row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5),
            row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6))),
        cancel);
}
