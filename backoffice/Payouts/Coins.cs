using System.Globalization;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Base units as the decimal text that wallets take and give. No floating point anywhere.</summary>
public static class Coins
{
    /// <summary>"0.00001234" for 1234 at eight places.</summary>
    public static string Text(long baseUnits, int decimals) => Text((Int128)baseUnits, decimals);

    /// <summary>The same for sums.</summary>
    public static string Text(Int128 baseUnits, int decimals)
    {
        var sign = baseUnits < 0 ? "-" : "";
        var digits = Int128.Abs(baseUnits).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        return decimals == 0 ? sign + digits : $"{sign}{digits[..^decimals]}.{digits[^decimals..]}";
    }

    /// <summary>Base units of a decimal; exact, or an error.</summary>
    /// <exception cref="FormatException">More places than the coin has, or not a number.</exception>
    public static long Parse(string text, int decimals)
    {
        var value = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        var scaled = value * Scale(decimals);
        if (scaled != decimal.Truncate(scaled)) throw new FormatException($"{text} has more than {decimals} decimal places");
        return (long)scaled;
    }

    private static decimal Scale(int decimals)
    {
        var scale = 1m;
        for (var i = 0; i < decimals; i++) scale *= 10;
        return scale;
    }
}
