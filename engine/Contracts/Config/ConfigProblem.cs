namespace Viddhana.Contracts.Config;

/// <summary>Which program loads the file. All keys are checked for either; only the secrets of the own part are read.</summary>
public enum ConfigPart
{
    /// <summary>The engine: secrets of nodes and Redis.</summary>
    Engine,

    /// <summary>The backoffice: secrets of wallets, PostgreSQL and Redis; of nodes where a pool has no wallet.</summary>
    Backoffice,
}

/// <summary>One thing that is wrong or unwise in the configuration. Its text never holds a secret.</summary>
/// <param name="Where"><c>FILE:LINE</c>, or the name of the environment variable.</param>
/// <param name="Key">Path of the key: <c>pools[0].rewards.fee_percent</c>; empty if the problem is none of a key's.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record ConfigProblem(string Where, string Key, string Message)
{
    /// <summary>The line to print.</summary>
    public override string ToString() => Key.Length == 0 ? $"{Where}: {Message}" : $"{Where}: {Key}: {Message}";
}

/// <summary>What <see cref="ConfigLoader.Load"/> made of the file.</summary>
/// <param name="Config">The configuration; null if there are problems.</param>
/// <param name="Problems">Why it cannot be used.</param>
/// <param name="Warnings">What works but should be changed.</param>
public sealed record ConfigResult(ViddhanaConfig? Config, IReadOnlyList<ConfigProblem> Problems, IReadOnlyList<ConfigProblem> Warnings);

/// <summary>Collects problems while the file is read, so that all are told at once.</summary>
internal sealed class ConfigProblems
{
    public List<ConfigProblem> Errors { get; } = [];

    public List<ConfigProblem> Warnings { get; } = [];

    public ConfigSettings Settings { get; } = new();

    public void Error(ConfigNode? node, string key, string message) =>
        Errors.Add(new ConfigProblem(node?.Where ?? "configuration", key, message));

    public void Warn(ConfigNode? node, string key, string message) =>
        Warnings.Add(new ConfigProblem(node?.Where ?? "configuration", key, message));
}
