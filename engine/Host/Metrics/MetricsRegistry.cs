using System.Text;

namespace Viddhana.Engine.Metrics;

/// <summary>
/// Every metric of the process, and its text in the Prometheus exposition format 0.0.4. Asking again for the same name and labels gives
/// the same metric. Make metrics at start-up and keep them: a look-up takes a lock, counting takes none.
/// </summary>
public sealed class MetricsRegistry
{
    /// <summary>Most series of one name. Labels come from configuration, never from a peer, so more is a mistake of ours.</summary>
    public const int SeriesMax = 1_000;

    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>A number that only grows.</summary>
    public Counter Counter(string name, string help, params (string Name, string Value)[] labels) =>
        Get(name, help, "counter", labels, static () => new Counter());

    /// <summary>A number that goes up and down.</summary>
    public Gauge Gauge(string name, string help, params (string Name, string Value)[] labels) =>
        Get(name, help, "gauge", labels, static () => new Gauge());

    /// <summary>A gauge whose value is asked for at each scrape; the function must be quick and safe on any thread.</summary>
    public Gauge Gauge(string name, string help, Func<double> read, params (string Name, string Value)[] labels)
    {
        var gauge = Gauge(name, help, labels);
        gauge.ReadFrom(read);
        return gauge;
    }

    /// <summary>A distribution; <paramref name="bounds"/> are the upper bounds of its buckets, rising, without infinity.</summary>
    public Histogram Histogram(string name, string help, double[] bounds, params (string Name, string Value)[] labels) =>
        Get(name, help, "histogram", labels, () => new Histogram(bounds));

    /// <summary>A counter that was made before, or null.</summary>
    public Counter? Find(string name, params (string Name, string Value)[] labels)
    {
        var key = LabelText(labels);
        lock (_lock)
        {
            return _families.TryGetValue(name, out var family) && family.Series.TryGetValue(key, out var known) ? known as Counter : null;
        }
    }

    /// <summary>All metrics as text.</summary>
    public string Text()
    {
        var text = new StringBuilder(8 << 10);
        lock (_lock)
        {
            foreach (var (name, family) in _families)
            {
                text.Append("# HELP ").Append(name).Append(' ').Append(family.Help.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
                text.Append("# TYPE ").Append(name).Append(' ').Append(family.Type).Append('\n');
                foreach (var (labels, metric) in family.Series) metric.Write(text, name, labels);
            }
        }

        return text.ToString();
    }

    private T Get<T>(string name, string help, string type, (string Name, string Value)[] labels, Func<T> make)
        where T : class, IMetric
    {
        var key = LabelText(labels);
        lock (_lock)
        {
            if (!_families.TryGetValue(name, out var family)) _families[name] = family = new Family(help, type);
            if (family.Series.TryGetValue(key, out var known)) return (T)known;

            Core.Check.That(family.Type == type && family.Series.Count < SeriesMax, $"metric {name}");
            var made = make();
            family.Series[key] = made;
            return made;
        }
    }

    private static string LabelText((string Name, string Value)[] labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(Escape(value)).Append('"');
        return text.ToString();
    }

    private static string Escape(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private sealed class Family(string help, string type)
    {
        public string Help { get; } = help;

        public string Type { get; } = type;

        public SortedDictionary<string, IMetric> Series { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>What the registry can print.</summary>
internal interface IMetric
{
    /// <summary>Appends the metric's lines; <paramref name="labels"/> without braces.</summary>
    void Write(StringBuilder text, string name, string labels);
}
