using System.Runtime.InteropServices;

namespace Viddhana.Miner.Load.Wire;

/// <summary>
/// The system calls of the load generator; the numbers are Linux's on x86-64 and arm64. errno is read with
/// <see cref="Marshal.GetLastPInvokeError"/>.
/// </summary>
internal static unsafe partial class Posix
{
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int InProgress = 115;

    public const int InternetStreamNonBlocking = 1 | 0x800 | 0x80000;   // SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC
    public const int AddressInternet = 2;
    public const int NoSignal = 0x4000;

    public const int LevelIp = 0;
    public const int LevelSocket = 1;
    public const int LevelTcp = 6;
    public const int BindAddressNoPort = 24;
    public const int TimestampNanoseconds = 35;
    public const int NoDelay = 1;

    public const int EpollCloseOnExec = 0x80000;
    public const int EpollAdd = 1;
    public const int EpollModify = 3;
    public const uint EpollIn = 1;
    public const uint EpollOut = 4;
    public const uint EpollError = 8;
    public const uint EpollHangUp = 16;

    private const int SetTimerSlack = 29;

    /// <summary>Timers of this thread are exact, instead of up to 50 µs late.</summary>
    public static void UseExactTimers() => _ = ProcessControl(SetTimerSlack, 1, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, int* value, uint length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int eventsMax, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    public static partial int EpollWaitExact(int epoll, byte* events, int eventsMax, TimeSpec* timeout, void* signals);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);
}

/// <summary>struct timespec of 64-bit Linux.</summary>
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}

/// <summary>struct iovec.</summary>
internal unsafe struct Piece
{
    public byte* Bytes;
    public nuint Length;
}

/// <summary>struct msghdr of 64-bit Linux.</summary>
internal unsafe struct MessageHeader
{
    public byte* Name;
    public uint NameLength;
    public Piece* Pieces;
    public nuint PieceCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
}
