using System.Diagnostics;

namespace Viddhana.Backoffice.Pools.Figures;

/// <summary>
/// A value that is made anew when it is asked for and the last one is too old; who asks meanwhile waits for the same making. What takes
/// long to make is held longer, so that making it never takes more than a twentieth of the time. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="forMs">Milliseconds that a value is held at least.</param>
/// <param name="make">Makes one.</param>
internal sealed class Fresh<T>(TimeProvider time, long forMs, Func<long, Task<T>> make)
{
    private const long CostFactor = 20;

    private readonly Lock _lock = new();
    private Task<T>? _last;
    private long _untilMs;

    /// <summary>The value.</summary>
    public Task<T> GetAsync()
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (_lock)
        {
            if (_last is { IsCompleted: false } || (_last is { IsCompletedSuccessfully: true } && nowMs < _untilMs)) return _last;
            _untilMs = nowMs + forMs;
            return _last = MakeAsync(nowMs);
        }
    }

    private async Task<T> MakeAsync(long nowMs)
    {
        // Off the lock and off the caller's context.
        await Task.Yield();
        var began = Stopwatch.GetTimestamp();
        var value = await make(nowMs);
        var costMs = (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        lock (_lock) _untilMs = Math.Max(_untilMs, nowMs + (CostFactor * costMs));
        return value;
    }
}
