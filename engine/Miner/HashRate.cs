using System.Globalization;

namespace Viddhana.Miner;

/// <summary>Hash rates as text: <c>5MH</c>, <c>1.5GH/s</c>, <c>800</c>; <c>max</c> is as fast as possible.</summary>
internal static class HashRate
{
    private static readonly (string Unit, double Factor)[] Units = [("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3), ("", 1)];

    /// <summary>Hashes per second, above zero; infinity for <c>max</c>.</summary>
    public static bool TryParse(string? text, out double hashesPerSecond)
    {
        hashesPerSecond = 0;
        if (text is null) return false;
        if (text.Equals("max", StringComparison.OrdinalIgnoreCase))
        {
            hashesPerSecond = double.PositiveInfinity;
            return true;
        }

        var number = text.Trim().ToUpperInvariant();
        if (number.EndsWith("/S", StringComparison.Ordinal)) number = number[..^2];
        if (number.EndsWith('H')) number = number[..^1];
        var (unit, factor) = Array.Find(Units, u => number.EndsWith(u.Unit, StringComparison.Ordinal));
        number = number[..^unit.Length].Trim();
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return false;

        hashesPerSecond = value * factor;
        return hashesPerSecond is > 0 and < 1e18;
    }

    /// <summary>For people: <c>4.98 MH/s</c>.</summary>
    public static string Text(double hashesPerSecond)
    {
        var (unit, factor) = Array.Find(Units, u => hashesPerSecond >= u.Factor || u.Factor == 1);
        return $"{(hashesPerSecond / factor).ToString("0.00", CultureInfo.InvariantCulture)} {(unit == "K" ? "k" : unit)}H/s";
    }
}
