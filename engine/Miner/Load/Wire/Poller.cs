using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Viddhana.Miner.Load.Wire;

/// <summary>A level-triggered epoll instance; sockets are named by a number of the caller's. For one thread.</summary>
internal sealed unsafe class Poller : IDisposable
{
    private const int EventsMax = 512;
    private const long NanosPerSecond = 1_000_000_000;
    private const long NanosPerMilli = 1_000_000;

    /// <summary>struct epoll_event is packed on x86-64 only.</summary>
    private static readonly int s_eventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly int s_dataOffset = s_eventSize - sizeof(ulong);

    private readonly int _epoll = Posix.EpollCreate(Posix.EpollCloseOnExec);
    private readonly byte[] _events = GC.AllocateArray<byte>(EventsMax * s_eventSize, pinned: true);
    private bool _hasExactWait = true;

    /// <summary>Opens the instance.</summary>
    public Poller()
    {
        if (_epoll < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_create1");
    }

    /// <summary>Watches a socket; what is ready is reported under this number.</summary>
    public void Add(int socket, int number, uint events) => Control(Posix.EpollAdd, socket, number, events);

    /// <summary>Changes what is watched. Closing a socket takes it out.</summary>
    public void Change(int socket, int number, uint events) => Control(Posix.EpollModify, socket, number, events);

    /// <summary>Waits at most so long; returns how many sockets are ready (0 too when a signal came).</summary>
    public int Wait(long nanoseconds)
    {
        fixed (byte* events = _events)
        {
            if (_hasExactWait)
            {
                try
                {
                    var time = new TimeSpec { Seconds = nanoseconds / NanosPerSecond, Nanoseconds = nanoseconds % NanosPerSecond };
                    return Math.Max(0, Posix.EpollWaitExact(_epoll, events, EventsMax, &time, null));
                }
                catch (EntryPointNotFoundException)
                {
                    _hasExactWait = false;   // a libc older than 2.35: whole milliseconds have to do
                }
            }

            return Math.Max(0, Posix.EpollWait(_epoll, events, EventsMax, (int)((nanoseconds + NanosPerMilli - 1) / NanosPerMilli)));
        }
    }

    /// <summary>The ready socket's number and what it is ready for.</summary>
    public (int Number, uint Events) Ready(int index)
    {
        ref var at = ref _events[index * s_eventSize];
        return ((int)Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, s_dataOffset)), Unsafe.ReadUnaligned<uint>(ref at));
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Posix.Close(_epoll);

    private void Control(int operation, int socket, int number, uint events)
    {
        var bytes = stackalloc byte[16];
        Unsafe.WriteUnaligned(bytes, events);
        Unsafe.WriteUnaligned(bytes + s_dataOffset, (ulong)number);
        if (Posix.EpollControl(_epoll, operation, socket, bytes) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "epoll_ctl");
    }
}
