using System.Globalization;
using Dapper;
using Npgsql;
using Viddhana.Backoffice.Live;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Notices;

/// <summary>
/// An account's best share of all time was beaten. The rule keeps what it has told; a rule that is new takes what there is as known. Told
/// at most once an hour, with the best of it: a young account beats itself every minute.
/// </summary>
internal static class BestShareAlerts
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    public static Task Look(NpgsqlDataSource database, PoolBook pools, DateTimeOffset now, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                var better = (await connection.QueryAsync<Better>(
                    """
                    SELECT r.rule_id, r.login_id, r.account_id, r.channels, a.name AS account, s.pool_id, s.work, w.name AS worker,
                           r.best_work IS NULL AS is_first
                    FROM alert_rules r JOIN accounts a USING (account_id)
                    CROSS JOIN LATERAL (
                        SELECT pool_id, worker_id, work FROM best_shares WHERE account_id = r.account_id ORDER BY work DESC LIMIT 1) s
                    JOIN workers w ON w.worker_id = s.worker_id
                    WHERE r.kind = 'best-share' AND r.is_on AND (r.best_work IS NULL OR s.work > r.best_work)
                      AND NOT EXISTS (
                          SELECT FROM notice_events e WHERE e.login_id = r.login_id AND e.kind = 'best-share'
                            AND e.account_id = r.account_id AND e.created_at > @since)
                    LIMIT 1000 FOR UPDATE OF r
                    """,
                    new { since = now - Pause })).AsList();
                foreach (var best in better)
                {
                    await connection.ExecuteAsync(
                        "UPDATE alert_rules SET best_work = @Work WHERE rule_id = @RuleId", new { best.Work, best.RuleId });
                    if (!best.IsFirst && pools.ById(best.PoolId) is { } pool) await Tell(connection, best, pool, now);
                }

                return better.Count;
            },
            cancel);

    private static Task<int> Tell(NpgsqlConnection connection, Better best, KnownPool pool, DateTimeOffset now)
    {
        var difficulty = BestShares.Difficulty(best.Work, pool.Coin).ToString("#,0.##", CultureInfo.InvariantCulture);
        var draft = new NoticeDraft(
            best.AccountId,
            "best-share",
            string.Create(CultureInfo.InvariantCulture, $"best:{best.AccountId}:{best.Work:R}"),
            $"{pool.Name}: your best share ever, difficulty {difficulty}",
            [$"Account: {best.Account}", $"Worker: {(best.Worker.Length == 0 ? "without a name" : best.Worker)}"])
        {
            LoginId = best.LoginId,
            Channels = best.Channels,
        };
        return NoticeBook.AddAsync(connection, draft, now);
    }

    private sealed record Better
    {
        public long RuleId { get; init; }

        public long LoginId { get; init; }

        public long AccountId { get; init; }

        public long[]? Channels { get; init; }

        public string Account { get; init; } = "";

        public int PoolId { get; init; }

        public double Work { get; init; }

        public string Worker { get; init; } = "";

        public bool IsFirst { get; init; }
    }
}
