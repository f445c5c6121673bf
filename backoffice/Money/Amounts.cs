using System.Globalization;

namespace Viddhana.Backoffice.Money;

/// <summary>Amounts as people and nodes write them (0.00001234) and as they are kept: whole base units.</summary>
public static class Amounts
{
    private const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>
    /// Base units of a decimal with at most <paramref name="decimals"/> places; an exponent is allowed (nodes print 1e-8).
    /// </summary>
    /// <exception cref="FormatException">It is no decimal, has more places or does not fit.</exception>
    public static long Parse(string text, int decimals)
    {
        if (!decimal.TryParse(text, Styles, CultureInfo.InvariantCulture, out var value))
            throw new FormatException($"'{text}' is not an amount");

        return ToBaseUnits(value, decimals);
    }

    /// <summary>Base units of a decimal number of coins.</summary>
    /// <exception cref="FormatException">It has more places than the coin or does not fit.</exception>
    public static long ToBaseUnits(decimal coins, int decimals)
    {
        var scale = Scale(decimals);
        if (coins > long.MaxValue / scale || coins < long.MinValue / scale) throw new FormatException($"{coins} coins are too many");
        var units = coins * scale;
        return decimal.Truncate(units) == units
            ? (long)units
            : throw new FormatException($"{coins} has more than {decimals} decimal places");
    }

    /// <summary>As a decimal with all places of the coin: 0.00001234.</summary>
    public static string Text(long baseUnits, int decimals) =>
        (baseUnits / Scale(decimals)).ToString($"F{decimals}", CultureInfo.InvariantCulture);

    private static decimal Scale(int decimals)
    {
        var scale = 1m;
        for (var i = 0; i < decimals; i++) scale *= 10m;
        return scale;
    }
}
