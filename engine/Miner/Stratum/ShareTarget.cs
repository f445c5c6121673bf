using System.Globalization;
using System.Numerics;
using Viddhana.Core.Bytes;

namespace Viddhana.Miner.Stratum;

/// <summary>A share difficulty as the pool sent it, with the target and the work that follow from it in exact arithmetic.</summary>
/// <param name="Text">The number as it stood in <c>mining.set_difficulty</c>.</param>
/// <param name="Target">floor(difficulty-1 target / difficulty); a share needs hash &lt;= target.</param>
/// <param name="Work">floor(2^256 / (target + 1)): hashes that one share stands for.</param>
internal sealed record ShareTarget(string Text, UInt256 Target, UInt128 Work)
{
    private const int DigitsMax = 60;
    private const int ExponentMax = 60;

    /// <summary>Reads a positive JSON number, exponent allowed. False for zero, a negative number or one without sense.</summary>
    public static bool TryParse(string text, UInt256 difficulty1, out ShareTarget? target)
    {
        target = null;
        if (!TryReadDecimal(text, out var digits, out var scale) || digits.Sign <= 0) return false;

        var value = scale >= 0
            ? Targets.Scale(difficulty1, BigInteger.Pow(10, scale), digits)
            : Targets.Scale(difficulty1, BigInteger.One, digits * BigInteger.Pow(10, -scale));
        target = new ShareTarget(text, value, Targets.Work(value));
        return true;
    }

    /// <summary>The number is digits / 10^scale.</summary>
    private static bool TryReadDecimal(string text, out BigInteger digits, out int scale)
    {
        digits = default;
        scale = 0;
        var exponentAt = text.AsSpan().IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var exponent = 0;
        if (exponentAt >= 0 && !int.TryParse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, null, out exponent)) return false;
        if (mantissa.Length is 0 or > DigitsMax || Math.Abs(exponent) > ExponentMax) return false;

        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        scale = (point < 0 ? 0 : mantissa.Length - point - 1) - exponent;
        return BigInteger.TryParse(mantissa.Replace(".", "", StringComparison.Ordinal), NumberStyles.None, null, out digits);
    }
}
