using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Engines;

/// <summary>
/// Alerts in the database: since-when outlasts a restart, and one can see afterwards what was wrong in the night. Written by the active
/// backoffice. The database may be what is wrong: then nothing is kept, and nothing else suffers.
/// </summary>
internal sealed class AlertHistory(NpgsqlDataSource database, ActiveLease lease, TimeProvider time, ILogger<AlertHistory> log)
{
    private const int KeptDays = 30;

    private IReadOnlyList<(string Kind, string Subject)>? _kept;
    private bool _isFailing;

    /// <summary>What was open when it was written last; null while that cannot be read.</summary>
    public async Task<IReadOnlyList<((string Kind, string Subject) Key, DateTimeOffset Since)>?> OpenAsync(CancellationToken cancel) =>
        await GuardAsync<IReadOnlyList<((string, string), DateTimeOffset)>?>(
            async () => await database.RowsAsync(
                "SELECT kind, subject, since FROM alerts WHERE ended_at IS NULL LIMIT $1",
                [AlertBoard.AlertsMax],
                row => ((row.GetString(0), row.GetString(1)), row.GetFieldValue<DateTimeOffset>(2)),
                cancel));

    /// <summary>Writes down what has changed since the last time.</summary>
    public async Task KeepAsync(IReadOnlyList<Alert> alerts, CancellationToken cancel)
    {
        if (!lease.IsHeld)
        {
            _kept = null;   // another writes
            return;
        }

        (string, string)[] keys = [.. alerts.Select(alert => (alert.Finding.Kind, alert.Finding.Subject))];
        if (_kept is not null && keys.ToHashSet().SetEquals(_kept)) return;
        if (await GuardAsync(() => WriteAsync(alerts, cancel))) _kept = keys;
    }

    private Task<bool> WriteAsync(IReadOnlyList<Alert> alerts, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            var now = time.GetUtcNow();
            object[] keys =
            [
                alerts.Select(alert => alert.Finding.Kind).ToArray(), alerts.Select(alert => alert.Finding.Subject).ToArray(),
            ];
            await connection.RunAsync(
                """
                INSERT INTO alerts (kind, subject, severity, what, since)
                SELECT * FROM unnest($1, $2, $3, $4, $5) ON CONFLICT (kind, subject) WHERE ended_at IS NULL DO NOTHING
                """,
                [
                    .. keys,
                    alerts.Select(alert => AlertBoard.WordOf(alert.Finding.Severity)).ToArray(),
                    alerts.Select(alert => alert.Finding.What.Replace('\0', ' ')).ToArray(),
                    alerts.Select(alert => alert.Since).ToArray(),
                ],
                cancel);
            await connection.RunAsync(
                """
                UPDATE alerts SET ended_at = $3
                WHERE ended_at IS NULL AND NOT EXISTS (
                    SELECT FROM unnest($1, $2) AS still(kind, subject) WHERE still.kind = alerts.kind AND still.subject = alerts.subject)
                """,
                [.. keys, now],
                cancel);
            await connection.RunAsync("DELETE FROM alerts WHERE ended_at < $1", [now.AddDays(-KeptDays)], cancel);
            return true;
        },
        cancel);

    private async Task<T?> GuardAsync<T>(Func<Task<T>> work)
    {
        try
        {
            var result = await work();
            _isFailing = false;
            return result;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever it is, what operators see must not end what pays.
            if (!_isFailing) EnginesLog.AlertsNotKept(log, error.Message);
            _isFailing = true;
            return default;
        }
    }
}
