using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Engine;
using Viddhana.Engine.Net;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Net;

/// <summary>Ports whose connections begin with a PROXY header, or with TLS or not, on both transports.</summary>
[TestFixture(false)]
[TestFixture(true)]
[Category("a23")]
[Category("a24")]
public sealed class ProxiedPortTests(bool portable)
{
    private static readonly string[] s_loopback = ["127.0.0.0/8"];

    private static readonly byte[] s_v1 = Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.33 198.51.100.1 56324 443\r\n");

    private static readonly byte[] s_v2 =
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 16, 192, 0, 2, 33, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb, 0x04, 0, 1, 0];

    private readonly TemporaryFolder _folder = new();
    private TlsCertificate _certificate = null!;
    private string _fingerprint = "";

    [OneTimeSetUp]
    public void MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_folder["cert.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(_folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
        _fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        _certificate = new TlsCertificate(new TlsConfig { Certificate = _folder["cert.pem"], Key = _folder["key.pem"] }, Log.Nowhere);
    }

    [OneTimeTearDown]
    public void RemoveCertificate()
    {
        _certificate.Dispose();
        _folder.Dispose();
    }

    private static IEnumerable<byte[]> Headers() => [s_v1, s_v2];

    [TestCaseSource(nameof(Headers))]
    public async Task The_limit_of_an_address_counts_for_whom_the_header_names(byte[] header)
    {
        using var engine = NewEngine(new LimitsConfig { ConnectionsPerAddress = 1 });
        var port = engine.Listen(proxyFrom: s_loopback);
        using var miner = await Miner(port, header);
        using var second = await Miner(port, header, logsIn: false);
        Assert.That(await second.IsClosedAsync());
        Assert.That(() => engine.Closed("address_full"), Is.EqualTo(1).After(10_000, 10));

        using var other = await Miner(port, Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.34 198.51.100.1 1 443\r\n"));
        Assert.That((await miner.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
        miner.Dispose();
        Assert.That(() => engine.Setup.Admission.Count, Is.EqualTo(1).After(10_000, 10));
        using var again = await Miner(port, header);
        Assert.That((await again.ShareAsync(2)).GetProperty("result").GetBoolean(), Is.True);
    }

    [TestCaseSource(nameof(Headers))]
    public async Task A_header_may_come_byte_by_byte_or_with_the_first_line(byte[] header)
    {
        using var engine = NewEngine();
        var port = engine.Listen(proxyFrom: s_loopback);
        using var slow = await TestClient.ConnectAsync(port);
        foreach (var octet in header)
        {
            await slow.SendAsync([octet]);
            await Task.Yield();
        }

        await slow.LoginAsync();
        using var quick = await TestClient.ConnectAsync(port);
        await quick.SendAsync([.. header, .. "{\"id\":7,\"method\":\"mining.ping\",\"params\":[]}\n"u8]);
        Assert.That((await quick.AnswerAsync(7)).GetProperty("id").GetInt32(), Is.EqualTo(7));
        await quick.LoginAsync();
        Assert.That((await quick.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
    }

    [TestCaseSource(nameof(Headers))]
    public async Task Tls_begins_behind_the_header(byte[] header)
    {
        using var engine = NewEngine();
        foreach (var port in new[] { engine.Listen(_certificate, proxyFrom: s_loopback), Both(engine) })
        {
            using var client = await TestClient.ConnectTlsAsync(port, _fingerprint, header);
            await client.LoginAsync();
            Assert.That((await client.ShareAsync((ulong)port)).GetProperty("result").GetBoolean(), Is.True);
        }

        using var plain = await Miner(Both(engine), header);
        Assert.That((await plain.ShareAsync(3)).GetProperty("result").GetBoolean(), Is.True);
        Assert.That(engine.Setup.Admission.Count, Is.EqualTo(engine.Connections));
    }

    [Test]
    public async Task One_port_speaks_tls_and_plain()
    {
        using var engine = NewEngine();
        var port = engine.Listen(_certificate, isTlsOptional: true);
        using var silent = await TestClient.ConnectAsync(port);
        using var plain = await TestClient.ConnectAsync(port);
        using var tls = await TestClient.ConnectTlsAsync(port, _fingerprint);
        await plain.LoginAsync();
        await tls.LoginAsync();
        Assert.That((await plain.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
        Assert.That((await tls.ShareAsync(2)).GetProperty("result").GetBoolean(), Is.True);
        Assert.That((engine.Connections, engine.Setup.Admission.Count), Is.EqualTo((3, 3)));
    }

    [Test]
    public async Task A_trusted_address_without_a_header_is_closed_and_told_of_once()
    {
        using var output = new MemoryStream();
        using var log = new Log(output);
        using (var engine = NewEngine(log: log))
        {
            var port = engine.Listen(proxyFrom: s_loopback);
            for (var i = 0; i < 3; i++)
            {
                using var miner = await Miner(port, [], logsIn: false);
                await miner.SendAsync("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n");
                Assert.That(await miner.IsClosedAsync());
            }

            Assert.That(() => engine.Closed("proxy_header"), Is.EqualTo(3).After(10_000, 10));
            var refused = engine.Metrics.Counter("stratum_proxy_headers_refused_total", "", ("pool", "test"), ("cause", "invalid"));
            Assert.That(refused.Value, Is.EqualTo(3));
            Assert.That(engine.Setup.Admission.Count, Is.Zero);
        }

        log.Dispose();
        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n');
        Assert.That(lines.Count(line => line.Contains("proxy_from", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task A_header_from_anybody_else_is_refused_and_his_plain_connection_is_ordinary()
    {
        using var engine = NewEngine();
        var port = engine.Listen(proxyFrom: ["192.0.2.0/24"]);
        foreach (var header in Headers())
        {
            using var spoofed = await Miner(port, header, logsIn: false);
            Assert.That(await spoofed.IsClosedAsync());
        }

        Assert.That(() => engine.Closed("session"), Is.EqualTo(2).After(10_000, 10));
        using var plain = await Miner(port, []);
        Assert.That((await plain.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
    }

    [Test]
    public async Task Health_checks_of_the_balancer_are_served_as_its_own()
    {
        using var engine = NewEngine(new LimitsConfig { ConnectionsPerAddress = 1 });
        var port = engine.Listen(proxyFrom: s_loopback);
        using var local = await Miner(port, [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x20, 0, 0, 0]);
        using var unknown = await Miner(port, Encoding.ASCII.GetBytes("PROXY UNKNOWN\r\n"), logsIn: false);
        Assert.That(await unknown.IsClosedAsync(), "the balancer's own address has one already");
        Assert.That((await local.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
    }

    [Test]
    public async Task Who_sends_no_first_byte_is_cut_off_and_costs_nobody_else_anything()
    {
        using var engine = NewEngine(new LimitsConfig { LoginSeconds = 1 });
        var proxied = engine.Listen(proxyFrom: s_loopback);
        var both = engine.Listen(_certificate, isTlsOptional: true);
        var idle = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => TestClient.ConnectAsync(i % 2 == 0 ? proxied : both)));
        foreach (var half in idle.Where((_, i) => i % 4 == 0)) await half.SendAsync("PROXY TCP4 192.0");
        using var miner = await Miner(proxied, s_v2);
        for (var i = 1UL; i <= 20; i++) Assert.That((await miner.ShareAsync(i)).GetProperty("result").GetBoolean(), Is.True);

        foreach (var dead in idle) Assert.That(await dead.IsClosedAsync());
        Assert.That(() => engine.Setup.Admission.Count, Is.EqualTo(1).After(10_000, 10));
        Assert.That(engine.Closed("login") + engine.Closed("proxy_header"), Is.EqualTo(200));
        foreach (var dead in idle) dead.Dispose();
    }

    [Test]
    public async Task A_drain_closes_those_that_have_sent_nothing()
    {
        using var engine = NewEngine();
        using var silent = await TestClient.ConnectAsync(engine.Listen(proxyFrom: s_loopback));
        await Eventually.True(() => engine.Connections == 1, "the loop has it");
        Assert.That(engine.Drain());
        Assert.That(await silent.IsClosedAsync());
        Assert.That((engine.Connections, engine.Setup.Admission.Count), Is.EqualTo((0, 0)));
    }

    private TestEngine NewEngine(LimitsConfig? limits = null, Log? log = null)
    {
        var engine = new TestEngine(limits, portable: portable, log: log);
        engine.NewJob();
        return engine;
    }

    private int Both(TestEngine engine) => engine.Listen(_certificate, proxyFrom: s_loopback, isTlsOptional: true);

    private static async Task<TestClient> Miner(int port, byte[] header, bool logsIn = true)
    {
        var client = await TestClient.ConnectAsync(port);
        await client.SendAsync(header);
        if (logsIn) await client.LoginAsync();
        return client;
    }
}
