using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;
using Viddhana.Engine;
using Viddhana.Engine.Net;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Net;

/// <summary>Who is banned is turned away at the door and closed where it is in already; balancers never are. On both transports.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class BanTests(bool portable)
{
    private static readonly string[] s_loopback = ["127.0.0.0/8"];

    [Test]
    public async Task A_banned_address_is_turned_away_and_open_connections_of_it_are_closed()
    {
        using var engine = NewEngine();
        var port = engine.Listen();
        using var open = await LoggedIn(port);
        using var silent = await TestClient.ConnectAsync(port);
        Assert.That(() => engine.Connections, Is.EqualTo(2).After(10_000, 10));

        engine.Ban(new Ban(BanKind.Address, "127.0.0.0/8", "x", 0));
        Assert.That(await open.IsClosedAsync());
        Assert.That(await silent.IsClosedAsync(), "one that has not logged in");
        using var late = await TestClient.ConnectAsync(port);
        Assert.That(await late.IsClosedAsync());
        Assert.That(engine.Closed("banned"), Is.EqualTo(2));
        Assert.That(() => Refused(engine), Is.EqualTo(1).After(10_000, 10));
        Assert.That(() => engine.Setup.Admission.Count, Is.Zero.After(10_000, 10), "all are counted out");

        engine.Ban();
        using var again = await LoggedIn(port);
        Assert.That((await again.ShareAsync(1)).GetProperty("result").GetBoolean());
    }

    [Test]
    public async Task A_banned_account_leaves_the_others_of_its_address_alone()
    {
        using var engine = NewEngine();
        var port = engine.Listen();
        using var bad = await LoggedIn(port);
        using var good = await TestClient.ConnectAsync(port);
        engine.Ban(new Ban(BanKind.Account, TestPool.Address, "floods", 0));
        Assert.That(await bad.IsClosedAsync());

        await good.CallAsync("mining.subscribe", "\"test/1\"");
        var refused = await good.CallAsync("mining.authorize", $"\"{TestPool.Address}.rig\",\"x\"");
        Assert.That(refused.GetProperty("error").ToString(), Is.EqualTo("[24,\"Banned: floods\",null]"));
        Assert.That((await good.CallAsync("mining.ping", "")).GetProperty("result").GetString(), Is.EqualTo("pong"));
    }

    [Test]
    public async Task Two_hundred_workers_behind_one_address_of_which_one_is_banned_are_199_that_stay()
    {
        using var engine = NewEngine();
        var port = engine.Listen();
        var clients = new List<TestClient>();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var client = await TestClient.ConnectAsync(port);
                clients.Add(client);
                await client.CallAsync("mining.subscribe", "\"test/1\"");
                var answer = await client.CallAsync("mining.authorize", $"\"{TestPool.Address}.{i}\",\"x\"");
                Assert.That(answer.GetProperty("result").GetBoolean());
            }

            engine.Ban(new Ban(BanKind.Worker, TestPool.Address + ".77", "x", 0));
            Assert.That(await clients[77].IsClosedAsync());
            foreach (var client in clients.Where(client => client != clients[77]))
                Assert.That((await client.CallAsync("mining.ping", "")).GetProperty("result").GetString(), Is.EqualTo("pong"));
            Assert.That(engine.Closed("banned"), Is.EqualTo(1));
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }
    }

    [Test]
    public async Task A_ban_of_a_trusted_balancer_reaches_neither_it_nor_those_it_brings()
    {
        using var engine = NewEngine();
        var port = engine.Listen(proxyFrom: s_loopback);
        engine.Ban(new Ban(BanKind.Address, "127.0.0.0/8", "x", 0));
        using var miner = await Behind(port, "PROXY TCP4 192.0.2.33 198.51.100.1 1 443\r\n");
        using var check = await Behind(port, "PROXY UNKNOWN\r\n");
        await miner.LoginAsync();
        await check.LoginAsync();
        Assert.That((await miner.ShareAsync(1)).GetProperty("result").GetBoolean());

        engine.Ban(new Ban(BanKind.Address, "127.0.0.0/8", "x", 0), new Ban(BanKind.Address, "192.0.2.99", "x", 0));
        Assert.That((await check.CallAsync("mining.ping", "")).GetProperty("result").GetString(), Is.EqualTo("pong"));
        Assert.That((await miner.CallAsync("mining.ping", "")).GetProperty("result").GetString(), Is.EqualTo("pong"));
        Assert.That((engine.Closed("banned"), Refused(engine)), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Behind_a_balancer_the_address_counts_that_the_header_names()
    {
        using var engine = NewEngine();
        var port = engine.Listen(proxyFrom: s_loopback);
        using var open = await Behind(port, "PROXY TCP6 2001:db8::7 2001:db8::1 1 443\r\n");
        await open.LoginAsync();
        engine.Ban(new Ban(BanKind.Address, "2001:db8::/32", "x", 0));
        Assert.That(await open.IsClosedAsync());
        using var late = await Behind(port, "PROXY TCP6 2001:db8:1::7 2001:db8::1 1 443\r\n");
        Assert.That(await late.IsClosedAsync());
        using var other = await Behind(port, "PROXY TCP6 2001:db9::7 2001:db8::1 1 443\r\n");
        await other.LoginAsync();
        Assert.That(engine.Closed("banned"), Is.EqualTo(2));
    }

    [Test]
    public async Task One_that_was_let_in_before_and_has_not_said_what_it_is_is_turned_away_when_it_does()
    {
        using var folder = new TemporaryFolder();
        using var certificate = NewCertificate(folder);
        using var engine = NewEngine();
        var port = engine.Listen(certificate, isTlsOptional: true);
        using var early = await TestClient.ConnectAsync(port);
        Assert.That(() => engine.Connections, Is.EqualTo(1).After(10_000, 10));
        engine.Ban(new Ban(BanKind.Address, "127.0.0.1", "x", 0));
        await early.SendAsync("{");
        Assert.That(await early.IsClosedAsync());
        Assert.That(engine.Closed("banned"), Is.EqualTo(1));
        Assert.That(() => engine.Setup.Admission.Count, Is.Zero.After(10_000, 10));
    }

    [Test]
    public async Task Whom_a_header_names_is_turned_away_before_the_cost_of_a_handshake()
    {
        using var folder = new TemporaryFolder();
        using var certificate = NewCertificate(folder);
        using var engine = NewEngine();
        var port = engine.Listen(certificate, proxyFrom: s_loopback);
        engine.Ban(new Ban(BanKind.Address, "192.0.2.33", "x", 0));
        using var late = await Behind(port, "PROXY TCP4 192.0.2.33 198.51.100.1 1 443\r\n");
        Assert.That(await late.IsClosedAsync());
        Assert.That(engine.Closed("banned"), Is.EqualTo(1));
    }

    [Test]
    public async Task Connections_of_a_port_are_counted_until_they_are_gone()
    {
        using var engine = NewEngine();
        var count = engine.Pool.Port();
        var port = engine.Listen(count);
        using (var client = await LoggedIn(port))
        {
            using var idle = await TestClient.ConnectAsync(port);
            Assert.That(() => (count.Count.Plain, count.Count.Tls, count.Count.Mining), Is.EqualTo((2, 0, 1)).After(10_000, 10));
        }

        Assert.That(() => (count.Count.Plain, count.Count.Mining), Is.EqualTo((0, 0)).After(10_000, 10));
    }

    private TestEngine NewEngine()
    {
        var engine = new TestEngine(portable: portable);
        engine.NewJob();
        return engine;
    }

    private static TlsCertificate NewCertificate(TemporaryFolder folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(folder["cert.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
        return new TlsCertificate(new TlsConfig { Certificate = folder["cert.pem"], Key = folder["key.pem"] }, Log.Nowhere);
    }

    private static long Refused(TestEngine engine) =>
        engine.Metrics.Find("stratum_connections_refused_total", ("pool", "test"), ("cause", "banned"))!.Value;

    private static async Task<TestClient> LoggedIn(int port)
    {
        var client = await TestClient.ConnectAsync(port);
        await client.LoginAsync();
        return client;
    }

    private static async Task<TestClient> Behind(int port, string header)
    {
        var client = await TestClient.ConnectAsync(port);
        await client.SendAsync(Encoding.ASCII.GetBytes(header));
        return client;
    }
}
