using System.Text;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Network;

/// <summary>PROXY headers: required from whom the port trusts, refused from anybody else.</summary>
[Category("a24")]
public sealed class ProxyProtocolTests : NetworkFixture
{
    private const int PerAddress = 3;

    private protected override EngineSetup Setup => base.Setup with { Engine = $"limits: {{connections_per_address: {PerAddress}}}" };

    [TestCase(1, "192.0.2.33")]
    [TestCase(2, "192.0.2.34")]
    [TestCase(1, "2001:db8:1::7")]
    [TestCase(2, "2001:db8:2::7")]
    public async Task The_address_in_the_header_is_the_one_that_counts(int version, string address)
    {
        var clients = new List<WireClient>();
        try
        {
            for (var i = 0; i < PerAddress; i++)
            {
                clients.Add(await Connect(version, address));
                await AssertServed(clients[i]);
            }

            using var oneMore = await Connect(version, address);
            Assert.That(await oneMore.LineOrEnd(), Is.Null, "that address has as many as it may have");
            using var another = await Connect(version, "198.51.100.99");
            await AssertServed(another);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Test]
    public async Task An_address_mapped_to_ipv6_is_the_same_miner()
    {
        using var first = await Connect(2, "192.0.2.44");
        using var second = await Connect(1, "::ffff:192.0.2.44");
        using var third = await Connect(2, "::ffff:192.0.2.44");
        foreach (var client in new[] { first, second, third }) await AssertServed(client);
        using var oneMore = await Connect(1, "192.0.2.44");
        Assert.That(await oneMore.LineOrEnd(), Is.Null);
    }

    [TestCase(1)]
    [TestCase(2)]
    public async Task A_header_may_come_in_single_bytes_and_in_one_piece_with_the_first_request(int version)
    {
        var header = Header(version, $"192.0.2.5{version}");
        using var slow = await WireClient.Connect(ProxiedPort);
        await slow.SendInPieces(header, 1);
        await AssertServed(slow);
        using var quick = await WireClient.Connect(ProxiedPort, preface: [.. header, .. Encoding.ASCII.GetBytes(Subscribe + "\n")]);
        Assert.That(await quick.Line(), Does.StartWith("""{"id":1,"result":[["""));
    }

    [TestCase(1, Wire.Tls12)]
    [TestCase(2, Wire.Tls13)]
    public async Task Tls_follows_the_header(int version, Wire wire)
    {
        foreach (var port in new[] { ProxiedTlsPort, ProxiedAutoPort })
        {
            using var client = await WireClient.Connect(port, wire, Engine.Fingerprint, preface: Header(version, $"192.0.2.6{version}"));
            await AssertServed(client);
        }

        using var plain = await WireClient.Connect(ProxiedAutoPort, preface: Header(version, $"192.0.2.6{version}"));
        await AssertServed(plain);
    }

    [Test]
    public async Task Without_a_header_a_trusted_address_is_closed_and_counted_and_told_once()
    {
        const string Name = "stratum_proxy_headers_refused_total";
        var before = await Metric(Name);
        for (var i = 0; i < 3; i++)
        {
            using var client = await WireClient.Connect(ProxiedPort);
            await client.Send(Subscribe);
            Assert.That(await client.LineOrEnd(), Is.Null);
        }

        await Eventually.Get("all three are counted", () => Metric(Name), count => count == before + 3);
        var told = Engine.Program.Output.Split('\n').Where(line => line.Contains("proxy_from", StringComparison.Ordinal));
        Assert.That(told.Count(line => line.Contains($":{ProxiedPort}: ", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [TestCase(1)]
    [TestCase(2)]
    public async Task From_anybody_else_a_header_is_refused_on_every_port(int version)
    {
        foreach (var port in new[] { ProxiedPort, ProxiedAutoPort, AutoPort, Engine.Port() })
        {
            using var spoofed = await WireClient.Connect(port, from: Stranger, preface: Header(version, "127.0.0.1"));
            await spoofed.SendRaw(Subscribe + "\n");
            Assert.That(await spoofed.LineOrEnd(), Is.Null, $"port {port}");
        }

        using var plain = await WireClient.Connect(ProxiedPort, from: Stranger);
        await AssertServed(plain);
        using var tls = await WireClient.Connect(ProxiedTlsPort, Wire.Tls13, Engine.Fingerprint, Stranger);
        await AssertServed(tls);
    }

    [Test]
    public async Task A_health_check_of_the_balancer_is_a_plain_connection_of_its_own()
    {
        using var local = await WireClient.Connect(ProxiedPort, preface: [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x20, 0, 0, 0]);
        await AssertServed(local);
        using var unknown = await WireClient.Connect(ProxiedPort, preface: "PROXY UNKNOWN\r\n"u8.ToArray());
        await AssertServed(unknown);
    }

    private Task<WireClient> Connect(int version, string address) => WireClient.Connect(ProxiedPort, preface: Header(version, address));
}
