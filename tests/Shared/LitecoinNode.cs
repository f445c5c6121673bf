using System.Net;
using System.Net.Sockets;

namespace Viddhana.Tests.Shared;

/// <summary>
/// A real litecoind on regtest, with nothing in it. It gives no template before it has a peer, so a bare TCP connection stands in for one,
/// and none at height 0, so most tests begin with <see cref="Mine"/>.
/// </summary>
internal sealed class LitecoinNode : IAsyncDisposable
{
    private const string Program = "/usr/lib/litecoin/litecoind";

    /// <summary>All five parts: with three of them the heights are left uninitialised.</summary>
    private const string NoMweb = "-vbparams=mweb:4102444800:4102448400:1000000000:1000000001";

    private static readonly string[] CommonArguments =
    [
        "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1", "-connect=0", "-dnsseed=0", "-listenonion=0", "-discover=0", "-upnp=0",
        "-peertimeout=86400", "-fallbackfee=0.0002", "-txindex=1", "-dbcache=16", "-par=1", "-rpcthreads=8", "-rpcworkqueue=64",
        "-printtoconsole=0",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly int[] _ports = FreePorts.Take(3);
    private readonly string[] _arguments;
    private RunningProgram? _program;
    private TcpClient? _peer;

    private LitecoinNode(string network, bool mweb, string? password, IEnumerable<string> more)
    {
        Network = network;
        Password = password;
        _arguments =
        [
            .. network == "mainnet" ? (string[])[] : ["-" + network], "-datadir=" + _folder.Path, "-rpcport=" + _ports[0],
            "-bind=127.0.0.1:" + _ports[1], $"-bind=127.0.0.1:{_ports[2]}=onion",
            .. password is null ? (string[])[] : ["-rpcuser=u", "-rpcpassword=" + password],
            .. CommonArguments, .. mweb ? (string[])[] : [NoMweb], .. more,
        ];
    }

    public string Network { get; }

    /// <summary>Null: the node writes a cookie.</summary>
    public string? Password { get; }

    /// <summary>With user and password, unless the node writes a cookie.</summary>
    public string Url => Password is null ? $"http://127.0.0.1:{_ports[0]}" : $"http://u:{Password}@127.0.0.1:{_ports[0]}";

    /// <summary>What the pool calls it.</summary>
    public string Name => $"127.0.0.1:{_ports[0]}";

    /// <summary>Of the node's P2P listener, for <c>addnode</c>.</summary>
    public string PeerAddress => $"127.0.0.1:{_ports[1]}";

    public string CookieFile => Path.Combine(_folder.Path, Network == "mainnet" ? "" : Network, ".cookie");

    public NodeRpc Rpc => new(Password is not null ? Url : $"http://{File.ReadAllText(CookieFile)}@{Name}");

    public RunningProgram Running => _program ?? throw new InvalidOperationException("litecoind is stopped");

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="network">regtest, testnet or mainnet; never connected to anything.</param>
    /// <param name="mweb">False: MWEB never activates. True: at height 432, where the first block needs a peg-in in the mempool.</param>
    /// <param name="password">Of user <c>u</c>; null: the node writes a cookie.</param>
    /// <param name="more">More arguments.</param>
    public static async Task<LitecoinNode> Start(
        string network = "regtest", bool mweb = false, string? password = "p4ssw0rd", params string[] more)
    {
        var node = new LitecoinNode(network, mweb, password, more);
        try
        {
            await node.Begin();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it (again): same data, same ports.</summary>
    public async Task Begin()
    {
        _program = RunningProgram.Start(Program, _arguments, howToInstall: "apt-get install litecoind");
        await Eventually.Holds("litecoind answers", Answers);
        _peer = new TcpClient();
        await _peer.ConnectAsync(IPAddress.Loopback, _ports[1]);
        await Eventually.Holds("litecoind counts its peer", async () => (await Rpc.Call("getconnectioncount")).GetInt32() > 0);
    }

    /// <summary>Ends it in order; the data stay.</summary>
    public async Task Stop()
    {
        _peer?.Dispose();
        await Running.Terminate();
        await Running.DisposeAsync();
        _program = null;
    }

    /// <summary>Kills it; the data stay as they are.</summary>
    public async Task Kill()
    {
        _peer?.Dispose();
        await Running.Kill();
        await Running.DisposeAsync();
        _program = null;
    }

    /// <summary>Mines blocks that pay to a script nobody has the key of; <paramref name="seed"/> makes them differ from others.</summary>
    public async Task<string[]> Mine(int count, byte seed = 0x11)
    {
        var descriptor = await Rpc.Call("getdescriptorinfo", $"raw(0014{string.Concat(Enumerable.Repeat($"{seed:x2}", 20))})");
        var hashes = await Rpc.Call("generatetodescriptor", count, descriptor.GetProperty("descriptor").GetString());
        return [.. hashes.EnumerateArray().Select(hash => hash.GetString()!)];
    }

    /// <summary>Orphans the last <paramref name="depth"/> blocks by <paramref name="length"/> others. Returns the lowest orphan.</summary>
    public async Task<string> Reorganise(int depth, int length)
    {
        var hash = (await Rpc.Call("getblockhash", await Rpc.Height() - depth + 1)).GetString()!;
        await Rpc.Call("invalidateblock", hash);
        await Mine(length, seed: 0x22);
        await Rpc.Call("reconsiderblock", hash);
        return hash;
    }

    public async Task<string> BestHash() => (await Rpc.Call("getbestblockhash")).GetString()!;

    public async ValueTask DisposeAsync()
    {
        _peer?.Dispose();
        if (_program is not null) await _program.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<bool> Answers()
    {
        if (Running.HasExited) throw new InvalidOperationException($"litecoind ended with {Running.ExitCode}:\n{Running.Output}");
        if (Password is null && !File.Exists(CookieFile)) return false;

        // A call that comes while it starts may never be answered.
        var call = Rpc.Try("getblockcount");
        if (await Task.WhenAny(call, Task.Delay(2_000)) != call) return false;

        var (_, error) = await call;
        if (error is { } e && e.GetProperty("code").GetInt32() != -28) throw new InvalidOperationException($"litecoind: {e}");
        return error is null;
    }
}
