namespace Viddhana.Engine.Node;

/// <summary>A call that another thread may give up, because what it asks for has become known meanwhile. One at a time.</summary>
internal sealed class OpenCall
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _open;

    /// <summary>Makes the call. Null when it was given up.</summary>
    public async Task<RpcReply?> RunAsync(Func<CancellationToken, Task<RpcReply>> call, CancellationToken stop)
    {
        using var open = CancellationTokenSource.CreateLinkedTokenSource(stop);
        lock (_lock) _open = open;
        try
        {
            return await call(open.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            lock (_lock) _open = null;
        }
    }

    /// <summary>Gives up the call that is open, if any. Its connection is closed.</summary>
    public void GiveUp()
    {
        lock (_lock)
        {
            _ = _open?.CancelAsync();   // its callbacks run on the pool, not under this lock
        }
    }
}
