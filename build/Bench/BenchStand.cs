using System.Globalization;

namespace Viddhana.Build.Bench;

/// <summary>What the generator is pointed at.</summary>
/// <param name="Server">Its process.</param>
/// <param name="Port">Where it listens.</param>
/// <param name="TriggerUrl">A request to it makes a new block.</param>
/// <param name="User">User name of its miners.</param>
internal sealed record BenchTarget(BenchServer Server, int Port, string TriggerUrl, string User);

/// <summary>
/// The simulated node that all pools work for, and the servers: one that does nothing, the engine with its journal on disk, the same with
/// the stream to Redis, and a peer.
/// </summary>
internal sealed class BenchStand : IAsyncDisposable
{
    public const string Null = "null";
    public const string Engine = "engine";
    public const string EngineRedis = "engine+redis";

    /// <summary>Where Debian installs it.</summary>
    public const string Redis = "/usr/bin/redis-server";

    // Any hash meets it (2^-32 = 2.3e-10 does), none meets the block's: every share is accepted, none is a block.
    private const string Difficulty = "0.0000000001";
    private const string Bits = "17034219";
    private const string Address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private readonly string _folder = Directory.CreateTempSubdirectory("viddhana-bench-").FullName;
    private readonly BenchOptions _options;
    private readonly List<BenchServer> _running = [];
    private BenchServer? _node;
    private string _nodeUrl = "";
    private string _nodeZmq = "";
    private int _started;

    public BenchStand(BenchOptions options) => _options = options;

    /// <summary>The servers that can be measured here.</summary>
    public IEnumerable<string> Servers
    {
        get
        {
            yield return Null;
            yield return Engine;
            if (File.Exists(Redis)) yield return EngineRedis;
            if (_options.Peer is { } peer) yield return peer.Name;
        }
    }

    /// <summary>Compiles the null server and starts the node: 2500 transactions, so 12 merkle steps.</summary>
    public async Task Prepare()
    {
        var source = Path.Combine(Repository.Root, "bench", "null", "null.c");
        var binary = Path.Combine(Repository.Out, "viddhana-null");
        await Shell.Quiet("compiling the null server", "cc", "-O2", "-std=gnu11", "-o", binary, source);
        var data = Path.Combine(_folder, "node");
        Directory.CreateDirectory(data);
        _node = BenchServer.Start(
            _folder, [], Path.Combine(Repository.Out, "viddhana-simnode"), "--data", data, "--rpc-port", "0", "--bits", Bits, "--zmq",
            "tcp://127.0.0.1:0");
        _nodeUrl = (await _node.Line("rpc http")).Split(' ')[1];
        _nodeZmq = (await _node.Line("zmq tcp")).Split(' ')[1];
    }

    /// <summary>Starts a server afresh. <see cref="Stop"/> ends it.</summary>
    public async Task<BenchTarget> Start(string server)
    {
        var folder = Path.Combine(_folder, $"{++_started}");
        Directory.CreateDirectory(folder);
        var port = BenchServer.FreePort();
        var trigger = _nodeUrl + "/control/block";
        if (server == Null)
        {
            var process = Add(BenchServer.Start(folder, [], Path.Combine(Repository.Out, "viddhana-null"), $"{port}"));
            var control = (await process.Line($"{port} ")).Split(' ')[1];
            return new BenchTarget(process, port, $"http://127.0.0.1:{control}/", Address);
        }

        if (server == _options.Peer?.Name) return await StartPeer(folder, trigger);

        var redis = server == EngineRedis ? await StartRedis(folder) : null;
        var config = Path.Combine(folder, "viddhana.yaml");
        await File.WriteAllTextAsync(config, Config(folder, port, redis));
        var engine = Add(BenchServer.Start(folder, [], Path.Combine(Repository.Out, "viddhana-engine"), "--config", config));
        return new BenchTarget(engine, port, trigger, Address + ".w{n}");
    }

    /// <summary>Ends what was started last and removes what it wrote.</summary>
    public async Task Stop()
    {
        foreach (var server in Enumerable.Reverse(_running)) await server.DisposeAsync();
        _running.Clear();
        var folder = Path.Combine(_folder, $"{_started}");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        if (_node is not null) await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<BenchTarget> StartPeer(string folder, string trigger)
    {
        var rpc = new Uri(_nodeUrl);
        var peer = Add(BenchServer.Start(
            folder,
            [
                ("BENCH_NODE_PORT", rpc.Port.ToString(CultureInfo.InvariantCulture)),
                ("BENCH_NODE_COOKIE", Path.Combine(_folder, "node", ".cookie")),
                ("BENCH_NODE_ZMQ", _nodeZmq),
            ],
            "/bin/sh", "-c", "exec " + _options.Peer!.Value.Command));
        await peer.Listens(_options.PeerPort);
        return new BenchTarget(peer, _options.PeerPort, trigger, _options.PeerUser ?? Address + ".w{n}");
    }

    private async Task<string> StartRedis(string folder)
    {
        var port = BenchServer.FreePort();
        var redis = Add(BenchServer.Start(
            folder, [], Redis, "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"));
        await redis.Listens(port);
        return $"redis://127.0.0.1:{port}";
    }

    private BenchServer Add(BenchServer server)
    {
        _running.Add(server);
        return server;
    }

    private string Config(string folder, int port, string? redis) => $"""
        common:
          data: {folder}/data
          log_level: warning
        {(redis is null ? "" : $"  redis:\n    url: {redis}")}
        pools:
          - id: bench
            coin: bitcoin
            network: regtest
            address: {Address}
            nodes:
              - url: {_nodeUrl}
                cookie_file: {_folder}/node/.cookie
                zmq: {_nodeZmq}
            ports:
              - listen: 127.0.0.1
                port: {port}
            difficulty:
              start: {Difficulty}
              min: {Difficulty}
              vardiff: false
            payouts:
              enabled: false
        engine:
          metrics:
            port: {BenchServer.FreePort()}
          limits:
            connections: 60000
            connections_per_address: 60000
            messages_per_second: 1000000
        """;
}
