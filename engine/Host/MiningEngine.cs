using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core.Algorithms;
using Viddhana.Engine.Access;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;
using Viddhana.Engine.Status;

namespace Viddhana.Engine;

/// <summary>The running engine: everything that Program starts and stops.</summary>
public sealed class MiningEngine : IAsyncDisposable
{
    /// <summary>Milliseconds that loops get to finish rounds and say good-bye.</summary>
    public const int DrainMs = 4_000;

    private const int StopMs = 1_500;
    private const int LoopSilentMs = 10_000;
    private const int DescriptorsBeside = 256;

    private readonly ViddhanaConfig _config;
    private readonly Log _log;
    private readonly MetricsRegistry _metrics = new();
    private MemoryTrim? _trim;
    private readonly HealthBoard _health;
    private readonly TaskCompletionSource<Exception> _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Loop> _loops = [];
    private readonly List<Pool> _pools = [];
    private readonly List<Listener> _listeners = [];
    private readonly string _dataDirectory;
    private ShareJournal? _journal;
    private JournalShipper? _shipper;
    private SharedDifficulties? _difficulties;
    private DirectoryKeeper? _directory;
    private BackofficeLink? _link;
    private HashWorkers? _workers;
    private LoopSetup? _setup;
    private MetricsServer? _server;
    private TlsCertificate? _certificate;
    private WireLogServer? _wireLog;
    private volatile bool _isDraining;

    private MiningEngine(ViddhanaConfig config, string dataDirectory, string version, Log log)
    {
        _config = config;
        _dataDirectory = dataDirectory;
        _log = log;
        _health = new HealthBoard(version);
    }

    /// <summary>Completes when something failed that the process cannot go on with.</summary>
    public Task<Exception> Fault => _fault.Task;

    /// <summary>The listeners, with their real ports.</summary>
    public IReadOnlyList<Listener> Listeners => _listeners;

    /// <summary>Where <c>/metrics</c>, <c>/health</c> and <c>/ready</c> are.</summary>
    public IPEndPoint MetricsAddress => _server!.EndPoint;

    /// <summary>
    /// Starts everything. Nodes and Redis may be away: it goes on without them and tries again. What the operator must change before it can
    /// start is told by <see cref="StartException"/>.
    /// </summary>
    /// <param name="config">The configuration, checked by the loader.</param>
    /// <param name="dataDirectory">Directory of all that must survive; made where it is missing.</param>
    /// <param name="version">What <c>/health</c> says.</param>
    /// <param name="log">The log.</param>
    public static async Task<MiningEngine> StartAsync(ViddhanaConfig config, string dataDirectory, string version, Log log)
    {
        var engine = new MiningEngine(config, dataDirectory, version, log);
        try
        {
            log.Info("engine", $"viddhana-engine {version}, instance {config.Engine.InstanceId}, data in {dataDirectory}");
            log.Info("engine", $"kernels: {NativeKernels.Describe()}");
            ProcessMetrics.AddTo(engine._metrics);
            await engine.OpenJournalAsync();
            engine.StartLoops();
            engine.StartPools();
            engine.StartListeners();
            engine.StartWireLog();
            engine.StartLink(version);
            engine._trim = new MemoryTrim();
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the certificate's files at once, as SIGHUP asks for.</summary>
    public void ReloadCertificate() => _certificate?.Look(force: true);

    /// <summary>Stops accepting, answers what was read, flushes the journal. Takes less than ten seconds, whatever hangs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDraining) return;
        _isDraining = true;
        foreach (var listener in _listeners) listener.Dispose();
        foreach (var loop in _loops) loop.Drain(DrainMs);
        foreach (var loop in _loops)
            if (!loop.Join(DrainMs + 500)) _log.Error("engine", "a loop did not end in time");

        _workers?.Dispose();
        await WithinAsync("status", _link?.DisposeAsync().AsTask(), "difficulties", _difficulties?.DisposeAsync().AsTask());
        await WithinAsync("pools", Task.WhenAll(_pools.Select(pool => pool.DisposeAsync().AsTask())));
        if (_shipper is not null) await WithinAsync("shipper", _shipper.DisposeAsync().AsTask());
        _journal?.Dispose();
        _server?.Dispose();
        _trim?.Dispose();
        _wireLog?.Dispose();
        _certificate?.Dispose();
    }

    private string JournalPath => _config.Engine.Journal.Directory ?? Path.Combine(_dataDirectory, "journal");

    private async Task OpenJournalAsync()
    {
        var directory = JournalPath;
        try
        {
            Directory.CreateDirectory(_dataDirectory);
            Directory.CreateDirectory(directory);
            _journal = ShareJournal.Open(directory, _config.Engine.InstanceId, _config.Engine.Journal, _log, _metrics);
            _shipper = new JournalShipper(
                _journal, _config.Common.Redis, Path.Combine(_dataDirectory, Streams.CommittedDirectory), _log, _metrics);
            await _shipper.StartAsync();
        }
        catch (JournalException e)
        {
            throw new StartException(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"data directory {_dataDirectory}: {e.Message} (choose another with --data or common.data)", e);
        }

        _log.Info("engine", $"journal {directory}, epoch {_journal.Epoch:x16}, start {_journal.ProcessStart}");
        _health.Add(() => [_journal.Health(), _shipper.Health()]);
        _directory = new DirectoryKeeper(directory, _log, _metrics);
        _directory.Load(Clock.Now().UtcMs);
    }

    private void StartLoops()
    {
        var engine = _config.Engine;
        _workers = new HashWorkers(engine.HashThreads);
        _setup = new LoopSetup(engine.Limits, new Admission(engine.Limits), _workers, _log, _metrics, Fail)
        {
            Directory = () => _directory!.Current,
        };
        var count = engine.Threads > 0 ? engine.Threads : Environment.ProcessorCount;
        for (var i = 0; i < count; i++) _loops.Add(new Loop(i, _setup));
        foreach (var loop in _loops) loop.Start();
        _metrics.Gauge("stratum_connections_total", "Open miner connections.", () => _loops.Sum(loop => loop.Count));
        _metrics.Gauge("stratum_hash_rounds_waiting", "Rounds of slow algorithms that wait for a thread.", () => _workers.Waiting);
        _health.AddOurs(() => _loops.Select((loop, i) =>
            new HealthEntry($"loop {i}", loop.SilentMs < LoopSilentMs, $"{loop.Count} connections, last turn {loop.SilentMs} ms ago")));
        _log.Info("engine", $"{count} loop threads, at most {engine.Limits.Connections} connections");
        WarnOfDescriptors(engine.Limits.Connections);
    }

    private void StartPools()
    {
        var candidates = Path.Combine(_dataDirectory, "candidates");
        var redis = _config.Common.Redis;
        var setup = new PoolSetup(_journal!, new Broadcaster(_loops), _config.Engine.Limits, candidates, _log, _metrics)
        {
            Coinbase = _config.Engine.Coinbase,
            Sessions = _config.Engine.Sessions,
            Directory = () => _directory!.Current,
            HasOtherEngines = redis is not null,
        };
        foreach (var config in _config.Pools)
        {
            var pool = NewPool(config, setup);
            _pools.Add(pool);
            _health.Add(pool.Health);
            var nodes = string.Join(", ", config.Nodes.Select(node => Secrets.Mask(node.Url)));
            _log.Info("engine", $"pool {config.Id}: {config.Coin} {config.Network}, pays to {config.Address}, nodes {nodes}");
            _ = WatchAsync(pool);
        }

        if (redis is null || _config.Engine.Sessions.RememberSeconds == 0) return;
        _difficulties = new SharedDifficulties([.. _pools.Select(pool => (pool.Id, pool.LastDifficulties))], redis, _log);
    }

    private static Pool NewPool(PoolConfig config, PoolSetup setup)
    {
        try
        {
            return new Pool(config, setup);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            throw new StartException($"pool {config.Id}: {e.Message}", e);
        }
    }

    private async Task WatchAsync(Pool pool)
    {
        try
        {
            await pool.Start();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void StartListeners()
    {
        _certificate = LoadCertificate();
        for (var i = 0; i < _pools.Count; i++)
            foreach (var port in _config.Pools[i].Ports) Listen(_pools[i], port, port.Tls == PortTls.Off ? null : _certificate);

        var metrics = _config.Engine.Metrics;
        _server = Bind(metrics.Listen, metrics.Port, "engine.metrics", address => MetricsServer.Start(address, _metrics, _health, _log));
        _health.Add(() => _listeners.Select(listener =>
            new HealthEntry($"listener {listener.EndPoint}", !_isDraining && listener.Trouble is null, Describe(listener))));
        _log.Info("engine", $"metrics http://{_server.EndPoint}/metrics, /health, /ready");
    }

    // A convenience: without it miners are served all the same.
    private void StartWireLog()
    {
        var directory = JournalPath;
        try
        {
            _wireLog = WireLogServer.Start(directory, _setup!.WireLog, _loops, _log);
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            _log.Warning("wirelog", $"there will be none: {Path.Combine(directory, WireLogServer.FileName)}: {e.Message}");
        }
    }

    private void StartLink(string version)
    {
        _directory!.BansChanged += directory =>
        {
            var sweep = new BanSweep(directory, _loops.Count, _log);
            foreach (var loop in _loops) loop.PostVisit(sweep);
        };
        IBackofficeWire wire = _config.Common.Redis is { } redis
            ? new RedisWire(redis, _journal!.InstanceId)
            : new FileWire(JournalPath, Path.Combine(_dataDirectory, Streams.CommittedDirectory));
        var status = new StatusDocument(new StatusSources(
            _config, version, _journal!, _shipper!, _loops, _pools, _listeners, _certificate, _directory, _metrics));
        _link = new BackofficeLink(wire, status, _directory, _config.Engine.Status.IntervalMs, _log);
    }

    private string Describe(Listener listener)
    {
        if (_isDraining) return "the engine stops";
        return listener.Trouble ?? (listener.IsTls ? "accepts, TLS" : "accepts");
    }

    private void Listen(Pool pool, PortConfig port, TlsCertificate? certificate)
    {
        if (port.Tls != PortTls.Off && certificate is null)
            throw new StartException($"pool {pool.Id}: port {port.Port} wants TLS, but engine.tls is not set");
        var listener = Bind(
            port.Listen, port.Port, $"pool {pool.Id}", address => Listener.Start(address, pool.Port(port), certificate, _loops, _setup!));
        _listeners.Add(listener);
        var kind = port.Tls == PortTls.Auto ? ", TLS and plain" : "";
        var balancers = port.ProxyFrom.Count > 0 ? $", PROXY header from {string.Join(", ", port.ProxyFrom)}" : "";
        var scheme = port.Tls == PortTls.On ? "stratum+tls" : "stratum";
        _log.Info("engine", $"listening {scheme} {listener.EndPoint} pool {pool.Id}{kind}{balancers}");
    }

    private TlsCertificate? LoadCertificate()
    {
        if (_config.Engine.Tls is not { } tls) return null;
        try
        {
            var certificate = new TlsCertificate(tls, _log);
            _metrics.Gauge(
                "stratum_tls_certificate_not_after_seconds", "End of the certificate in use, seconds since 1970.",
                () => certificate.NotAfterSeconds);
            _metrics.Gauge(
                "stratum_tls_certificate_refused", "1 while the files hold a certificate that cannot be used, and the old one stays.",
                () => certificate.Trouble is null ? 0 : 1);
            return certificate;
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartException($"engine.tls: {tls.Certificate} and {tls.Key} cannot be used: {e.Message}", e);
        }
    }

    private static T Bind<T>(string listen, int port, string key, Func<IPEndPoint, T> start)
    {
        try
        {
            return start(new IPEndPoint(IPAddress.Parse(listen), port));
        }
        catch (FormatException e)
        {
            throw new StartException($"{key}: '{listen}' is no IP address", e);
        }
        catch (SocketException e)
        {
            var why = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "another process listens there: stop it or choose another port",
                SocketError.AccessDenied => "no permission: ports below 1024 need CAP_NET_BIND_SERVICE",
                SocketError.AddressNotAvailable => "the address is not one of this machine's",
                _ => e.Message,
            };
            throw new StartException($"{key}: cannot listen on {listen}:{port}: {why}", e);
        }
    }

    private void WarnOfDescriptors(int connections)
    {
        if (Descriptors.Limit() is not { } limit || limit >= connections + DescriptorsBeside) return;
        _log.Warning(
            "engine",
            $"only {limit} files may be open, engine.limits.connections is {connections}: raise the limit (ulimit -n, LimitNOFILE)");
    }

    private void Fail(Exception e)
    {
        if (_isDraining) return;
        _fault.TrySetResult(e);
    }

    // Side by side: both wait for the same Redis, and the engine has promised to be gone in time.
    private Task WithinAsync(string what, Task? task, string other, Task? otherTask) =>
        Task.WhenAll(WithinAsync(what, task ?? Task.CompletedTask), WithinAsync(other, otherTask ?? Task.CompletedTask));

    private async Task WithinAsync(string what, Task task)
    {
        try
        {
            await task.WaitAsync(TimeSpan.FromMilliseconds(StopMs));
        }
        catch (TimeoutException)
        {
            _log.Warning("engine", $"{what} did not stop in time");
        }
        catch (Exception e)
        {
            _log.Error("engine", $"{what} did not stop cleanly: {e.Message}");
        }
    }
}

/// <summary>The engine cannot start; the message says what the operator can do.</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
