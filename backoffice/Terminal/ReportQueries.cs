using Npgsql;
using Viddhana.Backoffice.Live;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Terminal;

/// <summary>Reads a day from the database. All lists are bounded.</summary>
internal sealed class ReportQueries(NpgsqlDataSource database, DateOnly date, DateTimeOffset now, CancellationToken cancel)
{
    private const int TopMax = 10;
    private const int BlocksMax = 500;
    private const int IncidentsMax = 200;

    private readonly DateTimeOffset _start = new(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private DateTimeOffset End => _start.AddDays(1);

    private double Seconds => Math.Clamp((now - _start).TotalSeconds, 1, 86_400);

    private long StartMs => _start.ToUnixTimeMilliseconds();

    private long EndMs => End.ToUnixTimeMilliseconds();

    /// <summary>The day of all pools.</summary>
    public async Task<DayReport> ReadAsync(IEnumerable<KnownPool> pools)
    {
        var days = new List<PoolDay>();
        foreach (var pool in pools) days.Add(await PoolAsync(pool));
        return new DayReport(date, now >= End, days, await IncidentsAsync());
    }

    private async Task<PoolDay> PoolAsync(KnownPool pool)
    {
        var (shares, work, peak) = await SharesAsync(pool.PoolId);
        var (miners, workers) = await ActiveAsync(pool.PoolId);
        var best = await database.RowsAsync(
            "SELECT max(work) FROM best_share_days WHERE pool_id = $1 AND day = $2",
            [pool.PoolId, BestShares.Day(StartMs)],
            row => row.IsDBNull(0) ? (double?)null : BestShares.Difficulty(row.GetDouble(0), pool.Coin),
            cancel);
        return new PoolDay(
            pool.Name,
            pool.Coin.Symbol,
            work / Seconds,
            peak / 3_600,
            miners,
            workers,
            shares,
            best[0],
            await BlocksAsync(pool),
            await LedgerAsync(pool),
            await PayoutsAsync(pool),
            await TopAsync(pool));
    }

    private async Task<(ShareCounts Shares, double Work, double PeakHourWork)> SharesAsync(int poolId)
    {
        var rows = await database.RowsAsync(
            """
            WITH s AS (SELECT * FROM pool_slices WHERE pool_id = $1 AND slice_ms >= $2 AND slice_ms < $3),
            h AS (SELECT sum(work_sum) AS work FROM s GROUP BY slice_ms / 3600000)
            SELECT coalesce(sum(shares), 0)::bigint, coalesce(sum(stale), 0)::bigint, coalesce(sum(duplicate), 0)::bigint,
                   coalesce(sum(lowdiff), 0)::bigint, coalesce(sum(invalid), 0)::bigint, coalesce(sum(work_sum), 0)::float8,
                   coalesce((SELECT max(work) FROM h), 0)::float8
            FROM s
            """,
            [poolId, StartMs, EndMs],
            row => (
                new ShareCounts(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)),
                row.GetDouble(5),
                row.GetDouble(6)),
            cancel);
        return rows[0];
    }

    private async Task<(long Miners, long Workers)> ActiveAsync(int poolId) => (await database.RowsAsync(
        """
        SELECT count(DISTINCT account_id), count(DISTINCT worker_id) FROM share_slices
        WHERE pool_id = $1 AND slice_ms >= $2 AND slice_ms < $3
        """,
        [poolId, StartMs, EndMs],
        row => (row.GetInt64(0), row.GetInt64(1)),
        cancel))[0];

    private Task<List<BlockDay>> BlocksAsync(KnownPool pool) => database.RowsAsync(
        $"""
        SELECT b.share_ms, b.height, b.hash, b.state, a.name, b.reward,
               CASE WHEN b.network_work > 0 THEN (b.effort_work / b.network_work)::float8 ELSE 0 END
        FROM blocks b JOIN accounts a USING (account_id)
        WHERE b.pool_id = $1 AND b.share_ms >= $2 AND b.share_ms < $3 ORDER BY b.share_ms, b.block_id LIMIT {BlocksMax}
        """,
        [pool.PoolId, StartMs, EndMs],
        row => new BlockDay(
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(0)),
            row.GetInt64(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            Amount.Of(row.GetInt64(5), pool.Coin.Decimals),
            row.GetDouble(6)),
        cancel);

    private async Task<LedgerDay> LedgerAsync(KnownPool pool)
    {
        var sums = (await database.RowsAsync(
            """
            SELECT a.kind, sum(l.amount)::bigint
            FROM ledger_transactions t JOIN ledger_lines l USING (transaction_id) JOIN ledger_accounts a USING (ledger_account_id)
            WHERE t.pool_id = $1 AND t.block_id IS NOT NULL AND t.created_at >= $2 AND t.created_at < $3 GROUP BY a.kind
            """,
            [pool.PoolId, _start, End],
            row => (row.GetString(0), row.GetInt64(1)),
            cancel)).ToDictionary();
        Amount Sum(string kind) => Amount.Of(sums.GetValueOrDefault(kind), pool.Coin.Decimals);
        return new LedgerDay(Sum("user_immature"), Sum("user_confirmed"), Sum("fee_immature"), Sum("pool_fee"));
    }

    private async Task<PayoutDay> PayoutsAsync(KnownPool pool)
    {
        Amount Coins(long units) => Amount.Of(units, pool.Coin.Decimals);
        var rows = await database.RowsAsync(
            """
            SELECT count(*) FILTER (WHERE sent_at >= $2 AND sent_at < $3),
                   coalesce(sum(total) FILTER (WHERE sent_at >= $2 AND sent_at < $3), 0)::bigint,
                   count(*) FILTER (WHERE state = 'confirmed' AND confirmed_at >= $2 AND confirmed_at < $3),
                   coalesce(sum(total) FILTER (WHERE state = 'confirmed' AND confirmed_at >= $2 AND confirmed_at < $3), 0)::bigint,
                   coalesce(sum(fee) FILTER (WHERE state = 'confirmed' AND confirmed_at >= $2 AND confirmed_at < $3), 0)::bigint,
                   count(*) FILTER (WHERE state = 'failed' AND changed_at >= $2 AND changed_at < $3)
            FROM payouts WHERE pool_id = $1
            """,
            [pool.PoolId, _start, End],
            row => new PayoutDay(
                row.GetInt64(0), Coins(row.GetInt64(1)), row.GetInt64(2), Coins(row.GetInt64(3)), Coins(row.GetInt64(4)), row.GetInt64(5)),
            cancel);
        return rows[0];
    }

    private Task<List<WorkerDay>> TopAsync(KnownPool pool) => database.RowsAsync(
        $"""
        WITH s AS (
            SELECT worker_id, sum(work_sum)::float8 AS work, sum(shares)::bigint AS shares FROM share_slices
            WHERE pool_id = $1 AND slice_ms >= $2 AND slice_ms < $3 GROUP BY worker_id ORDER BY 2 DESC, 1 LIMIT {TopMax})
        SELECT a.name, w.name, s.work, s.shares, b.work
        FROM s JOIN workers w USING (worker_id) JOIN accounts a USING (account_id)
        LEFT JOIN best_share_days b ON b.pool_id = $1 AND b.day = $4 AND b.worker_id = s.worker_id
        ORDER BY s.work DESC, w.worker_id
        """,
        [pool.PoolId, StartMs, EndMs, BestShares.Day(StartMs)],
        row => new WorkerDay(
            row.GetString(0),
            row.GetString(1),
            row.GetDouble(2) / Seconds,
            row.GetInt64(3),
            row.IsDBNull(4) ? null : BestShares.Difficulty(row.GetDouble(4), pool.Coin)),
        cancel);

    /// <summary>What was given up, refused, orphaned, damaged or is stuck.</summary>
    private Task<List<Incident>> IncidentsAsync() => database.RowsAsync(
        $"""
        SELECT at, kind, detail FROM (
            SELECT k.skipped_at AS at, 'skipped' AS kind,
                   'engine ' || s.engine_id || ' epoch ' || s.epoch || ': sequences ' || k.from_sequence || ' to ' || k.to_sequence
                   || ' were given up' AS detail
            FROM sequence_skips k JOIN sources s USING (source_id)
            UNION ALL SELECT received_at, 'damaged', 'a message of ' || length(bytes) || ' bytes from ' || origin || ' was no entry'
            FROM damaged_messages
            UNION ALL SELECT released_at, 'released', 'engine ' || engine_id || ' epoch ' || epoch || ' is not waited for any more'
            FROM sources WHERE released_at IS NOT NULL
            UNION ALL SELECT changed_at, 'orphaned', 'block ' || height || ' ' || hash || ': ' || state_reason
            FROM blocks WHERE state = 'orphaned'
            UNION ALL SELECT to_timestamp(at_ms / 1000.0), 'refused', 'block ' || hash || ' by ' || node || ': ' || reason
            FROM block_verdicts WHERE NOT is_accepted
            UNION ALL SELECT changed_at, 'payout', 'payout ' || payout_id || ' has failed: ' || state_reason FROM payouts
            WHERE state = 'failed'
            UNION ALL SELECT changed_at, 'payout', 'payout ' || payout_id || ' is stuck: ' || state_reason FROM payouts WHERE is_stuck
        ) i WHERE at >= $1 AND at < $2 ORDER BY at LIMIT {IncidentsMax}
        """,
        [_start, End],
        row => new Incident(row.GetFieldValue<DateTimeOffset>(0), row.GetString(1), row.GetString(2)),
        cancel);
}
