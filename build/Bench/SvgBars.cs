using System.Text;

namespace Viddhana.Build.Bench;

/// <summary>One bar: what it stands for and how long it is.</summary>
internal readonly record struct SvgBar(string Series, double Value);

/// <summary>Bars that belong together.</summary>
internal sealed record SvgGroup(string Name, IReadOnlyList<SvgBar> Bars);

/// <summary>
/// Draws groups of horizontal bars as an SVG: no scripts, no fonts of its own, readable on white and on black.
/// </summary>
internal static class SvgBars
{
    private const int LabelWidth = 170;
    private const int PlotWidth = 460;
    private const int ValueWidth = 90;
    private const int BarHeight = 14;
    private const int GroupGap = 10;
    private const int Top = 58;
    private static readonly string[] Colours = ["#8b949e", "#2f81f7", "#d29922", "#a371f7", "#3fb950", "#f85149", "#db61a2"];

    /// <summary>The whole file.</summary>
    /// <param name="title">What is shown, with its unit.</param>
    /// <param name="groups">The groups, from top to bottom.</param>
    /// <param name="isLog">Bars grow with the logarithm: for values that differ by powers of ten.</param>
    public static string Draw(string title, IReadOnlyList<SvgGroup> groups, bool isLog)
    {
        var series = groups.SelectMany(group => group.Bars).Select(bar => bar.Series).Distinct().ToList();
        var values = groups.SelectMany(group => group.Bars).Select(bar => bar.Value).Where(value => value > 0).ToList();
        if (values.Count == 0) values.Add(1);
        var (min, max) = (isLog ? Math.Pow(10, Math.Floor(Math.Log10(values.Min()))) : 0, values.Max());
        var height = Top + groups.Sum(group => (group.Bars.Count * BarHeight) + GroupGap) + 10;
        var svg = new StringBuilder();
        svg.Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LabelWidth + PlotWidth + ValueWidth}\" height=\"{height}\" ");
        svg.Append("font-family=\"sans-serif\" font-size=\"11\" fill=\"#6e7681\">\n");
        svg.Add($"<text x=\"8\" y=\"18\" font-size=\"14\" font-weight=\"bold\">{Escape(title)}{(isLog ? " (logarithmic)" : "")}</text>\n");
        Legend(svg, series);
        var y = Top;
        foreach (var group in groups)
        {
            var middle = y + (group.Bars.Count * BarHeight / 2) + 4;
            svg.Add($"<text x=\"{LabelWidth - 8}\" y=\"{middle}\" text-anchor=\"end\">{Escape(group.Name)}</text>\n");
            foreach (var bar in group.Bars)
            {
                Bar(svg, bar, y, Length(bar.Value, min, max, isLog), Colours[series.IndexOf(bar.Series) % Colours.Length]);
                y += BarHeight;
            }

            y += GroupGap;
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Legend(StringBuilder svg, List<string> series)
    {
        var x = 8;
        for (var i = 0; i < series.Count; i++)
        {
            svg.Add($"<rect x=\"{x}\" y=\"30\" width=\"10\" height=\"10\" fill=\"{Colours[i % Colours.Length]}\"/>");
            svg.Add($"<text x=\"{x + 14}\" y=\"39\">{Escape(series[i])}</text>\n");
            x += 30 + (7 * series[i].Length);
        }
    }

    private static void Bar(StringBuilder svg, SvgBar bar, int y, double length, string colour)
    {
        svg.Add($"<rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{length:0.#}\" height=\"{BarHeight - 3}\" fill=\"{colour}\"/>");
        svg.Add($"<text x=\"{LabelWidth + length + 4:0.#}\" y=\"{y + 10}\">{Units.Short(bar.Value)}</text>\n");
    }

    private static double Length(double value, double min, double max, bool isLog)
    {
        if (value <= 0) return 0;
        if (!isLog) return value / max * PlotWidth;
        return max > min ? Math.Log10(value / min) / Math.Log10(max / min) * PlotWidth : PlotWidth;
    }

    private static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
}
