using System.Globalization;

namespace Viddhana.Backoffice.Facades;

/// <summary>Numbers as ckpool writes them (libckpool.c, suffix_string).</summary>
internal static class CkpoolText
{
    private const string Suffixes = "KMGTPE";

    /// <summary>
    /// A hash rate with three significant digits and a suffix: 1.23T. Below 1000 a whole number. E is the last suffix. What C's %.3g writes
    /// with an exponent (999.9 is 1e+03) is written so here too.
    /// </summary>
    public static string Rate(double value)
    {
        if (!(value >= 1_000)) return ((long)Math.Max(value, 0)).ToString(CultureInfo.InvariantCulture);
        var step = -1;
        for (; value >= 1_000 && step < Suffixes.Length - 1; step++) value /= 1_000;
        return ThreeDigits(value) + Suffixes[step];
    }

    /// <summary>C's %.3g of a number above 0.</summary>
    public static string ThreeDigits(double value)
    {
        if (value <= 0) return "0";
        var exponent = int.Parse(value.ToString("E2", CultureInfo.InvariantCulture)[5..], CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= 3)
        {
            var mantissa = value.ToString("E2", CultureInfo.InvariantCulture)[..4].TrimEnd('0').TrimEnd('.');
            return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        var text = value.ToString("F" + Math.Max(2 - exponent, 0), CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
    }
}
