using System.Globalization;

namespace Viddhana.Contracts.Config;

/// <summary>
/// Lays environment variables over the file: <c>VIDDHANA__POOLS__0__NODES__1__URL</c> is <c>pools[0].nodes[1].url</c>. An index one past
/// the end of a list adds an entry.
/// </summary>
internal static class ConfigEnvironment
{
    public const string Prefix = "VIDDHANA__";

    public static void Apply(MapNode root, IReadOnlyDictionary<string, string> environment, ConfigProblems problems)
    {
        var ours = environment.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));
        foreach (var name in ours.OrderBy(SortKey, StringComparer.Ordinal))
        {
            var value = environment[name];
            var steps = name[Prefix.Length..].ToLowerInvariant().Split("__");
            var problem = Set(root, steps, new ScalarNode(name, value.Length == 0 ? null : value, isFromEnvironment: true));
            if (problem is not null) problems.Errors.Add(new ConfigProblem(name, "", problem));
        }
    }

    /// <summary>Numbers as numbers, so that index 10 comes after index 2.</summary>
    private static string SortKey(string name) =>
        string.Join(
            "__", name.Split("__").Select(step => int.TryParse(step, NumberStyles.None, null, out var number) ? $"{number:d10}" : step));

    /// <summary>Walks to the place, making sections and list entries on the way; returns what is wrong, or null.</summary>
    private static string? Set(MapNode root, string[] steps, ScalarNode value)
    {
        ConfigNode at = root;
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            if (step.Length == 0) return "has an empty step: keys are joined by two underscores";

            ConfigNode next = i == steps.Length - 1 ? value : IsIndex(steps[i + 1]) ? new ListNode(value.Where) : new MapNode(value.Where);
            switch (at)
            {
                case MapNode map when !IsIndex(step):
                    at = Enter(map, step, next, value.Where);
                    break;
                case ListNode list when IsIndex(step):
                    var index = int.Parse(step, NumberStyles.None);
                    if (index > list.Items.Count) return $"index {index} leaves a gap: the next free one is {list.Items.Count}";
                    at = Enter(list, index, next);
                    break;
                default:
                    return at switch
                    {
                        MapNode => $"'{step}' is an index, but there is a section, not a list",
                        ListNode => $"'{step}' must be an index: 0, 1, 2 …",
                        _ => $"'{step}' is below a key that has a plain value",
                    };
            }
        }

        return null;
    }

    private static ConfigNode Enter(MapNode map, string key, ConfigNode next, string where)
    {
        if (!map.Keys.TryGetValue(key, out var old) || IsReplaced(old.Value, next)) map.Keys[key] = (where, next);
        return map.Keys[key].Value;
    }

    private static ConfigNode Enter(ListNode list, int index, ConfigNode next)
    {
        if (index == list.Items.Count) list.Items.Add(next);
        else if (IsReplaced(list.Items[index], next)) list.Items[index] = next;
        return list.Items[index];
    }

    /// <summary>A value replaces what was there; a section or list only an empty value.</summary>
    private static bool IsReplaced(ConfigNode old, ConfigNode next) => next is ScalarNode || old is ScalarNode { Value: null };

    private static bool IsIndex(string step) => step.Length <= 4 && step.All(char.IsAsciiDigit);
}
