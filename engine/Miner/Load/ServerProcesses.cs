using System.Globalization;

namespace Viddhana.Miner.Load;

/// <summary>What the system says of the server's processes at one moment.</summary>
/// <param name="UserSeconds">Time in user mode, of all threads since the start.</param>
/// <param name="SystemSeconds">Time in the kernel.</param>
/// <param name="RssBytes">Memory that is resident now.</param>
/// <param name="PeakBytes">The most that was ever resident.</param>
/// <param name="Processes">How many processes.</param>
/// <param name="Threads">How many threads.</param>
internal readonly record struct ServerReading(
    double UserSeconds, double SystemSeconds, long RssBytes, long PeakBytes, int Processes, int Threads)
{
    /// <summary>User and kernel time.</summary>
    public double CpuSeconds => UserSeconds + SystemSeconds;
}

/// <summary>Reads /proc: the named processes and all that descend from them.</summary>
internal sealed class ServerProcesses(IReadOnlyList<int> pids)
{
    // USER_HZ: what /proc counts in, the same on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;
    private const long PageSize = 4096;

    /// <summary>True when there is something to read.</summary>
    public bool IsWatched => pids.Count > 0;

    /// <summary>Reads now. A process that is gone counts nothing.</summary>
    public ServerReading Read()
    {
        var reading = default(ServerReading);
        foreach (var pid in pids.Count == 0 ? [] : Family())
        {
            if (Stat(pid) is not { } stat) continue;

            var status = Text($"/proc/{pid}/status");
            reading = new ServerReading(
                reading.UserSeconds + (stat.User / TicksPerSecond), reading.SystemSeconds + (stat.System / TicksPerSecond),
                reading.RssBytes + Kilobytes(status, "VmRSS:"), reading.PeakBytes + Kilobytes(status, "VmHWM:"),
                reading.Processes + 1, reading.Threads + stat.Threads);
        }

        return reading;
    }

    /// <summary>Memory of the kernel for all TCP sockets of the machine, in bytes: both ends where the server is local.</summary>
    public static long KernelTcpBytes()
    {
        foreach (var line in Text("/proc/net/sockstat").Split('\n'))
        {
            if (!line.StartsWith("TCP:", StringComparison.Ordinal)) continue;

            var words = line.Split(' ');
            var at = Array.IndexOf(words, "mem");
            return at > 0 && long.TryParse(words[at + 1], CultureInfo.InvariantCulture, out var pages) ? pages * PageSize : 0;
        }

        return 0;
    }

    private HashSet<int> Family()
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) && Stat(pid) is { } stat)
                parents[pid] = stat.Parent;
        }

        var family = new HashSet<int>(pids);
        while (true)
        {
            var before = family.Count;
            foreach (var (pid, parent) in parents)
            {
                if (family.Contains(parent)) family.Add(pid);
            }

            if (family.Count == before) return family;
        }
    }

    private static (int Parent, long User, long System, int Threads)? Stat(int pid)
    {
        // The name in parentheses may hold anything; behind it: state, parent, …, utime (12th), stime, …, threads (18th).
        var text = Text($"/proc/{pid}/stat");
        var end = text.LastIndexOf(')');
        if (end < 0) return null;

        var fields = text[(end + 2)..].Split(' ');
        return (Number(fields[1]), Number(fields[11]), Number(fields[12]), Number(fields[17]));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static long Kilobytes(string status, string name)
    {
        var at = status.IndexOf(name, StringComparison.Ordinal);
        if (at < 0) return 0;

        var line = status[(at + name.Length)..status.IndexOf('\n', at)].Trim();
        return long.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture) * 1_024;
    }

    private static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";   // the process ended meanwhile
        }
    }
}
