using System.Net;
using System.Net.Sockets;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Net;

/// <summary>
/// What a port does with connections whose first bytes decide: those of trusted balancers, which begin with a PROXY header, and all of a
/// port that speaks TLS and plain. Made by the port's listener; safe on any thread.
/// </summary>
internal sealed class Gate
{
    private const long QuietMs = 60_000;

    private readonly string _name;
    private readonly Action<Socket, IPAddress, bool> _beginTls;
    private readonly Log _log;
    private readonly Counter _bad;
    private readonly Counter _late;
    private long _lastBadMs;
    private int _isTroubled;

    /// <param name="port">The port.</param>
    /// <param name="endPoint">Its address, for the log.</param>
    /// <param name="hasCertificate">True where it speaks TLS, always or by first byte.</param>
    /// <param name="setup">Log and metrics.</param>
    /// <param name="beginTls">
    /// Takes over a socket whose next bytes are to be a ClientHello; admitted already. True: it is a balancer's own.
    /// </param>
    public Gate(MiningPort port, IPEndPoint endPoint, bool hasCertificate, LoopSetup setup, Action<Socket, IPAddress, bool> beginTls)
    {
        Port = port;
        IsTls = hasCertificate && !port.IsTlsOptional;
        _name = endPoint.ToString();
        _beginTls = beginTls;
        _log = setup.Log;
        const string Refused = "stratum_proxy_headers_refused_total";
        const string Help = "Connections of trusted balancers that were closed for want of a PROXY header.";
        _bad = setup.Metrics.Counter(Refused, Help, ("pool", port.Pool.Id), ("cause", "invalid"));
        _late = setup.Metrics.Counter(Refused, Help, ("pool", port.Pool.Id), ("cause", "late"));
    }

    public MiningPort Port { get; }

    /// <summary>True where every connection speaks TLS.</summary>
    public bool IsTls { get; }

    /// <summary>True for a balancer that says whose connections it brings.</summary>
    public bool Trusts(IPAddress peer)
    {
        foreach (var range in Port.ProxyFrom)
            if (range.Contains(peer)) return true;
        return false;
    }

    public void BeginTls(Socket socket, IPAddress address, bool isBalancers) => _beginTls(socket, address, isBalancers);

    /// <summary>A good header has come: the trouble is over, once none was bad for a while.</summary>
    public void HeaderIsGood(long nowMs)
    {
        if (Volatile.Read(ref _isTroubled) == 0 || nowMs - Volatile.Read(ref _lastBadMs) < QuietMs) return;
        if (Interlocked.Exchange(ref _isTroubled, 0) == 1) _log.Info("net", $"{_name}: balancers send PROXY headers again");
    }

    /// <summary>One is closed for want of a header. Told once, until all was well for a minute.</summary>
    public void HeaderIsBad(IPAddress balancer, bool isLate, long nowMs)
    {
        (isLate ? _late : _bad).Add();
        Volatile.Write(ref _lastBadMs, nowMs);
        if (Interlocked.Exchange(ref _isTroubled, 1) == 1) return;
        _log.Warning("net", $"{_name}: a connection from {balancer}, which is in proxy_from, was closed: "
            + (isLate ? $"no PROXY header within {Arrival.HeaderMs / 1_000} s" : "it does not begin with a PROXY header")
            + " (HAProxy: send-proxy-v2; more of the kind is only counted)");
    }
}
