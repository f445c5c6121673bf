using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Viddhana.Engine.Net;

/// <summary>
/// The portable transport, on the runtime's own socket events: a zero-byte receive completes when there is something to read. For
/// systems without epoll. Inline completions stay off: they would be on for the whole process, and continuations of node calls would
/// hold up sockets.
/// </summary>
public sealed class EventTransport : ITransport
{
    private const int RetrySendMs = 20;

    private readonly ConcurrentQueue<EventLink> _ready = new();
    private readonly AutoResetEvent _wake = new(initialState: false);

    /// <inheritdoc/>
    public ISocketLink Attach(Socket socket, object owner)
    {
        socket.Blocking = false;
        var link = new EventLink(this, socket, owner);
        link.Arm();
        return link;
    }

    /// <inheritdoc/>
    public void Wait(int timeoutMs, List<ILink> ready)
    {
        if (_ready.IsEmpty) _wake.WaitOne(timeoutMs);

        // A link that is not done will be armed again and come back: only those that are here now are taken.
        for (var left = _ready.Count; left > 0 && _ready.TryDequeue(out var link); left--)
            if (link.BecameReady()) ready.Add(link);
    }

    /// <inheritdoc/>
    public void Wake() => _wake.Set();

    /// <inheritdoc/>
    public void Dispose() => _wake.Set();

    private void Post(EventLink link)
    {
        _ready.Enqueue(link);
        _wake.Set();
    }

    private sealed class EventLink(EventTransport transport, Socket socket, object owner) : ISocketLink
    {
        private SocketAsyncEventArgs? _readable;
        private bool _reads = true;
        private bool _writes;
        private bool _readPending;
        private bool _writePending;
        private volatile bool _readDone;
        private volatile bool _writeDone;
        private bool _closed;

        public object Owner => owner;

        public void HandTo(object next)
        {
            owner = next;
            Arm();
        }

        public int Peek(Span<byte> into)
        {
            if (_closed) return -1;
            var count = socket.Receive(into, SocketFlags.Peek, out var error);
            if (error == SocketError.WouldBlock)
            {
                Arm();
                return 0;
            }

            return error == SocketError.Success && count > 0 ? count : -1;
        }

        /// <summary>Only while no read is under way, which is so for whoever was just told of bytes and has not read them.</summary>
        public Socket Detach()
        {
            _closed = true;
            socket.Blocking = true;
            return socket;
        }

        /// <summary>On the loop: notes which of the two waits is over.</summary>
        public bool BecameReady()
        {
            if (_closed) return false;
            var ready = false;
            if (_readDone)
            {
                _readDone = _readPending = false;
                ready = true;
            }

            if (_writeDone)
            {
                _writeDone = _writePending = false;
                if (_writes) ArmWrite();
                ready = true;
            }

            return ready;
        }

        public int Receive(Span<byte> into)
        {
            if (_closed) return -1;
            var count = socket.Receive(into, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) count = 0;
            else if (error != SocketError.Success || count == 0) return -1;
            Arm();
            return count;
        }

        public int Send(ReadOnlySpan<byte> bytes)
        {
            if (_closed) return -1;
            var count = socket.Send(bytes, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return Math.Max(0, count);
            return error == SocketError.Success ? count : -1;
        }

        public void WatchReads(bool on)
        {
            _reads = on;
            if (on) Arm();
        }

        public void WatchWrites(bool on)
        {
            _writes = on;
            if (on) ArmWrite();
        }

        public void Close()
        {
            if (_closed) return;
            _closed = true;
            socket.Dispose();
        }

        public void Arm()
        {
            if (_closed || _readPending || !_reads) return;
            _readPending = true;
            _readable ??= NewReadable();
            if (!socket.ReceiveAsync(_readable)) Done(read: true);
        }

        private void ArmWrite()
        {
            if (_closed || _writePending) return;
            _writePending = true;
            // The runtime has no "tell me when there is room": a slow reader is tried again after a moment.
            Task.Delay(RetrySendMs).ContinueWith(_ => Done(read: false), TaskScheduler.Default);
        }

        private SocketAsyncEventArgs NewReadable()
        {
            var args = new SocketAsyncEventArgs(true);
            args.SetBuffer(Memory<byte>.Empty);
            args.Completed += (_, _) => Done(read: true);
            return args;
        }

        private void Done(bool read)
        {
            if (read) _readDone = true;
            else _writeDone = true;
            transport.Post(this);
        }
    }
}
