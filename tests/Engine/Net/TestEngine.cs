using System.Net;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;
using Viddhana.Core.Access;
using Viddhana.Engine;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

/// <summary>Loops and listeners as the engine has them, on loopback ports that the system chooses.</summary>
internal sealed class TestEngine : IDisposable
{
    private readonly List<Listener> _listeners = [];
    private readonly HashWorkers _workers = new(2);
    private bool _drained;

    public TestEngine(
        LimitsConfig? limits = null, int loops = 2, bool isSlow = false, bool portable = false, int numbers = 1 << 22, Log? log = null)
    {
        Limits = limits ?? new LimitsConfig();
        Pool = new TestPool(Limits, Metrics, isSlow, numbers) { Directory = () => Directory };
        Setup = new LoopSetup(Limits, new Admission(Limits), _workers, log ?? Log.Nowhere, Metrics, e => Fatal = e)
        {
            Directory = () => Directory,
        };
        Loops = [.. Enumerable.Range(0, loops).Select(i => new Loop(i, Setup, portable ? new EventTransport() : null))];
        foreach (var loop in Loops) loop.Start();
        Broadcaster = new Broadcaster(Loops);
    }

    public LimitsConfig Limits { get; }

    public MetricsRegistry Metrics { get; } = new();

    public TestPool Pool { get; }

    /// <summary>Names and bans as of now.</summary>
    public StratumDirectory Directory { get; private set; } = StratumDirectory.Empty;

    public LoopSetup Setup { get; }

    public IReadOnlyList<Loop> Loops { get; }

    public Broadcaster Broadcaster { get; }

    public Exception? Fatal { get; private set; }

    public int Connections => Loops.Sum(loop => loop.Count);

    public int Listen(
        TlsCertificate? certificate = null, string difficulty = "0.0000000001", string[]? proxyFrom = null, bool isTlsOptional = false)
    {
        var port = Pool.Port(difficulty) with { ProxyFrom = AddressRange.ParseAll(proxyFrom ?? []), IsTlsOptional = isTlsOptional };
        return Listen(port, certificate);
    }

    /// <summary>A listener of another pool on the same loops.</summary>
    public int Listen(MiningPort port, TlsCertificate? certificate = null)
    {
        var listener = Listener.Start(new IPEndPoint(IPAddress.Loopback, 0), port, certificate, Loops, Setup);
        _listeners.Add(listener);
        return listener.EndPoint.Port;
    }

    /// <summary>Bans as the engine's keeper puts them in force: first at the doors, then on open connections.</summary>
    public void Ban(params Ban[] bans)
    {
        Directory = new StratumDirectory(new PublishedDirectory([], bans), Clock.Now().UtcMs);
        var sweep = new BanSweep(Directory, Loops.Count, Setup.Log);
        foreach (var loop in Loops) loop.PostVisit(sweep);
    }

    public Broadcast NewJob(int tip = 1) => Broadcaster.Send(Pool, Pool.NewJob(tip));

    public long Closed(string cause) =>
        Metrics.Counter("stratum_connections_closed_total", "", ("cause", cause)).Value;

    public bool Drain(int withinMs = 5_000)
    {
        _drained = true;
        foreach (var listener in _listeners) listener.Dispose();
        foreach (var loop in Loops) loop.Drain(withinMs);
        return Loops.All(loop => loop.Join(60_000));
    }

    public void Dispose()
    {
        Pool.Gate.Set();
        if (!_drained) Drain();
        _workers.Dispose();
        Assert.That(Fatal, Is.Null);
    }
}
