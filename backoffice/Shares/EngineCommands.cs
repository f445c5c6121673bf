using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Shares;

/// <summary>What an operator may decide about an engine's journals. Both are recorded.</summary>
public static class EngineCommands
{
    /// <summary>
    /// Nothing more is waited for from the engine's journals: blocks are settled without them. Should one come back all the same, its
    /// shares count in later windows. Returns the epochs that were released now.
    /// </summary>
    public static async Task<IReadOnlyList<string>> ReleaseAsync(NpgsqlDataSource database, int engineId, CancellationToken cancel) =>
        await database.RowsAsync(
            "UPDATE sources SET released_at = now() WHERE engine_id = $1 AND released_at IS NULL RETURNING epoch",
            [engineId],
            row => row.GetString(0),
            cancel);

    /// <summary>Gives up the sequences between the mark and <paramref name="next"/>, which is the one to go on with.</summary>
    /// <exception cref="StorageException">There is no such journal, or it is past that sequence already.</exception>
    public static Task<(ulong From, ulong To)> SkipAsync(
        NpgsqlDataSource database, SourceKey source, ulong next, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                var rows = await connection.RowsAsync(
                    "SELECT source_id, last_sequence FROM sources WHERE engine_id = $1 AND epoch = $2 FOR UPDATE",
                    [source.EngineId, $"{source.Epoch:x16}"],
                    row => (Id: row.GetInt32(0), Mark: (ulong)row.GetInt64(1)),
                    cancel);
                if (rows.Count == 0)
                    throw new StorageException($"There is no journal of engine {source.EngineId} with epoch {source.Epoch:x16}.");
                var (id, mark) = rows[0];
                if (next <= mark + 1 || next > long.MaxValue)
                    throw new StorageException($"The journal is committed up to {mark}: there is nothing to skip before {next}.");

                await connection.RunAsync(
                    "INSERT INTO sequence_skips (source_id, from_sequence, to_sequence) VALUES ($1, $2, $3)",
                    [id, (long)mark + 1, (long)next - 1],
                    cancel);
                await connection.RunAsync("UPDATE sources SET last_sequence = $2 WHERE source_id = $1", [id, (long)next - 1], cancel);
                return (mark + 1, next - 1);
            },
            cancel);
}
