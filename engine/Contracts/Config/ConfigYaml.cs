using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Viddhana.Contracts.Config;

/// <summary>
/// YAML to nodes, by the parser's events alone (no reflection). What the configuration does not need is refused: several documents,
/// anchors, tags, keys that are not text, duplicate keys, deep nesting.
/// </summary>
internal sealed class ConfigYaml
{
    private const int DepthMax = 16;
    private readonly Parser _events;
    private readonly string _fileName;
    private readonly ConfigProblems _problems;

    private ConfigYaml(string text, string fileName, ConfigProblems problems)
    {
        _events = new Parser(new StringReader(text));
        _fileName = fileName;
        _problems = problems;
    }

    /// <summary>The root of the document; an empty map for an empty file or after a problem that stops reading.</summary>
    public static MapNode Read(string text, string fileName, ConfigProblems problems)
    {
        var empty = new MapNode($"{fileName}:1");
        var yaml = new ConfigYaml(text, fileName, problems);
        try
        {
            return yaml.ReadDocument() ?? empty;
        }
        catch (YamlException error)
        {
            var tab = LineIndentedByTab(text);
            problems.Errors.Add(tab > 0
                ? new ConfigProblem($"{fileName}:{tab}", "", "a tab: YAML is indented with spaces")
                : new ConfigProblem($"{fileName}:{error.Start.Line}", "", "not valid YAML: " + FirstLine(error)));
            return empty;
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner throws this, without a place, for some broken documents.
            var line = yaml._events.Current?.End.Line ?? 1;
            problems.Errors.Add(new ConfigProblem($"{fileName}:{line}", "", "not valid YAML in this line or soon after it"));
            return empty;
        }
        catch (ConfigYamlException error)
        {
            problems.Errors.Add(new ConfigProblem(error.Where, "", error.Message));
            return empty;
        }
    }

    private MapNode? ReadDocument()
    {
        _events.Consume<StreamStart>();
        if (_events.Accept<StreamEnd>(out _)) return null;

        _events.Consume<DocumentStart>();
        var root = ReadNode(0);
        _events.Consume<DocumentEnd>();
        if (!_events.Accept<StreamEnd>(out _)) throw Stop(_events.Current!, "a second document: only one is allowed");
        if (root is MapNode map) return map;

        if (root is not ScalarNode { Value: null }) _problems.Error(root, "", "must begin with one of: common, pools, engine, backoffice");
        return null;
    }

    private ConfigNode ReadNode(int depth)
    {
        if (depth > DepthMax) throw Stop(_events.Current!, $"nested deeper than {DepthMax} levels");
        if (_events.TryConsume<AnchorAlias>(out var alias))
            throw Stop(alias, "anchors and aliases (& *) are not supported; quote the value if it is text");
        if (_events.Accept<NodeEvent>(out var node) && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty))
            throw Stop(node, "anchors and tags (& !) are not supported; quote the value if it is text");

        if (_events.TryConsume<Scalar>(out var scalar)) return new ScalarNode(Where(scalar), ValueOf(scalar));
        return _events.TryConsume<SequenceStart>(out var list) ? ReadList(list, depth) : ReadMap(_events.Consume<MappingStart>(), depth);
    }

    private ListNode ReadList(SequenceStart start, int depth)
    {
        var list = new ListNode(Where(start));
        while (!_events.TryConsume<SequenceEnd>(out _)) list.Items.Add(ReadNode(depth + 1));
        return list;
    }

    private MapNode ReadMap(MappingStart start, int depth)
    {
        var map = new MapNode(Where(start));
        while (!_events.TryConsume<MappingEnd>(out _))
        {
            if (!_events.TryConsume<Scalar>(out var key)) throw Stop(_events.Current!, "a key must be text");
            var value = ReadNode(depth + 1);
            if (map.Keys.TryGetValue(key.Value, out var first))
                _problems.Errors.Add(new ConfigProblem(Where(key), key.Value, $"given twice; first at {first.Where}"));
            else
                map.Keys.Add(key.Value, (Where(key), value));
        }

        return map;
    }

    private static string? ValueOf(Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" ? null : scalar.Value;

    private string Where(ParsingEvent at) => $"{_fileName}:{at.Start.Line}";

    private ConfigYamlException Stop(ParsingEvent at, string message) => new(Where(at), message);

    /// <summary>
    /// The commonest mistake, and the parser tells it by another line: the first line with a tab in its indentation, or 0.
    /// </summary>
    private static int LineIndentedByTab(string text)
    {
        var lines = text.Split('\n');
        return 1 + Array.FindIndex(lines, line => line.TrimStart(' ').StartsWith('\t'));
    }

    private static string FirstLine(YamlException error) => error.Message.Split('\n')[0].Trim();

    private sealed class ConfigYamlException(string where, string message) : Exception(message)
    {
        public string Where { get; } = where;
    }
}
