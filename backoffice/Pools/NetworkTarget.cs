using System.Globalization;
using System.Numerics;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Pools;

/// <summary>What a compact target (nbits) means, for display: never for judging shares or money.</summary>
public static class NetworkTarget
{
    /// <summary>Expected hashes for a block: 2^256 / (target + 1). 0 for a target of zero.</summary>
    public static double Work(long nbits)
    {
        var target = Target(nbits);
        return target.IsZero ? 0 : (double)((BigInteger.One << 256) / (target + 1));
    }

    /// <summary>Difficulty as the coin's miners count it.</summary>
    public static double Difficulty(long nbits, CoinDefinition coin)
    {
        var target = Target(nbits);
        if (target.IsZero) return 0;
        return Math.Exp(BigInteger.Log(One(coin)) - BigInteger.Log(target));
    }

    /// <summary>Difficulty, as the coin's miners count it, of so many expected hashes.</summary>
    public static double DifficultyOfWork(double work, CoinDefinition coin) => work / HashesPerDifficulty(coin);

    /// <summary>Expected hashes of difficulty 1: 2^32 for Bitcoin, near enough.</summary>
    public static double HashesPerDifficulty(CoinDefinition coin) => Math.Exp((256 * Math.Log(2)) - BigInteger.Log(One(coin)));

    private static BigInteger One(CoinDefinition coin) =>
        BigInteger.Parse("0" + coin.Difficulty1Target, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static BigInteger Target(long nbits)
    {
        var exponent = (int)(nbits >> 24) & 0xff;
        var mantissa = new BigInteger(nbits & 0x7fffff);
        return exponent >= 3 ? mantissa << (8 * (exponent - 3)) : mantissa >> (8 * (3 - exponent));
    }
}
