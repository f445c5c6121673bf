using System.Text;

namespace Viddhana.Backoffice.Terminal;

/// <summary>A table of text: columns as wide as their widest cell; a title that begins with <c>&gt;</c> stands at the right.</summary>
internal sealed class PlainTable(params string[] titles)
{
    private readonly List<string[]> _rows = [];

    public bool IsEmpty => _rows.Count == 0;

    public PlainTable Add(params string[] cells)
    {
        _rows.Add(cells);
        return this;
    }

    /// <summary>The title line and the rows.</summary>
    public List<string> Lines()
    {
        string[] names = [.. titles.Select(title => title.TrimStart('>'))];
        int[] widths = [.. names.Select((name, i) => Math.Max(name.Length, _rows.Count == 0 ? 0 : _rows.Max(row => row[i].Length)))];
        List<string> lines = [Line(names, widths)];
        lines.AddRange(_rows.Select(row => Line(row, widths)));
        return lines;
    }

    private string Line(string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0) line.Append("  ");
            line.Append(titles[i].StartsWith('>') ? cells[i].PadLeft(widths[i]) : cells[i].PadRight(widths[i]));
        }

        return line.ToString().TrimEnd();
    }
}
