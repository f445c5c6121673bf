namespace Viddhana.Engine.Node;

/// <summary>The long poll of one node: a getblocktemplate that the node answers when its tip changes (BIP 22).</summary>
internal sealed class LongPoll(NodeGroup group, NodeWatcher watcher, NodeLink link) : IDisposable
{
    private const int UselessMost = 3;

    private readonly Lock _lock = new();
    private CancellationTokenSource? _waiting;
    private string? _id;
    private int _useless;

    /// <summary>The id of the last template; null where the node gives none.</summary>
    public string? Id
    {
        get => Volatile.Read(ref _id);
        set => Volatile.Write(ref _id, value);
    }

    /// <summary>False where the node does not offer long polls or does not honour them.</summary>
    public bool IsPossible => Id is not null && _useless < UselessMost;

    /// <summary>Ends the wait: another node is asked from now on.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _ = _waiting?.CancelAsync();   // its callbacks run on the pool, not under this lock
        }
    }

    /// <summary>Waits for the node's next template and hands it on. False when the node could not be asked.</summary>
    public async Task<bool> WaitAsync(CancellationToken stop)
    {
        var id = Id!;
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
        lock (_lock) _waiting = leave;
        try
        {
            using var reply = await link.Client.CallAsync(group.Calls.LongPoll(id), group.Pacing.LongPollMs, leave.Token);
            return await TakeAsync(id, reply, stop);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return true;   // left on purpose
        }
        finally
        {
            lock (_lock) _waiting = null;
        }
    }

    public void Dispose() => Leave();

    private async Task<bool> TakeAsync(string id, RpcReply reply, CancellationToken stop)
    {
        if (reply.Error is { } error) return Failed(error);
        if (TemplateHead.TryRead(reply.Result) is not { } head) return false;

        Id = head.LongPollId;
        if (head.PrevHash != watcher.TipHash)
        {
            _useless = 0;
            // A lower height is left to the fetch loop, which asks for proof.
            return watcher.Offer(link, reply, head, mayGoBack: false) != TipDecision.Behind;
        }

        // The same tip: the mempool has changed. The refresh interval decides whether miners get it.
        _useless = head.LongPollId == id ? _useless + 1 : 0;
        if (_useless == UselessMost) group.Log.Info(NodeGroup.LogArea, $"{link.Name} does not honour long polls: it is polled instead");
        watcher.Offer(link, reply, head, mayGoBack: false);
        await Task.Delay(group.Pacing.LongPollGapMs, stop);
        return true;
    }

    private bool Failed(RpcError error)
    {
        if (error.Kind == RpcErrorKind.TimedOut) return true;   // nothing happened for a long time: wait again
        if (!error.IsRpc) NodeGroup.Suspect(link);
        return false;
    }
}
