using System.Numerics;
using Viddhana.Core.Bytes;

namespace Viddhana.Core.Shares;

/// <summary>
/// How good a hash is: the hashes it takes on average to find one as low. Only for show and records, so a floating number: 53 bits, as
/// miners' own displays have, over the whole range; credit and targets are exact and elsewhere.
/// </summary>
public static class AchievedWork
{
    private const double TwoTo64 = 18446744073709551616.0;
    private const int ExponentBias = 1_023;
    private const int FractionBits = 52;

    /// <summary>2^256 / (hash + 1), from the 64 bits after the hash's leading zeros; at most 2^128, which no hash comes near.</summary>
    public static double Of(in UInt256 hash)
    {
        var (high, low, zeros) = hash.L3 != 0 ? (hash.L3, hash.L2, 0) : (hash.L2, hash.L1, 64);
        if (high == 0) return TwoTo64 * TwoTo64;

        var shift = BitOperations.LeadingZeroCount(high);
        var leading = shift == 0 ? high : (high << shift) | (low >> (64 - shift));
        // 2^64 / leading lies in [1, 2]; the rest is a power of two, and goes into the exponent as it is.
        var scale = BitConverter.Int64BitsToDouble((long)(zeros + shift + ExponentBias) << FractionBits);
        return TwoTo64 / leading * scale;
    }
}
