using System.Globalization;

namespace Viddhana.Contracts.Config;

/// <summary>
/// Reads the keys of one section into typed values and remembers which it was asked for: what is left at <see cref="End"/> is unknown. A
/// wrong value is told and the default returned, so that one run finds all problems.
/// </summary>
internal sealed class ConfigSection(ConfigNode? node, string path, ConfigProblems problems)
{
    private const int SecretBytesMax = 4096;
    private readonly List<string> _known = [];
    private readonly MapNode? _map = node as MapNode;

    public string Path { get; } = path;

    public ConfigNode? Node { get; } = node;

    public ConfigProblems Problems { get; } = problems;

    public string KeyPath(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    /// <summary>The node of a key, or null if it is absent or empty. Tells the reader that the key exists.</summary>
    public ConfigNode? Find(string key)
    {
        _known.Add(key);
        if (_map is null || !_map.Keys.TryGetValue(key, out var found)) return null;
        return found.Value is ScalarNode { Value: null } ? null : found.Value;
    }

    public void Error(string key, string message) =>
        Problems.Error(_map is not null && _map.Keys.TryGetValue(key, out var found) ? found.Value : Node, KeyPath(key), message);

    public void Warn(string key, string message) =>
        Problems.Warn(_map is not null && _map.Keys.TryGetValue(key, out var found) ? found.Value : Node, KeyPath(key), message);

    public string? TextOrNull(string key)
    {
        switch (Find(key))
        {
            case null: return Noted(key, null);
            case ScalarNode scalar: return Noted(key, scalar.Value);
            default:
                Error(key, "must be a single value");
                return null;
        }
    }

    public string Text(string key, string otherwise) => TextOrNull(key) ?? Noted(key, otherwise)!;

    public string Required(string key, string example)
    {
        var text = TextOrNull(key);
        if (text is null && Find(key) is null) Error(key, $"is missing; example: {key}: {example}");
        return text ?? "";
    }

    public string Choice(string key, string otherwise, params ReadOnlySpan<string> allowed)
    {
        var text = TextOrNull(key);
        if (text is null) return Noted(key, otherwise)!;
        if (allowed.Contains(text)) return text;

        Error(key, $"'{text}' is not one of: {string.Join(", ", allowed.ToArray())}{Suggest(text, allowed)}");
        return otherwise;
    }

    public bool Flag(string key, bool otherwise)
    {
        var text = TextOrNull(key);
        if (text is null)
        {
            Noted(key, otherwise ? "true" : "false");
            return otherwise;
        }

        if (text is "true" or "false") return text == "true";

        Error(key, $"'{text}' must be true or false");
        return otherwise;
    }

    public int Int(string key, int otherwise, int min, int max) => (int)Long(key, otherwise, min, max);

    public long Long(string key, long otherwise, long min, long max)
    {
        var text = TextOrNull(key);
        if (text is null)
        {
            Noted(key, otherwise.ToString(CultureInfo.InvariantCulture));
            return otherwise;
        }

        if (TryNumber(text, out var value) && value >= min && value <= max) return value;

        Error(key, $"'{text}' must be a whole number from {min} to {max}");
        return otherwise;
    }

    /// <summary>A count of bytes: a whole number, or one with KiB, MiB or GiB.</summary>
    public long Bytes(string key, long otherwise, long min, long max, bool isZeroAllowed = false)
    {
        var text = TextOrNull(key);
        if (text is null)
        {
            Noted(key, otherwise.ToString(CultureInfo.InvariantCulture));
            return otherwise;
        }

        var (digits, shift) = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.Ordinal) => (text[..^3], 10),
            _ when text.EndsWith("MiB", StringComparison.Ordinal) => (text[..^3], 20),
            _ when text.EndsWith("GiB", StringComparison.Ordinal) => (text[..^3], 30),
            _ => (text, 0),
        };
        if (TryNumber(digits.TrimEnd(), out var value) && value <= max >> shift)
        {
            if (value << shift >= min || (value == 0 && isZeroAllowed)) return value << shift;
        }

        Error(key, $"'{text}' must be a number of bytes (also 64KiB, 64MiB, 64GiB) from {min} to {max}{(isZeroAllowed ? ", or 0" : "")}");
        return otherwise;
    }

    public double Seconds(string key, double otherwise, double min, double max) =>
        (double)Decimal(key, (decimal)otherwise, (decimal)min, (decimal)max, 3)!;

    /// <summary>A decimal with at most <paramref name="places"/> decimal places.</summary>
    public decimal? Decimal(string key, decimal? otherwise, decimal min, decimal max, int places)
    {
        var text = TextOrNull(key);
        if (text is null)
        {
            Noted(key, otherwise?.ToString(CultureInfo.InvariantCulture));
            return otherwise;
        }

        if (TryDecimal(text, out var value) && value >= min && value <= max && value.Scale <= places) return value;

        Error(key, $"'{text}' must be a number from {Plain(min)} to {Plain(max)} with at most {places} decimal places");
        return otherwise;
    }

    /// <summary>An exact decimal that stays text.</summary>
    public string DecimalText(string key, string otherwise, decimal min, decimal max, int places)
    {
        var text = TextOrNull(key);
        if (text is null) return Noted(key, otherwise)!;

        return Decimal(key, null, min, max, places) is null ? otherwise : text;
    }

    /// <summary>A section that is always there; its keys have defaults.</summary>
    public ConfigSection Section(string key)
    {
        var found = Find(key);
        if (found is not null and not MapNode) Error(key, "must be a section with keys of its own");
        return new ConfigSection(found as MapNode, KeyPath(key), Problems);
    }

    /// <summary>A section that may be absent.</summary>
    public ConfigSection? SectionOrNull(string key)
    {
        var found = Find(key);
        if (found is not null) return Section(key);

        if (_map is not null && _map.Keys.ContainsKey(key)) Error(key, "is empty: give its keys, or remove the line");
        return null;
    }

    /// <summary>The sections of a list.</summary>
    public IEnumerable<ConfigSection> Sections(string key)
    {
        foreach (var (item, index) in Items(key))
        {
            if (item is not MapNode) Problems.Error(item, $"{KeyPath(key)}[{index}]", "must be a section with keys of its own");
            yield return new ConfigSection(item, $"{KeyPath(key)}[{index}]", Problems);
        }
    }

    /// <summary>The texts of a list.</summary>
    public List<string> Texts(string key)
    {
        var texts = new List<string>();
        foreach (var (item, index) in Items(key))
        {
            if (item is ScalarNode { Value: { } value }) texts.Add(value);
            else Problems.Error(item, $"{KeyPath(key)}[{index}]", "must be a single value");
        }

        Note(key, string.Join(", ", texts), isSecret: false);
        return texts;
    }

    /// <summary>
    /// A secret: the key itself, or <c>KEY_file</c> with the name of a file that holds it. The environment wins over the file. Null if
    /// it is absent or <paramref name="isRead"/> is false.
    /// </summary>
    public string? Secret(string key, bool isRead)
    {
        var (value, file) = (Find(key), Find(key + "_file"));
        Note(key, value is null ? "" : "***", isSecret: true);
        if (file is ScalarNode { Value: { } name }) Note(key + "_file", name, isSecret: false);
        if (value is not null and not ScalarNode || file is not null and not ScalarNode)
        {
            Error(key, "must be a single value");
            return null;
        }

        var (plain, fileName) = ((ScalarNode?)value, (ScalarNode?)file);
        if (plain is not null && fileName is not null)
        {
            if (plain.IsFromEnvironment == fileName.IsFromEnvironment)
            {
                Error(key, $"given twice, as {key} and as {key}_file: remove one");
                return null;
            }

            if (plain.IsFromEnvironment) fileName = null;
            else plain = null;
        }

        if (plain is { IsFromEnvironment: false })
            Warn(key, $"stands in the file in plain text; better {key}_file, or an environment variable");
        if (!isRead) return null;
        return fileName is null ? plain?.Value : ReadSecret(key + "_file", fileName.Value!);
    }

    /// <summary>Tells every key that nobody asked for.</summary>
    public void End()
    {
        if (_map is null) return;

        foreach (var (key, (where, _)) in _map.Keys)
        {
            if (_known.Contains(key)) continue;
            var known = _known.ToArray();
            var allowed = string.Join(", ", known.Order(StringComparer.Ordinal));
            Problems.Errors.Add(new ConfigProblem(where, KeyPath(key), $"unknown key{Suggest(key, known)}; allowed: {allowed}"));
        }
    }

    // What a program shows of its configuration. A URL may hold a password.
    private string? Noted(string key, string? value)
    {
        Note(key, value is not null && (key == "url" || value.Contains("://")) ? Secrets.Mask(value) : value ?? "", isSecret: false);
        return value;
    }

    private void Note(string key, string value, bool isSecret)
    {
        var isGiven = _map is not null && _map.Keys.TryGetValue(key, out var found) && found.Value is not ScalarNode { Value: null };
        Problems.Settings.Note(new ConfigSetting(KeyPath(key), value, isGiven ? _map!.Keys[key].Value.Where : "default", isSecret));
    }

    private IEnumerable<(ConfigNode Item, int Index)> Items(string key)
    {
        var found = Find(key);
        if (found is not null and not ListNode) Error(key, "must be a list: each entry begins with '- '");
        var items = new List<(ConfigNode, int)>();
        foreach (var item in (found as ListNode)?.Items ?? []) items.Add((item, items.Count));
        return items;
    }

    private string? ReadSecret(string key, string fileName)
    {
        try
        {
            if (new FileInfo(fileName).Length > SecretBytesMax)
            {
                Error(key, $"{fileName} is larger than {SecretBytesMax} bytes: not a secret");
                return null;
            }

            var secret = File.ReadAllText(fileName).TrimEnd('\r', '\n');
            if (secret.Length > 0) return secret;
            Error(key, $"{fileName} is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var reason = error switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException => $"user {Environment.UserName} may not read it",
                _ => error.Message,
            };
            Error(key, $"{fileName}: {reason}");
        }

        return null;
    }

    private static bool TryNumber(string text, out long value) =>
        long.TryParse(
            IsGrouped(text) ? text.Replace("_", "", StringComparison.Ordinal) : text, NumberStyles.AllowLeadingSign, null, out value);

    private static bool IsGrouped(string text) => text.Contains('_') && !text.StartsWith('_') && !text.EndsWith('_');

    private static bool TryDecimal(string text, out decimal value) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, null, out value);

    private static string Plain(decimal value) => value.ToString("0.##########");

    private static string Suggest(string text, ReadOnlySpan<string> allowed)
    {
        var best = "";
        var bestDistance = 1 + (text.Length / 3);
        foreach (var candidate in allowed)
        {
            var distance = Distance(text.ToLowerInvariant().Replace('-', '_'), candidate);
            if (distance > bestDistance || (distance == bestDistance && best.Length > 0)) continue;
            (best, bestDistance) = (candidate, distance);
        }

        return best.Length == 0 ? "" : $" (did you mean '{best}'?)";
    }

    /// <summary>Levenshtein distance.</summary>
    private static int Distance(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (var j = 0; j < row.Length; j++) row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
