using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>A ZMTP 3 publisher as libzmq plays it, reduced to what a subscriber sees.</summary>
internal sealed class ZmqPublisher : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<NetworkStream> _subscribers = new();

    public ZmqPublisher()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Endpoint => $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public ConcurrentQueue<byte[]> Heard { get; } = new();

    /// <summary>Sent instead of a greeting.</summary>
    public byte[]? Rude { get; set; }

    public int Subscribers => _subscribers.Count;

    public static byte[] Frame(byte flags, ReadOnlySpan<byte> body) => [flags, (byte)body.Length, .. body];

    public static byte[] LongFrame(byte flags, ReadOnlySpan<byte> body)
    {
        var size = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(size, (ulong)body.Length);
        return [(byte)(flags | 2), .. size, .. body];
    }

    public static byte[] Block(string hash) =>
        [.. Frame(1, "hashblock"u8), .. Frame(1, Convert.FromHexString(hash)), .. Frame(0, [7, 0, 0, 0])];

    public async Task SendAsync(byte[] bytes, int piece = int.MaxValue)
    {
        foreach (var stream in _subscribers)
        {
            for (var at = 0; at < bytes.Length; at += Math.Min(piece, bytes.Length - at))
            {
                await stream.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)));
                if (piece < bytes.Length) await Task.Yield();
            }
        }
    }

    public void Cut()
    {
        while (_subscribers.TryDequeue(out var stream)) stream.Dispose();
    }

    public void Dispose()
    {
        _listener.Stop();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                client.NoDelay = true;
                _ = ServeAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        try
        {
            if (Rude is not null)
            {
                await stream.WriteAsync(Rude);
                return;
            }

            var greeting = new byte[64];
            (greeting[0], greeting[9], greeting[10], greeting[11]) = (0xff, 0x7f, 3, 1);
            "NULL"u8.CopyTo(greeting.AsSpan(12));
            await stream.WriteAsync(greeting);
            var theirs = new byte[64];
            await stream.ReadExactlyAsync(theirs);
            Heard.Enqueue(theirs);
            Heard.Enqueue(await ReadFrameAsync(stream));
            await stream.WriteAsync(Frame(4, "\x05READY\x0bSocket-Type\0\0\0\x03PUB\x08Identity\0\0\0\0"u8));
            Heard.Enqueue(await ReadFrameAsync(stream));
            _subscribers.Enqueue(stream);
            while (true) Heard.Enqueue(await ReadFrameAsync(stream));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The subscriber left, or was cut off.
        }
    }

    private static async Task<byte[]> ReadFrameAsync(NetworkStream stream)
    {
        var head = new byte[2];
        await stream.ReadExactlyAsync(head);
        var body = new byte[head[1]];
        await stream.ReadExactlyAsync(body);
        return [head[0], .. body];
    }
}

internal sealed class ZmqTests
{
    private static readonly string First = new('a', 64);
    private static readonly string Second = "00112233" + new string('b', 56);

    private static (ZmqSubscriber Subscriber, ConcurrentQueue<string> Hashes, CancellationTokenSource Stop) Start(ZmqPublisher publisher)
    {
        var hashes = new ConcurrentQueue<string>();
        var pacing = new NodePacing { RetryFirstMs = 10, RetryMostMs = 50 };
        var subscriber = new ZmqSubscriber(publisher.Endpoint, hashes.Enqueue, Viddhana.Engine.Log.Nowhere, pacing);
        var stop = new CancellationTokenSource();
        _ = subscriber.RunAsync(stop.Token);
        return (subscriber, hashes, stop);
    }

    [Test]
    public async Task Block_hashes_are_received_in_display_order()
    {
        using var publisher = new ZmqPublisher();
        var (subscriber, hashes, stop) = Start(publisher);
        using var _ = stop;
        await Eventually.True(() => publisher.Subscribers == 1 && subscriber.IsAlive, "it subscribed");

        await publisher.SendAsync(ZmqPublisher.Block(First));
        await publisher.SendAsync(ZmqPublisher.Block(Second));
        await Eventually.True(() => hashes.Count == 2, "two hashes came");

        Assert.That(hashes, Is.EqualTo(new[] { First, Second }));
        var heard = publisher.Heard.ToArray();
        Assert.That(heard[0].AsSpan(0, 11).ToArray(), Is.EqualTo(new byte[] { 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3 }));
        Assert.That(heard[1], Is.EqualTo("\x04\x05READY\x0bSocket-Type\0\0\0\x03SUB"u8.ToArray()));
        Assert.That(heard[2], Is.EqualTo("\0\x01hashblock"u8.ToArray()));
        await stop.CancelAsync();
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(11)]
    public async Task Frames_may_arrive_in_pieces(int piece)
    {
        using var publisher = new ZmqPublisher();
        var (_, hashes, stop) = Start(publisher);
        await Eventually.True(() => publisher.Subscribers == 1, "it subscribed");

        await publisher.SendAsync([.. ZmqPublisher.Block(First), .. ZmqPublisher.Block(Second)], piece);
        await Eventually.True(() => hashes.Count == 2, "two hashes came");

        Assert.That(hashes, Is.EqualTo(new[] { First, Second }));
        await stop.CancelAsync();
        stop.Dispose();
    }

    [Test]
    public async Task Other_topics_long_frames_and_heartbeats_are_taken_in_stride()
    {
        using var publisher = new ZmqPublisher();
        var (_, hashes, stop) = Start(publisher);
        await Eventually.True(() => publisher.Subscribers == 1, "it subscribed");

        await publisher.SendAsync(
            [.. ZmqPublisher.Frame(1, "hashtx"u8), .. ZmqPublisher.Frame(1, new byte[32]), .. ZmqPublisher.Frame(0, new byte[4])]);
        await publisher.SendAsync([.. ZmqPublisher.Frame(1, "hashblock"u8), .. ZmqPublisher.Frame(0, new byte[31])]);
        await publisher.SendAsync(ZmqPublisher.Frame(4, "\x04PING\0\x0a\x01\x02"u8));
        await publisher.SendAsync([.. ZmqPublisher.Frame(1, "hashblock"u8), .. ZmqPublisher.LongFrame(1, Convert.FromHexString(First)),
            .. ZmqPublisher.Frame(4, "\x04PING\0\x0a"u8), .. ZmqPublisher.LongFrame(0, new byte[300])]);
        await Eventually.True(() => hashes.Count == 1 && publisher.Heard.Count >= 5, "the hash and the answers to the heartbeats came");

        Assert.That(hashes, Is.EqualTo(new[] { First }));
        Assert.That(publisher.Heard.ToArray()[3], Is.EqualTo("\x04\x04PONG\x01\x02"u8.ToArray()));
        await stop.CancelAsync();
        stop.Dispose();
    }

    [Test]
    public async Task A_publisher_that_goes_away_is_subscribed_to_again()
    {
        using var publisher = new ZmqPublisher();
        var (subscriber, hashes, stop) = Start(publisher);
        for (var round = 1; round <= 3; round++)
        {
            await Eventually.True(() => publisher.Subscribers == 1 && subscriber.IsAlive, "it subscribed");
            await publisher.SendAsync(ZmqPublisher.Block(First));
            await Eventually.True(() => hashes.Count == round, "the hash came");
            publisher.Cut();
        }

        await stop.CancelAsync();
        stop.Dispose();
    }

    [Test]
    public async Task What_is_no_publisher_is_left_and_tried_again()
    {
        byte[][] rude =
        [
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\nX-Filler: 0123456789\r\n\r\n"u8.ToArray(),
            [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 1, .. new byte[53]],
            [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, .. "CURVE"u8, .. new byte[47]],
            [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, .. "NULL"u8, .. new byte[48], 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, .. "NULL"u8, .. new byte[48], 0, 1, 0],
        ];
        using var publisher = new ZmqPublisher();
        foreach (var bytes in rude)
        {
            publisher.Rude = bytes;
            var (subscriber, hashes, stop) = Start(publisher);
            await Task.Delay(50);
            Assert.That(subscriber.IsAlive, Is.False);
            publisher.Rude = null;
            await Eventually.True(() => subscriber.IsAlive && publisher.Subscribers == 1, "it subscribed after all");
            await publisher.SendAsync(ZmqPublisher.Block(First));
            await Eventually.True(() => hashes.Count == 1, "the hash came");
            await stop.CancelAsync();
            stop.Dispose();
            publisher.Cut();
        }
    }

    [Test]
    public async Task A_notification_brings_the_next_template_without_long_poll_or_polling()
    {
        await using var node = new FakeNode { OffersLongPolls = false };
        node.On("getbestblockhash", _ => FakeReply.Error(-1, "not in this test"));
        using var publisher = new ZmqPublisher();
        var config = node.Config();
        config.Zmq = publisher.Endpoint;
        await using var pool = new TestPool(new NodePacing(), "bitcoin", config);
        pool.Watch();
        await pool.UntilHeight(101);
        await Eventually.True(() => publisher.Subscribers == 1, "it subscribed");
        node.On("getblockchaininfo", _ => FakeReply.Result(
            $"{{\"chain\":\"regtest\",\"blocks\":100,\"headers\":100,\"bestblockhash\":\"{FakeNode.Hash(100)}\"}}"));

        node.SetTip(101);
        await publisher.SendAsync(ZmqPublisher.Block(node.Tip));

        await pool.UntilHeight(102);
    }

    [TestCase("ipc:///tmp/x")]
    [TestCase("127.0.0.1:28332")]
    [TestCase("tcp://127.0.0.1")]
    public void An_endpoint_that_cannot_be_used_is_refused(string endpoint)
    {
        var nowhere = Viddhana.Engine.Log.Nowhere;
        Assert.That(() => new ZmqSubscriber(endpoint, _ => { }, nowhere, new NodePacing()), Throws.InstanceOf<FormatException>());
    }
}
