using System.Text.Json;

namespace Viddhana.Backoffice.Health;

/// <summary>
/// <c>/health</c>: the process answers. <c>/ready</c>: 200 or 503 with one entry per dependency. <c>/metrics</c>: Prometheus.
/// </summary>
public static class HealthApi
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Registers what the endpoints show.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services) => services.AddSingleton<Metrics>();

    /// <summary>Maps them.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", () => Results.Json(new { status = "ok" })).ExcludeFromDescription();
        routes.MapGet("/ready", ReadyAsync).ExcludeFromDescription();
        routes.MapGet("/metrics", (Metrics metrics) => Results.Text(metrics.Text(), "text/plain; version=0.0.4")).ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(IEnumerable<IDependency> dependencies, CancellationToken cancel)
    {
        var entries = await Task.WhenAll(dependencies.Select(dependency => CheckAsync(dependency, cancel)));
        var isReady = entries.All(entry => entry.Ok || !entry.IsRequired);
        var body = new
        {
            status = isReady ? "ready" : "not ready",
            dependencies = entries.ToDictionary(
                entry => entry.Name, entry => new { ok = entry.Ok, required = entry.IsRequired, detail = entry.Detail }),
        };
        return Results.Json(
            body, JsonSerializerOptions.Web, statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<HealthEntry> CheckAsync(IDependency dependency, CancellationToken cancel)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(Patience);
            return await dependency.CheckAsync(patience.Token).WaitAsync(Patience, cancel);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return new HealthEntry(dependency.GetType().Name, false, $"no answer within {Patience.TotalSeconds} s");
        }
    }
}
