using System.Net;
using System.Net.Sockets;

namespace Viddhana.Engine.Net;

/// <summary>An admitted connection on its way from a listener to a loop.</summary>
public sealed class IncomingConnection : IDisposable
{
    private readonly Socket? _socket;
    private readonly TlsWire? _tls;
    private readonly ISocketLink? _link;

    /// <summary>A connection that is a miner's from its first byte; after its handshake where it is TLS.</summary>
    public IncomingConnection(MiningPort port, IPAddress address, Socket socket, TlsWire? tls)
    {
        Port = port;
        Address = Peer = address;
        _socket = socket;
        _tls = tls;
    }

    /// <summary>One whose first bytes decide.</summary>
    /// <param name="gate">Its port's rules.</param>
    /// <param name="peer">The other end.</param>
    /// <param name="isProxied">True where the peer is a balancer that has yet to say whose connection it is.</param>
    /// <param name="socket">The socket.</param>
    internal IncomingConnection(Gate gate, IPAddress peer, bool isProxied, Socket socket)
    {
        Gate = gate;
        Port = gate.Port;
        Peer = peer;
        Address = isProxied ? null : peer;
        _socket = socket;
    }

    /// <summary>One whose first bytes have decided, on the loop that read them.</summary>
    internal IncomingConnection(MiningPort port, IPAddress address, ISocketLink link)
    {
        Port = port;
        Address = Peer = address;
        _link = link;
    }

    /// <summary>What it is for.</summary>
    public MiningPort Port { get; }

    /// <summary>The miner; null while a balancer has not said who it is.</summary>
    public IPAddress? Address { get; }

    /// <summary>The other end of the wire: the miner or a balancer.</summary>
    internal IPAddress Peer { get; }

    /// <summary>Not null where the first bytes decide.</summary>
    internal Gate? Gate { get; }

    /// <summary>True where it is a trusted balancer's own (a health check): no ban reaches it.</summary>
    internal bool IsBalancers { get; init; }

    /// <summary>True where its bytes come out of TLS.</summary>
    internal bool IsTls => _tls is not null;

    /// <summary>On the loop: makes its link.</summary>
    internal ILink Attach(Loop loop, object owner)
    {
        if (_tls is not null) return new TlsLink(loop, _tls, owner);
        if (_link is null) return AttachSocket(loop, owner);

        _link.HandTo(owner);
        return _link;
    }

    /// <summary>On the loop: makes the link of one whose first bytes decide.</summary>
    internal ISocketLink AttachSocket(Loop loop, object owner) => loop.AttachToTransport(_socket!, owner);

    /// <summary>Closes it unattached.</summary>
    public void Dispose()
    {
        _tls?.Stream.Dispose();
        _socket?.Dispose();
        _link?.Close();
    }
}
