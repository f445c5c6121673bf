namespace Viddhana.Contracts.Config;

/// <summary>A value of the configuration with the place it came from.</summary>
/// <param name="where"><c>FILE:LINE</c> or an environment variable.</param>
internal abstract class ConfigNode(string where)
{
    public string Where { get; } = where;
}

/// <summary>A text; null for an empty value, <c>~</c> and <c>null</c>.</summary>
internal sealed class ScalarNode(string where, string? value, bool isFromEnvironment = false) : ConfigNode(where)
{
    public string? Value { get; } = value;

    public bool IsFromEnvironment { get; } = isFromEnvironment;
}

/// <summary>A list.</summary>
internal sealed class ListNode(string where) : ConfigNode(where)
{
    public List<ConfigNode> Items { get; } = [];
}

/// <summary>Keys and values. The place of a key is kept too: an unknown one is told with its line.</summary>
internal sealed class MapNode(string where) : ConfigNode(where)
{
    public Dictionary<string, (string Where, ConfigNode Value)> Keys { get; } = new(StringComparer.Ordinal);
}
