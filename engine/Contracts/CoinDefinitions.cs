using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;

namespace Viddhana.Contracts;

/// <summary>Every coin that is built in: one file <c>coins/NAME.json</c> each. A new coin of a known chain is a file there.</summary>
public static class CoinDefinitions
{
    private const string Folder = "coins/";

    private static readonly FrozenDictionary<string, CoinDefinition> ByName = ReadAll();

    /// <summary>Names in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The coin of this name, or null.</summary>
    public static CoinDefinition? Get(string name) => ByName.GetValueOrDefault(name);

    /// <summary>
    /// Reads one definition. Unknown, missing and wrong keys throw <see cref="InvalidDataException"/> that names file and key.
    /// </summary>
    public static CoinDefinition Parse(ReadOnlyMemory<byte> json, string fileName)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return ReadCoin(new KeyReader(document.RootElement, fileName));
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{fileName}: {error.Message}", error);
        }
    }

    private static FrozenDictionary<string, CoinDefinition> ReadAll()
    {
        var assembly = typeof(CoinDefinitions).Assembly;
        var files = assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal));
        return files.Select(file => Parse(ReadFile(assembly, file), file)).ToFrozenDictionary(coin => coin.Name, StringComparer.Ordinal);
    }

    private static byte[] ReadFile(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static CoinDefinition ReadCoin(KeyReader keys)
    {
        var coin = new CoinDefinition
        {
            Name = keys.Text("name"),
            Symbol = keys.Text("symbol"),
            Chain = keys.Text("chain"),
            Algorithm = keys.Text("algorithm"),
            Dialect = keys.Text("dialect"),
            Difficulty1Target = keys.Text("difficulty1_target"),
            Decimals = (int)keys.Number("decimals", 0, 18),
            CoinbaseMaturity = (int)keys.Number("coinbase_maturity", 1, 10_000),
            BlockSeconds = (int)keys.Number("block_seconds", 1, 86_400),
            TemplateRules = keys.Texts("template_rules"),
            KnownRules = keys.Texts("known_rules"),
            VersionRolling = keys.Flag("version_rolling"),
            PayoutThreshold = keys.Number("payout_threshold", 1, long.MaxValue),
            ExplorerBlock = keys.TextOrNull("explorer_block"),
            ExplorerTransaction = keys.TextOrNull("explorer_transaction"),
            Networks = ReadNetworks(keys),
        };
        keys.RefuseOthers();
        return coin;
    }

    private static FrozenDictionary<string, CoinNetwork> ReadNetworks(KeyReader keys)
    {
        var networks = new Dictionary<string, CoinNetwork>(StringComparer.Ordinal);
        foreach (var (name, inside) in keys.Objects("networks")) networks.Add(name, ReadNetwork(inside));
        return networks.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static CoinNetwork ReadNetwork(KeyReader keys)
    {
        var network = new CoinNetwork
        {
            NodeChain = keys.Text("node_chain"),
            Genesis = keys.TextOrNull("genesis"),
            P2pkh = keys.Bytes("p2pkh"),
            P2sh = keys.Bytes("p2sh"),
            Bech32 = keys.TextOrNull("bech32"),
        };
        keys.RefuseOthers();
        return network;
    }

    /// <summary>Reads the keys of one JSON object and remembers which were asked for, so that a misspelt one is found.</summary>
    private sealed class KeyReader(JsonElement element, string place)
    {
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        public string Text(string key) => TextOrNull(key) ?? throw Wrong(key, "a string");

        public string? TextOrNull(string key)
        {
            if (!TryGet(key, out var value)) return null;
            return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "a string");
        }

        public bool Flag(string key) =>
            TryGet(key, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? value.GetBoolean()
                : throw Wrong(key, "true or false");

        public long Number(string key, long min, long max) =>
            TryGet(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            && number >= min && number <= max
                ? number
                : throw Wrong(key, $"a whole number from {min} to {max}");

        public IReadOnlyList<string> Texts(string key)
        {
            var texts = new List<string>();
            foreach (var item in Items(key))
                texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(key, "a list of strings"));

            return texts;
        }

        public IReadOnlyList<int> Bytes(string key)
        {
            var bytes = new List<int>();
            foreach (var item in Items(key))
                bytes.Add(item.TryGetByte(out var value) ? value : throw Wrong(key, "a list of numbers from 0 to 255"));

            return bytes;
        }

        public IEnumerable<(string Name, KeyReader Keys)> Objects(string key)
        {
            if (!TryGet(key, out var value) || value.ValueKind != JsonValueKind.Object) throw Wrong(key, "an object");
            foreach (var property in value.EnumerateObject())
                yield return (property.Name, new KeyReader(property.Value, $"{place}: {key}.{property.Name}"));
        }

        public void RefuseOthers()
        {
            foreach (var property in element.EnumerateObject())
                if (!_known.Contains(property.Name)) throw new InvalidDataException($"{place}: unknown key '{property.Name}'");
        }

        private IEnumerable<JsonElement> Items(string key) =>
            TryGet(key, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Wrong(key, "a list");

        private bool TryGet(string key, out JsonElement value)
        {
            _known.Add(key);
            return element.TryGetProperty(key, out value);
        }

        private InvalidDataException Wrong(string key, string wanted) => new($"{place}: '{key}' must be {wanted}");
    }
}
