using System.Globalization;
using Dapper;
using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Notices;

/// <summary>
/// Looks for what owners want to hear. Each look is a few transactions that change what is known and add the notices in one: a restart
/// between two looks tells nothing twice and forgets nothing.
/// </summary>
internal sealed class Alerts(NpgsqlDataSource database, PoolBook pools, ViddhanaConfig config, TimeProvider time, Metrics metrics)
{
    /// <summary>Names listed in one notice; the others are a number.</summary>
    public const int NamesMax = 40;

    private static readonly TimeSpan LookBack = TimeSpan.FromDays(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);
    private static readonly TimeSpan CleanEvery = TimeSpan.FromHours(1);

    private DateTimeOffset _cleanedAt = DateTimeOffset.MinValue;

    /// <summary>One look at everything.</summary>
    public async Task Look(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        if (await DataTime(now, cancel) is { } dataMs) await Workers(dataMs, now, cancel);
        await Blocks(now, cancel);
        await Payouts(now, cancel);
        await BestShareAlerts.Look(database, pools, now, cancel);
        metrics.Set("backoffice_alerts_seconds", "Time of the last look for alerts.", watch.Elapsed.TotalSeconds);
        if (now - _cleanedAt < CleanEvery) return;

        await Clean(now, cancel);
        _cleanedAt = now;
    }

    /// <summary>
    /// Up to when everything is stored, as far as the newest engine tells, in milliseconds: a worker is off when its engine's journal has
    /// gone on without it, not when the journal has not arrived. Null without any engine.
    /// </summary>
    private async Task<long?> DataTime(DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var newest = await connection.ExecuteScalarAsync<long?>(
            "SELECT max(greatest(last_time_ms, complete_ms)) FROM sources WHERE released_at IS NULL");
        return newest is { } ms ? Math.Min(ms, now.ToUnixTimeMilliseconds()) : null;
    }

    private async Task Workers(long nowMs, DateTimeOffset now, CancellationToken cancel)
    {
        var sliceMs = config.Backoffice.SliceSeconds * 1000L;
        // A worker's last share is written once per slice: it may be a slice younger than it looks.
        var sureMs = nowMs - sliceMs;
        await database.InTransactionAsync(
            async connection =>
            {
                await Tell(connection, "worker-off", "is off", "are off", await WorkerAlerts.GoneOff(connection, sureMs), now);
                await Tell(connection, "worker-back", "is back", "are back", await WorkerAlerts.ComeBack(connection, sureMs), now);
                if (!await WorkerAlerts.Average(connection, nowMs, sliceMs)) return false;

                await Tell(connection, "worker-low", "runs low", "run low", await WorkerAlerts.RunLow(connection, nowMs), now);
                await Tell(
                    connection, "worker-well", "is at its usual rate", "are at their usual rate",
                    await WorkerAlerts.RunWell(connection, nowMs), now);
                return true;
            },
            cancel);
    }

    /// <summary>One notice per rule and look, however many workers it is about.</summary>
    private static async Task Tell(
        NpgsqlConnection connection, string kind, string one, string many, List<WorkerChange> changes, DateTimeOffset now)
    {
        foreach (var rule in changes.GroupBy(change => change.RuleId))
        {
            var (first, count) = (rule.First(), rule.Count());
            var title = count == 1 ? $"Worker {Name(first)} {one}" : $"{count} workers {many}";
            List<string> lines = [$"Account: {first.Account}", .. Why(kind, first)];
            if (count > 1) lines.AddRange(rule.Take(NamesMax).Select(Name));
            if (count > NamesMax) lines.Add($"and {count - NamesMax} more");
            var key = string.Create(CultureInfo.InvariantCulture, $"{kind}:{rule.Key}:{now.ToUnixTimeMilliseconds()}");
            await NoticeBook.AddAsync(
                connection,
                new NoticeDraft(first.AccountId, kind, key, title, lines) { LoginId = first.LoginId, Channels = first.Channels },
                now);
        }
    }

    private static IEnumerable<string> Why(string kind, WorkerChange change) => kind switch
    {
        "worker-off" => [$"No share for {change.Minutes} minutes"],
        "worker-low" => [$"Under {change.Percent} % of its own day for {change.Minutes} minutes"],
        _ => [],
    };

    private static string Name(WorkerChange change) => (change.Worker, change.Label) switch
    {
        ("", null) => "without a name",
        (var name, null) => name,
        ("", var label) => label,
        var (name, label) => $"{label} ({name})",
    };

    /// <summary>A block is told when it stands in the chain and the account has a part in it; never again, whatever reorganises.</summary>
    private async Task Blocks(DateTimeOffset now, CancellationToken cancel)
    {
        var found = await database.RowsAsync(
            """
            SELECT r.login_id, r.account_id, r.channels, a.name, b.pool_id, b.hash, b.height, c.amount, b.account_id = r.account_id
            FROM blocks b JOIN block_credits c USING (block_id) JOIN alert_rules r ON r.account_id = c.account_id
            JOIN accounts a ON a.account_id = r.account_id
            WHERE r.kind = 'block-found' AND r.is_on AND b.state IN ('immature', 'confirmed') AND b.changed_at > $1
              AND b.found_at >= r.since
              AND NOT EXISTS (
                  SELECT FROM notice_events e
                  WHERE e.login_id = r.login_id AND e.event_key = 'block:' || b.hash || ':' || r.account_id)
            ORDER BY b.block_id LIMIT 1000
            """,
            [now - LookBack],
            row => (
                LoginId: row.GetInt64(0), AccountId: row.GetInt64(1), Channels: row.IsDBNull(2) ? null : row.GetFieldValue<long[]>(2),
                Account: row.GetString(3), PoolId: row.GetInt32(4), Hash: row.GetString(5), Height: row.GetInt64(6),
                Amount: row.GetInt64(7), IsFinder: row.GetBoolean(8)),
            cancel);
        foreach (var block in found)
        {
            if (pools.ById(block.PoolId) is not { } pool) continue;
            List<string> lines =
            [
                $"Account: {block.Account}",
                $"Your part: {Amounts.Text(block.Amount, pool.Coin.Decimals)} {pool.Coin.Symbol}, once it is mature",
                $"Block: {block.Hash}",
            ];
            if (block.IsFinder) lines.Insert(1, "Found by your share");
            var title = string.Create(CultureInfo.InvariantCulture, $"{pool.Name}: block {block.Height} found");
            await Add(
                new NoticeDraft(block.AccountId, "block-found", $"block:{block.Hash}:{block.AccountId}", title, lines)
                {
                    LoginId = block.LoginId,
                    Channels = block.Channels,
                },
                now,
                cancel);
        }
    }

    private async Task Payouts(DateTimeOffset now, CancellationToken cancel)
    {
        var sent = await database.RowsAsync(
            """
            SELECT r.login_id, r.account_id, r.channels, a.name, p.pool_id, p.payout_id, p.txid, l.amount - l.fee, l.address
            FROM payouts p JOIN payout_lines l USING (payout_id) JOIN alert_rules r ON r.account_id = l.account_id
            JOIN accounts a ON a.account_id = r.account_id
            WHERE r.kind = 'payout-sent' AND r.is_on AND p.state IN ('broadcast', 'confirmed') AND p.sent_at > $1 AND p.sent_at >= r.since
              AND NOT EXISTS (
                  SELECT FROM notice_events e
                  WHERE e.login_id = r.login_id AND e.event_key = 'payout:' || p.payout_id || ':' || r.account_id)
            ORDER BY p.payout_id LIMIT 1000
            """,
            [now - LookBack],
            row => (
                LoginId: row.GetInt64(0), AccountId: row.GetInt64(1), Channels: row.IsDBNull(2) ? null : row.GetFieldValue<long[]>(2),
                Account: row.GetString(3), PoolId: row.GetInt32(4), PayoutId: row.GetInt64(5), Txid: row.GetString(6),
                Amount: row.GetInt64(7), Address: row.GetString(8)),
            cancel);
        foreach (var line in sent)
        {
            if (pools.ById(line.PoolId) is not { } pool) continue;
            var amount = $"{Amounts.Text(line.Amount, pool.Coin.Decimals)} {pool.Coin.Symbol}";
            var draft = new NoticeDraft(
                line.AccountId,
                "payout-sent",
                string.Create(CultureInfo.InvariantCulture, $"payout:{line.PayoutId}:{line.AccountId}"),
                $"{pool.Name}: {amount} sent",
                [$"Account: {line.Account}", $"To: {line.Address}", $"Transaction: {line.Txid}"])
            {
                LoginId = line.LoginId,
                Channels = line.Channels,
            };
            await Add(draft, now, cancel);
        }
    }

    private Task Add(NoticeDraft draft, DateTimeOffset now, CancellationToken cancel) =>
        database.InTransactionAsync(connection => NoticeBook.AddAsync(connection, draft, now), cancel);

    private async Task Clean(DateTimeOffset now, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await WorkerAlerts.Forget(connection, now.ToUnixTimeMilliseconds());
        await connection.ExecuteAsync("DELETE FROM notice_events WHERE created_at < @before", new { before = now - Kept });
    }
}
