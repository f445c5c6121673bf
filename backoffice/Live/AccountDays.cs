using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Live;

/// <summary>
/// Keeps of every UTC day what each account did on it, before the slices of that day go: sums of a miner's whole life, streaks. A day is
/// made once, when every engine's journal is known to be committed past its end, or half a day later: what comes after that counts for
/// rewards as ever, but not here.
/// </summary>
internal sealed class AccountDays(
    NpgsqlDataSource database, PoolBook pools, ActiveLease lease, TimeProvider clock, ILogger<AccountDays> log) : ActiveLoop(lease, log)
{
    public const long DayMs = 86_400_000;
    private const long PatienceMs = DayMs / 2;

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (true)
        {
            await RunOnceAsync(cancel);
            Succeeded();
            await Task.Delay(Every, clock, cancel);
        }
    }

    /// <summary>Makes all days that are over; returns how many.</summary>
    internal async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        var made = 0;
        foreach (var pool in pools.All)
        {
            while (await NextAsync(pool.PoolId, cancel) is { } day)
            {
                await MakeAsync(pool.PoolId, day, cancel);
                made++;
            }
        }

        return made;
    }

    /// <summary>The first day of a pool that is over and not made yet; null if there is none.</summary>
    private async Task<int?> NextAsync(int poolId, CancellationToken cancel)
    {
        var rows = await database.RowsAsync(
            """
            SELECT coalesce((SELECT through_day + 1 FROM account_days_made WHERE pool_id = $1),
                            (SELECT (min(slice_ms) / 86400000)::int FROM pool_slices WHERE pool_id = $1)),
                   (SELECT coalesce(min(complete_ms), 0) FROM sources WHERE released_at IS NULL)
            """,
            [poolId],
            row => (Day: row.IsDBNull(0) ? (int?)null : row.GetInt32(0), CompleteMs: row.GetInt64(1)),
            cancel);
        if (rows[0].Day is not { } day) return null;

        var nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var endMs = (day + 1L) * DayMs;
        return nowMs >= endMs && (rows[0].CompleteMs >= endMs || nowMs >= endMs + PatienceMs) ? day : null;
    }

    private Task<int> MakeAsync(int poolId, int day, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            await connection.RunAsync(
                """
                INSERT INTO account_days (pool_id, account_id, day, shares, work_sum)
                SELECT pool_id, account_id, $2, sum(shares), sum(work_sum) FROM share_slices
                WHERE pool_id = $1 AND slice_ms >= $3 AND slice_ms < $4 GROUP BY pool_id, account_id
                ON CONFLICT (pool_id, account_id, day) DO UPDATE SET shares = excluded.shares, work_sum = excluded.work_sum
                """,
                [poolId, day, day * DayMs, (day + 1) * DayMs],
                cancel,
                Sql.Unlimited);
            return await connection.RunAsync(
                """
                INSERT INTO account_days_made AS m (pool_id, through_day) VALUES ($1, $2)
                ON CONFLICT (pool_id) DO UPDATE SET through_day = greatest(m.through_day, excluded.through_day)
                """,
                [poolId, day],
                cancel);
        },
        cancel);
}
