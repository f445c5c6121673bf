using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Viddhana.Miner.Load.Wire;

/// <summary>Non-blocking TCP sockets by their descriptor. IPv4, as the load generator is for machines of one's own.</summary>
internal static unsafe class LoadSocket
{
    private const int AddressSize = 16;
    private const int ControlSize = 64;
    private const int ControlHeaderSize = 16;
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>Starts to connect; the socket becomes writable when that is done. -1: refused at once or no descriptor left.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="source">Address to connect from; null: the system's choice.</param>
    /// <param name="isStamped">The system is to note when bytes arrive.</param>
    public static int Connect(IPEndPoint target, IPAddress? source, bool isStamped)
    {
        var socket = Posix.Socket(Posix.AddressInternet, Posix.InternetStreamNonBlocking, 0);
        if (socket < 0) return -1;

        Set(socket, Posix.LevelTcp, Posix.NoDelay);
        if (isStamped) Set(socket, Posix.LevelSocket, Posix.TimestampNanoseconds);
        var bytes = stackalloc byte[AddressSize];
        if (source is not null)
        {
            // The port is then chosen when connecting: the same one can serve towards several targets.
            Set(socket, Posix.LevelIp, Posix.BindAddressNoPort);
            Write(source, 0, bytes);
            if (Posix.Bind(socket, bytes, AddressSize) != 0) return Refuse(socket);
        }

        Write(target.Address, target.Port, bytes);
        if (Posix.Connect(socket, bytes, AddressSize) == 0) return socket;
        return Marshal.GetLastPInvokeError() == Posix.InProgress ? socket : Refuse(socket);
    }

    /// <summary>Takes what has come: its length, 0 for nothing yet, -1 when the connection is over.</summary>
    public static int Receive(int socket, Span<byte> into)
    {
        fixed (byte* buffer = into) return Result(Posix.Receive(socket, buffer, (nuint)into.Length, 0), isStream: true);
    }

    /// <summary>Takes what has come, with the system's note of when the last of it arrived: nanoseconds since 1970.</summary>
    public static int Receive(int socket, Span<byte> into, out long stamp)
    {
        stamp = 0;
        fixed (byte* buffer = into)
        {
            var piece = new Piece { Bytes = buffer, Length = (nuint)into.Length };
            var control = stackalloc byte[ControlSize];
            var message = new MessageHeader { Pieces = &piece, PieceCount = 1, Control = control, ControlLength = ControlSize };
            var count = Posix.ReceiveMessage(socket, &message, 0);
            if (count > 0 && message.ControlLength >= ControlHeaderSize + (nuint)sizeof(TimeSpec)
                && Unsafe.ReadUnaligned<int>(control + 12) == Posix.TimestampNanoseconds)
            {
                var time = Unsafe.ReadUnaligned<TimeSpec>(control + ControlHeaderSize);
                stamp = (time.Seconds * NanosPerSecond) + time.Nanoseconds;
            }

            return Result(count, isStream: true);
        }
    }

    /// <summary>Sends what fits: its length (0 too), or -1 when the connection is over.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* buffer = bytes) return Result(Posix.Send(socket, buffer, (nuint)bytes.Length, Posix.NoSignal), isStream: false);
    }

    private static int Result(nint count, bool isStream)
    {
        if (count > 0) return (int)count;
        if (count == 0) return isStream ? -1 : 0;
        return Marshal.GetLastPInvokeError() is Posix.TryAgain or Posix.Interrupted ? 0 : -1;
    }

    private static int Refuse(int socket)
    {
        _ = Posix.Close(socket);
        return -1;
    }

    private static void Set(int socket, int level, int option)
    {
        var on = 1;
        _ = Posix.SetOption(socket, level, option, &on, sizeof(int));
    }

    private static void Write(IPAddress address, int port, byte* bytes)
    {
        var span = new Span<byte>(bytes, AddressSize);
        span.Clear();
        Unsafe.WriteUnaligned(bytes, (ushort)Posix.AddressInternet);
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], (ushort)port);
        address.TryWriteBytes(span[4..], out _);
    }
}
