using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// Makes hours of the slices of a day that no window can reach: twenty thousand rows a minute are thirty million a day, of which only the
/// hash-rate history is left to be asked for, and that by the hour.
/// </summary>
public static class SliceRollUp
{
    private const long HourMs = 3_600_000;

    /// <summary>The tables of slices, and what their keys end with.</summary>
    private static readonly (string Table, string Kind)[] Tables = [("share_slices", "work"), ("reject_slices", "reason")];

    /// <summary>Rolls up all days that end at or before a time; returns the partitions that were made anew.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(
        NpgsqlDataSource database, Partitions partitions, long untilMs, CancellationToken cancel)
    {
        var made = new List<string>();
        foreach (var (table, kind) in Tables)
        {
            foreach (var (name, startMs, endMs) in await partitions.ListAsync(table, cancel))
            {
                if (endMs > untilMs || !await IsFineAsync(database, name, cancel)) continue;
                await RollUpAsync(database, table, kind, name, (startMs, endMs), cancel);
                made.Add(name);
            }
        }

        return made;
    }

    private static async Task<bool> IsFineAsync(NpgsqlDataSource database, string partition, CancellationToken cancel)
    {
        var rows = await database.RowsAsync(
            $"SELECT EXISTS (SELECT FROM {partition} WHERE length_ms < {HourMs})", [], row => row.GetBoolean(0), cancel);
        return rows[0];
    }

    /// <summary>
    /// In one transaction, in which nobody writes to that day: a new table beside the old, then one takes the other's place. Shares that
    /// come later still make rows of their own, which the next round rolls up.
    /// </summary>
    private static Task<int> RollUpAsync(
        NpgsqlDataSource database, string table, string kind, string name, (long Start, long End) day, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                string[] steps =
                [
                    $"LOCK TABLE {name} IN SHARE MODE",
                    $"CREATE TABLE {name}_hours (LIKE {name} INCLUDING ALL)",
                    $"""
                    INSERT INTO {name}_hours (pool_id, slice_ms, length_ms, account_id, worker_id, {kind}, shares)
                    SELECT pool_id, slice_ms / {HourMs} * {HourMs}, {HourMs}, account_id, worker_id, {kind}, sum(shares)
                    FROM {name} GROUP BY 1, 2, account_id, worker_id, {kind}
                    """,
                    $"ALTER TABLE {table} DETACH PARTITION {name}",
                    $"DROP TABLE {name}",
                    $"ALTER TABLE {name}_hours RENAME TO {name}",
                    $"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({day.Start}) TO ({day.End})",
                ];
                foreach (var step in steps) await connection.RunAsync(step, [], cancel, Sql.Unlimited);
                return 0;
            },
            cancel);
}
