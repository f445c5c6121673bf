namespace Viddhana.Backoffice.Engines;

/// <summary>What is wrong now: <c>/api/v1/admin/alerts</c>.</summary>
internal static class AlertsApi
{
    public static void MapAlerts(this IEndpointRouteBuilder admin) => admin
        .MapGet("/alerts", (AlertBoard board, TimeProvider time) => Results.Ok(new AlertsAnswer(
            [.. board.Current.Select(AlertAnswer.Of)], null, time.GetUtcNow())))
        .Produces<AlertsAnswer>()
        .WithSummary("What is wrong now, the gravest first, with since when and what to do");
}

/// <summary>All alerts.</summary>
/// <param name="Items">The gravest first.</param>
/// <param name="Next">Always null: all are here.</param>
/// <param name="At">As of when.</param>
public sealed record AlertsAnswer(IReadOnlyList<AlertAnswer> Items, string? Next, DateTimeOffset At);

/// <summary>An alert as the API gives it.</summary>
public sealed record AlertAnswer(string Key, string Kind, string Severity, DateTimeOffset Since, string Subject, string What, string Do)
{
    internal static AlertAnswer Of(Alert alert)
    {
        var finding = alert.Finding;
        return new AlertAnswer(
            $"{finding.Kind}:{finding.Subject}",
            finding.Kind,
            AlertBoard.WordOf(finding.Severity),
            alert.Since,
            finding.Subject,
            finding.What,
            finding.Do);
    }
}
