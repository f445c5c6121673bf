using System.Net;
using System.Text;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

[Category("a24")]
public sealed class ProxyHeaderTests
{
    private const string Miner = "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n";

    private static readonly byte[] s_signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    private static readonly byte[] s_inet = [192, 0, 2, 33, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb];

    private static readonly byte[] s_inet6 =
        [.. IPAddress.Parse("2001:db8::7").GetAddressBytes(), .. IPAddress.Parse("2001:db8::1").GetAddressBytes(), 0xdc, 4, 1, 0xbb];

    private static readonly byte[] s_mapped =
        [.. IPAddress.Parse("::ffff:192.0.2.33").GetAddressBytes(), .. IPAddress.Parse("::ffff:1.1.1.1").GetAddressBytes(), 1, 1, 1, 1];

    /// <summary>Every kind of header that is taken, with the address it names (null: none).</summary>
    private static IEnumerable<TestCaseData> Headers()
    {
        yield return Case("PROXY TCP4 192.0.2.33 198.51.100.1 56324 443\r\n", "192.0.2.33");
        yield return Case("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255");
        yield return Case("PROXY TCP4 0.0.0.0 1.1.1.1 0 0\r\n", "0.0.0.0");
        yield return Case("PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", "2001:db8::7");
        yield return Case("PROXY TCP6 ::ffff:192.0.2.33 ::ffff:198.51.100.1 56324 443\r\n", "192.0.2.33");
        yield return Case("PROXY UNKNOWN\r\n", null);
        var full6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        yield return Case($"PROXY UNKNOWN {full6} {full6} 65535 65535\r\n", null);
        yield return Case(V2(0x21, 0x11, s_inet), "192.0.2.33");
        yield return Case(V2(0x21, 0x11, [.. s_inet, 0x04, 0, 3, 1, 2, 3]), "192.0.2.33");
        yield return Case(V2(0x21, 0x11, [.. s_inet, .. new byte[ProxyHeader.Max - 16 - 12]]), "192.0.2.33");
        yield return Case(V2(0x21, 0x21, s_inet6), "2001:db8::7");
        yield return Case(V2(0x21, 0x21, s_mapped), "192.0.2.33");
        yield return Case(V2(0x21, 0x31, new byte[216]), null);
        yield return Case(V2(0x21, 0x00, []), null);
        yield return Case(V2(0x21, 0x00, [9, 9]), null);
        yield return Case(V2(0x20, 0x00, []), null);
        yield return Case(V2(0x20, 0x11, s_inet), null);
    }

    [TestCaseSource(nameof(Headers))]
    public void A_header_is_read_however_its_bytes_arrive_and_ends_where_the_miner_begins(byte[] header, string? expected)
    {
        for (var cut = 0; cut < header.Length; cut++)
            Assert.That(ProxyHeader.Read(header.AsSpan(0, cut), out _, out _), Is.EqualTo(ProxyHeaderState.Incomplete), $"cut at {cut}");

        foreach (var follows in (string[])["", "{", "\n", Miner, "\x16\x03\x01"])
        {
            byte[] bytes = [.. header, .. Encoding.Latin1.GetBytes(follows)];
            Assert.That(ProxyHeader.Read(bytes, out var length, out var source), Is.EqualTo(ProxyHeaderState.Complete));
            Assert.That(length, Is.EqualTo(header.Length), $"before '{follows}'");
            Assert.That(source?.ToString(), Is.EqualTo(expected));
        }
    }

    [TestCase("{\"id\":1}\n")]
    [TestCase("\x16\x03\x01\x02")]
    [TestCase("GET / HTTP/1.1\r\n")]
    [TestCase("PROXY\n")]
    [TestCase("PROXY\r\n")]
    [TestCase("PROXY \r\n")]
    [TestCase("PROXY TCP4\r\n")]
    [TestCase("PROXY TCP5 192.0.2.33 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100.1 56324 443\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100.1 56324\r\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100.1 56324 443 1\r\n")]
    [TestCase("PROXY TCP4  192.0.2.33 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100.1 56324 443 \r\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100.1 56324 65536\r\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100.1 +6324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100.1 06324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.033 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.256 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.33.1 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 192.0.2.33 198.51.100 56324 443\r\n")]
    [TestCase("PROXY TCP4 0x7f.1 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP4 2001:db8::7 2001:db8::1 56324 443\r\n")]
    [TestCase("PROXY TCP6 192.0.2.33 198.51.100.1 56324 443\r\n")]
    [TestCase("PROXY TCP6 [2001:db8::7] 2001:db8::1 56324 443\r\n")]
    [TestCase("PROXY TCP6 fe80::1%eth0 2001:db8::1 56324 443\r\n")]
    [TestCase("PROXY TCP6 2001:db8::7::1 2001:db8::1 56324 443\r\n")]
    [TestCase("PROXY UNKNOWNS\r\n")]
    public void What_is_no_header_of_version_1_is_refused(string text) =>
        Assert.That(ProxyHeader.Read(Encoding.Latin1.GetBytes(text), out _, out _), Is.EqualTo(ProxyHeaderState.Invalid));

    [Test]
    public void A_line_without_end_is_refused_at_107_bytes()
    {
        var line = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));
        Assert.That(ProxyHeader.Read(line.AsSpan(0, 106), out _, out _), Is.EqualTo(ProxyHeaderState.Incomplete));
        Assert.That(ProxyHeader.Read(line.AsSpan(0, 107), out _, out _), Is.EqualTo(ProxyHeaderState.Invalid));
    }

    [TestCase(0x11, 0x11, 12, TestName = "Version 1 in the binary form")]
    [TestCase(0x31, 0x11, 12, TestName = "Version 3")]
    [TestCase(0x22, 0x11, 12, TestName = "An unknown command")]
    [TestCase(0x21, 0x41, 216, TestName = "An unknown family")]
    [TestCase(0x21, 0x13, 12, TestName = "An unknown transport")]
    [TestCase(0x21, 0x12, 12, TestName = "Datagrams")]
    [TestCase(0x21, 0x11, 11, TestName = "Too short for IPv4")]
    [TestCase(0x21, 0x11, 0, TestName = "No address at all")]
    [TestCase(0x21, 0x21, 35, TestName = "Too short for IPv6")]
    [TestCase(0x21, 0x31, 215, TestName = "Too short for a unix socket")]
    [TestCase(0x21, 0x11, ProxyHeader.Max - 15, TestName = "One byte more than the limit")]
    [TestCase(0x21, 0x11, 65_535, TestName = "The longest length there is")]
    [TestCase(0x20, 0x00, 65_535, TestName = "The longest length of the balancer's own")]
    public void Hostile_values_of_version_2_are_refused_at_the_sixteenth_byte(int command, int family, int length)
    {
        byte[] head = [.. s_signature, (byte)command, (byte)family, (byte)(length >> 8), (byte)length];
        Assert.That(ProxyHeader.Read(head, out _, out _), Is.EqualTo(ProxyHeaderState.Invalid));
    }

    [Test]
    public void Whatever_the_bytes_are_reading_never_fails_and_never_takes_more_than_there_is()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var headers = Headers().Select(data => (byte[])data.Arguments[0]!).ToArray();
        for (var run = 0; run < 50_000; run++)
        {
            var bytes = headers[random.Next(headers.Length)].ToArray();
            for (var flips = random.Next(4); flips >= 0; flips--) bytes[random.Next(Math.Min(bytes.Length, 60))] = (byte)random.Next(256);
            var all = ProxyHeader.Read(bytes, out var length, out _);
            Assert.That(length, Is.InRange(0, bytes.Length), $"seed {seed}, run {run}");

            // No beginning of it may be judged otherwise than the whole: else the answer would hang on how the network cuts.
            var cut = random.Next(bytes.Length);
            var part = ProxyHeader.Read(bytes.AsSpan(0, cut), out var partLength, out _);
            if (part == ProxyHeaderState.Incomplete) continue;
            Assert.That((part, partLength), Is.EqualTo((all, length)), $"seed {seed}, run {run}, cut at {cut}");
        }
    }

    private static TestCaseData Case(string header, string? source) => Case(Encoding.ASCII.GetBytes(header), source);

    private static TestCaseData Case(byte[] header, string? source) =>
        new TestCaseData(header, source).SetArgDisplayNames($"{Convert.ToHexStringLower(header.AsSpan(0, Math.Min(40, header.Length)))}"
            + $"-{header.Length}");

    private static byte[] V2(byte command, byte family, byte[] rest) =>
        [.. s_signature, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];
}
