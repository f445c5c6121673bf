using System.Diagnostics;

namespace Viddhana.Engine.Node;

/// <summary>
/// One node as a source of templates. Two loops: one fetches whenever something hints at a new tip or the work is due for a refresh, the
/// other waits for such hints by long poll (the chosen node) or polling (the others, and where long polls do not work). ZMQ hints come
/// besides.
/// </summary>
internal sealed class TemplateSource : IDisposable
{
    private const int CatchUpTries = 5;

    private readonly NodeGroup _group;
    private readonly NodeWatcher _watcher;
    private readonly NodeLink _link;
    private readonly Pulse _fetch = new();
    private readonly Pulse _watch = new();
    private readonly ZmqSubscriber? _zmq;
    private readonly LongPoll _longPoll;
    private readonly OpenCall _call = new();
    private readonly Backoff _fetchBackoff;
    private readonly Backoff _watchBackoff;
    private string? _hint;
    private bool _isAsked;
    private long? _behindSinceMs;

    public TemplateSource(NodeGroup group, NodeWatcher watcher, NodeLink link)
    {
        _group = group;
        _watcher = watcher;
        _link = link;
        _longPoll = new LongPoll(group, watcher, link, OnLongPolled);
        _fetchBackoff = new Backoff(group.Pacing);
        _watchBackoff = new Backoff(group.Pacing);
        if (link.Config.Zmq is { Length: > 0 } zmq) _zmq = new ZmqSubscriber(zmq, Hint, group.Log, group.Pacing);
    }

    private bool IsActive => _group.Active == _link;

    /// <summary>What has to run.</summary>
    public IEnumerable<Func<CancellationToken, Task>> Loops() =>
        _zmq is null ? [FetchLoopAsync, WatchLoopAsync] : [FetchLoopAsync, WatchLoopAsync, _zmq.RunAsync];

    /// <summary>The node's best block may be this one. Cheap when it is no news.</summary>
    public void Hint(string hash)
    {
        if (hash == _watcher.TipHash || !_link.IsUp) return;   // one that comes up is asked anyway, or checked again soon

        // What another node follows is asked for once; the chosen one is asked until it has been understood.
        var before = Interlocked.Exchange(ref _hint, hash);
        if (IsActive || hash != before) _fetch.Set();
    }

    /// <summary>Fetches without a hint.</summary>
    public void FetchNow()
    {
        Volatile.Write(ref _isAsked, true);
        _fetch.Set();
    }

    /// <summary>Another node was chosen: the new one fetches at once, the old one leaves its long poll.</summary>
    public void ActiveChanged(NodeLink? active)
    {
        _longPoll.Leave();
        _watch.Set();
        if (active == _link) FetchNow();
    }

    public void Dispose()
    {
        _fetch.Dispose();
        _watch.Dispose();
        _longPoll.Leave();
    }

    private async Task FetchLoopAsync(CancellationToken stop)
    {
        while (true)
        {
            // The active node's refresh; what is due but failed waits for its backoff below.
            await _fetch.WaitAsync(IsActive ? _watcher.RefreshDueMs() : Timeout.Infinite, stop);
            if (!_link.IsUp) await _fetch.WaitAsync(_group.Pacing.CheckMs, stop);
            if (IsOldNews()) continue;
            if (_link.IsUp && !await FetchAsync(stop)) await _fetchBackoff.WaitAsync(stop);
        }
    }

    /// <summary>True when all that woke the loop was the hint of a tip that has come another way since.</summary>
    private bool IsOldNews()
    {
        if (Interlocked.Exchange(ref _isAsked, false)) return false;
        return _watcher.RefreshDueMs() > 0 && Volatile.Read(ref _hint) is { } hint && hint == _watcher.TipHash;
    }

    /// <summary>A second template of the same tip is megabytes for nothing, just when all hands are needed for the new job.</summary>
    private void OnLongPolled(string tip)
    {
        if (Volatile.Read(ref _hint) == tip) _call.GiveUp();
    }

    /// <summary>False when it failed or the template was held back: then the loop pauses.</summary>
    private async Task<bool> FetchAsync(CancellationToken stop)
    {
        if (_link.IsSuspect) return Failed(_link.Trouble);

        var hint = Volatile.Read(ref _hint);
        for (var tries = 1; ; tries++)
        {
            var began = Stopwatch.GetTimestamp();
            using var reply = await _call.RunAsync(leave => _link.Client.CallAsync(_group.Calls.Template, leave), stop);
            if (reply is null) return true;
            if (reply.Error is { } error) return Failed(error);
            if (TemplateHead.TryRead(reply.Result) is not { } head) return Unreadable();

            _link.TemplateMs = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            _longPoll.Id = head.LongPollId;
            _watch.Set();
            var decision = await OfferAsync(reply, head, stop);
            if (decision == TipDecision.Behind) return false;
            if (decision == TipDecision.NewTip) _longPoll.Leave();   // it would bring the same; it waits for the next tip then

            // A notification may be a moment ahead of the template.
            var isBehind = decision == TipDecision.Refresh && hint is not null && hint != head.PrevHash;
            if (!isBehind || hint != Volatile.Read(ref _hint) || tries == CatchUpTries)
            {
                _fetchBackoff.Reset();
                return true;
            }

            await Task.Delay(10 << tries, stop);
        }
    }

    private async Task<TipDecision> OfferAsync(RpcReply reply, TemplateHead head, CancellationToken stop)
    {
        var decision = _watcher.Offer(_link, reply, head, mayGoBack: false);
        if (decision != TipDecision.Behind)
        {
            _behindSinceMs = null;
            return decision;
        }

        _behindSinceMs ??= Environment.TickCount64;
        var proof = await ReorgProof.AskAsync(_link, _watcher.TipHash!, stop);
        var isHeldTooLong = Environment.TickCount64 - _behindSinceMs >= _group.Pacing.HoldMs;
        if (proof is null && !isHeldTooLong)
        {
            _watcher.NoteHolding(_link, head);
            return decision;
        }

        var reason = proof ?? "it stays there";
        _group.Log.Warning("template", $"pool {_group.Config.Id}: {_link.Name} went back to height {head.Height}: {reason}");
        _behindSinceMs = null;
        return _watcher.Offer(_link, reply, head, mayGoBack: true);
    }

    private bool Failed(RpcError? error)
    {
        // What broke on the way may be nothing, or another node may come up there: the health check asks at once and decides.
        if (error is null or { Kind: RpcErrorKind.Broken or RpcErrorKind.Unreachable }) NodeGroup.Suspect(_link);
        else _group.Report(_link, TemplateCalls.ConditionAfter(error), TemplateCalls.Explain(error), error);
        FetchNow();
        return false;
    }

    private bool Unreadable()
    {
        var error = TemplateCalls.NotATemplate(_link.Name);
        _group.Report(_link, NodeCondition.NoTemplate, error.Message, error);
        return false;
    }

    private async Task WatchLoopAsync(CancellationToken stop)
    {
        while (true)
        {
            if (!_link.IsUp || (_zmq is { IsAlive: true } && !IsActive)) await _watch.WaitAsync(_group.Pacing.CheckMs, stop);
            else if (IsActive && !_link.IsSuspect && _longPoll.IsPossible) await LongPollAsync(stop);
            else await PollAsync(stop);
        }
    }

    private async Task LongPollAsync(CancellationToken stop)
    {
        if (await _longPoll.WaitAsync(stop))
        {
            _watchBackoff.Reset();
            return;
        }

        FetchNow();
        await _watchBackoff.WaitAsync(stop);
    }

    private async Task PollAsync(CancellationToken stop)
    {
        await _watch.WaitAsync(Math.Max(10, _link.Config.PollMs), stop);
        if (!_link.IsUp) return;

        using var reply = await _link.Client.CallAsync("getbestblockhash", null, stop);
        if (reply.Error is null)
        {
            if (reply.ResultText is { Length: 64 } hash) Hint(hash);
            _watchBackoff.Reset();
            return;
        }

        if (reply.Error.Is(RpcError.MethodNotFound)) FetchNow();
        else NodeGroup.Suspect(_link);
        await _watchBackoff.WaitAsync(stop);
    }
}
