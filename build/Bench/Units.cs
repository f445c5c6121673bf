using System.Globalization;
using System.Text;

namespace Viddhana.Build.Bench;

/// <summary>Numbers as people read them: three digits that mean something.</summary>
internal static class Units
{
    public static string Short(double? value) => value switch
    {
        null => "–",
        0 => "0",
        >= 1_000 => Math.Round(value.Value).ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' '),
        >= 100 => value.Value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 1 => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    /// <summary>Appends text with its numbers as they are written everywhere.</summary>
    public static void Add(this StringBuilder page, FormattableString text) => page.Append(text.ToString(CultureInfo.InvariantCulture));

    public static string Times(double? ratio) => ratio is null ? "–" : Short(ratio) + "×";
}
