using System.Numerics;
using Viddhana.Contracts;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Shares;

/// <summary>How good a hash is, beside exact arithmetic.</summary>
public sealed class AchievedWorkTests
{
    private static readonly BigInteger TwoTo256 = BigInteger.One << 256;

    [Test]
    public void It_is_what_exact_arithmetic_says_to_the_last_bits_of_a_double_whatever_the_hash()
    {
        var random = new Random(20261122);
        var bytes = new byte[32];
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(bytes);
            Array.Clear(bytes, 32 - (round % 16), round % 16);
            if (round % 16 < 15) bytes[31 - (round % 16)] >>= random.Next(8);
            var hash = UInt256.FromLittleEndian(bytes);
            var exact = Math.Min((double)(TwoTo256 / (hash.ToBigInteger() + 1)), ShareRecord.BestMax);
            // Of 2^256 / (hash + 1) the quotient is cut to a whole number, which small ones notice.
            Assert.That(AchievedWork.Of(hash), Is.EqualTo(exact).Within(1 + (exact * 1e-15)), $"seed 20261122, hash {hash}");
        }
    }

    [Test]
    public void A_lower_hash_is_never_worse()
    {
        var last = 0.0;
        for (var hash = UInt256.Max.ToBigInteger(); hash > BigInteger.One << 100; hash = hash * 999 / 1_000)
        {
            var work = AchievedWork.Of(UInt256.FromBigInteger(hash));
            Assert.That(work, Is.GreaterThanOrEqualTo(last).And.LessThanOrEqualTo(ShareRecord.BestMax));
            last = work;
        }
    }

    [TestCase("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 1.0)]
    [TestCase("8000000000000000000000000000000000000000000000000000000000000000", 2.0)]
    [TestCase("0000000080000000000000000000000000000000000000000000000000000000", 8589934592.0)]
    [TestCase("0000000000000001000000000000000000000000000000000000000000000000", 18446744073709551616.0)]
    [TestCase("0000000000000000000000000000000100000000000000000000000000000000", ShareRecord.BestMax)]
    [TestCase("00000000000000000000000000000000ffffffffffffffffffffffffffffffff", ShareRecord.BestMax)]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", ShareRecord.BestMax)]
    public void Ends_and_powers_of_two_are_exact(string hash, double work) =>
        Assert.That(AchievedWork.Of(UInt256.FromBigEndian(Convert.FromHexString(hash))), Is.EqualTo(work));
}
