using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Node;

/// <summary>
/// The nodes of one pool in order of preference: checks their health every few seconds and chooses the one that templates are taken from.
/// Fails over at once; goes back only when the preferred node has been well for a while.
/// </summary>
public sealed class NodeGroup : IAsyncDisposable
{
    /// <summary>Area of the log lines.</summary>
    internal const string LogArea = "node";

    private readonly NodeGauges[] _gauges;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly CoinNetwork _network;
    private Task _checks = Task.CompletedTask;
    private NodeLink? _active;
    private bool _isStarted;
    private bool _hadActive;
    private long _bestHeight = -1;

    /// <summary>Reads the nodes of <paramref name="pool"/>; nothing is asked before <see cref="Start"/>.</summary>
    /// <exception cref="FormatException">A node's URL cannot be used.</exception>
    public NodeGroup(PoolConfig pool, CoinDefinition coin, Log log, MetricsRegistry metrics)
        : this(pool, coin, log, metrics, new NodePacing())
    {
    }

    internal NodeGroup(PoolConfig pool, CoinDefinition coin, Log log, MetricsRegistry metrics, NodePacing pacing)
    {
        Config = pool;
        Log = log;
        Metrics = metrics;
        Pacing = pacing;
        _network = coin.Networks[pool.Network];
        Calls = new TemplateCalls(coin);
        Links = NewLinks(pool.Nodes);
        _gauges = [.. Links.Select(link => new NodeGauges(metrics, pool.Id, link))];
    }

    /// <summary>The pool's nodes, most preferred first.</summary>
    public IReadOnlyList<NodeLink> Links { get; }

    /// <summary>The node that templates are taken from, or null while none is fit.</summary>
    public NodeLink? Active => Volatile.Read(ref _active);

    /// <summary>Highest block that a node of this pool has reported; -1 before the first answer.</summary>
    public long BestHeight => Interlocked.Read(ref _bestHeight);

    internal PoolConfig Config { get; }

    internal Log Log { get; }

    internal MetricsRegistry Metrics { get; }

    internal NodePacing Pacing { get; }

    internal TemplateCalls Calls { get; }

    /// <summary>Another node was chosen, or none. Raised outside of locks, on any thread.</summary>
    internal event Action<NodeLink?>? ActiveChanged;

    /// <summary>A node said what its best block is. Raised on any thread, also when it is not news.</summary>
    internal event Action<NodeLink, string>? TipSeen;

    /// <summary>Begins the health checks. A second call does nothing.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_isStarted) return;
            _isStarted = true;
        }

        _checks = Task.WhenAll(Links.Select(link => Task.Run(() => new NodeCheck(this, link, _network).RunAsync(_stop.Token))));
    }

    /// <summary>One entry per node. None is required alone: <see cref="NodeWatcher.Health"/> says whether there is work.</summary>
    public IReadOnlyList<HealthEntry> Health() =>
        [.. Links.Select(link => new HealthEntry($"node {Config.Id} {link.Name}", link.IsUp, link.Detail) { IsRequired = false })];

    /// <summary>
    /// Asks a node whether it would accept the block but for its proof of work (BIP 23). Null: no objection, or no node that could say.
    /// Otherwise the node's reason.
    /// </summary>
    /// <param name="blockHex">The whole block as hex digits.</param>
    /// <param name="stop">Ends the call.</param>
    public Task<string?> ProposeAsync(ReadOnlyMemory<byte> blockHex, CancellationToken stop = default) =>
        new Proposal(this).AskAsync(blockHex, stop);

    /// <summary>Stops the checks and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _checks;
        foreach (var link in Links) link.Dispose();
        _stop.Dispose();
    }

    /// <summary>A node answered <c>getblockchaininfo</c>.</summary>
    internal void Seen(NodeLink link, ChainInfo info)
    {
        lock (_lock)
        {
            link.Height = info.Blocks;
            link.BestHash = info.BestHash;
            if (link.Condition != NodeCondition.WrongNetwork) _bestHeight = Math.Max(_bestHeight, info.Blocks);
        }
    }

    /// <summary>A node's best block became known: by the check, or because it accepted ours.</summary>
    internal void Moved(NodeLink link, string hash) => TipSeen?.Invoke(link, hash);

    /// <summary>Sets what a node is good for, logs a change once, and chooses anew.</summary>
    /// <param name="link">The node.</param>
    /// <param name="condition">What it is good for.</param>
    /// <param name="detail">One line for the operator.</param>
    /// <param name="trouble">The error behind it.</param>
    internal void Report(NodeLink link, NodeCondition condition, string detail, RpcError? trouble = null)
    {
        NodeLink? chosen;
        bool changed;
        lock (_lock)
        {
            if (link.Condition == NodeCondition.WrongNetwork) return;
            var isNews = link.Condition != condition || (trouble is not null && !trouble.IsSameAs(link.Trouble));
            if (condition == NodeCondition.Up && !link.IsUp)
            {
                link.UpSinceMs = Environment.TickCount64;
                link.KnowsNoProposals = false;
            }

            link.HasFailed |= condition != NodeCondition.Up;
            if (condition != NodeCondition.Up) link.LastError = new Note(detail, Net.Clock.Now().UtcMs);
            link.Condition = condition;
            link.Detail = detail;
            link.Trouble = trouble;
            _gauges[link.Rank].Set(link);
            if (isNews) LogCondition(link);
            changed = Choose();
            chosen = _active;
        }

        if (changed) ActiveChanged?.Invoke(chosen);
    }

    /// <summary>A call failed on the way: the next check decides what to make of it, and it comes at once.</summary>
    internal static void Suspect(NodeLink link)
    {
        link.IsSuspect = true;
        link.CheckNow.Set();
    }

    private static NodeLink[] NewLinks(List<NodeConfig> nodes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var links = new NodeLink[nodes.Count];
        for (var i = 0; i < links.Length; i++)
        {
            var name = NodeEndpoint.Parse(nodes[i]).Name;
            var unique = name;
            for (var n = 2; !names.Add(unique); n++) unique = $"{name}#{n}";
            links[i] = new NodeLink(nodes[i], i, unique);
        }

        return links;
    }

    /// <summary>Chooses the node to take templates from; true if it is another than before. Under the lock.</summary>
    private bool Choose()
    {
        var now = Environment.TickCount64;
        NoteLagging(now);
        var first = Links.FirstOrDefault(IsEligible);
        var before = _active;
        var stays = before is not null && IsEligible(before);
        if (first == before || (stays && (first!.Rank > before!.Rank || !IsTrusted(first, now)))) return false;

        Volatile.Write(ref _active, first);
        foreach (var link in Links) _gauges[link.Rank].SetActive(link == first);
        LogChoice(before, first);
        _hadActive |= first is not null;
        return true;
    }

    /// <summary>A node that has failed before must have been well for a while; at start the order of preference counts alone.</summary>
    private bool IsTrusted(NodeLink link, long now) => !link.HasFailed || now - link.UpSinceMs >= Pacing.FailbackMs;

    private static bool IsEligible(NodeLink link) => link.IsUp && !link.IsLagging;

    private void NoteLagging(long now)
    {
        var best = -1L;
        foreach (var link in Links)
            if (link.IsUp) best = Math.Max(best, link.Height);

        foreach (var link in Links)
        {
            if (!link.IsUp || link.Height >= best)
            {
                if (link.IsLagging) Log.Info(LogArea, $"{link.Name} has caught up at block {link.Height} (pool {Config.Id})");
                link.BehindSinceMs = null;
                link.IsLagging = false;
                continue;
            }

            link.BehindSinceMs ??= now;
            if (link.IsLagging || now - link.BehindSinceMs < Pacing.LagMs) continue;

            link.IsLagging = true;
            Log.Warning(LogArea, $"{link.Name} lags: block {link.Height}, another node has {best} (pool {Config.Id})");
        }
    }

    private void LogCondition(NodeLink link)
    {
        var line = $"{link.Name} {Words(link.Condition)} (pool {Config.Id}): {link.Detail}";
        if (link.Condition == NodeCondition.Up) Log.Info(LogArea, line);
        else if (link.Condition == NodeCondition.WrongNetwork) Log.Error(LogArea, line);
        else Log.Warning(LogArea, line);
    }

    private static string Words(NodeCondition condition) => condition switch
    {
        NodeCondition.Up => "is up",
        NodeCondition.Down => "is down",
        NodeCondition.LoggedOut => "does not let us in",
        NodeCondition.WarmingUp => "is warming up",
        NodeCondition.Syncing => "is synchronising",
        NodeCondition.NoTemplate => "gives no template",
        NodeCondition.WrongNetwork => "is refused until restart",
        _ => "has not been asked",
    };

    private void LogChoice(NodeLink? before, NodeLink? after)
    {
        if (after is null) Log.Error(LogArea, $"pool {Config.Id}: no node gives templates; miners go on with the last work");
        else if (before is null && !_hadActive) Log.Info(LogArea, $"pool {Config.Id} takes templates from {after.Name}");
        else Log.Warning(LogArea, $"pool {Config.Id} now takes templates from {after.Name} instead of {before?.Name ?? "none"}");
    }
}
