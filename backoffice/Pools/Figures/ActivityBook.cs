using System.Numerics;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Pools.Figures;

/// <summary>
/// Who mines how much, per pool: one pass over the last hour's slices for everybody's pages. Thread-safe.
/// </summary>
internal sealed class ActivityBook(ReadDatabase database, ViddhanaConfig config, TimeProvider time)
{
    private const long FreshMs = 5_000;

    /// <summary>
    /// The pass is shared, and held twenty times as long as it took, so that it may take longer than what a caller can ask for by himself.
    /// </summary>
    private const int PassSeconds = 30;

    private const long DayFreshMs = 60_000;
    private const long DayMs = 86_400_000;

    /// <summary>Where nothing sums (a fresh installation, or a database that nobody writes to), so much is read from slices.</summary>
    private const long OpenMaxMs = DayMs + SliceSums.HourMs;

    private static readonly long[] WindowMs = [60_000, 300_000, RateWindows.StateMs, 900_000, SliceSums.HourMs];

    private readonly Dictionary<int, Fresh<Activity>> _activities = [];
    private readonly Dictionary<int, Fresh<HashSet<long>>> _days = [];
    private readonly int _sliceMs = config.Backoffice.SliceSeconds * 1_000;

    /// <summary>A pool's activity, some seconds old at most; more where it takes long to find out.</summary>
    public Task<Activity> GetAsync(KnownPool pool) => FreshOf(_activities, pool.PoolId, FreshMs, ReadAsync).GetAsync();

    private Fresh<T> FreshOf<T>(Dictionary<int, Fresh<T>> all, int poolId, long forMs, Func<int, long, Task<T>> read)
    {
        lock (all)
        {
            if (!all.TryGetValue(poolId, out var fresh))
                all.Add(poolId, fresh = new Fresh<T>(time, forMs, nowMs => read(poolId, nowMs)));
            return fresh;
        }
    }

    private async Task<Activity> ReadAsync(int poolId, long nowMs)
    {
        // Before a connection is taken: nobody may hold one while it waits for another.
        var day = await FreshOf(_days, poolId, DayFreshMs, ReadDayAsync).GetAsync();
        await using var connection = await database.Source.OpenConnectionAsync();
        // Gone when the connection goes back into its pool.
        await connection.RunAsync($"SET statement_timeout = {PassSeconds * 1_000}", [], default);
        var (endMs, summedToMs, firstMs) = await ReadTimesAsync(connection, poolId, nowMs);
        var openMs = Math.Clamp(summedToMs, nowMs - OpenMaxMs, nowMs);
        long[] starts = [.. WindowMs.Select(ms => (nowMs - ms) / _sliceMs * _sliceMs), openMs];
        var activity = new Activity(new ActivityTimes(nowMs, endMs, firstMs, _sliceMs / 2, starts));
        await ReadSharesAsync(connection, poolId, starts, activity);
        await ReadRefusedAsync(connection, poolId, openMs, activity);
        activity.SumAccounts();
        activity.States = States(activity, day);
        return activity;
    }

    /// <summary>
    /// The time up to which shares are here (they come in batches, so that is a little before now), the end of the sums of hours, and
    /// where the pool's history begins.
    /// </summary>
    private static async Task<(long EndMs, long SummedToMs, long FirstMs)> ReadTimesAsync(
        NpgsqlConnection connection, int poolId, long nowMs)
    {
        const long LagMaxMs = 5_000;
        var rows = await connection.RowsAsync(
            """
            SELECT tip_ms,
                   (SELECT max(at_ms) + length_ms FROM summed_periods WHERE pool_id = $1 AND length_ms = 3600000 GROUP BY length_ms),
                   (SELECT min(slice_ms) FROM pool_slices WHERE pool_id = $1)
            FROM pools WHERE pool_id = $1
            """,
            [poolId],
            row => (row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1), row.IsDBNull(2) ? nowMs : row.GetInt64(2)),
            default);
        var (tipMs, summedToMs, firstMs) = rows.Count > 0 ? rows[0] : (0, 0, nowMs);
        return (Math.Clamp(tipMs, nowMs - LagMaxMs, nowMs), summedToMs, firstMs);
    }

    private static async Task ReadSharesAsync(NpgsqlConnection connection, int poolId, long[] starts, Activity activity)
    {
        await using var command = connection.Command(
            """
            SELECT account_id, worker_id, work, max(slice_ms + length_ms),
                   coalesce(sum(shares) FILTER (WHERE slice_ms >= $3), 0)::bigint,
                   coalesce(sum(shares) FILTER (WHERE slice_ms >= $4), 0)::bigint,
                   coalesce(sum(shares) FILTER (WHERE slice_ms >= $5), 0)::bigint,
                   coalesce(sum(shares) FILTER (WHERE slice_ms >= $6), 0)::bigint,
                   coalesce(sum(shares) FILTER (WHERE slice_ms >= $7), 0)::bigint,
                   coalesce(sum(shares) FILTER (WHERE slice_ms >= $8), 0)::bigint
            FROM share_slices WHERE pool_id = $1 AND slice_ms >= $2 GROUP BY account_id, worker_id, work
            """,
            [poolId, starts.Min(), .. starts]);
        command.CommandTimeout = PassSeconds;
        await using var row = await command.ExecuteReaderAsync();
        var counts = new long[Recent.WindowCount];
        while (await row.ReadAsync())
        {
            for (var i = 0; i < counts.Length; i++) counts[i] = row.GetInt64(4 + i);
            RecentOf(activity, row.GetInt64(0), row.GetInt64(1))
                .Add((double)row.GetFieldValue<BigInteger>(2), counts, Math.Min(row.GetInt64(3), activity.NowMs));
        }
    }

    private static async Task ReadRefusedAsync(NpgsqlConnection connection, int poolId, long openMs, Activity activity)
    {
        await using var command = connection.Command(
            """
            SELECT account_id, worker_id, reason, sum(shares)::bigint FROM reject_slices
            WHERE pool_id = $1 AND slice_ms >= $2 GROUP BY account_id, worker_id, reason
            """,
            poolId,
            openMs);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
            RecentOf(activity, row.GetInt64(0), row.GetInt64(1)).Add(Refused.Of(row.GetInt16(2), row.GetInt64(3)));
    }

    private static Recent RecentOf(Activity activity, long accountId, long workerId)
    {
        if (!activity.Workers.TryGetValue(workerId, out var worker))
            activity.Workers.Add(workerId, worker = (accountId, new Recent()));
        return worker.Recent;
    }

    /// <summary>Rigs that had a share within the summed hours of a day.</summary>
    private async Task<HashSet<long>> ReadDayAsync(int poolId, long nowMs) =>
    [
        .. await database.Source.RowsAsync(
            "SELECT DISTINCT worker_id FROM worker_sums WHERE pool_id = $1 AND at_ms >= $2 AND shares > 0",
            [poolId, nowMs - DayMs],
            row => row.GetInt64(0),
            default),
    ];

    private static StateCounts States(Activity activity, HashSet<long> day)
    {
        long ok = 0, low = 0, off = 0;
        foreach (var (_, recent) in activity.Workers.Values)
        {
            switch (activity.StateOf(recent))
            {
                case RigState.Ok: ok++; break;
                case RigState.Low: low++; break;
                default: off++; break;
            }
        }

        foreach (var workerId in day)
            if (!activity.Workers.ContainsKey(workerId)) off++;
        return new StateCounts(ok, low, off);
    }
}
