using System.Numerics;

namespace Viddhana.Backoffice.Rewards;

/// <summary>Compact block targets (nbits), as chains write them.</summary>
public static class CompactTarget
{
    /// <summary>Expected hashes for a block with this target: floor(2^256 / (target + 1)); 0 for a target that is not positive.</summary>
    public static UInt128 Work(uint nbits)
    {
        var exponent = (int)(nbits >> 24);
        BigInteger mantissa = nbits & 0x007F_FFFF;
        if (mantissa.IsZero || (nbits & 0x0080_0000) != 0) return 0;

        var target = exponent <= 3 ? mantissa >> (8 * (3 - exponent)) : mantissa << (8 * (exponent - 3));
        var work = (BigInteger.One << 256) / (target + 1);
        return work > (BigInteger)UInt128.MaxValue ? UInt128.MaxValue : (UInt128)work;
    }
}
