using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

public sealed class ListenerTests
{
    [Test]
    [Platform("Linux")]
    public async Task A_peer_that_has_gone_without_a_word_is_noticed_soon_on_every_connection()
    {
        const int Tcp = 6;
        const int UserTimeout = 18;
        using var engine = new TestEngine();
        engine.NewJob();
        var port = engine.Listen();
        using var client = await TestClient.ConnectAsync(port);
        await client.LoginAsync();

        using var served = ServedSocket(port);
        var value = new byte[4];
        served.GetRawSocketOption(Tcp, UserTimeout, value);

        Assert.That(BitConverter.ToInt32(value), Is.EqualTo(Listener.SilentPeerMs));
        Assert.That(served.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive), Is.Not.EqualTo(0));
        Assert.That(served.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime), Is.EqualTo(60));
        Assert.That(served.NoDelay);
    }

    /// <summary>The engine's end of a connection, found among the process's own descriptors; the engine goes on owning it.</summary>
    private static Socket ServedSocket(int port)
    {
        foreach (var path in Directory.GetFiles("/proc/self/fd"))
            if (SocketOf(path) is { } socket && IsServed(socket, port)) return socket;
        throw new AssertionException("the engine has no connection on its port");
    }

    private static Socket? SocketOf(string path)
    {
        try
        {
            if (File.ResolveLinkTarget(path, false)?.Name.StartsWith("socket:", StringComparison.Ordinal) != true) return null;
            var descriptor = int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture);
            return new Socket(new SafeSocketHandle(descriptor, ownsHandle: false));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return null;   // another test's, closed meanwhile
        }
    }

    private static bool IsServed(Socket socket, int port)
    {
        try
        {
            return socket.LocalEndPoint is IPEndPoint local && local.Port == port && socket.RemoteEndPoint is not null;
        }
        catch (SocketException)
        {
            return false;   // it listens
        }
    }
}
