namespace Viddhana.Simnode.Control;

/// <summary>Other miners who find a block every so often. The time between blocks is fixed, so that a run can be repeated.</summary>
public sealed class BackgroundMiner : IAsyncDisposable
{
    private readonly SimulatedNode _node;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _mining;
    private CancellationTokenSource _changed = new();
    private double _intervalSeconds;

    /// <summary>Starts at once; an interval of 0 finds nothing.</summary>
    public BackgroundMiner(SimulatedNode node, double intervalSeconds)
    {
        _node = node;
        _intervalSeconds = intervalSeconds;
        _mining = MineAsync();
    }

    /// <summary>Seconds between two blocks; 0 stops.</summary>
    public double IntervalSeconds
    {
        get => Volatile.Read(ref _intervalSeconds);
        set
        {
            Volatile.Write(ref _intervalSeconds, value);
            Interlocked.Exchange(ref _changed, new CancellationTokenSource()).Cancel();
        }
    }

    /// <summary>Fails when a block could not be written.</summary>
    public Task Completion => _mining;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _mining.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // Completion told of it
        _stop.Dispose();
        _changed.Dispose();
    }

    private async Task MineAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var wake = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, Volatile.Read(ref _changed).Token);
            var seconds = IntervalSeconds;
            try
            {
                await Task.Delay(seconds > 0 ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan, wake.Token);
            }
            catch (OperationCanceledException)
            {
                continue;
            }

            lock (_node.Gate) _node.MineOnTip(1);
        }
    }
}
