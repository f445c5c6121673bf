namespace Viddhana.Backoffice.Health;

/// <summary>
/// <c>/health</c>: 200 while the process answers, so that whoever restarts processes does not restart this one because a node is away.
/// <c>/ready</c>: 200 or 503. Both with one entry per dependency. <c>/metrics</c>: Prometheus.
/// </summary>
public static class HealthApi
{
    /// <summary>Registers what the endpoints show.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services) =>
        services.AddSingleton<Metrics>().AddSingleton<HealthBoard>();

    /// <summary>Maps them.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", HealthAsync).ExcludeFromDescription();
        routes.MapGet("/ready", ReadyAsync).ExcludeFromDescription();
        routes.MapGet("/metrics", (Metrics metrics) => Results.Text(metrics.Text(), "text/plain; version=0.0.4")).ExcludeFromDescription();
    }

    private static async Task<IResult> HealthAsync(HealthBoard board, HttpResponse response)
    {
        var entries = await board.CheckAsync();
        return Answer(response, entries, entries.All(entry => entry.Ok) ? "ok" : "degraded", StatusCodes.Status200OK);
    }

    private static async Task<IResult> ReadyAsync(HealthBoard board, HttpResponse response)
    {
        var entries = await board.CheckAsync();
        return entries.All(entry => entry.Ok || !entry.IsRequired)
            ? Answer(response, entries, "ready", StatusCodes.Status200OK)
            : Answer(response, entries, "not ready", StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult Answer(HttpResponse response, HealthEntry[] entries, string status, int code)
    {
        response.Headers.CacheControl = "no-store";
        var dependencies = new SortedDictionary<string, object>(StringComparer.Ordinal);
        foreach (var entry in entries) dependencies[entry.Name] = new { ok = entry.Ok, required = entry.IsRequired, detail = entry.Detail };
        return Results.Json(new { status, dependencies }, statusCode: code);
    }
}
