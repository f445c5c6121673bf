using System.Globalization;
using System.Net;

namespace Viddhana.Contracts.Config;

/// <summary>What one key alone does not show: addresses of a coin, ports that meet, URLs.</summary>
internal static class ConfigCheck
{
    private const int NameMax = 32;
    private const int TagMax = 32;

    public static void Pools(ConfigSection root, ConfigSection[] sections, ViddhanaConfig config)
    {
        if (config.Pools.Count == 0)
            root.Error("pools", "needs at least one entry: pools: [{id: btc, coin: bitcoin, address: bc1q…, nodes: […]}]");

        for (var i = 0; i < config.Pools.Count; i++)
        {
            var first = config.Pools.FindIndex(pool => pool.Id == config.Pools[i].Id);
            if (first < i) sections[i].Error("id", $"'{config.Pools[i].Id}' is also the id of pools[{first}]");
        }

        Ports(sections, config);
    }

    public static void Pool(ConfigSection section, PoolConfig pool)
    {
        if (pool.Id.Length > 0 && !IsName(pool.Id)) section.Error("id", $"'{pool.Id}' must be 1 to {NameMax} of a-z, 0-9 and '-'");
        if (pool.Tag.Length > TagMax || pool.Tag.Any(c => c is < ' ' or > '~'))
            section.Error("tag", $"must be at most {TagMax} printable ASCII characters");

        if (pool.Coin.Length == 0) return;
        section.Choice("coin", "", [.. CoinDefinitions.Names]);
        if (CoinDefinitions.Get(pool.Coin) is not { } coin) return;

        section.Choice("network", "", [.. coin.Networks.Keys.Order(StringComparer.Ordinal)]);
        if (!coin.Networks.TryGetValue(pool.Network, out var network) || pool.Address.Length == 0) return;

        if (!AddressCodec.TryDecode(pool.Address, network, out _, out var error))
            section.Error("address", $"'{pool.Address}' is not an address of {coin.Name} {pool.Network}: {error}");
    }

    public static void Coinbase(ConfigSection section, ConfigSection[] profiles, CoinbaseConfig coinbase)
    {
        if (coinbase.Profiles.Count > CoinbaseConfig.ProfilesMax)
            section.Error("profiles", $"has {coinbase.Profiles.Count} entries, at most {CoinbaseConfig.ProfilesMax} are allowed");

        for (var i = 0; i < profiles.Length; i++)
        {
            var (profile, at) = (coinbase.Profiles[i], profiles[i]);
            if (!IsName(profile.Name)) at.Error("name", $"'{profile.Name}' must be 1 to {NameMax} of a-z, 0-9 and '-'");
            else if (profile.Name == "default") at.Error("name", "'default' is the name of coinbase.max_bytes");
            else if (coinbase.Profiles.FindIndex(other => other.Name == profile.Name) is var first && first < i)
                at.Error("name", $"'{profile.Name}' is also the name of profiles[{first}]");

            if (profile.UserAgents.Count == 0 || profile.UserAgents.Any(text => text.TrimStart('*').Length == 0))
                at.Error("user_agents", "needs beginnings of user agents, or parts of them after '*': [NerdMiner, \"*plus-tuner\"]");
        }
    }

    public static void Difficulty(ConfigSection section, DifficultyConfig difficulty)
    {
        var (start, min, max) = (decimal.Parse(difficulty.Start), decimal.Parse(difficulty.Min), decimal.Parse(difficulty.Max));
        if (min > max) section.Error("min", $"{difficulty.Min} is above max {difficulty.Max}");
        else if (start < min || start > max)
            section.Error("start", $"{difficulty.Start} is not between min {difficulty.Min} and max {difficulty.Max}");
    }

    public static void Listen(ConfigSection section, string listen)
    {
        if (!IPAddress.TryParse(listen, out _)) section.Error("listen", $"'{listen}' must be an IP address: 0.0.0.0, 127.0.0.1, '::'");
    }

    public static void HostName(ConfigSection section, string key, string text)
    {
        if (text.Length > 253 || Uri.CheckHostName(text) == UriHostNameType.Unknown)
            section.Error(key, $"'{text}' must be a host name or an IP address without a port: pool.example.com");
    }

    public static void HostAndPort(ConfigSection section, string key, string text)
    {
        var colon = text.LastIndexOf(':');
        var isName = colon > 0 && text.Take(colon).All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']');
        if (!isName || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            section.Error(key, $"'{text}' must be host:port: pool2.example.com:3333");
    }

    public static void ProxyFrom(ConfigSection section, List<string> ranges)
    {
        foreach (var text in ranges)
        {
            if (!AddressRange.TryParse(text, out var range, out var error)) section.Error("proxy_from", $"'{text}' {error}");
            else if (range.PrefixLength == 0) section.Warn("proxy_from", $"'{text}' lets anyone choose the address that counts as its own");
        }
    }

    public static void Url(ConfigSection section, string key, string url, params ReadOnlySpan<string> schemes)
    {
        if (url.Length == 0) return;

        var example = string.Join(" or ", schemes.ToArray().Select(scheme => scheme == "unix" ? "unix:///path" : $"{scheme}://host:port"));
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || !schemes.Contains(uri.Scheme))
            section.Error(key, $"'{Secrets.Mask(url)}' must be {example}");
        else if (uri.Scheme == "unix" ? uri.AbsolutePath.Length < 2 : uri.Host.Length == 0)
            section.Error(key, $"'{Secrets.Mask(url)}' names no host or path: {example}");
        else
            WarnOfPassword(section, key, url);
    }

    public static void PostgresUrl(ConfigSection section, string url)
    {
        var isUri = url.StartsWith("postgres://", StringComparison.Ordinal) || url.StartsWith("postgresql://", StringComparison.Ordinal);
        if (!isUri && !url.Contains('='))
            section.Error("url", $"'{Secrets.Mask(url)}' must be postgres://user@host:port/database or Host=…;Database=…;Username=…");
        else
            WarnOfPassword(section, "url", url);
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= NameMax && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static void WarnOfPassword(ConfigSection section, string key, string url)
    {
        if (Secrets.HasPassword(url)) section.Warn(key, "holds a password in plain text; better password_file, or an environment variable");
    }

    private static void Ports(ConfigSection[] sections, ViddhanaConfig config)
    {
        var taken = new List<(string Listen, int Port, string Where)>();
        for (var at = 0; at < sections.Length; at++)
        {
            var (pool, section) = (config.Pools[at], sections[at]);
            for (var i = 0; i < pool.Ports.Count; i++)
            {
                var port = pool.Ports[i];
                if (port.Tls != PortTls.Off && config.Engine.Tls is null)
                {
                    var value = port.Tls == PortTls.On ? "true" : "auto";
                    section.Error("ports", $"[{i}] has tls: {value}, but engine.tls names no certificate");
                }

                if (Meeting(taken, port.Listen, port.Port) is { } other)
                    section.Error("ports", $"port {port.Port} is also that of {other}");
                taken.Add((port.Listen, port.Port, $"{section.Path}.ports[{i}]"));
            }
        }

        var http = config.Engine.Metrics;
        if (Meeting(taken, http.Listen, http.Port) is { } miner && sections.Length > 0)
            sections[0].Error("ports", $"{miner} has the port of engine.metrics ({http.Port})");
    }

    private static string? Meeting(List<(string Listen, int Port, string Where)> taken, string listen, int port) =>
        taken.Find(
            other => other.Port == port && port != 0 && (IsAny(listen) || IsAny(other.Listen) || listen == other.Listen)).Where;

    private static bool IsAny(string listen) => listen is "0.0.0.0" or "::";
}
