using System.Net.Sockets;

namespace Viddhana.Engine.Net;

/// <summary>
/// How a loop waits for its sockets. One transport per loop; all but <see cref="Wake"/> is called by the loop's thread alone.
/// It tells readiness only: bytes are read and written by the loop, so idle connections own no buffer.
/// </summary>
public interface ITransport : IDisposable
{
    /// <summary>Takes over an accepted socket and watches it for bytes to read.</summary>
    /// <param name="socket">The socket; the link closes it.</param>
    /// <param name="owner">What <see cref="ILink.Owner"/> returns.</param>
    ISocketLink Attach(Socket socket, object owner);

    /// <summary>
    /// Waits until a link is ready, <see cref="Wake"/> is called or the time is over, and appends ready links to <paramref name="ready"/>.
    /// Interruptions by signals are nothing special: it may return early with nothing.
    /// </summary>
    void Wait(int timeoutMs, List<ILink> ready);

    /// <summary>Makes a present or the next <see cref="Wait"/> return at once. From any thread.</summary>
    void Wake();
}

/// <summary>One connection's wire, as its loop sees it. Only the loop's thread calls it.</summary>
public interface ILink
{
    /// <summary>The connection it belongs to.</summary>
    object Owner { get; }

    /// <summary>Reads what is there. 0: nothing at present; -1: the peer has closed, or the wire failed.</summary>
    int Receive(Span<byte> into);

    /// <summary>Hands bytes to the wire and returns how many it took, 0 if it takes none at present; -1: the wire failed.</summary>
    int Send(ReadOnlySpan<byte> bytes);

    /// <summary>Whether bytes that arrive make the link ready. On at first; repeated calls cost nothing.</summary>
    void WatchReads(bool on);

    /// <summary>Whether room for more bytes makes the link ready. Off at first; repeated calls cost nothing.</summary>
    void WatchWrites(bool on);

    /// <summary>Closes the wire. Nothing of it is ready afterwards. Repeated calls do nothing.</summary>
    void Close();
}

/// <summary>A link whose wire is the socket itself, as transports make them.</summary>
public interface ISocketLink : ILink
{
    /// <summary>Reads what is there and leaves it there; else as <see cref="ILink.Receive"/>.</summary>
    int Peek(Span<byte> into);

    /// <summary>Makes another the owner, who is told of bytes that are there already.</summary>
    void HandTo(object owner);

    /// <summary>Gives the socket away, open and blocking; the link is closed by that.</summary>
    Socket Detach();
}

/// <summary>The transports there are.</summary>
public static class Transports
{
    /// <summary>Own epoll on Linux, the runtime's socket events elsewhere.</summary>
    public static ITransport New() => OperatingSystem.IsLinux() ? new EpollTransport() : new EventTransport();
}
