namespace Viddhana.Engine.Net;

/// <summary>How many files and sockets the process may have open.</summary>
internal static class Descriptors
{
    /// <summary>The limit now in force, or null where the system does not say.</summary>
    public static long? Limit()
    {
        const string Limits = "/proc/self/limits";
        if (!File.Exists(Limits)) return null;

        var line = File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is { Length: > 3 } && long.TryParse(words[3], out var limit) ? limit : null;
    }
}
