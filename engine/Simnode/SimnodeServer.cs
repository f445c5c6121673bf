using System.Net;
using System.Security.Cryptography;
using System.Text;
using Viddhana.Simnode.Control;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wallets;
using Viddhana.Simnode.Zmq;

namespace Viddhana.Simnode;

/// <summary>How a simulated node is reached.</summary>
public sealed record ServerSettings
{
    public required NodeSettings Node { get; init; }

    /// <summary>Where RPC and control listen; port 0 chooses one.</summary>
    public IPEndPoint Rpc { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>User and password of the RPC; null leaves only the cookie file in the data directory.</summary>
    public (string User, string Password)? Login { get; init; }

    /// <summary>Where blocks are announced; null nowhere.</summary>
    public IPEndPoint? Zmq { get; init; }

    /// <summary>Seconds between blocks of other miners; 0 for none.</summary>
    public double BackgroundBlockInterval { get; init; }

    /// <summary>Seconds after the start in which every call is refused with −28.</summary>
    public double WarmupSeconds { get; init; }
}

/// <summary>A simulated node with everything around it: RPC, control, announcements, other miners.</summary>
public sealed class SimnodeServer : IAsyncDisposable
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WalletBook _wallets;
    private readonly BackgroundMiner _background;
    private readonly ZmqPublisher? _zmq;
    private readonly HttpServer _http;
    private readonly string? _cookieFile;

    /// <summary>Starts at once.</summary>
    /// <exception cref="InvalidDataException">The data directory is damaged.</exception>
    /// <exception cref="ArgumentException">The data directory has another seed.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">A port is taken.</exception>
    public SimnodeServer(ServerSettings settings)
    {
        Node = new SimulatedNode(settings.Node);
        _wallets = new WalletBook(Node);
        _background = new BackgroundMiner(Node, settings.BackgroundBlockInterval);
        if (settings.Zmq is { } zmq)
        {
            _zmq = new ZmqPublisher(zmq);
            Node.TipChanged += _ => _zmq.Publish(Node.Tree.Tip.Hash);
        }

        var credentials = new List<string>();
        if (settings.Login is { } login) credentials.Add($"{login.User}:{login.Password}");
        if (settings.Node.DataDirectory is { } directory)
        {
            _cookieFile = Path.Combine(directory, ".cookie");
            credentials.Add($"__cookie__:{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}");
            WritePrivately(_cookieFile, credentials[^1]);
        }

        var faults = new Faults();
        var table = Methods();
        var rpc = new RpcServer(table, Node.Gate, credentials, new ControlApi(Node, faults, _background), faults)
        {
            WarmUntilMs = Environment.TickCount64 + (long)(settings.WarmupSeconds * 1000),
        };
        _http = new HttpServer(settings.Rpc, rpc.AnswerAsync);
    }

    /// <summary>Chain and mempool.</summary>
    public SimulatedNode Node { get; }

    /// <summary>Where RPC and control answer.</summary>
    public Uri RpcUrl => new($"http://{_http.EndPoint}");

    /// <summary>Where blocks are announced, or null.</summary>
    public IPEndPoint? ZmqEndPoint => _zmq?.EndPoint;

    /// <summary>Completes when a caller of the RPC said <c>stop</c>; fails when no more blocks can be written.</summary>
    public async Task Stopped() => await await Task.WhenAny(_stopped.Task, _background.Completion);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _background.DisposeAsync();
        await _http.DisposeAsync();
        if (_zmq is not null) await _zmq.DisposeAsync();
        lock (Node.Gate)
        {
            _wallets.Dispose();
            Node.Dispose();
        }

        if (_cookieFile is not null) File.Delete(_cookieFile);
    }

    private RpcTable Methods()
    {
        var table = new RpcTable();
        new ChainCalls(Node).Register(table);
        new MiningCalls(Node).Register(table);
        new TransactionCalls(Node).Register(table);
        var zmqAddress = _zmq is null ? null : $"tcp://{_zmq.EndPoint}";
        new NodeCalls(Node, table, zmqAddress, () => _stopped.TrySetResult()).Register();
        new WalletCalls(_wallets).Register(table);
        new CoinCalls(_wallets).Register(table);
        new SpendingCalls(Node, _wallets).Register(table);
        new HistoryCalls(Node, _wallets).Register(table);
        return table;
    }

    private static void WritePrivately(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(text));
    }
}
