namespace Viddhana.Engine.Node;

/// <summary>The waits of the node code in one place; tests shorten them.</summary>
internal sealed record NodePacing
{
    /// <summary>Between two health checks of a node.</summary>
    public int CheckMs { get; init; } = 2_000;

    /// <summary>How long a preferred node must have been up before it is taken back.</summary>
    public int FailbackMs { get; init; } = 30_000;

    /// <summary>How long a node may be behind another one before it counts as lagging.</summary>
    public int LagMs { get; init; } = 20_000;

    /// <summary>How long templates of an older tip are held back where the node does not say what became of the newer one.</summary>
    public int HoldMs { get; init; } = 60_000;

    /// <summary>First wait after a failure; doubles up to <see cref="RetryMostMs"/>.</summary>
    public int RetryFirstMs { get; init; } = 250;

    /// <summary>Longest wait after failures.</summary>
    public int RetryMostMs { get; init; } = 5_000;

    /// <summary>Longest that one long poll is left waiting.</summary>
    public int LongPollMs { get; init; } = 600_000;

    /// <summary>Least time between two long polls that brought no new tip.</summary>
    public int LongPollGapMs { get; init; } = 250;

    /// <summary>Time limit of one submitblock.</summary>
    public int SubmitTimeoutMs { get; init; } = 60_000;

    /// <summary>How long a bad verdict waits for better ones of other nodes before it is reported.</summary>
    public int VerdictPatienceMs { get; init; } = 30_000;
}

/// <summary>Waits that double, with jitter so that many waiters do not come back at the same moment. Not thread-safe.</summary>
internal sealed class Backoff(NodePacing pacing)
{
    private int _nextMs;

    /// <summary>Waits: each time about twice as long as before, 25 % more or less.</summary>
    public Task WaitAsync(CancellationToken stop) => Task.Delay(NextMs(), stop);

    /// <summary>The next wait in milliseconds.</summary>
    public int NextMs()
    {
        var ms = _nextMs == 0 ? pacing.RetryFirstMs : _nextMs;
        _nextMs = Math.Min(ms * 2, pacing.RetryMostMs);
        return Math.Max(1, (int)(ms * (0.75 + (Random.Shared.NextDouble() / 2))));
    }

    /// <summary>After a success.</summary>
    public void Reset() => _nextMs = 0;
}

/// <summary>Wakes one waiter; set any number of times before the wait, it counts once.</summary>
internal sealed class Pulse : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Lock _lock = new();

    public void Set()
    {
        lock (_lock)
        {
            if (_signal.CurrentCount == 0) _signal.Release();
        }
    }

    /// <summary>True when it was set, false after the time; -1 waits for ever.</summary>
    public Task<bool> WaitAsync(int ms, CancellationToken stop) => _signal.WaitAsync(ms, stop);

    public void Dispose() => _signal.Dispose();
}
