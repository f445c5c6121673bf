using System.Numerics;
using Viddhana.Core.Bytes;

namespace Viddhana.Tests.Engine.Bytes;

public sealed class TargetsTests
{
    // Expected values computed by hand from the definition mantissa × 256^(exponent - 3).
    [TestCase(0x1d00ffffu, "00000000ffff0000000000000000000000000000000000000000000000000000")]
    [TestCase(0x207fffffu, "7fffff0000000000000000000000000000000000000000000000000000000000")]
    [TestCase(0x1e0377aeu, "00000377ae000000000000000000000000000000000000000000000000000000")]
    [TestCase(0x03123456u, "0000000000000000000000000000000000000000000000000000000000123456")]
    [TestCase(0x02123456u, "0000000000000000000000000000000000000000000000000000000000001234")]
    [TestCase(0x01123456u, "0000000000000000000000000000000000000000000000000000000000000012")]
    [TestCase(0x04123456u, "0000000000000000000000000000000000000000000000000000000012345600")]
    [TestCase(0x2200007fu, "7f00000000000000000000000000000000000000000000000000000000000000", Description = "exponent 34, small mantissa")]
    [TestCase(0x2100ffffu, "ffff000000000000000000000000000000000000000000000000000000000000")]
    public void Compact_targets_expand(uint nbits, string expected)
    {
        Assert.That(Targets.TryFromCompact(nbits, out var target), Is.True);
        Assert.That(target.ToString(), Is.EqualTo(expected));
    }

    [TestCase(0x00000000u, Description = "zero")]
    [TestCase(0x1d000000u, Description = "zero mantissa")]
    [TestCase(0x00123456u, Description = "shifted away")]
    [TestCase(0x01003456u, Description = "shifted away")]
    [TestCase(0x1d80ffffu, Description = "negative")]
    [TestCase(0x04923456u, Description = "negative")]
    [TestCase(0x23000001u, Description = "2^256")]
    [TestCase(0x2200ffffu, Description = "above 2^256")]
    [TestCase(0x21010000u, Description = "2^256 exactly")]
    [TestCase(0xff123456u, Description = "far above")]
    public void What_consensus_refuses_is_no_target(uint nbits) => Assert.That(Targets.TryFromCompact(nbits, out _), Is.False);

    [Test]
    public void Work_of_difficulty_one_is_that_of_bitcoin_core()
    {
        Targets.TryFromCompact(0x1d00ffff, out var target);
        Assert.That(Targets.Work(target), Is.EqualTo((UInt128)4_295_032_833));
    }

    [Test]
    public void Work_at_the_edges()
    {
        Assert.That(Targets.Work(UInt256.Max), Is.EqualTo((UInt128)1));
        Assert.That(Targets.Work(UInt256.FromBigInteger((BigInteger.One << 255) - 1)), Is.EqualTo((UInt128)2));
        Assert.That(Targets.Work(UInt256.FromBigInteger(BigInteger.One << 224)), Is.EqualTo((UInt128)uint.MaxValue));
        Assert.That(Targets.Work(UInt256.FromBigInteger((BigInteger.One << 224) - 1)), Is.EqualTo((UInt128)1 << 32));
        Assert.That(Targets.Work(UInt256.FromBigInteger((BigInteger.One << 128) - 1)), Is.EqualTo(UInt128.MaxValue), "one too many");
        Assert.That(Targets.Work(UInt256.FromBigInteger(BigInteger.One << 128)), Is.EqualTo(UInt128.MaxValue));
        Assert.That(Targets.Work(new UInt256(1, 0, 0, 0)), Is.EqualTo(UInt128.MaxValue));
        Assert.That(Targets.Work(UInt256.Zero), Is.EqualTo(UInt128.MaxValue));
    }

    [Test]
    public void Numbers_compare_by_their_most_significant_limb_first()
    {
        var random = new Random(1);
        for (var i = 0; i < 2_000; i++)
        {
            var (a, b) = (Any(random), Any(random));
            Assert.That(a.CompareTo(b), Is.EqualTo(a.ToBigInteger().CompareTo(b.ToBigInteger())), $"{a} {b}");
            Assert.That(a <= b, Is.EqualTo(a.ToBigInteger() <= b.ToBigInteger()));
            Assert.That(UInt256.FromBigInteger(a.ToBigInteger()), Is.EqualTo(a));
        }
    }

    private static UInt256 Any(Random random) => new(Limb(random), Limb(random), Limb(random), Limb(random));

    private static ulong Limb(Random random) => random.Next(3) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        _ => (ulong)random.NextInt64(),
    };
}
