using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Network;

/// <summary>Tests of one published engine with ports for TLS, plain and PROXY headers together. They trust 127.0.0.1 alone.</summary>
public abstract class NetworkFixture : PlainWireFixture
{
    /// <summary>An address that is trusted with nothing.</summary>
    private protected const string Stranger = "127.0.0.5";

    private protected const string Subscribe = """{"id":1,"method":"mining.subscribe","params":["wire/1.0"]}""";

    private protected override EngineSetup Setup => new()
    {
        MorePorts = ["tls: auto", "proxy_from: [127.0.0.1]", "tls: true, proxy_from: [127.0.0.1]", "tls: auto, proxy_from: [127.0.0.1/32]"],
    };

    private protected int AutoPort => Engine.MorePort(0);

    private protected int ProxiedPort => Engine.MorePort(1);

    private protected int ProxiedTlsPort => Engine.MorePort(2);

    private protected int ProxiedAutoPort => Engine.MorePort(3);

    /// <summary>The header of version 1 or 2 that a balancer sends for a miner at this address.</summary>
    private protected static byte[] Header(int version, string address)
    {
        var source = IPAddress.Parse(address).GetAddressBytes();
        var is6 = source.Length == 16;
        var (family, here) = is6 ? (6, "::1") : (4, "127.0.0.1");
        if (version == 1) return Encoding.ASCII.GetBytes($"PROXY TCP{family} {address} {here} 50000 3333\r\n");

        byte[] addresses = [.. source, .. (is6 ? IPAddress.IPv6Loopback : IPAddress.Loopback).GetAddressBytes(), 0xc3, 0x50, 0x0d, 0x05];
        return [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, (byte)(is6 ? 0x21 : 0x11), 0, (byte)addresses.Length, .. addresses];
    }

    /// <summary>Logs in up to the first work; fails unless all of it comes.</summary>
    private protected async Task AssertServed(WireClient client) => await client.LogIn(User);

    /// <summary>The sum of a metric over all series whose labels hold the text.</summary>
    private protected async Task<double> Metric(string name, string labels = "")
    {
        var series = Regex.Matches(await Engine.Metrics(), $@"^{name}(\{{[^}}]*{labels}[^}}]*\}})? (\S+)$", RegexOptions.Multiline);
        return series.Sum(match => double.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }
}
