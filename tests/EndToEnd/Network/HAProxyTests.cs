using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Network;

/// <summary>Two engines behind a real HAProxy that runs the configuration we ship, with addresses and ports of the test.</summary>
[TestFixture("send-proxy")]
[TestFixture("send-proxy-v2")]
[Category("a24")]
public sealed class HAProxyTests(string header)
{
    private const string Miner = "127.0.0.77";

    private readonly TemporaryFolder _folder = new();
    private readonly List<WireEngine> _engines = [];
    private readonly int[] _ports = FreePorts.Take(3);
    private SimulatedChain? _chain;
    private HAProxy? _haproxy;
    private string _address = "";
    private string _fingerprint = "";

    private int Plain => _ports[0];

    private int TlsThrough => _ports[1];

    private int TlsEnds => _ports[2];

    [OneTimeSetUp]
    public async Task StartAll()
    {
        _chain = await SimulatedChain.Start("1e0346dc", 3);
        _address = await _chain.NewAddress("miners");
        for (var i = 0; i < 2; i++)
            _engines.Add(await WireEngine.Start(new EngineSetup
            {
                Node = ("bitcoin", _chain.Url, _address),
                MorePorts = ["tls: auto, proxy_from: [127.0.0.1]"],
                Engine = $"instance_id: {i}\nlimits: {{connections_per_address: 3}}",
            }));
        _fingerprint = MakeCertificate();
        _haproxy = await HAProxy.Start(Variables(), _ports);
    }

    [OneTimeTearDown]
    public async Task EndAll()
    {
        if (_haproxy is not null) await _haproxy.DisposeAsync();
        foreach (var engine in _engines) await engine.DisposeAsync();
        if (_chain is not null) await _chain.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    [Order(1)]
    public async Task Miners_are_spread_over_the_engines_which_see_their_addresses()
    {
        await using var first = await Watch(_engines[0]);
        await using var second = await Watch(_engines[1]);
        using var one = await WireClient.Connect(Plain, from: Miner);
        await one.LogIn(_address + ".one");
        using var two = await WireClient.Connect(Plain, from: Miner);
        await two.LogIn(_address + ".two");

        var ones = await first.WaitForLine($@" {Regex.Escape(Miner)} \w+ in  .*{_address}\.(\w+)");
        var twos = await second.WaitForLine($@" {Regex.Escape(Miner)} \w+ in  .*{_address}\.(\w+)");
        Assert.That(new[] { ones.Groups[1].Value, twos.Groups[1].Value }, Is.EquivalentTo(new[] { "one", "two" }));
    }

    [Test]
    [Order(2)]
    public async Task Tls_passes_through_to_the_engines_own_certificate()
    {
        var certificates = $"{_engines[0].Fingerprint} {_engines[1].Fingerprint}";
        for (var i = 0; i < 2; i++)
        {
            using var client = await WireClient.Connect(TlsThrough, Wire.Tls13, certificates, Miner);
            await client.LogIn(_address + ".through");
        }
    }

    [Test]
    [Order(3)]
    public async Task Tls_may_end_at_the_balancer_and_the_engine_still_sees_the_miner()
    {
        await using var first = await Watch(_engines[0]);
        await using var second = await Watch(_engines[1]);
        using var client = await WireClient.Connect(TlsEnds, Wire.Tls13, _fingerprint, Miner);
        await client.LogIn(_address + ".ends");
        await Eventually.Holds("an engine has seen the miner", () => Task.FromResult(
            (first.Output + second.Output).Contains($"{_address}.ends", StringComparison.Ordinal)));
    }

    [Test]
    [Order(4)]
    public async Task A_drained_engine_leaves_the_rotation_and_its_miners_go_on_at_the_other_until_it_is_back()
    {
        using var one = await WireClient.Connect(Plain, from: Miner);
        await one.LogIn(_address + ".one");
        using var two = await WireClient.Connect(Plain, from: Miner);
        await two.LogIn(_address + ".two");

        Assert.That(await _engines[0].Program.Terminate(), Is.Zero);
        var ends = await Task.WhenAny(one.ReadToEnd(), two.ReadToEnd());
        Assert.That(await ends, Has.Some.Contains("client.reconnect"));

        for (var i = 0; i < 3; i++)
        {
            using var again = await WireClient.Connect(Plain, from: Miner);
            await again.LogIn(_address + ".again");
        }

        await _engines[0].Start();
        await Eventually.Holds("the engine is in the rotation again", async () =>
        {
            using var client = await WireClient.Connect(Plain, from: "127.0.0.78");
            await client.LogIn(_address + ".back");
            var accepted = Regex.Match(
                await _engines[0].Metrics(), @"^stratum_connections_accepted_total\{.*\} (\d+)$", RegexOptions.Multiline);
            return accepted.Groups[1].Value != "0";
        });
    }

    private Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>
        {
            ["PROXY_HEADER"] = header,
            ["MAXCONN"] = "1000",
            ["STRATUM"] = $"127.0.0.1:{Plain}",
            ["STRATUM_TLS"] = $"127.0.0.1:{TlsThrough}",
            ["STRATUM_TLS_ENDS_HERE"] = $"127.0.0.1:{TlsEnds}",
            ["STRATUM_CERTIFICATE"] = _folder["haproxy.pem"],
        };
        for (var i = 0; i < 2; i++)
        {
            variables[$"ENGINE{i}_HOST"] = "127.0.0.1";
            variables[$"ENGINE{i}_PORT"] = _engines[i].MorePort(0).ToString(CultureInfo.InvariantCulture);
            variables[$"ENGINE{i}_METRICS_PORT"] = _engines[i].MetricsPort.ToString(CultureInfo.InvariantCulture);
        }

        return variables;
    }

    private string MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=balancer", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_folder["haproxy.pem"], certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private static async Task<RunningProgram> Watch(WireEngine engine)
    {
        var program = RunningProgram.Start(Programs.Engine, ["wirelog", "--config", engine.Config, "--address", Miner]);
        await program.WaitForLine("^# ");
        return program;
    }
}
