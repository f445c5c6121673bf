using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Zmq;

/// <summary>
/// A ZMTP 3.0 PUB socket with the NULL mechanism that publishes <c>hashblock</c> as Bitcoin Core does: topic, the hash in the
/// order in which it is shown, and a counter. A subscriber that does not read is cut off.
/// </summary>
public sealed class ZmqPublisher : IAsyncDisposable
{
    private const int SubscribersMax = 64;
    private const int GreetingSize = 64;
    private const int FrameMax = 1024;
    private const byte MoreFlag = 1;
    private const byte LongFlag = 2;
    private const byte CommandFlag = 4;
    private static readonly byte[] Topic = "hashblock"u8.ToArray();

    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, ConcurrentDictionary<string, byte>> _subscribers = new();
    private readonly ConcurrentDictionary<Task, byte> _tasks = new();
    private readonly Task _accepting;
    private uint _sequence;

    /// <summary>Listens at once.</summary>
    public ZmqPublisher(IPEndPoint endpoint)
    {
        _listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(endpoint);
        _listener.Listen(16);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port that was chosen.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Announces a new tip. Called by one thread at a time.</summary>
    public void Publish(Hash256 hash)
    {
        var shown = hash.ToBytes();
        Array.Reverse(shown);
        var message = new byte[2 + Topic.Length + 2 + 32 + 2 + 4];
        message[0] = MoreFlag;
        message[1] = (byte)Topic.Length;
        Topic.CopyTo(message, 2);
        var at = 2 + Topic.Length;
        message[at] = MoreFlag;
        message[at + 1] = 32;
        shown.CopyTo(message, at + 2);
        message[at + 35] = 4;
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(at + 36), _sequence++);

        foreach (var (socket, topics) in _subscribers)
        {
            if (!topics.Keys.Any(topic => "hashblock".StartsWith(topic, StringComparison.Ordinal))) continue;

            // The socket does not block: a message that does not fit whole means that nobody reads.
            var sent = 0;
            try
            {
                sent = socket.Send(message, SocketFlags.None, out _);
            }
            catch (ObjectDisposedException)
            {
                continue;   // it left just now
            }

            if (sent != message.Length) socket.Dispose();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_tasks.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                if (_subscribers.Count >= SubscribersMax)
                {
                    socket.Dispose();
                    continue;
                }

                var serving = ServeAsync(socket);
                _tasks[serving] = 0;
                _ = serving.ContinueWith(done => _tasks.TryRemove(done, out _), TaskScheduler.Default);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The node stops.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        var topics = new ConcurrentDictionary<string, byte>();
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: false);
            await GreetAsync(stream);
            socket.NoDelay = true;
            socket.Blocking = false;   // Publish never waits
            _subscribers[socket] = topics;
            while (true) await ReadFrameAsync(stream, topics);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The subscriber left, spoke something else, or the node stops.
        }
        finally
        {
            _subscribers.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    private async Task GreetAsync(NetworkStream stream)
    {
        var greeting = new byte[GreetingSize];
        greeting[0] = 0xFF;
        greeting[9] = 0x7F;
        greeting[10] = 3;
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        await stream.WriteAsync(greeting, _stop.Token);
        var peer = new byte[GreetingSize];
        await stream.ReadExactlyAsync(peer, _stop.Token);
        if (peer[0] != 0xFF || peer[9] != 0x7F || peer[10] < 3) throw new IOException("not ZMTP 3");

        await stream.WriteAsync((byte[])[CommandFlag, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "PUB"u8], _stop.Token);
    }

    // Subscriptions come as messages (ZMTP 3.0: 1 or 0 and the topic) or as commands (3.1).
    private async Task ReadFrameAsync(NetworkStream stream, ConcurrentDictionary<string, byte> topics)
    {
        var head = new byte[8];
        await stream.ReadExactlyAsync(head.AsMemory(0, 1), _stop.Token);
        var flags = head[0];
        var digits = (flags & LongFlag) != 0 ? 8 : 1;
        await stream.ReadExactlyAsync(head.AsMemory(0, digits), _stop.Token);
        var length = digits == 1 ? head[0] : BinaryPrimitives.ReadUInt64BigEndian(head);
        if (length > FrameMax) throw new IOException("frame too long");

        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _stop.Token);
        if ((flags & CommandFlag) == 0)
        {
            if (body is [1, ..]) Subscribe(topics, body.AsSpan(1));
            else if (body is [0, ..]) topics.TryRemove(Text(body.AsSpan(1)), out _);
        }
        else if (body.AsSpan().StartsWith("\tSUBSCRIBE"u8))
        {
            Subscribe(topics, body.AsSpan(10));
        }
        else if (body.AsSpan().StartsWith("\u0006CANCEL"u8))
        {
            topics.TryRemove(Text(body.AsSpan(7)), out _);
        }
        else if (body.AsSpan().StartsWith("\u0004PING"u8) && body.Length >= 7)
        {
            await stream.WriteAsync((byte[])[CommandFlag, (byte)(body.Length - 2), 4, .. "PONG"u8, .. body.AsSpan(7)], _stop.Token);
        }
    }

    private static void Subscribe(ConcurrentDictionary<string, byte> topics, ReadOnlySpan<byte> topic)
    {
        if (topics.Count >= SubscribersMax) throw new IOException("too many topics");

        topics[Text(topic)] = 0;
    }

    private static string Text(ReadOnlySpan<byte> topic) => System.Text.Encoding.Latin1.GetString(topic);
}
