using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Node;

/// <summary>
/// Keeps a pool's work fresh: learns of a new tip by ZMQ, long poll or polling, whichever is first and from whichever node, fetches the
/// template and hands it on. Never hands out an older tip than one given out before, unless a node proves a reorg.
/// </summary>
public sealed class NodeWatcher : IAsyncDisposable
{
    private readonly NodeGroup _group;
    private readonly TemplateSource[] _sources;
    private readonly TipGuard _guard = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Counter _refreshes;
    private readonly Counter _newTips;
    private Action<TemplateArrival>? _onTemplate;
    private Task _running = Task.CompletedTask;
    private long _handedMs = long.MinValue;
    private bool _isHolding;
    private bool _isRefreshWanted;

    /// <summary>Watches the nodes of <paramref name="group"/>.</summary>
    public NodeWatcher(NodeGroup group)
    {
        _group = group;
        var metrics = group.Metrics;
        var pool = ("pool", group.Config.Id);
        _newTips = metrics.Counter("viddhana_templates_total", "Templates handed on.", pool, ("tip", "new"));
        _refreshes = metrics.Counter("viddhana_templates_total", "Templates handed on.", pool, ("tip", "same"));
        metrics.Gauge("viddhana_template_age_seconds", "Age of the template at hand; -1 before the first.", () => AgeMs() / 1000.0, pool);
        _sources = [.. group.Links.Select(link => new TemplateSource(group, this, link))];
        group.ActiveChanged += OnActiveChanged;
        group.TipSeen += OnTipSeen;
    }

    /// <summary>Block id that the work at hand builds on; null before the first template.</summary>
    public string? TipHash => _guard.Hash;

    /// <summary>
    /// Begins, and begins the group's health checks too. <paramref name="onTemplate"/> is called one template at a time, on a pool thread;
    /// an exception out of it is a bug of ours and ends the task that is returned.
    /// </summary>
    /// <returns>Ends when the watcher is disposed, or with the exception that stopped it.</returns>
    public Task Start(Action<TemplateArrival> onTemplate)
    {
        _onTemplate = onTemplate;
        _running = Task.WhenAll(_sources.SelectMany(source => source.Loops()).Select(loop => Task.Run(() => GuardAsync(loop))));
        _group.Start();
        return _running;
    }

    /// <summary>Has the chosen node asked for a fresh template at once: the work at hand was refused.</summary>
    public void RefreshNow()
    {
        lock (_lock) _isRefreshWanted = true;
        if (_group.Active is { } link) _sources[link.Rank].FetchNow();
    }

    /// <summary>Whether there is fresh work: required for the engine to be ready.</summary>
    public HealthEntry Health()
    {
        var name = $"template {_group.Config.Id}";
        var ageMs = AgeMs();
        if (ageMs < 0) return new HealthEntry(name, false, "no template yet");

        var limitMs = Math.Max(120_000, 3_000L * _group.Config.RefreshSeconds);
        var detail = $"height {_guard.Height}, {ageMs / 1000} s old";
        return _group.Active is null
            ? new HealthEntry(name, false, detail + ", no node gives templates")
            : new HealthEntry(name, ageMs <= limitMs, detail);
    }

    /// <summary>Stops all loops. The group is left running: it belongs to the caller.</summary>
    public async ValueTask DisposeAsync()
    {
        _group.ActiveChanged -= OnActiveChanged;
        _group.TipSeen -= OnTipSeen;
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var source in _sources) source.Dispose();
        _stop.Dispose();
    }

    /// <summary>Milliseconds until the tip at hand is due for a fresh template; 0 when it is.</summary>
    internal int RefreshDueMs()
    {
        lock (_lock)
        {
            if (_handedMs == long.MinValue || _isRefreshWanted) return 0;
            var dueMs = _handedMs + (1_000L * _group.Config.RefreshSeconds) - Environment.TickCount64;
            return (int)Math.Clamp(dueMs, 0, int.MaxValue);
        }
    }

    /// <summary>
    /// Hands the template on if it is fit: one of a new tip, or one of the same tip when the work is due for a refresh. Two ways often
    /// learn of the same block, and miners must not get work twice for that. The caller keeps the reply and disposes it.
    /// </summary>
    /// <param name="link">Who gave it.</param>
    /// <param name="reply">The answer of getblocktemplate.</param>
    /// <param name="head">Its head.</param>
    /// <param name="mayGoBack">True when a lower height than before was found to be a real reorg.</param>
    internal TipDecision Offer(NodeLink link, RpcReply reply, TemplateHead head, bool mayGoBack)
    {
        lock (_lock)
        {
            var decision = _guard.Judge(head, link == _group.Active);
            if (decision == TipDecision.Behind && mayGoBack) decision = TipDecision.NewTip;
            if (decision == TipDecision.NewTip) HandOn(link, reply, head, isNewTip: true);
            if (decision == TipDecision.Refresh && RefreshDueMs() == 0) HandOn(link, reply, head, isNewTip: false);
            return decision;
        }
    }

    /// <summary>Says once that a node's templates are held back.</summary>
    internal void NoteHolding(NodeLink link, TemplateHead head)
    {
        lock (_lock)
        {
            if (_isHolding) return;
            _isHolding = true;
        }

        _group.Log.Warning("template", $"pool {_group.Config.Id}: {link.Name} offers height {head.Height}, "
            + $"miners already work on {_guard.Height}: held back until it catches up");
    }

    private void HandOn(NodeLink link, RpcReply reply, TemplateHead head, bool isNewTip)
    {
        _guard.Take(head);
        _handedMs = Environment.TickCount64;
        _isHolding = false;
        _isRefreshWanted = false;
        (isNewTip ? _newTips : _refreshes).Add();
        _onTemplate!(new TemplateArrival(reply)
        {
            TipChanged = isNewTip,
            Node = link.Name,
            Height = head.Height,
            PrevHash = head.PrevHash,
        });
        if (isNewTip) _group.Log.Info("template", $"pool {_group.Config.Id} works on height {head.Height}, from {link.Name}");
    }

    /// <summary>Age of the template at hand in milliseconds; -1 before the first.</summary>
    public long AgeMs()
    {
        lock (_lock)
        {
            return _handedMs == long.MinValue ? -1 : Environment.TickCount64 - _handedMs;
        }
    }

    private void OnActiveChanged(NodeLink? active)
    {
        foreach (var source in _sources) source.ActiveChanged(active);
    }

    private void OnTipSeen(NodeLink link, string hash) => _sources[link.Rank].Hint(hash);

    /// <summary>A loop that ends by an exception ends all of them: half a watcher would be worse than none.</summary>
    private async Task GuardAsync(Func<CancellationToken, Task> loop)
    {
        try
        {
            await loop(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The engine stops.
        }
        catch (Exception e)
        {
            _group.Log.Error("template", $"pool {_group.Config.Id}: the node watcher has stopped by a fault of its own: {e}");
            await _stop.CancelAsync();
            throw;
        }
    }
}
