namespace Viddhana.Contracts.Config;

/// <summary>One key as it is in force, and where that comes from.</summary>
/// <param name="Key">Path of the key: <c>pools[0].rewards.fee_percent</c>.</param>
/// <param name="Value">As text; "" where nothing is set. Of a secret only that there is one: <c>***</c>.</param>
/// <param name="Source"><c>default</c>, <c>FILE:LINE</c>, or the name of the environment variable.</param>
/// <param name="IsSecret">True for passwords and their like.</param>
public sealed record ConfigSetting(string Key, string Value, string Source, bool IsSecret);

/// <summary>Collects settings while they are read; what is read again, more exactly, replaces what was noted first.</summary>
internal sealed class ConfigSettings
{
    private readonly List<ConfigSetting> _all = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    /// <summary>In the order of the schema.</summary>
    public IReadOnlyList<ConfigSetting> All => _all;

    public void Note(ConfigSetting setting)
    {
        if (_places.TryAdd(setting.Key, _all.Count)) _all.Add(setting);
        else _all[_places[setting.Key]] = setting;
    }
}
