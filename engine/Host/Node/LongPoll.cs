namespace Viddhana.Engine.Node;

/// <summary>The long poll of one node: a getblocktemplate that the node answers when its tip changes (BIP 22).</summary>
/// <param name="group">The pool's nodes.</param>
/// <param name="watcher">Takes the templates.</param>
/// <param name="link">The node.</param>
/// <param name="onNewTip">Told of the tip that a long poll was the first to bring.</param>
internal sealed class LongPoll(NodeGroup group, NodeWatcher watcher, NodeLink link, Action<string> onNewTip)
{
    private const int UselessMost = 3;

    private readonly OpenCall _call = new();
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

    /// <summary>Ends the wait: another node is asked from now on, or what it waits for is known.</summary>
    public void Leave() => _call.GiveUp();

    /// <summary>Waits for the node's next template and hands it on. False when the node could not be asked.</summary>
    public async Task<bool> WaitAsync(CancellationToken stop)
    {
        var id = Id!;
        var request = group.Calls.LongPoll(id);
        using var reply = await _call.RunAsync(leave => link.Client.CallAsync(request, group.Pacing.LongPollMs, leave), stop);
        return reply is null || await TakeAsync(id, reply, stop);
    }

    private async Task<bool> TakeAsync(string id, RpcReply reply, CancellationToken stop)
    {
        if (reply.Error is { } error) return Failed(error);
        if (TemplateHead.TryRead(reply.Result) is not { } head) return false;

        Id = head.LongPollId;
        if (head.PrevHash != watcher.TipHash)
        {
            _useless = 0;
            // A lower height is left to the fetch loop, which asks for proof.
            var decision = watcher.Offer(link, reply, head, mayGoBack: false);
            if (decision == TipDecision.NewTip) onNewTip(head.PrevHash);
            return decision != TipDecision.Behind;
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
