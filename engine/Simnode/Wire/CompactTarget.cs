using System.Numerics;

namespace Viddhana.Simnode.Wire;

/// <summary>Header bits to targets and work, in plain big-number arithmetic.</summary>
public static class CompactTarget
{
    /// <summary>The easiest target of regtest.</summary>
    public const uint RegtestLimit = 0x207FFFFF;

    private static readonly BigInteger Limit = Expand(RegtestLimit);
    private static readonly BigInteger TwoTo256 = BigInteger.One << 256;
    private static readonly BigInteger Difficulty1 = new BigInteger(0xFFFF) << 208;

    /// <summary>The target of <paramref name="bits"/>; false for zero, negative, overflowing or easier than regtest allows.</summary>
    public static bool TryTarget(uint bits, out Hash256 target)
    {
        target = default;
        if ((bits & 0x800000) != 0 || bits >> 24 > 34) return false;

        var value = Expand(bits);
        if (value.IsZero || value > Limit) return false;

        Span<byte> bytes = stackalloc byte[32];
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        target = Hash256.Read(bytes);
        return true;
    }

    /// <summary>Expected hashes to meet <paramref name="bits"/>: floor(2^256 / (target + 1)).</summary>
    public static UInt128 Work(uint bits) => (UInt128)(TwoTo256 / (Expand(bits) + 1));

    /// <summary>Difficulty as nodes show it: a floating-point number for people.</summary>
    public static double Difficulty(uint bits) => (double)Difficulty1 / (double)Expand(bits);

    private static BigInteger Expand(uint bits)
    {
        var mantissa = new BigInteger(bits & 0x7FFFFF);
        var shift = 8 * ((int)(bits >> 24) - 3);
        return shift >= 0 ? mantissa << shift : mantissa >> -shift;
    }
}
