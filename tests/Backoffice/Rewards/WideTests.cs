using System.Numerics;
using Viddhana.Backoffice.Rewards;

namespace Viddhana.Tests.Backoffice.Rewards;

/// <summary>Reward × work exceeds 128 bits; nothing of it may be rounded.</summary>
public sealed class WideTests
{
    private static readonly UInt128[] Edges =
    [
        0, 1, 2, 3, 0x7FFF_FFFF, uint.MaxValue, (UInt128)uint.MaxValue + 1, long.MaxValue, ulong.MaxValue, (UInt128)ulong.MaxValue + 1,
        (UInt128)Int128.MaxValue, (UInt128)Int128.MaxValue + 1, UInt128.MaxValue - 1, UInt128.MaxValue, 2_100_000_000_000_000,
    ];

    [Test]
    public void All_edges_equal_big_integers()
    {
        foreach (var a in Edges)
            foreach (var b in Edges)
                foreach (var c in Edges) Check(a, b, c);
    }

    [FsCheck.NUnit.Property(MaxTest = 5_000)]
    public void Random_numbers_of_every_length_equal_big_integers(int seed)
    {
        var random = new Random(seed);
        Check(Number(random), Number(random), Number(random));
    }

    [TestCase(0x1d00ffffu, "4295032833")]
    [TestCase(0x207fffffu, "2")]
    [TestCase(0x1e0377aeu, "4838420")]
    [TestCase(0u, "0")]
    [TestCase(0x04923456u, "0")]
    public void Compact_targets_become_work_as_the_chain_counts_it(uint nbits, string work) =>
        Assert.That((BigInteger)CompactTarget.Work(nbits), Is.EqualTo(BigInteger.Parse(work)));

    [FsCheck.NUnit.Property]
    public void Compact_targets_of_every_size_equal_big_integers(uint mantissa, byte size)
    {
        var nbits = ((uint)(3 + (size % 30)) << 24) | Math.Max(mantissa & 0x7FFFFF, 1);
        var target = (BigInteger)(nbits & 0x7FFFFF) * BigInteger.Pow(256, (int)(nbits >> 24) - 3);
        Assert.That(
            (BigInteger)CompactTarget.Work(nbits), Is.EqualTo(BigInteger.Min(BigInteger.Pow(2, 256) / (target + 1), UInt128.MaxValue)));
    }

    private static UInt128 Number(Random random) =>
        new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64() << 1) >> random.Next(128);

    private static void Check(UInt128 a, UInt128 b, UInt128 c)
    {
        if (c == 0)
        {
            Assert.That(() => Wide.MulDiv(a, b, c), Throws.TypeOf<DivideByZeroException>());
            return;
        }

        var expected = (BigInteger)a * b / c;
        if (expected > UInt128.MaxValue) Assert.That(() => Wide.MulDiv(a, b, c), Throws.TypeOf<OverflowException>(), $"{a} * {b} / {c}");
        else Assert.That((BigInteger)Wide.MulDiv(a, b, c), Is.EqualTo(expected), $"{a} * {b} / {c}");
    }
}
