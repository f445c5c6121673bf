using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Net;

/// <summary>
/// Accepts on one address, on a thread of its own, and gives each connection to the loop that has fewest. TLS handshakes run on the thread
/// pool, in order of arrival, and a bad or slow one holds up nobody. When the system has no descriptor left it pauses, and says so once.
/// </summary>
public sealed class Listener : IDisposable
{
    /// <summary>Milliseconds a TLS handshake may take, from its beginning.</summary>
    public const int HandshakeMs = 10_000;

    /// <summary>Connections the system may hold for us before they are accepted; it cuts this to net.core.somaxconn.</summary>
    public const int Backlog = 65_535;

    /// <summary>
    /// Milliseconds after which a peer that answers nothing is gone: where nothing was sent, found by keepalive; where something was (a new
    /// job), by the sum of its retransmissions, for which Linux alone would take a quarter of an hour.
    /// </summary>
    public const int SilentPeerMs = 140_000;

    private const int PauseMs = 100;

    private readonly Socket _socket;
    private readonly MiningPort _port;
    private readonly TlsCertificate? _certificate;
    private readonly HandshakeQueue? _handshakes;
    private readonly Gate? _gate;
    private readonly IReadOnlyList<Loop> _loops;
    private readonly LoopSetup _setup;
    private readonly Thread _thread;
    private readonly Counter _accepted;
    private readonly Counter _full;
    private readonly Counter _addressFull;
    private readonly Counter _banned;
    private readonly Counter _badHandshakes;
    private string? _trouble;
    private volatile bool _stopped;

    private Listener(Socket socket, MiningPort port, TlsCertificate? certificate, IReadOnlyList<Loop> loops, LoopSetup setup)
    {
        _socket = socket;
        _port = port;
        _certificate = certificate;
        _loops = loops;
        _setup = setup;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        var pool = ("pool", port.Pool.Id);
        _accepted = setup.Metrics.Counter("stratum_connections_accepted_total", "Connections accepted.", pool);
        const string Refused = "stratum_connections_refused_total";
        _full = setup.Metrics.Counter(Refused, "Connections refused at once.", pool, ("cause", "full"));
        _addressFull = setup.Metrics.Counter(Refused, "Connections refused at once.", pool, ("cause", "address"));
        _banned = setup.Metrics.Counter(Refused, "Connections refused at once.", pool, ("cause", "banned"));
        _badHandshakes = setup.Metrics.Counter("stratum_tls_failures_total", "TLS handshakes that failed or took too long.", pool);
        if (certificate is not null) _handshakes = new HandshakeQueue($"tls {EndPoint.Port}");
        Core.Check.That(certificate is not null || !port.IsTlsOptional);
        if (port.ProxyFrom.Count > 0 || port.IsTlsOptional)
            _gate = new Gate(port, EndPoint, certificate is not null, setup, BeginHandshake);
        _thread = new Thread(Accept) { IsBackground = true, Name = $"accept {EndPoint.Port}" };
    }

    /// <summary>The real address, also when the port was left to the system.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>True with a certificate.</summary>
    public bool IsTls => _certificate is not null;

    /// <summary>What its connections are for.</summary>
    public MiningPort Port => _port;

    /// <summary>What keeps it from accepting, or null.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>Binds and begins to accept.</summary>
    /// <exception cref="SocketException">The address cannot be bound: in use, not ours, or a port that needs privileges.</exception>
    public static Listener Start(
        IPEndPoint address, MiningPort port, TlsCertificate? certificate, IReadOnlyList<Loop> loops, LoopSetup setup)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            if (port.IsShared) SharePort(socket);
            if (OptionsAreInherited) SetOptions(socket);
            socket.Bind(address);   // the runtime sets SO_REUSEADDR itself; asking for it would let two processes share the port
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var listener = new Listener(socket, port, certificate, loops, setup);
        listener._thread.Start();
        return listener;
    }

    /// <summary>Stops accepting.</summary>
    public void Dispose()
    {
        if (_stopped) return;
        _stopped = true;
        _socket.Dispose();
        _thread.Join();
        _handshakes?.Dispose();
    }

    private void Accept()
    {
        while (!_stopped)
        {
            try
            {
                var socket = _socket.Accept();
                Recover();
                Admit(socket);
            }
            catch (Exception e) when (e is ObjectDisposedException || _stopped)
            {
                return;
            }
            catch (SocketException e) when (IsPeersFault(e))
            {
                _setup.Log.Debug("net", $"a connection was gone before it was accepted: {e.SocketErrorCode}");
            }
            catch (SocketException e)
            {
                Pause(e);
            }
        }
    }

    private static bool IsPeersFault(SocketException e) => e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset
        or SocketError.Interrupted or SocketError.TimedOut or SocketError.NetworkUnreachable or SocketError.HostUnreachable;

    // No descriptor, no memory: the connection stays in the backlog, so trying again at once would spin.
    private void Pause(SocketException e)
    {
        var trouble = e.SocketErrorCode == SocketError.TooManyOpenSockets
            ? "no file descriptor is left (raise the limit of open files, or lower engine.limits.connections)"
            : e.Message;
        if (_trouble is null) _setup.Log.Error("net", $"{EndPoint}: cannot accept connections: {trouble}");
        Volatile.Write(ref _trouble, trouble);
        Thread.Sleep(PauseMs);
    }

    private void Recover()
    {
        if (_trouble is null) return;
        Volatile.Write(ref _trouble, null);
        _setup.Log.Info("net", $"{EndPoint}: accepts connections again");
    }

    private void Admit(Socket socket)
    {
        IPAddress address;
        try
        {
            address = ProxyHeader.Plain(((IPEndPoint)socket.RemoteEndPoint!).Address);
            if (!OptionsAreInherited) SetOptions(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();   // gone already
            _setup.Log.Debug("net", $"a connection was gone before it was set up: {e.SocketErrorCode}");
            return;
        }

        // Of a balancer's connections the address counts that it names; its own is never refused.
        var isProxied = _gate is not null && _gate.Trusts(address);
        if (!isProxied && _setup.Directory().FindBan(address) is not null)
        {
            _banned.Add();
            socket.Dispose();
            return;
        }

        var admitted = _setup.Admission.TryEnter(isProxied ? null : address);
        if (admitted == Admitted.Yes)
        {
            _accepted.Add();
            if (_gate is not null && (isProxied || _port.IsTlsOptional)) Give(new IncomingConnection(_gate, address, isProxied, socket));
            else if (_handshakes is null) Give(new IncomingConnection(_port, address, socket, null));
            else BeginHandshake(socket, address, isBalancers: false);
            return;
        }

        (admitted == Admitted.Full ? _full : _addressFull).Add();
        socket.Dispose();
    }

    // From the accept thread, and from loops, which may be a moment later than the end of the queue.
    private void BeginHandshake(Socket socket, IPAddress address, bool isBalancers)
    {
        if (_handshakes!.TryPost(() => Task.Run(() => HandshakeAsync(socket, address, isBalancers)))) return;
        _setup.Admission.Leave(address);
        socket.Dispose();
    }

    // Five calls a connection that Linux spares us.
    private static bool OptionsAreInherited => OperatingSystem.IsLinux();

    private static void SetOptions(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 20);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
        if (OperatingSystem.IsLinux()) SetUserTimeout(socket);
    }

    // TCP_USER_TIMEOUT, which the runtime has no name for.
    private static void SetUserTimeout(Socket socket)
    {
        const int Tcp = 6;
        const int UserTimeout = 18;
        socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes(SilentPeerMs));
    }

    // SO_REUSEPORT, which the runtime has no name for. The configuration is refused elsewhere.
    private static void SharePort(Socket socket)
    {
        const int SolSocket = 1;
        const int ReusePort = 15;
        socket.SetRawSocketOption(SolSocket, ReusePort, BitConverter.GetBytes(1));
    }

    private async Task HandshakeAsync(Socket socket, IPAddress address, bool isBalancers)
    {
        SslStream? stream = null;
        try
        {
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));   // it throws where the peer has gone already
            using var limit = new CancellationTokenSource(HandshakeMs);
            await stream.AuthenticateAsServerAsync(_certificate!.Options, limit.Token).ConfigureAwait(false);
            Give(new IncomingConnection(_port, address, socket, new TlsWire(stream)) { IsBalancers = isBalancers });
        }
        catch (Exception e)
        {
            // Whatever a stranger can do to a handshake ends here, for him alone.
            if (stream is not null) await stream.DisposeAsync().ConfigureAwait(false);
            socket.Dispose();
            _setup.Admission.Leave(address);
            _badHandshakes.Add();
            _setup.Log.Debug("tls", $"{address}: handshake failed: {e.GetType().Name}: {e.Message}");
        }
    }

    private void Give(IncomingConnection incoming)
    {
        var best = _loops[0];
        foreach (var loop in _loops)
            if (loop.Count < best.Count) best = loop;
        best.Post(incoming);
    }
}
