using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Network;

/// <summary>TLS as miners meet it: the same lines, one fingerprint, and plain beside it.</summary>
public sealed partial class TlsTests : NetworkFixture
{
    [TestCase(Wire.Tls12)]
    [TestCase(Wire.Tls13)]
    [Category("a22")]
    public async Task The_transcript_over_tls_is_that_over_tcp(Wire wire)
    {
        using var plain = await Engine.Connect();
        using var tls = await Engine.Connect(wire);
        Assert.That(await Transcript(tls), Is.EqualTo(await Transcript(plain)));
    }

    [Test]
    [Category("a22")]
    public async Task The_fingerprint_is_printed_as_xmrig_shows_it()
    {
        var printed = await Engine.Program.WaitForLine("SHA-256 ([0-9a-f]{64})$");
        using var client = await WireClient.Connect(Engine.Port(Wire.Tls13), Wire.Tls13, printed.Groups[1].Value.ToUpperInvariant());
        await AssertServed(client);
    }

    [TestCase(Wire.Tls12)]
    [TestCase(Wire.Tls13)]
    [TestCase(Wire.Plain)]
    [Category("a23")]
    public async Task A_port_with_both_serves_tls_and_plain(Wire wire)
    {
        using var client = await WireClient.Connect(AutoPort, wire, Engine.Fingerprint);
        await AssertServed(client);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Category("a23")]
    public async Task A_client_hello_on_a_plain_port_is_closed_at_once(bool isProxied)
    {
        var before = await Metric("stratum_connections_closed_total", "cause=\"session\"");
        var connecting = WireClient.Connect(
            isProxied ? ProxiedPort : Engine.Port(), Wire.Tls13, Engine.Fingerprint, preface: isProxied ? Header(2, "192.0.2.9") : null);
        Assert.That(async () => await connecting, Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());

        // By its session, as what it is; not by any patience that ran out.
        Assert.That(await Metric("stratum_connections_closed_total", "cause=\"session\""), Is.EqualTo(before + 1));
    }

    [Test]
    [Category("a23")]
    public async Task The_first_byte_of_a_client_hello_is_enough_to_be_closed()
    {
        using var client = await WireClient.Connect(Engine.Port(), preface: [0x16]);
        Assert.That(await client.LineOrEnd(), Is.Null);
    }

    [Test]
    [Category("a22")]
    public async Task What_is_no_client_hello_on_a_tls_port_is_closed()
    {
        using var client = await WireClient.Connect(Engine.Port(Wire.Tls13));
        await client.Send(Subscribe);
        Assert.That(await EndsWithoutALine(client));
    }

    // OpenSSL may say what it thinks of it, as a TLS alert.
    private static async Task<bool> EndsWithoutALine(WireClient client)
    {
        try
        {
            return await client.LineOrEnd() is null;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    [GeneratedRegex("\"[0-9a-f]{16}\"")]
    private static partial Regex SessionId();

    private async Task<string[]> Transcript(WireClient client)
    {
        var lines = new List<string>
        {
            await client.Ask("""{"id":3,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}"""),
            SessionId().Replace(await client.Ask(Subscribe), "\"ID\"")
                .Replace(Convert.ToHexStringLower(client.Extranonce1), "EXTRANONCE1", StringComparison.Ordinal),
            await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}"""),
        };
        await client.WaitForJob(job => job.Clean);
        lines.AddRange(client.Notifications);
        lines.Add(await client.Ask("""{"id":9,"method":"mining.ping","params":[]}"""));
        return [.. lines];
    }
}
