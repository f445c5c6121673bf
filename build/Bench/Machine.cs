using System.Globalization;
using System.Runtime.InteropServices;

namespace Viddhana.Build.Bench;

/// <summary>The machine, as far as it decides the figures.</summary>
internal static class Machine
{
    public static string Cpu => Find("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    public static string Memory => Find("/proc/meminfo", "MemTotal") is { } text
        && long.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var kilobytes) ? $"{kilobytes / 1_048_576.0:0.#} GiB" : "?";

    /// <summary>How busy it was in the last minute: processes that wanted to run.</summary>
    public static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "0";

    private static string? Find(string file, string name)
    {
        if (!File.Exists(file)) return null;
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
