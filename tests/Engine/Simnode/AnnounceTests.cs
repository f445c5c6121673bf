using System.Net;
using System.Net.Sockets;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>The ZMTP publisher, seen by a subscriber made of raw bytes.</summary>
public sealed class AnnounceTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_subscriber_hears_of_every_tip_with_the_hash_as_shown_and_a_counter(bool subscribesByCommand)
    {
        await using var node = StartedSimnode.Start(more: settings => settings with { Zmq = new IPEndPoint(IPAddress.Loopback, 0) });
        using var client = new TcpClient();
        await client.ConnectAsync(node.Server.ZmqEndPoint!);
        var stream = client.GetStream();
        await stream.WriteAsync((byte[])[0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0, .. "NULL"u8, .. new byte[48]]);
        Assert.That((await Read(stream, 64))[..12], Is.EqualTo((byte[])[0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0]));
        await stream.WriteAsync((byte[])[4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "SUB"u8]);
        Assert.That(await Read(stream, 27), Is.EqualTo((byte[])[4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "PUB"u8]));
        byte[] subscription = subscribesByCommand ? [4, 19, 9, .. "SUBSCRIBE"u8, .. "hashblock"u8] : [0, 10, 1, .. "hashblock"u8];
        await stream.WriteAsync(subscription);

        // A ping after the subscription: its pong tells that the subscription was taken.
        await stream.WriteAsync((byte[])[4, 9, 4, .. "PING"u8, 0, 9, .. "ab"u8]);
        Assert.That(await Read(stream, 9), Is.EqualTo((byte[])[4, 7, 4, .. "PONG"u8, .. "ab"u8]));

        for (byte sequence = 0; sequence < 3; sequence++)
        {
            var tip = await node.MineOthers(1);
            var message = await Read(stream, 11 + 34 + 6);
            Assert.That(message, Is.EqualTo((byte[])
                [1, 9, .. "hashblock"u8, 1, 32, .. Convert.FromHexString(tip), 0, 4, sequence, 0, 0, 0]));
        }

        Assert.That((await node.Rpc.Call("getzmqnotifications"))[0].GetProperty("type").GetString(), Is.EqualTo("pubhashblock"));
    }

    [Test]
    public async Task A_peer_that_speaks_something_else_is_cut_off()
    {
        await using var node = StartedSimnode.Start(more: settings => settings with { Zmq = new IPEndPoint(IPAddress.Loopback, 0) });
        using var client = new TcpClient();
        await client.ConnectAsync(node.Server.ZmqEndPoint!);
        var stream = client.GetStream();
        await stream.WriteAsync(new byte[64]);
        await Read(stream, 64);
        Assert.That(await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(60)), Is.Zero);
    }

    private static async Task<byte[]> Read(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        return bytes;
    }
}
