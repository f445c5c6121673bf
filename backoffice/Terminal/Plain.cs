using System.Globalization;
using System.Text;

namespace Viddhana.Backoffice.Terminal;

/// <summary>Text for terminals and logs: names that miners chose cannot move the cursor, and numbers read alike everywhere.</summary>
internal static class Plain
{
    private static readonly string[] RateUnits = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s", "ZH/s", "YH/s", "RH/s", "QH/s"];
    private static readonly string[] CountUnits = ["", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q"];

    /// <summary>
    /// A text that others chose, in at most so many characters: controls, marks of direction and whatever has no shape become U+FFFD.
    /// </summary>
    public static string Name(string text, int max)
    {
        var plain = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var isShown = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
                or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark);
            plain.Append(isShown ? rune.ToString() : "\uFFFD");
        }

        return Cut(plain.ToString(), max);
    }

    /// <summary>A text in at most so many characters; an ellipsis says that there was more.</summary>
    public static string Cut(string text, int max)
    {
        if (text.Length <= max) return text;
        if (max <= 1) return max == 1 ? "…" : "";
        var end = char.IsHighSurrogate(text[max - 2]) ? max - 2 : max - 1;
        return text[..end] + "…";
    }

    /// <summary>A hash rate in hashes per second: <c>12.3 TH/s</c>.</summary>
    public static string Rate(double rate) => Scaled(rate, RateUnits, " ");

    /// <summary>A count or difficulty: <c>1.23M</c>.</summary>
    public static string Count(double count) => Scaled(count, CountUnits, "");

    /// <summary>A part of something in percent.</summary>
    public static string Percent(double part) => (part * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    /// <summary>How long ago, in its largest unit: <c>5m</c>.</summary>
    public static string Ago(TimeSpan ago) => ago switch
    {
        { TotalSeconds: < 1 } => "now",
        { TotalMinutes: < 1 } => $"{(int)ago.TotalSeconds}s",
        { TotalHours: < 1 } => $"{(int)ago.TotalMinutes}m",
        { TotalDays: < 1 } => $"{(int)ago.TotalHours}h",
        _ => $"{(int)ago.TotalDays}d",
    };

    private static string Scaled(double value, string[] units, string space)
    {
        if (!double.IsFinite(value)) return "?";
        var unit = 0;
        for (; Math.Abs(value) >= 999.5 && unit < units.Length - 1; unit++) value /= 1_000;
        var digits = Math.Abs(value) switch { >= 99.95 => "0", >= 9.995 => "0.0", _ => "0.00" };
        if (unit == 0 && value == Math.Floor(value)) digits = "0";
        return value.ToString(digits, CultureInfo.InvariantCulture) + (units[unit].Length == 0 ? "" : space + units[unit]);
    }
}
