using System.Numerics;

namespace Viddhana.Core.Bytes;

/// <summary>Targets and the work they stand for. Exact; not for the share path.</summary>
public static class Targets
{
    /// <summary>
    /// Reads the compact form of a header (nbits). False for what consensus refuses: negative, zero, or above 2^256 - 1.
    /// </summary>
    public static bool TryFromCompact(uint nbits, out UInt256 target)
    {
        target = UInt256.Zero;
        var size = (int)(nbits >> 24);
        var digits = nbits & 0x007fffff;
        var isNegative = (nbits & 0x00800000) != 0;
        if (isNegative || digits == 0) return false;

        var value = size <= 3 ? new BigInteger(digits >> (8 * (3 - size))) : new BigInteger(digits) << (8 * (size - 3));
        if (value.IsZero || value.GetBitLength() > 256) return false;

        target = UInt256.FromBigInteger(value);
        return true;
    }

    /// <summary>
    /// floor(2^256 / (target + 1)): the expected number of hashes until one is at most the target. Above 2^128 - 1 gives that.
    /// </summary>
    public static UInt128 Work(UInt256 target)
    {
        var work = (BigInteger.One << 256) / (target.ToBigInteger() + 1);
        return work > UInt128.MaxValue ? UInt128.MaxValue : (UInt128)work;
    }

    /// <summary>floor(numerator × target / denominator), at most 2^256 - 1.</summary>
    public static UInt256 Scale(UInt256 target, BigInteger numerator, BigInteger denominator)
    {
        Check.That(numerator.Sign >= 0 && denominator.Sign > 0);
        return UInt256.FromBigInteger(target.ToBigInteger() * numerator / denominator);
    }
}
