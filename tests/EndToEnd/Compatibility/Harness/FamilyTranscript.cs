using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>One session of a client family as a file; its form is told in <c>Families/README.md</c>.</summary>
internal sealed partial class FamilyTranscript
{
    private FamilyTranscript(string source, string model, List<(int Line, string Mark, string Text)> steps) =>
        (Source, Model, Steps) = (source, model, steps);

    /// <summary>Where it was read, or <c>inferred …</c>.</summary>
    public string Source { get; }

    /// <summary>Name of its model.</summary>
    public string Model { get; }

    /// <summary>Line number, mark (<c>&gt;</c>, <c>&gt;.</c>, <c>&lt;</c>, <c>*</c>) and the rest of each line.</summary>
    public IReadOnlyList<(int Line, string Mark, string Text)> Steps { get; }

    /// <summary>Names of all files, without extension.</summary>
    public static string[] Names =>
        [.. Directory.GetFiles(Folder, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Compatibility", "Families");

    public static FamilyTranscript Read(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, name + ".txt"));
        var (source, model) = ("", "");
        var steps = new List<(int, string, string)>();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            if (line.Length == 0 || line[0] == '#') continue;

            var (first, rest) = line.Split(' ', 2) is [var mark, var text] ? (mark, text) : (line, "");
            if (first == "source:") source = rest;
            else if (first == "model:") model = rest;
            else if (first is ">" or ">." or "<" or "*") steps.Add((i + 1, first, rest));
            else throw new FormatException($"{name}.txt:{i + 1}: neither a remark nor a step: {line}");
        }

        return new FamilyTranscript(source, model, steps);
    }

    /// <summary>Puts what is known into a line of the client.</summary>
    public static string Fill(string text, Dictionary<string, string> known) =>
        Placeholder().Replace(text, match => known[match.Groups["name"].Value]);

    /// <summary>Compares a line of the engine with the file's, and remembers what it leaves open. False: it is another line.</summary>
    public static bool Matches(string text, string line, Dictionary<string, string> known)
    {
        var pattern = new StringBuilder("^");
        var inLine = new HashSet<string>(StringComparer.Ordinal);
        var end = 0;
        foreach (Match placeholder in Placeholder().Matches(text))
        {
            var name = placeholder.Groups["name"].Value;
            pattern.Append(Regex.Escape(text[end..placeholder.Index]));
            if (!inLine.Add(name)) pattern.Append(CultureInfo.InvariantCulture, $"\\k<{name}>");
            else if (placeholder.Groups["known"].Length > 0)
                pattern.Append(CultureInfo.InvariantCulture, $"(?<{name}>{Regex.Escape(known[name])})");
            else pattern.Append(CultureInfo.InvariantCulture, $"(?<{name}>{(name == "notify" ? ".*" : "[^\"\\[\\]]*")})");
            end = placeholder.Index + placeholder.Length;
        }

        pattern.Append(Regex.Escape(text[end..])).Append('$');
        var match = Regex.Match(line, pattern.ToString());
        foreach (Group group in match.Groups)
            if (group.Success && !char.IsAsciiDigit(group.Name[0])) known[group.Name] = group.Value;

        return match.Success;
    }

    [GeneratedRegex(@"\{(?<known>=?)(?<name>[a-z]+[0-9]?)\}")]
    private static partial Regex Placeholder();
}
