using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viddhana.Build.Bench;

/// <summary>
/// What was measured, a JSON line each, in <c>out/bench/results.jsonl</c>. A part that runs again replaces its earlier lines, so that a run
/// can be done in pieces.
/// </summary>
internal sealed class BenchResults
{
    private readonly string _file = Path.Combine(Repository.Out, "bench", "results.jsonl");
    private readonly List<JsonObject> _lines = [];

    public BenchResults()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        if (File.Exists(_file)) _lines.AddRange(File.ReadLines(_file).Where(l => l.Length > 0).Select(l => JsonNode.Parse(l)!.AsObject()));
    }

    /// <summary>Forgets what a part has measured before.</summary>
    public void Begin(string part) => _lines.RemoveAll(line => (string?)line["part"] == part);

    /// <summary>Adds a result of a part.</summary>
    public void Add(string part, string server, JsonNode result)
    {
        _lines.Add(new JsonObject { ["part"] = part, ["server"] = server, ["result"] = result });
        File.WriteAllLines(_file, _lines.Select(line => line.ToJsonString()));
    }

    /// <summary>The results of a part, in the order in which they were measured.</summary>
    public IReadOnlyList<JsonNode> Of(string part, string server) =>
        [.. _lines.Where(line => (string?)line["part"] == part && (string?)line["server"] == server).Select(line => line["result"]!)];

    /// <summary>The newest result of a part; null when there is none.</summary>
    public JsonNode? Latest(string part, string server) => Of(part, server) is [.., var last] ? last : null;

    /// <summary>All parts, by name and number.</summary>
    public IEnumerable<string> Parts => _lines.Select(line => (string)line["part"]!).Distinct()
        .Order(StringComparer.Create(CultureInfo.InvariantCulture, CompareOptions.NumericOrdering));

    /// <summary>Servers that a part has results of.</summary>
    public IReadOnlyList<string> Servers(string part) =>
        [.. _lines.Where(line => (string?)line["part"] == part).Select(line => (string)line["server"]!).Distinct()];

    /// <summary>Median of a number of the results; null where none has it.</summary>
    /// <param name="part">The part.</param>
    /// <param name="server">The server.</param>
    /// <param name="path">Names of members, with dots.</param>
    public double? Median(string part, string server, string path) => MedianOf(Of(part, server).Select(result => Number(result, path)));

    /// <summary>Median of the ratios to another server, each of the same repeat: measured in the same minute.</summary>
    public double? Ratio(string part, string server, string to, string path) => MedianOf(
        Of(part, server).Zip(Of(part, to), (mine, other) => Number(other, path) is > 0 and { } floor ? Number(mine, path) / floor : null));

    /// <summary>A number, or null where it is not there.</summary>
    public static double? Number(JsonNode? node, string path)
    {
        foreach (var name in path.Split('.')) node = (node as JsonObject)?[name];
        return node?.GetValueKind() == JsonValueKind.Number ? double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture) : null;
    }

    private static double? MedianOf(IEnumerable<double?> numbers)
    {
        var sorted = numbers.Where(n => n is not null).Select(n => n!.Value).Order().ToArray();
        if (sorted.Length == 0) return null;
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
