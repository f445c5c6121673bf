using Viddhana.Backoffice.Health;

namespace Viddhana.Backoffice.Engines;

/// <summary>
/// What is wrong now, from all sources, with since-when: the one place that decides it, on every backoffice. A finding becomes an alert
/// when it has lasted for a moment, and is over when it has been away for one, so that what flickers is one alert and what passes is none.
/// </summary>
internal sealed class AlertBoard(
    IEnumerable<IAlertSource> sources, AlertHistory history, TimeProvider time, Metrics metrics, ILogger<AlertBoard> log)
    : BackgroundService
{
    /// <summary>How long a finding lasts before it is an alert.</summary>
    public static readonly TimeSpan RaisedAfter = TimeSpan.FromSeconds(10);

    /// <summary>How long it is away before the alert is over.</summary>
    public static readonly TimeSpan OverAfter = TimeSpan.FromSeconds(15);

    /// <summary>Most alerts at once; the gravest are kept.</summary>
    public const int AlertsMax = 500;

    private const string Gauge = "backoffice_alert";
    private const string CountGauge = "backoffice_alerts";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IAlertSource[] _sources = [.. sources];
    private readonly Dictionary<(string Kind, string Subject), Watched> _watched = [];
    private volatile IReadOnlyList<Alert> _current = [];
    private bool _isHistoryRead;

    /// <summary>Alerts, the gravest first, of the same gravity the oldest.</summary>
    public IReadOnlyList<Alert> Current => _current;

    /// <summary>Told after alerts were raised, are over, or say something else; on the board's own task.</summary>
    public event Action? Changed;

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        if (!_isHistoryRead && await history.OpenAsync(cancel) is { } open)
        {
            foreach (var (key, since) in open) _watched.TryAdd(key, new Watched(null, since, time.GetUtcNow(), IsRaised: true));
            _isHistoryRead = true;
        }

        var findings = await Task.WhenAll(_sources.Select(source => AskAsync(source, cancel)));
        var now = time.GetUtcNow();
        foreach (var finding in findings.SelectMany(found => found)) Note(finding, now);
        Settle(now);
        await history.KeepAsync(_current, cancel);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                EnginesLog.AlertsFailed(log, error);   // a fault of ours; what operators see must not end what pays
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(LookEvery, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<IReadOnlyList<Finding>> AskAsync(IAlertSource source, CancellationToken cancel)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(Patience);
            var findings = await source.LookAsync(patience.Token).WaitAsync(Patience, cancel);
            return findings.Count <= IAlertSource.FindingsMax ? findings : [.. findings.Take(IAlertSource.FindingsMax)];
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            // Nobody may be left without alerts because one source fails; that it does is one.
            return
            [
                new Finding(
                    "alerts-blind",
                    source.GetType().Name,
                    Severity.Warning,
                    $"what this part watches is not known: {error.Message}",
                    "see the other alerts (database, Redis) and the backoffice's log"),
            ];
        }
        catch (Exception)
        {
            return [];   // we stop, and what breaks on the way out is no finding
        }
    }

    private void Note(Finding finding, DateTimeOffset now)
    {
        var key = (finding.Kind, finding.Subject);
        var before = _watched.GetValueOrDefault(key);
        var since = before?.Since ?? now;
        _watched[key] = new Watched(finding, since, now, before is { IsRaised: true } || now - since >= RaisedAfter);
        if (_watched[key].IsRaised && before is not { IsRaised: true })
            EnginesLog.AlertRaised(log, WordOf(finding.Severity), finding.Subject, finding.What);
    }

    private void Settle(DateTimeOffset now)
    {
        foreach (var (key, watched) in _watched.ToList())
        {
            var isGone = watched.LastSeen != now && (!watched.IsRaised || now - watched.LastSeen >= OverAfter);
            if (!isGone) continue;
            _watched.Remove(key);
            if (watched is { IsRaised: true, Finding: not null }) EnginesLog.AlertOver(log, key.Subject, watched.Finding.What);
        }

        Alert[] raised =
        [
            .. _watched.Values.Where(watched => watched is { IsRaised: true, Finding: not null })
                .Select(watched => new Alert(watched.Finding!, watched.Since))
                .OrderByDescending(alert => alert.Finding.Severity).ThenBy(alert => alert.Since)
                .ThenBy(alert => alert.Finding.Subject, StringComparer.Ordinal)
                .Take(AlertsMax),
        ];
        var isNews = !raised.SequenceEqual(_current);
        _current = raised;
        Measure(raised);
        if (isNews) Changed?.Invoke();
    }

    private void Measure(Alert[] alerts)
    {
        metrics.Clear(Gauge);
        foreach (var alert in alerts)
            metrics.Set(
                Gauge,
                "1 for each thing that is wrong; GET /api/v1/admin/alerts says what and what to do.",
                1,
                ("kind", alert.Finding.Kind),
                ("severity", WordOf(alert.Finding.Severity)),
                ("subject", alert.Finding.Subject));
        foreach (var severity in Enum.GetValues<Severity>())
            metrics.Set(
                CountGauge,
                "Things that are wrong, by severity.",
                alerts.Count(alert => alert.Finding.Severity == severity),
                ("severity", WordOf(severity)));
    }

    /// <summary>As the API writes it.</summary>
    public static string WordOf(Severity severity) => severity.ToString().ToLowerInvariant();

    /// <summary>A finding over time; without one it was open when the program began, and was not found again yet.</summary>
    private sealed record Watched(Finding? Finding, DateTimeOffset Since, DateTimeOffset LastSeen, bool IsRaised);
}
