using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Viddhana.Bench.Live;

/// <summary>Viewers over plain sockets: each sends its request and reads what comes, as cheaply as can be.</summary>
internal sealed class LiveViewers(int port) : IDisposable
{
    private const int AtOnce = 64;

    private static readonly byte[] Request = Encoding.ASCII.GetBytes(
        "GET /api/v1/live HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n");

    private readonly List<Socket> _sockets = [];
    private readonly ConcurrentDictionary<long, Spread> _events = [];
    private long _received;
    private long _bytes;
    private int _begun;
    private int _ended;
    private volatile string? _refusal;

    /// <summary>Viewers that have had something.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>Viewers whose stream has ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Events and comments received, by all.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Bytes received, by all.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Milliseconds from the first viewer that had an event to the last, of events that this many have had.</summary>
    public double[] SpreadMs(int viewers) =>
        [.. _events.Values.Where(spread => spread.Count == viewers).Select(spread => spread.Ms).Order()];

    /// <summary>Forgets events so far.</summary>
    public void Forget() => _events.Clear();

    /// <summary>Connects so many more, and waits until each has had something.</summary>
    public async Task AddAsync(int count)
    {
        var wanted = Begun + count;
        for (var left = count; left > 0; left -= AtOnce)
            await Task.WhenAll(Enumerable.Range(0, Math.Min(left, AtOnce)).Select(_ => ConnectAsync()));
        while (Begun < wanted)
        {
            if (_refusal is not null || Ended > 0) throw new InvalidOperationException($"a stream ended: {_refusal}");
            await Task.Delay(20);
        }
    }

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
    }

    private async Task ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (_sockets) _sockets.Add(socket);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(Request);
        _ = ReadAsync(socket);
    }

    private async Task ReadAsync(Socket socket)
    {
        var buffer = new byte[8_192];
        try
        {
            for (var isFirst = true; ; isFirst = false)
            {
                var length = await socket.ReceiveAsync(buffer);
                if (length == 0) break;
                if (isFirst) Begin(buffer.AsSpan(0, length));
                Count(buffer.AsSpan(0, length));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Reset by the server, which is counted as an end; or closed here, when nobody counts any more.
            _refusal ??= error.Message;
        }

        Interlocked.Increment(ref _ended);
    }

    private void Begin(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("HTTP/1.1 200"u8)) Interlocked.Increment(ref _begun);
        else _refusal ??= Encoding.ASCII.GetString(bytes[..Math.Min(bytes.Length, 200)]);
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        var now = Stopwatch.GetTimestamp();
        Interlocked.Add(ref _bytes, bytes.Length);
        for (var at = bytes.IndexOf("id: "u8); at >= 0; at = bytes.IndexOf("id: "u8))
        {
            bytes = bytes[(at + 4)..];
            // Eight digits of the process, a dash, the number. One that is cut by the end of a read is not looked at.
            var end = bytes.IndexOf((byte)'\n');
            if (end > 9 && System.Buffers.Text.Utf8Parser.TryParse(bytes[9..end], out long number, out _))
                _events.GetOrAdd(number, static _ => new Spread()).See(now);
        }

        Interlocked.Increment(ref _received);
    }

    private sealed class Spread
    {
        private readonly Lock _lock = new();
        private long _first = long.MaxValue;
        private long _last;

        public int Count { get; private set; }

        public double Ms => Stopwatch.GetElapsedTime(_first, _last).TotalMilliseconds;

        public void See(long at)
        {
            lock (_lock)
            {
                _first = Math.Min(_first, at);
                _last = Math.Max(_last, at);
                Count++;
            }
        }
    }
}
