using Dapper;
using Npgsql;

namespace Viddhana.Backoffice.Notices;

/// <summary>A worker whose state has changed, for one rule.</summary>
internal sealed record WorkerChange
{
    public long RuleId { get; init; }

    public long LoginId { get; init; }

    public long AccountId { get; init; }

    public string Account { get; init; } = "";

    public int Minutes { get; init; }

    public int Percent { get; init; }

    public long[]? Channels { get; init; }

    public string Worker { get; init; } = "";

    public string? Label { get; init; }
}

/// <summary>
/// Workers that went off, ran low, or are well again. A few set-based statements a look, however many workers there are: what is stored is
/// only who is in trouble, and two sliding means for each worker that somebody watches. All in the caller's transaction, with the notices.
/// Times are those of the data (milliseconds), so that a backoffice that lags behind calls nobody off.
/// </summary>
internal static class WorkerAlerts
{
    /// <summary>A rig that has been silent for so long is retired: no new alarm about it.</summary>
    private const long RetiredMs = 7 * 86_400_000L;

    /// <summary>An alarm nobody ended is forgotten.</summary>
    private const long ForgottenMs = 30 * 86_400_000L;

    /// <summary>So long a worker must be well before it is told, at most: one that flaps is told once.</summary>
    private const long WellMs = 600_000;

    private const double FastSeconds = 600;
    private const double SlowSeconds = 86_400;

    /// <summary>The slow mean counts after an hour of data.</summary>
    private const double SlowWeightMin = 0.04;

    /// <summary>Shares expected in the fast mean's time, at least: with fewer, half the rate is often chance.</summary>
    private const double SharesMin = 20;

    /// <summary>Points of percent above the bound until low is over.</summary>
    private const int PercentGap = 15;

    private const long SilentMs = 600_000;
    private const long GapMaxMs = 3_600_000;

    private const string Told =
        """
        SELECT t.rule_id, r.login_id, r.account_id, a.name AS account, r.minutes, r.percent, r.channels, w.name AS worker, b.label
        FROM told t JOIN alert_rules r USING (rule_id) JOIN accounts a USING (account_id) JOIN workers w ON w.worker_id = t.worker_id
        LEFT JOIN worker_labels b ON b.worker_id = t.worker_id ORDER BY t.rule_id, w.name
        """;

    private const string Watched = "r.is_on AND (r.label IS NULL OR b.label = r.label)";

    private const string IsLow =
        """
        x.slow_weight >= @SlowWeightMin AND x.slow_shares / x.slow_weight * @FastSeconds >= @SharesMin
        AND x.fast / x.fast_weight < x.slow / x.slow_weight * r.percent / 100.0
        """;

    /// <summary>Workers that sent no share for the rule's time: told at once, since that time is the patience.</summary>
    public static Task<List<WorkerChange>> GoneOff(NpgsqlConnection connection, long nowMs) => Changes(
        connection,
        $"""
        WITH told AS (
            INSERT INTO worker_alerts (rule_id, worker_id, since_ms, told_ms)
            SELECT r.rule_id, w.worker_id, w.last_share_ms, @nowMs
            FROM alert_rules r JOIN workers w USING (account_id) LEFT JOIN worker_labels b USING (worker_id)
            WHERE r.kind = 'worker-off' AND {Watched}
              AND w.last_share_ms BETWEEN @nowMs - @RetiredMs AND @nowMs - r.minutes * 60000::bigint
              AND w.last_share_ms >= extract(epoch FROM r.since) * 1000 - r.minutes * 60000::bigint
            ON CONFLICT DO NOTHING RETURNING rule_id, worker_id)
        {Told}
        """,
        new { nowMs, RetiredMs });

    /// <summary>Workers that were off and have been sending shares again for a while.</summary>
    public static async Task<List<WorkerChange>> ComeBack(NpgsqlConnection connection, long nowMs)
    {
        const string IsBack =
            "w.last_share_ms > t.since_ms AND w.last_share_ms > @nowMs - r.minutes * 60000::bigint";
        return await Recovered(connection, "worker-off", IsBack, "JOIN workers w ON w.worker_id = t.worker_id", nowMs);
    }

    /// <summary>Workers that have been under the rule's part of their own day for the rule's time.</summary>
    public static async Task<List<WorkerChange>> RunLow(NpgsqlConnection connection, long nowMs)
    {
        var values = new { nowMs, SlowWeightMin, FastSeconds, SharesMin, SilentMs };
        // First signs, and those that were only that.
        await connection.ExecuteAsync(
            $"""
            INSERT INTO worker_alerts (rule_id, worker_id, since_ms)
            SELECT r.rule_id, w.worker_id, @nowMs
            FROM alert_rules r JOIN workers w USING (account_id) JOIN worker_rates x USING (worker_id)
            LEFT JOIN worker_labels b USING (worker_id)
            WHERE r.kind = 'worker-low' AND {Watched} AND w.last_share_ms > @nowMs - @SilentMs AND {IsLow}
            ON CONFLICT DO NOTHING
            """,
            values);
        await connection.ExecuteAsync(
            $"""
            DELETE FROM worker_alerts t USING alert_rules r, worker_rates x
            WHERE r.rule_id = t.rule_id AND r.kind = 'worker-low' AND x.worker_id = t.worker_id AND t.told_ms IS NULL AND NOT ({IsLow})
            """,
            values);
        return await Changes(
            connection,
            $"""
            WITH told AS (
                UPDATE worker_alerts t SET told_ms = @nowMs FROM alert_rules r
                WHERE r.rule_id = t.rule_id AND r.kind = 'worker-low' AND r.is_on AND t.told_ms IS NULL
                  AND t.since_ms <= @nowMs - r.minutes * 60000::bigint
                RETURNING t.rule_id, t.worker_id)
            {Told}
            """,
            values);
    }

    /// <summary>Workers that were low and are not any more.</summary>
    public static Task<List<WorkerChange>> RunWell(NpgsqlConnection connection, long nowMs)
    {
        const string IsWell = "x.fast / x.fast_weight >= x.slow / x.slow_weight * (r.percent + @PercentGap) / 100.0";
        return Recovered(connection, "worker-low", IsWell, "JOIN worker_rates x ON x.worker_id = t.worker_id", nowMs);
    }

    /// <summary>
    /// Takes the shares of whole slices since the last time into the means of the workers that somebody watches; returns false where there
    /// is no whole slice yet.
    /// </summary>
    public static async Task<bool> Average(NpgsqlConnection connection, long nowMs, long sliceMs)
    {
        var to = nowMs / sliceMs * sliceMs;
        var mark = await connection.ExecuteScalarAsync<long?>(
            "SELECT at_ms FROM notice_marks WHERE name = 'worker-rates' FOR UPDATE");
        var from = Math.Max(mark ?? to - sliceMs, to - GapMaxMs);
        if (to <= from) return false;

        var seconds = (to - from) / 1000.0;
        var (fastKept, slowKept) = (Math.Exp(-seconds / FastSeconds), Math.Exp(-seconds / SlowSeconds));
        await connection.ExecuteAsync(
            """
            WITH watched AS (
                SELECT DISTINCT w.worker_id FROM alert_rules r JOIN workers w USING (account_id)
                WHERE r.is_on AND r.kind = 'worker-low' AND w.last_share_ms > @to - @RetiredMs),
            sent AS (
                SELECT worker_id, sum(work_sum)::float8 / @seconds AS rate, sum(shares)::float8 / @seconds AS shares
                FROM share_slices
                WHERE account_id IN (SELECT account_id FROM alert_rules WHERE is_on AND kind = 'worker-low')
                  AND pool_id IN (SELECT pool_id FROM pools) AND slice_ms >= @from AND slice_ms < @to
                GROUP BY worker_id)
            INSERT INTO worker_rates AS x (worker_id, fast, fast_weight, slow, slow_weight, slow_shares)
            SELECT worker_id, coalesce(rate, 0) * (1 - @fastKept), 1 - @fastKept,
                   coalesce(rate, 0) * (1 - @slowKept), 1 - @slowKept, coalesce(shares, 0) * (1 - @slowKept)
            FROM watched LEFT JOIN sent USING (worker_id)
            ON CONFLICT (worker_id) DO UPDATE SET
                fast = x.fast * @fastKept + excluded.fast, fast_weight = x.fast_weight * @fastKept + excluded.fast_weight,
                slow = x.slow * @slowKept + excluded.slow, slow_weight = x.slow_weight * @slowKept + excluded.slow_weight,
                slow_shares = x.slow_shares * @slowKept + excluded.slow_shares
            """,
            new { from, to, seconds, fastKept, slowKept, RetiredMs });
        await connection.ExecuteAsync(
            """
            INSERT INTO notice_marks (name, at_ms) VALUES ('worker-rates', @to) ON CONFLICT (name) DO UPDATE SET at_ms = excluded.at_ms
            """,
            new { to });
        return true;
    }

    /// <summary>Forgets what nobody asks for any more.</summary>
    public static async Task Forget(NpgsqlConnection connection, long nowMs)
    {
        await connection.ExecuteAsync(
            """
            DELETE FROM worker_alerts t USING alert_rules r
            WHERE r.rule_id = t.rule_id AND (t.since_ms < @nowMs - @ForgottenMs OR NOT r.is_on)
            """,
            new { nowMs, ForgottenMs });
        await connection.ExecuteAsync(
            """
            DELETE FROM worker_rates x WHERE NOT EXISTS (
                SELECT FROM workers w JOIN alert_rules r USING (account_id)
                WHERE w.worker_id = x.worker_id AND r.is_on AND r.kind = 'worker-low' AND w.last_share_ms > @nowMs - @RetiredMs)
            """,
            new { nowMs, RetiredMs });
    }

    /// <summary>Being well begins with the first sign and ends with the first relapse; it is told when it has lasted.</summary>
    private static async Task<List<WorkerChange>> Recovered(
        NpgsqlConnection connection, string kind, string isWell, string with, long nowMs)
    {
        var values = new { nowMs, kind, WellMs, PercentGap };
        await connection.ExecuteAsync(
            $"""
            UPDATE worker_alerts a SET well_since_ms = CASE WHEN s.is_well THEN coalesce(a.well_since_ms, @nowMs) END
            FROM (SELECT t.rule_id, t.worker_id, ({isWell}) AS is_well
                  FROM worker_alerts t JOIN alert_rules r USING (rule_id) {with}
                  WHERE r.kind = @kind AND t.told_ms IS NOT NULL) s
            WHERE a.rule_id = s.rule_id AND a.worker_id = s.worker_id AND s.is_well <> (a.well_since_ms IS NOT NULL)
            """,
            values);
        return await Changes(
            connection,
            $"""
            WITH told AS (
                DELETE FROM worker_alerts t USING alert_rules r
                WHERE r.rule_id = t.rule_id AND r.kind = @kind AND t.well_since_ms <= @nowMs - least(@WellMs, r.minutes * 60000::bigint)
                RETURNING t.rule_id, t.worker_id)
            {Told}
            """,
            values);
    }

    private static async Task<List<WorkerChange>> Changes(NpgsqlConnection connection, string sql, object values) =>
        (await connection.QueryAsync<WorkerChange>(sql, values)).AsList();
}
