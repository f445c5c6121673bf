using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Engine;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

public sealed class TlsTests
{
    private string _directory = "";
    private string _fingerprint = "";

    [SetUp]
    public void MakeCertificate()
    {
        _directory = Directory.CreateTempSubdirectory("viddhana-tls-").FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(_directory, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        _fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    [TearDown]
    public void RemoveCertificate() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task A_whole_session_over_tls()
    {
        using var engine = new TestEngine();
        engine.NewJob();
        using var client = await TestClient.ConnectTlsAsync(engine.Listen(Certificate()), _fingerprint);
        await client.LoginAsync();
        for (var i = 1UL; i <= 20; i++) Assert.That((await client.ShareAsync(i)).GetProperty("result").GetBoolean(), Is.True);

        var before = client.JobId;
        engine.NewJob(tip: 2);
        await client.NextJobAsync(before);
        Assert.That((await client.ShareAsync(21)).GetProperty("result").GetBoolean(), Is.True);
    }

    [Test]
    public async Task Pipelined_shares_over_tls_are_answered_in_order()
    {
        using var engine = new TestEngine();
        engine.NewJob();
        using var client = await TestClient.ConnectTlsAsync(engine.Listen(Certificate()), _fingerprint);
        await client.LoginAsync();
        var lines = new StringBuilder();
        var ids = new List<int>();
        for (var i = 1UL; i <= 1_500; i++)
        {
            lines.Append(client.ShareLine(i, out var id));
            ids.Add(id);
        }

        var sending = client.SendAsync(lines.ToString());
        foreach (var id in ids) Assert.That((await client.AnswerAsync(id)).GetProperty("result").GetBoolean(), Is.True);
        await sending;
    }

    [Test]
    public async Task Bad_handshakes_cost_nobody_else_anything()
    {
        using var engine = new TestEngine();
        engine.NewJob();
        var certificate = Certificate();
        var port = engine.Listen(certificate);
        var stalled = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => TestClient.ConnectAsync(port)));
        using (var noise = await TestClient.ConnectAsync(port))
        {
            await noise.SendAsync("GET / HTTP/1.1\r\nHost: pool\r\n\r\n");
            Assert.That(await noise.IsClosedAsync());
        }

        using var client = await TestClient.ConnectTlsAsync(port, _fingerprint);
        await client.LoginAsync();
        Assert.That((await client.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
        foreach (var dead in stalled) dead.Dispose();

        Assert.That(() => engine.Setup.Admission.Count, Is.EqualTo(1).After(60_000, 20), "failed handshakes count no longer");
        Assert.That(engine.Metrics.Counter("stratum_tls_failures_total", "", ("pool", "test")).Value, Is.EqualTo(201));
    }

    [Test]
    public async Task A_reader_that_does_not_read_is_cut_off_over_tls_too()
    {
        using var engine = new TestEngine(new LimitsConfig { SendQueueBytes = 16 << 10, MessagesPerSecond = 1_000_000 });
        engine.NewJob();
        var port = engine.Listen(Certificate());
        using var slow = await TestClient.ConnectTlsAsync(port, _fingerprint);
        using var other = await TestClient.ConnectTlsAsync(port, _fingerprint);
        await other.LoginAsync();
        var pings = string.Concat(Enumerable.Repeat("{\"id\":1,\"method\":\"mining.ping\",\"params\":[]}\n", 1_000));
        var flooding = Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++) await slow.SendAsync(pings);   // never reads an answer
        });
        for (var i = 1UL; i <= 20; i++) Assert.That((await other.ShareAsync(i)).GetProperty("result").GetBoolean(), Is.True);

        Assert.That(() => engine.Closed("slow_reader"), Is.EqualTo(1).After(60_000, 20));
        Assert.That(async () => await flooding, Throws.InstanceOf<IOException>(), "the socket itself is closed");
    }

    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task Both_present_versions_of_tls_are_spoken(SslProtocols version)
    {
        using var engine = new TestEngine();
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync("127.0.0.1", engine.Listen(Certificate()));
        await using var tls = new SslStream(
            tcp.GetStream(), false, (_, c, _, _) => c!.GetCertHashString(HashAlgorithmName.SHA256) == _fingerprint);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version });

        Assert.That(tls.SslProtocol, Is.EqualTo(version));
    }

    [Test]
    public void The_fingerprint_is_logged_and_a_wrong_key_is_told()
    {
        using var output = new MemoryStream();
        using (var log = new Log(output)) new TlsCertificate(Files(), log).Dispose();
        Assert.That(Encoding.UTF8.GetString(output.ToArray()), Does.Contain("SHA-256 " + _fingerprint.ToLowerInvariant()));

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(_directory, "key.pem"), other.ExportPkcs8PrivateKeyPem());
        Assert.That(
            () => new TlsCertificate(Files(), Log.Nowhere), Throws.InstanceOf<CryptographicException>().Or.InstanceOf<ArgumentException>());
    }

    private TlsCertificate Certificate() => new(Files(), Log.Nowhere);

    private TlsConfig Files() => new() { Certificate = Path.Combine(_directory, "cert.pem"), Key = Path.Combine(_directory, "key.pem") };
}
