using System.Globalization;
using System.Text;

namespace Viddhana.Backoffice.Health;

/// <summary>Counters and gauges in the Prometheus text format. Thread-safe; meant for rates of events per second, not per share.</summary>
public sealed class Metrics
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    /// <summary>Adds to a counter; its name ends with <c>_total</c>.</summary>
    public void Count(string name, string help, double by = 1, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var series = Series(name, labels);
        lock (_lock)
        {
            var values = FamilyOf(name, help, "counter").Values;
            values[series] = values.GetValueOrDefault(series) + by;
        }
    }

    /// <summary>Sets a gauge.</summary>
    public void Set(string name, string help, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var series = Series(name, labels);
        lock (_lock) FamilyOf(name, help, "gauge").Values[series] = value;
    }

    /// <summary>Forgets all series of a name: for gauges whose label values come and go, before they are set anew.</summary>
    public void Clear(string name)
    {
        lock (_lock) _families.Remove(name);
    }

    /// <summary>All of it as Prometheus reads it.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            foreach (var (name, family) in _families)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {family.Help}\n# TYPE {name} {family.Type}\n");
                foreach (var (series, value) in family.Values) text.Append(CultureInfo.InvariantCulture, $"{series} {value}\n");
            }
        }

        return text.ToString();
    }

    private Family FamilyOf(string name, string help, string type)
    {
        if (!_families.TryGetValue(name, out var family)) _families.Add(name, family = new Family(help, type));
        return family;
    }

    private static string Series(string name, ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (labels.Length == 0) return name;
        var text = new StringBuilder(name).Append('{');
        foreach (var (label, value) in labels)
        {
            if (text[^1] != '{') text.Append(',');
            text.Append(label).Append("=\"").Append(Escape(value)).Append('"');
        }

        return text.Append('}').ToString();
    }

    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Family(string help, string type)
    {
        public string Help { get; } = help;

        public string Type { get; } = type;

        public SortedDictionary<string, double> Values { get; } = new(StringComparer.Ordinal);
    }
}
