namespace Viddhana.Backoffice.Health;

/// <summary>
/// How the dependencies are. They are asked at most once a second, whoever wants to know, and side by side: one that hangs delays no
/// other's entry beyond its own patience. Thread-safe.
/// </summary>
public sealed class HealthBoard(IEnumerable<IDependency> dependencies, TimeProvider time)
{
    private const long FreshMs = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly IDependency[] _dependencies = [.. dependencies];
    private readonly Lock _lock = new();
    private Task<HealthEntry[]>? _last;
    private long _lastMs;

    /// <summary>An entry of each dependency, in the order of their registration.</summary>
    public Task<HealthEntry[]> CheckAsync()
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
        {
            if (_last is { } last && (!last.IsCompleted || nowMs - _lastMs < FreshMs)) return last;
            _lastMs = nowMs;
            return _last = Task.WhenAll(_dependencies.Select(CheckAsync));
        }
    }

    private static async Task<HealthEntry> CheckAsync(IDependency dependency)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            return await dependency.CheckAsync(patience.Token).WaitAsync(Patience);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return new HealthEntry(dependency.Name, false, $"no answer within {Patience.TotalSeconds} s");
        }
    }
}
