using System.Net;
using System.Net.Sockets;
using Viddhana.Contracts.Config;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

public sealed class AdmissionTests
{
    [Test]
    public void One_address_has_its_limit_and_others_do_not_feel_it()
    {
        var admission = new Admission(new LimitsConfig { ConnectionsPerAddress = 2 });
        var one = IPAddress.Parse("10.0.0.1");
        admission.TryEnter(one);
        admission.TryEnter(one);

        Assert.That(admission.TryEnter(one), Is.EqualTo(Admitted.AddressFull));
        Assert.That(admission.TryEnter(IPAddress.Parse("::ffff:10.0.0.1")), Is.EqualTo(Admitted.AddressFull), "the same address, mapped");
        Assert.That(admission.TryEnter(IPAddress.Parse("10.0.0.2")), Is.EqualTo(Admitted.Yes));
        admission.Leave(one);
        Assert.That(admission.TryEnter(one), Is.EqualTo(Admitted.Yes));
    }

    [Test]
    public void All_of_an_ipv6_customer_is_one_address()
    {
        var admission = new Admission(new LimitsConfig { ConnectionsPerAddress = 1 });
        admission.TryEnter(IPAddress.Parse("2001:db8:1:2::1"));

        Assert.That(admission.TryEnter(IPAddress.Parse("2001:db8:1:2:ffff::9")), Is.EqualTo(Admitted.AddressFull));
        Assert.That(admission.TryEnter(IPAddress.Parse("2001:db8:1:3::1")), Is.EqualTo(Admitted.Yes));
    }

    [Test]
    public async Task A_full_engine_refuses_the_next_at_once_and_takes_one_when_there_is_room()
    {
        using var engine = new TestEngine(new LimitsConfig { Connections = 2 });
        engine.NewJob();
        var port = engine.Listen();
        using var first = await TestClient.ConnectAsync(port);
        using var second = await TestClient.ConnectAsync(port);
        await first.LoginAsync();
        await second.LoginAsync();

        using (var third = await TestClient.ConnectAsync(port)) Assert.That(await third.IsClosedAsync());
        Assert.That((await first.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);

        second.Dispose();
        Assert.That(() => engine.Setup.Admission.Count, Is.EqualTo(1).After(30_000, 20));
        using var fourth = await TestClient.ConnectAsync(port);
        await fourth.LoginAsync();
    }

    [Test]
    public void A_port_in_use_is_told()
    {
        using var engine = new TestEngine();
        var port = engine.Listen();

        Assert.That(
            () => Listener.Start(new IPEndPoint(IPAddress.Loopback, port), engine.Pool.Port(), null, engine.Loops, engine.Setup),
            Throws.TypeOf<SocketException>().With.Property("SocketErrorCode").EqualTo(SocketError.AddressAlreadyInUse));
    }

    [Test]
    public async Task Connections_that_come_and_go_leave_nothing_behind()
    {
        using var engine = new TestEngine();
        engine.NewJob();
        var port = engine.Listen();
        for (var i = 0; i < 20; i++)
        {
            var clients = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TestClient.ConnectAsync(port)));
            foreach (var client in clients) client.Dispose();
        }

        Assert.That(() => engine.Connections, Is.Zero.After(60_000, 20));
        Assert.That(engine.Setup.Admission.Count, Is.Zero);
        using var last = await TestClient.ConnectAsync(port);
        await last.LoginAsync();
    }
}
