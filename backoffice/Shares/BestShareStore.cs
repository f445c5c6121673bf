using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Shares;

/// <summary>A best share of a batch.</summary>
/// <param name="PoolId">Pool.</param>
/// <param name="Day">UTC day.</param>
/// <param name="Worker">Whose.</param>
/// <param name="Work">Expected hashes of its hash.</param>
/// <param name="AtMs">Time of its entry.</param>
internal readonly record struct BestRow(int PoolId, int Day, WorkerEntry Worker, double Work, long AtMs);

/// <summary>Stores best shares; what is better already stays.</summary>
internal static class BestShareStore
{
    /// <summary>Stores those of all time and those of days.</summary>
    public static async Task WriteAsync(
        NpgsqlConnection connection, IEnumerable<BestRow> ever, IEnumerable<BestRow> days, CancellationToken cancel)
    {
        await WriteAsync(
            connection,
            [.. ever.GroupBy(row => (row.PoolId, row.Worker)).Select(rows => rows.MaxBy(row => row.Work))],
            """
            INSERT INTO best_shares AS b (pool_id, worker_id, account_id, work, at_ms)
            SELECT pool_id, worker_id, account_id, work, at_ms
            FROM unnest($1, $2, $3, $4, $5, $6) AS n(pool_id, day, worker_id, account_id, work, at_ms)
            ON CONFLICT (pool_id, worker_id) DO UPDATE SET work = excluded.work, at_ms = excluded.at_ms WHERE b.work < excluded.work
            """,
            cancel);
        await WriteAsync(
            connection,
            [.. days.GroupBy(row => (row.PoolId, row.Day, row.Worker)).Select(rows => rows.MaxBy(row => row.Work))],
            """
            INSERT INTO best_share_days AS b (pool_id, day, worker_id, account_id, work, at_ms)
            SELECT pool_id, day, worker_id, account_id, work, at_ms
            FROM unnest($1, $2, $3, $4, $5, $6) AS n(pool_id, day, worker_id, account_id, work, at_ms)
            ON CONFLICT (pool_id, day, worker_id) DO UPDATE SET work = excluded.work, at_ms = excluded.at_ms WHERE b.work < excluded.work
            """,
            cancel);
    }

    /// <summary>In one order whoever writes.</summary>
    private static async Task WriteAsync(NpgsqlConnection connection, BestRow[] rows, string sql, CancellationToken cancel)
    {
        if (rows.Length == 0) return;
        Array.Sort(rows, static (a, b) => (a.PoolId, a.Day, a.Worker.WorkerId).CompareTo((b.PoolId, b.Day, b.Worker.WorkerId)));
        await connection.RunAsync(
            sql,
            [
                Array.ConvertAll(rows, row => row.PoolId),
                Array.ConvertAll(rows, row => row.Day),
                Array.ConvertAll(rows, row => row.Worker.WorkerId),
                Array.ConvertAll(rows, row => row.Worker.AccountId),
                Array.ConvertAll(rows, row => row.Work),
                Array.ConvertAll(rows, row => row.AtMs),
            ],
            cancel);
    }
}
