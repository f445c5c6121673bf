using System.Net;
using System.Net.Sockets;

namespace Viddhana.Engine.Net;

/// <summary>An admitted connection on its way from a listener to a loop.</summary>
public sealed class IncomingConnection(MiningPort port, IPAddress address, Socket socket, TlsWire? tls) : IDisposable
{
    /// <summary>What it is for.</summary>
    public MiningPort Port { get; } = port;

    /// <summary>The peer.</summary>
    public IPAddress Address { get; } = address;

    /// <summary>On the loop: makes its link.</summary>
    internal ILink Attach(Loop loop, object owner) =>
        tls is null ? loop.AttachToTransport(socket, owner) : new TlsLink(loop, tls, owner);

    /// <summary>Closes it unattached.</summary>
    public void Dispose()
    {
        tls?.Stream.Dispose();
        socket.Dispose();
    }
}
