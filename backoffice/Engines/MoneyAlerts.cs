using Npgsql;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Engines;

/// <summary>
/// What is wrong with the money: books that do not balance, payouts that do not go on. The audit reads the whole ledger, so it runs beside
/// the looks, on the active backoffice only.
/// </summary>
internal sealed class MoneyAlerts(NpgsqlDataSource database, ActiveLease lease, TimeProvider time) : IAlertSource
{
    private static readonly TimeSpan AuditEvery = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WaitingFor = TimeSpan.FromHours(1);

    private Task<AuditReport>? _audit;
    private AuditReport? _last;
    private DateTimeOffset _auditedAt;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancel)
    {
        var found = new List<Finding>();
        if (lease.IsHeld) await AuditAsync();
        if (_last is { IsOk: false } report)
            found.Add(new(
                "ledger-broken",
                "ledger",
                Severity.Critical,
                $"the books do not balance: {report.Problems[0]} ({report.Problems.Count} problems)",
                "payouts have stopped by themselves; keep the database as it is and write to us"));
        await PayoutsAsync(found, cancel);
        return found;
    }

    // Begun in one look, taken up in a later one: no look waits for it.
    private async Task AuditAsync()
    {
        if (_audit is { IsCompleted: true } done)
        {
            _audit = null;
            _last = await done;
        }

        if (_audit is not null || time.GetUtcNow() - _auditedAt < AuditEvery) return;
        _auditedAt = time.GetUtcNow();
        _audit = Task.Run(() => LedgerAudit.RunAsync(database, CancellationToken.None));
    }

    private async Task PayoutsAsync(List<Finding> found, CancellationToken cancel)
    {
        var open = await database.RowsAsync(
            """
            SELECT p.payout_id, l.name, p.state, p.state_reason, p.is_stuck, p.created_at FROM payouts p JOIN pools l USING (pool_id)
            WHERE p.state IN ('prepared', 'signed', 'broadcast') AND (p.is_stuck OR p.created_at < $1) ORDER BY p.payout_id LIMIT $2
            """,
            [time.GetUtcNow() - WaitingFor, IAlertSource.FindingsMax],
            row => (
                Id: row.GetInt64(0),
                Pool: row.GetString(1),
                State: row.GetString(2),
                Reason: row.GetString(3),
                IsStuck: row.GetBoolean(4),
                Since: row.GetFieldValue<DateTimeOffset>(5)),
            cancel);
        foreach (var payout in open)
        {
            var reason = payout.Reason.Length == 0 ? "no reason is known" : payout.Reason;
            var subject = $"pool {payout.Pool}, payout {payout.Id}";
            if (payout.IsStuck)
                found.Add(new(
                    "payout-stuck", subject, Severity.Critical, $"{payout.State} and does not go on: {reason}",
                    $"it is never rebuilt by itself: viddhana-backoffice payout list, then payout bump {payout.Id}"));
            else if (payout.State == "prepared")
                found.Add(new(
                    "payout-waiting",
                    subject,
                    Severity.Warning,
                    $"prepared at {payout.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC and not signed: {reason}",
                    "mostly the wallet is short or locked: send coins to it, or unlock it; an operator may have it on hold"));
        }
    }
}
