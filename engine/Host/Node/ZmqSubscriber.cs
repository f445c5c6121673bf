using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Viddhana.Engine.Node;

/// <summary>
/// Subscribes to a node's ZMQ publisher of <c>hashblock</c> (ZMTP 3.0, mechanism NULL) and connects again for ever. Only a hint: what the
/// node says there is never trusted, it makes the watcher ask.
/// </summary>
internal sealed class ZmqSubscriber
{
    private const int HandshakeMs = 10_000;

    private readonly string _endpoint;
    private readonly DnsEndPoint _address;
    private readonly Action<string> _onHash;
    private readonly Log _log;
    private readonly Backoff _backoff;
    private string? _lastProblem;

    /// <summary>Connects at <see cref="RunAsync"/>.</summary>
    /// <param name="endpoint"><c>tcp://host:port</c>.</param>
    /// <param name="onHash">Called with each block id, 64 lowercase hex digits as nodes print it; must be quick.</param>
    /// <param name="log">One line per change of state.</param>
    /// <param name="pacing">Waits between attempts.</param>
    /// <exception cref="FormatException">The endpoint cannot be used.</exception>
    public ZmqSubscriber(string endpoint, Action<string> onHash, Log log, NodePacing pacing)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Scheme != "tcp" || url.Port < 1)
            throw new FormatException($"a node's zmq must look like tcp://host:port, not '{endpoint}'");

        _endpoint = endpoint;
        _address = new DnsEndPoint(url.IdnHost, url.Port);
        _onHash = onHash;
        _log = log;
        _backoff = new Backoff(pacing);
    }

    /// <summary>True while the subscription stands.</summary>
    public bool IsAlive { get; private set; }

    /// <summary>Follows the publisher until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var problem = await TryFollowAsync(stop);
            if (IsAlive || problem != _lastProblem) _log.Warning(NodeGroup.LogArea, $"zmq {_endpoint}: {problem}; polling meanwhile");
            IsAlive = false;
            _lastProblem = problem;
            await _backoff.WaitAsync(stop);
        }
    }

    private async Task<string> TryFollowAsync(CancellationToken stop)
    {
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await FollowAsync(socket, stop);
            return "closed";
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return $"no ZMTP handshake within {HandshakeMs} ms";
        }
        catch (EndOfStreamException)
        {
            return "the publisher closed the connection";
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException)
        {
            return e.Message;
        }
    }

    private async Task FollowAsync(Socket socket, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(HandshakeMs);
        await socket.ConnectAsync(_address, limit.Token);
        TcpKeepAlive.Set(socket);   // after: before .NET 10, a socket with options of its own connects to no host name on Unix
        await using var network = new NetworkStream(socket);
        await using var peer = new ZmtpPeer(network);
        await peer.SubscribeAsync("hashblock"u8.ToArray(), limit.Token);

        IsAlive = true;
        _lastProblem = null;
        _backoff.Reset();
        _log.Info(NodeGroup.LogArea, $"zmq {_endpoint}: subscribed to hashblock");
        while (true)
        {
            if (await peer.ReadHashAsync("hashblock"u8.ToArray(), stop) is { } hash) _onHash(hash);
        }
    }
}

/// <summary>One ZMTP 3.0 connection as a SUB socket without security (rfc.zeromq.org/spec/23).</summary>
internal sealed class ZmtpPeer(Stream network) : IAsyncDisposable
{
    /// <summary>Longest frame taken; a hashblock message has 9, 32 and 4 bytes.</summary>
    public const int FrameMax = 64 << 10;

    private const int GreetingSize = 64;
    private const byte More = 1;
    private const byte LongSize = 2;
    private const byte Command = 4;

    private readonly BufferedStream _input = new(network, 4_096);

    /// <summary>Greets, says it is a subscriber, and subscribes.</summary>
    /// <exception cref="InvalidDataException">The peer does not speak ZMTP 3 without security.</exception>
    public async Task SubscribeAsync(byte[] topic, CancellationToken stop)
    {
        await network.WriteAsync(Greeting(), stop);
        var theirs = new byte[GreetingSize];
        await _input.ReadExactlyAsync(theirs, stop);
        if (theirs[0] != 0xff || theirs[9] != 0x7f || theirs[10] < 3)
            throw new InvalidDataException("the peer does not speak ZMTP 3: is this the zmqpubhashblock port?");
        if (!theirs.AsSpan(12, 20).SequenceEqual("NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8))
            throw new InvalidDataException("the peer wants ZMQ security, which nodes do not have: is this the zmqpubhashblock port?");

        await network.WriteAsync("\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB"u8.ToArray(), stop);
        var (flags, ready) = await ReadFrameAsync(stop);
        if ((flags & Command) == 0 || !ready.AsSpan().StartsWith("\x05READY"u8))
            throw new InvalidDataException("the peer is not ready to be subscribed to");

        await network.WriteAsync((byte[])[0, (byte)(topic.Length + 1), 1, .. topic], stop);
    }

    /// <summary>The next message: the hash in it as hex, or null when it is something else.</summary>
    public async Task<string?> ReadHashAsync(byte[] topic, CancellationToken stop)
    {
        string? hash = null;
        var isTopic = false;
        for (var index = 0; ; index++)
        {
            var (flags, body) = await ReadFrameAsync(stop);
            if ((flags & Command) != 0)
            {
                await AnswerAsync(body, stop);
                index--;
                continue;
            }

            if (index == 0) isTopic = body.AsSpan().SequenceEqual(topic);
            if (index == 1 && isTopic && body.Length == 32) hash = Convert.ToHexStringLower(body);
            if ((flags & More) == 0) return hash;
        }
    }

    /// <summary>Closes the stream too.</summary>
    public ValueTask DisposeAsync() => _input.DisposeAsync();

    private async Task<(byte Flags, byte[] Body)> ReadFrameAsync(CancellationToken stop)
    {
        var head = new byte[9];
        await _input.ReadExactlyAsync(head.AsMemory(0, 2), stop);
        var size = (ulong)head[1];
        if ((head[0] & LongSize) != 0)
        {
            await _input.ReadExactlyAsync(head.AsMemory(2, 7), stop);
            size = BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(1));
        }

        if (head[0] > 7 || size > FrameMax) throw new InvalidDataException("the peer sends something that is not ZMTP");

        var body = new byte[size];
        await _input.ReadExactlyAsync(body, stop);
        return (head[0], body);
    }

    /// <summary>A heartbeat (ZMTP 3.1) is answered with its context; other commands mean nothing to a subscriber.</summary>
    private async Task AnswerAsync(byte[] command, CancellationToken stop)
    {
        if (!command.AsSpan().StartsWith("\x04PING"u8) || command.Length is < 7 or > 7 + 16) return;

        var context = command.AsMemory(7);
        await network.WriteAsync((byte[])[Command, (byte)(5 + context.Length), 4, .. "PONG"u8, .. context.Span], stop);
    }

    private static byte[] Greeting()
    {
        var greeting = new byte[GreetingSize];
        greeting[0] = 0xff;
        greeting[9] = 0x7f;
        greeting[10] = 3;
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        return greeting;
    }
}
