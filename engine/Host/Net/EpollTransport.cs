using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Viddhana.Engine.Net;

/// <summary>
/// The loop's own level-triggered epoll: the thread that waits is the thread that reads, validates and answers, so a share wakes one thread
/// once. (The runtime's socket events would wake a thread of theirs first; measured 20 to 35 % dearer even without that hop.)
/// </summary>
public sealed class EpollTransport : ITransport
{
    private const int EventsMax = 512;

    /// <summary>struct epoll_event is packed on x86-64 only.</summary>
    private static readonly int s_eventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly int s_dataOffset = s_eventSize - sizeof(ulong);

    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte[] _events = GC.AllocateArray<byte>(EventsMax * s_eventSize, pinned: true);
    private readonly Stack<int> _freeSlots = new();
    private EpollLink?[] _links = new EpollLink?[64];
    private int _slotsUsed = 1;   // slot 0 is the wake descriptor

    /// <summary>Opens the epoll instance.</summary>
    public EpollTransport()
    {
        _epoll = LibC.EpollCreate(LibC.EpollCloseOnExec);
        if (_epoll < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_create1");
        _wake = LibC.EventDescriptor(0, LibC.EventNonBlockingCloseOnExec);
        if (_wake < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd");
        Control(LibC.EpollAdd, _wake, LibC.EpollIn, 0);
    }

    /// <summary>
    /// Takes the descriptor out of the socket, so that the runtime's objects around it (some 600 bytes) can go. Calls say themselves that
    /// they do not wait, so the descriptor may stay a blocking one.
    /// </summary>
    public ISocketLink Attach(Socket socket, object owner)
    {
        var slot = _freeSlots.TryPop(out var free) ? free : _slotsUsed++;
        if (slot >= _links.Length) Array.Resize(ref _links, _links.Length * 2);
        var link = new EpollLink(this, (int)socket.SafeHandle.DangerousGetHandle(), owner, slot);
        socket.SafeHandle.SetHandleAsInvalid();
#pragma warning disable CA1816 // the socket owns nothing any more: thousands of finalizers would run for nothing
        GC.SuppressFinalize(socket);
#pragma warning restore CA1816
        _links[slot] = link;
        try
        {
            Control(LibC.EpollAdd, link.Descriptor, LibC.EpollIn, (uint)slot);
        }
        catch
        {
            link.Close();
            throw;
        }

        return link;
    }

    /// <inheritdoc/>
    public unsafe void Wait(int timeoutMs, List<ILink> ready)
    {
        int count;
        fixed (byte* events = _events) count = LibC.EpollWait(_epoll, events, EventsMax, timeoutMs);

        // -1 is EINTR (a signal, SIGSTOP and SIGCONT, a debugger): the loop simply takes another turn.
        for (var i = 0; i < count; i++)
        {
            var data = Unsafe.ReadUnaligned<ulong>(ref _events[(i * s_eventSize) + s_dataOffset]);
            var events = Unsafe.ReadUnaligned<uint>(ref _events[i * s_eventSize]);
            if (data == 0) ClearWake();
            else if (_links[(int)data] is { } link && link.BecameReady(events)) ready.Add(link);
        }
    }

    /// <inheritdoc/>
    public unsafe void Wake()
    {
        var one = 1UL;
        _ = LibC.Write(_wake, (byte*)&one, sizeof(ulong));   // EAGAIN: it is signalled to the brim already
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var link in _links) link?.Close();
        _ = LibC.Close(_wake);
        _ = LibC.Close(_epoll);
    }

    private void Release(int slot)
    {
        _links[slot] = null;
        _freeSlots.Push(slot);
    }

    private unsafe void ClearWake()
    {
        ulong value;
        _ = LibC.Read(_wake, (byte*)&value, sizeof(ulong));
    }

    private unsafe void Control(int operation, int descriptor, uint events, ulong data)
    {
        var bytes = stackalloc byte[16];
        Unsafe.WriteUnaligned(bytes, events);
        Unsafe.WriteUnaligned(bytes + s_dataOffset, data);
        if (LibC.EpollControl(_epoll, operation, descriptor, bytes) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_ctl");
    }

    private sealed class EpollLink(EpollTransport transport, int descriptor, object owner, int slot) : ISocketLink
    {
        private uint _watched = LibC.EpollIn;
        private bool _closed;

        public object Owner => owner;

        /// <summary>Nothing more to do: bytes that were not read make it ready at every wait.</summary>
        public void HandTo(object next) => owner = next;

        // The loop that closes the socket is the only one that uses the descriptor, so it cannot be another socket's by then.
        public int Descriptor => descriptor;

        /// <summary>
        /// A socket that has failed reports so for ever, even when nothing is watched. Where reads are off (its shares are being hashed) it
        /// is shut out of epoll by closing it: nobody is left to read the answers.
        /// </summary>
        public bool BecameReady(uint events)
        {
            if (_closed) return false;
            if ((events & (LibC.EpollError | LibC.EpollHangUp)) != 0 && (_watched & LibC.EpollIn) == 0) Close();
            return true;
        }

        public int Receive(Span<byte> into) => Receive(into, LibC.MessageDoNotWait);

        public int Peek(Span<byte> into) => Receive(into, LibC.MessageDoNotWait | LibC.MessagePeek);

        public unsafe int Send(ReadOnlySpan<byte> bytes)
        {
            while (!_closed)
            {
                const int Flags = LibC.MessageNoSignal | LibC.MessageDoNotWait;
                nint count;
                fixed (byte* buffer = bytes) count = LibC.Send(descriptor, buffer, (nuint)bytes.Length, Flags);
                if (count >= 0) return (int)count;

                var error = Marshal.GetLastPInvokeError();
                if (error == LibC.TryAgain) return 0;
                if (error != LibC.Interrupted) return -1;
            }

            return -1;
        }

        public void WatchReads(bool on) => Watch(LibC.EpollIn, on);

        public void WatchWrites(bool on) => Watch(LibC.EpollOut, on);

        public void Close()
        {
            if (_closed) return;
            _closed = true;
            transport.Release(slot);
            _ = LibC.Close(descriptor);   // the only one of its socket: that takes it out of epoll
        }

        public Socket Detach()
        {
            transport.Control(LibC.EpollDelete, descriptor, 0, 0);
            _closed = true;
            transport.Release(slot);
            return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        }

        private unsafe int Receive(Span<byte> into, int flags)
        {
            while (!_closed)
            {
                nint count;
                fixed (byte* buffer = into) count = LibC.Receive(descriptor, buffer, (nuint)into.Length, flags);
                if (count > 0) return (int)count;
                if (count == 0) return -1;

                var error = Marshal.GetLastPInvokeError();
                if (error == LibC.TryAgain) return 0;
                if (error != LibC.Interrupted) return -1;
            }

            return -1;
        }

        private void Watch(uint what, bool on)
        {
            var watched = on ? _watched | what : _watched & ~what;
            if (watched == _watched || _closed) return;
            _watched = watched;
            transport.Control(LibC.EpollModify, descriptor, watched, (uint)slot);
        }
    }
}
