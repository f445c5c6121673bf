using System.Collections.Concurrent;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Engine;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>A node group with short waits, its log and metrics, and a watcher whose templates are kept.</summary>
internal sealed class TestPool : IAsyncDisposable
{
    private readonly MemoryStream _logged = new();
    private readonly Log _log;
    private NodeWatcher? _watcher;

    public TestPool(params FakeNode[] nodes)
        : this(new NodePacing(), "bitcoin", [.. nodes.Select(node => node.Config())])
    {
    }

    public TestPool(NodePacing pacing, string coin, params NodeConfig[] nodes)
    {
        _log = new Log(Stream.Synchronized(_logged), LogLevel.Debug);
        Metrics = new MetricsRegistry();
        Config = new PoolConfig { Id = "test", Coin = coin, Network = "regtest", Nodes = [.. nodes] };
        Group = new NodeGroup(Config, CoinDefinitions.Get(coin)!, _log, Metrics, Quick(pacing));
    }

    public NodeGroup Group { get; }

    public PoolConfig Config { get; }

    public MetricsRegistry Metrics { get; }

    public Log Log => _log;

    public NodeWatcher Watcher => _watcher!;

    public ConcurrentQueue<Seen> Templates { get; } = new();

    /// <summary>What the watcher handed on.</summary>
    public sealed record Seen(string Json, bool TipChanged, string Node, int Height, string PrevHash);

    public Seen? Last => Templates.LastOrDefault();

    public void Watch()
    {
        _watcher = new NodeWatcher(Group);
        _ = _watcher.Start(a =>
            Templates.Enqueue(new Seen(Encoding.UTF8.GetString(a.Json.Span), a.TipChanged, a.Node, a.Height, a.PrevHash)));
    }

    public Task UntilActive(FakeNode? node) =>
        Eventually.True(() => Group.Active?.Name == node?.Name, $"{node?.Name ?? "no node"} was chosen");

    public Task UntilCondition(FakeNode node, NodeCondition condition) =>
        Eventually.True(() => Of(node).Condition == condition, $"{node.Name} was {condition}");

    public Task UntilHeight(int height) => Eventually.True(() => Last?.Height == height, $"there was a template of height {height}");

    public NodeLink Of(FakeNode node) => Group.Links.Single(link => link.Name == node.Name);

    /// <summary>Everything logged so far. The log writes on a thread of its own, so what matters is waited for.</summary>
    public string Logged()
    {
        lock (_logged) return Encoding.UTF8.GetString(_logged.ToArray());
    }

    public Task UntilLogged(string text) =>
        Eventually.True(() => Logged().Contains(text, StringComparison.Ordinal), $"the log said '{text}'");

    public async ValueTask DisposeAsync()
    {
        if (_watcher is not null) await _watcher.DisposeAsync();
        await Group.DisposeAsync();
        _log.Dispose();
    }

    private static NodePacing Quick(NodePacing pacing) => pacing with
    {
        CheckMs = Math.Min(pacing.CheckMs, 30),
        RetryFirstMs = Math.Min(pacing.RetryFirstMs, 10),
        RetryMostMs = Math.Min(pacing.RetryMostMs, 100),
        LongPollGapMs = Math.Min(pacing.LongPollGapMs, 10),
    };
}
