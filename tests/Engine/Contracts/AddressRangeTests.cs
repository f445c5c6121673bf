using System.Net;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Engine.Contracts;

public sealed class AddressRangeTests
{
    [TestCase("192.0.2.1", "192.0.2.1/32")]
    [TestCase("10.0.0.0/8", "10.0.0.0/8")]
    [TestCase("0.0.0.0/0", "0.0.0.0/0")]
    [TestCase("2001:db8::/32", "2001:db8::/32")]
    [TestCase("::1", "::1/128")]
    [TestCase("::ffff:192.0.2.0/120", "192.0.2.0/24")]
    public void An_address_or_a_range_is_read(string text, string expected)
    {
        Assert.That(AddressRange.TryParse(text, out var range, out var error), Is.True, error);
        Assert.That(range.ToString(), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("/8")]
    [TestCase("10.0.0.0/")]
    [TestCase("10.0.0.0/33")]
    [TestCase("10.0.0.0/-1")]
    [TestCase("10.0.0.0/8/8")]
    [TestCase("10.1")]
    [TestCase("haproxy")]
    [TestCase("fe80::1%eth0")]
    [TestCase("::ffff:192.0.2.0/64")]
    public void What_is_neither_is_refused_with_examples(string text)
    {
        Assert.That(AddressRange.TryParse(text, out _, out var error), Is.False);
        Assert.That(error, Does.Contain("10.0.0.0/8"));
    }

    [Test]
    public void Bits_behind_the_prefix_are_told_with_both_things_it_may_mean()
    {
        Assert.That(AddressRange.TryParse("10.1.2.3/8", out _, out var error), Is.False);
        Assert.That(error, Does.Contain("10.0.0.0/8").And.Contain("10.1.2.3 alone"));
    }

    [Test]
    public void A_range_holds_what_is_in_it()
    {
        var ranges = AddressRange.ParseAll(["10.0.0.0/9", "2001:db8::/33"]);
        Assert.That(ranges[0].Contains(IPAddress.Parse("10.127.255.255")), Is.True);
        Assert.That(ranges[0].Contains(IPAddress.Parse("10.128.0.0")), Is.False);
        Assert.That(ranges[0].Contains(IPAddress.Parse("2001:db8::1")), Is.False);
        Assert.That(ranges[1].Contains(IPAddress.Parse("2001:db8:7fff::1")), Is.True);
        Assert.That(ranges[1].Contains(IPAddress.Parse("2001:db8:8000::1")), Is.False);
    }
}
