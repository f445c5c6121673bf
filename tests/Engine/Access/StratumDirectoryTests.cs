using System.Net;
using System.Text;
using Viddhana.Contracts.Published;
using Viddhana.Core.Access;

namespace Viddhana.Tests.Engine.Access;

/// <summary>Names and bans as loops and sessions look them up.</summary>
public sealed class StratumDirectoryTests
{
    private const long Now = 1_790_000_000_000;

    [TestCase("192.0.2.1", "192.0.2.1", true)]
    [TestCase("192.0.2.1", "192.0.2.2", false)]
    [TestCase("192.0.2.1", "::ffff:192.0.2.1", true)]
    [TestCase("203.0.113.0/24", "203.0.113.0", true)]
    [TestCase("203.0.113.0/24", "203.0.113.255", true)]
    [TestCase("203.0.113.0/24", "203.0.114.0", false)]
    [TestCase("203.0.113.0/24", "203.0.112.255", false)]
    [TestCase("0.0.0.0/0", "255.255.255.255", true)]
    [TestCase("0.0.0.0/0", "2001:db8::1", false)]
    [TestCase("2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true)]
    [TestCase("2001:db8::/32", "2001:db9::", false)]
    [TestCase("2001:db8::1", "2001:db8::1", true)]
    [TestCase("::/0", "192.0.2.1", true)]
    public void An_address_is_banned_by_itself_or_by_its_range(string target, string address, bool isBanned)
    {
        var directory = Of(new Ban(BanKind.Address, target, "x", 0));
        Assert.That(directory.FindBan(IPAddress.Parse(address)) is not null, Is.EqualTo(isBanned));
    }

    [Test]
    public void Of_ranges_inside_one_another_the_widest_counts_and_its_neighbours_are_left_alone()
    {
        var directory = Of(
            new Ban(BanKind.Address, "10.1.2.3", "inner", 0),
            new Ban(BanKind.Address, "10.1.0.0/16", "outer", 0),
            new Ban(BanKind.Address, "10.3.0.0/16", "other", 0));
        Assert.That(directory.FindBan(IPAddress.Parse("10.1.2.3"))!.Reason, Is.EqualTo("outer"));
        Assert.That(directory.FindBan(IPAddress.Parse("10.1.255.255"))!.Reason, Is.EqualTo("outer"));
        Assert.That(directory.FindBan(IPAddress.Parse("10.2.0.0")), Is.Null);
        Assert.That(directory.FindBan(IPAddress.Parse("10.3.0.0"))!.Reason, Is.EqualTo("other"));
        Assert.That(directory.FindBan(IPAddress.Parse("9.255.255.255")), Is.Null);
    }

    [Test]
    public void Random_addresses_are_found_just_where_a_plain_search_finds_them()
    {
        const int Seed = 20_272;
        var random = new Random(Seed);
        var bans = Enumerable.Range(0, 300).Select(_ => new Ban(BanKind.Address, Range(random), "x", 0)).ToArray();
        var ranges = bans.Select(ban => IPNetwork.Parse(ban.Target.Contains('/') ? ban.Target : ban.Target + "/32")).ToArray();
        var directory = Of(bans);
        for (var i = 0; i < 5_000; i++)
        {
            var address = new IPAddress(new byte[] { 10, (byte)random.Next(4), (byte)random.Next(256), (byte)random.Next(256) });
            var isBanned = ranges.Any(range => range.Contains(address));
            Assert.That(directory.FindBan(address) is not null, Is.EqualTo(isBanned), $"seed {Seed}: {address}");
        }
    }

    [TestCase("alice", true)]
    [TestCase("alice.rig1", true)]
    [TestCase("alice2", false)]
    [TestCase("bob.rig1", true)]
    [TestCase("bob.rig2", false)]
    [TestCase("bob", false)]
    [TestCase("carol", true, Description = "a worker without a name of its own")]
    [TestCase("carol.rig", false)]
    [TestCase("", false)]
    public void An_account_is_banned_with_all_its_workers_and_a_worker_alone(string name, bool isBanned)
    {
        var directory = Of(
            new Ban(BanKind.Account, "alice", "x", 0),
            new Ban(BanKind.Worker, "bob.rig1", "x", 0),
            new Ban(BanKind.Worker, "carol", "x", 0));
        Assert.That(directory.FindBan(Encoding.ASCII.GetBytes(name)) is not null, Is.EqualTo(isBanned));
    }

    [Test]
    public void A_ban_ends_at_its_time_and_not_a_millisecond_earlier()
    {
        var directory = Of(new Ban(BanKind.Account, "alice", "x", Now + 1_000), new Ban(BanKind.Address, "192.0.2.1", "x", Now + 5_000));
        Assert.That(directory.NextExpiryUtcMs, Is.EqualTo(Now + 1_000));
        Assert.That(directory.At(Now + 999).FindBan("alice"u8), Is.Not.Null);
        var later = directory.At(Now + 1_000);
        Assert.That(later.FindBan("alice"u8), Is.Null);
        Assert.That((later.BanCount, later.NextExpiryUtcMs), Is.EqualTo((1, Now + 5_000)));
        Assert.That(later.At(Now + 5_000).FindBan(IPAddress.Parse("192.0.2.1")), Is.Null);
        Assert.That(later.At(Now + 5_000).NextExpiryUtcMs, Is.EqualTo(long.MaxValue));
    }

    [Test]
    public void Every_name_is_found_and_no_other()
    {
        var names = Enumerable.Range(0, PublishedDirectory.NamesMax).Select(i => $"name{i}").ToArray();
        var directory = new StratumDirectory(new PublishedDirectory(names, []), Now);
        foreach (var name in names) Assert.That(directory.NameOf(Encoding.ASCII.GetBytes(name)), Is.SameAs(name));
        Assert.That(directory.NameOf("NAME7"u8), Is.EqualTo("name7"));
        Assert.That(directory.NameOf("name65536"u8), Is.Null);
        Assert.That(directory.NameOf("na"u8), Is.Null);
        Assert.That(directory.NameOf(new byte[33]), Is.Null);
        Assert.That(StratumDirectory.Empty.NameOf("name7"u8), Is.Null);
    }

    [Test]
    public void Looking_up_allocates_nothing()
    {
        var directory = new StratumDirectory(
            new PublishedDirectory(
                ["alice"], [new Ban(BanKind.Worker, "bob.rig", "x", 0), new Ban(BanKind.Address, "2001:db8::/32", "x", 0)]),
            Now);
        var address = IPAddress.Parse("192.0.2.1");
        Look();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) Look();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Look()
        {
            directory.NameOf("alice"u8);
            directory.FindBan("bob.rig"u8);
            directory.FindBan("mallory.rig"u8);
            directory.FindBan(address);
        }
    }

    private static StratumDirectory Of(params Ban[] bans) => new(new PublishedDirectory([], bans), Now);

    private static string Range(Random random)
    {
        var bits = random.Next(14, 33);
        var value = (10u << 24) | ((uint)random.Next(4) << 16) | (uint)random.Next(1 << 16);
        value &= uint.MaxValue << (32 - bits);
        var text = new IPAddress(new[] { (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value }).ToString();
        return bits == 32 ? text : $"{text}/{bits}";
    }
}
