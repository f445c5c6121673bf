using System.Text;

namespace Viddhana.Build.Bench;

/// <summary>The part of the page that tells of running servers.</summary>
internal static class LoadTables
{
    private static readonly (string Title, string Path)[] Closed =
    [
        ("accepted/s", "acceptedPerSecond"), ("CPU µs/share", "server.cpuPerAccepted"), ("user µs/share", "server.userPerAccepted"),
        ("cores", "server.cores"), ("p50 µs", "latency.p50Micros"), ("p99 µs", "latency.p99Micros"),
        ("generator/server CPU", "server.generatorCpuPerServerCpu"),
    ];

    private static readonly (string Title, string Path)[] Open =
    [
        ("accepted/s", "acceptedPerSecond"), ("CPU µs/share", "server.cpuPerAccepted"), ("p50 µs", "latency.p50Micros"),
        ("p90 µs", "latency.p90Micros"), ("p99 µs", "latency.p99Micros"), ("p99.9 µs", "latency.p999Micros"),
        ("max µs", "latency.maxMicros"),
        ("never sent", "neverSent"), ("sent late, p99 µs", "lateness.p99Micros"),
    ];

    private static readonly (string Title, string Path)[] Idle =
    [
        ("connections", "setup.ready"), ("connects/s", "setup.perSecond"), ("CPU µs/connect", "setup.serverCpuPerConnection"),
        ("bytes/connection", "server.rssBytesPerConnection"),
    ];

    private static readonly (string Title, string Path)[] Churn =
    [
        ("cycles/s", "cyclesPerSecond"), ("CPU µs/cycle", "server.cpuPerCycle"), ("p50 µs", "latency.p50Micros"),
        ("p99 µs", "latency.p99Micros"),
    ];

    private static readonly (string Title, string Path)[] Broadcast =
    [
        ("trigger to first ms", "median.triggerToFirstMs"), ("first to last ms", "median.spreadMs"),
        ("trigger to last ms", "median.triggerToLastMs"), ("CPU µs/connection", "median.serverCpuPerConnection"),
    ];

    private static readonly Section[] Sections =
    [
        new("submit-", "Shares as fast as answers come",
            "Connections × shares of each under way; 1x1 is the price of waking up. Each share differs from all others and is accepted; "
            + "the engine has it in its journal file before it answers.", Closed, "server.cpuPerAccepted", "acceptedPerSecond", true),
        new("rate-", "Shares at a fixed rate",
            "Connections, shares per second. A share's latency counts from the moment it was due, so a server that stalls is charged "
            + "for all that waited. Behind that stand the generator's own lateness and the shares that were due and found no room.",
            Open, "server.cpuPerAccepted", "latency.p99Micros", false),
        new("idle", "Connecting and holding",
            "Connect, subscribe, authorize, first job; then nothing. Memory is what the process has grown by twelve seconds later, when an "
            + "engine has given back what the log-ins left.", Idle,
            "setup.serverCpuPerConnection", "setup.serverCpuPerConnection", false),
        new("churn-", "Coming and going", "Each slot connects, subscribes, authorizes, gets its job, closes, and begins again.", Churn,
            "server.cpuPerCycle", "server.cpuPerCycle", false),
        new("broadcast-", "A new block",
            "From the order to the node (to the null server itself) to the job at each miner, by the system's stamps of arrival. "
            + "For a pool that includes the node's work and the template of 2500 transactions.", Broadcast,
            "median.serverCpuPerConnection", "median.triggerToLastMs", false),
    ];

    public static void Write(StringBuilder page, BenchResults results)
    {
        page.Append("\n## Servers under load\n\n");
        page.Append("`null` is a C program that answers `true` without looking: what it uses is the price of the ");
        page.Append("sockets on this machine. `engine` writes ");
        page.Append("its journal to disk; `engine+redis` ships it to a Redis on the same cores besides. The column ");
        page.Append("`× null` is server CPU against the null ");
        page.Append("server's in the same minute");
        var peer = Peer(results);
        page.Append(peer is null ? ".\n" : $"; behind it stands how many times better than {peer} a row is, by the ");
        if (peer is not null) page.Append("shares a second, p99, CPU, or time of the last connection of the same minutes.\n");
        var loads = results.Parts.SelectMany(part => results.Servers(part).SelectMany(server => results.Of(part, server)))
            .Select(result => BenchResults.Number(result, "loadBefore")).Where(load => load is not null).ToList();
        if (loads.Count > 0)
        {
            page.Add($"\nThe load average of the machine before these tests was {loads.Min()} to {loads.Max()}; server and ");
            page.Append("generator alone make up to 2. CPU time of a process is counted in hundredths of a second.\n");
        }

        foreach (var section in Sections)
        {
            var parts = Parts(results, section.Prefix).ToList();
            if (parts.Count == 0) continue;

            page.Add($"\n### {section.Title}\n\n{section.Text}\n\n");
            if (section.Prefix is "submit-" or "rate-") page.Add($"![{section.Title}](plots/{section.Prefix}load.svg)\n\n");
            string[] titles = [.. section.Columns.Select(column => column.Title), "× null", .. peer is null ? [] : (string[])[peer], "n"];
            page.Add($"| test | server | {string.Join(" | ", titles)} |\n");
            page.Add($"|---|---|{string.Concat(titles.Select(_ => "---|"))}\n");
            foreach (var part in parts)
            {
                foreach (var server in results.Servers(part)) Row(page, results, section, part, server, peer);
            }
        }
    }

    public static IEnumerable<(string Name, string Svg)> Plots(BenchResults results)
    {
        var submit = Parts(results, "submit-").ToList();
        if (submit.Count > 0)
            yield return ("submit-load.svg", Draw(results, submit, "Server CPU per accepted share, µs", "server.cpuPerAccepted"));
        var rate = Parts(results, "rate-").ToList();
        if (rate.Count > 0) yield return ("rate-load.svg", Draw(results, rate, "Latency at a fixed rate, p99, µs", "latency.p99Micros"));
    }

    private static void Row(StringBuilder page, BenchResults results, Section section, string part, string server, string? peer)
    {
        var cells = section.Columns.Select(column => Units.Short(results.Median(part, server, column.Path))).ToList();
        cells.Add(Units.Times(server == BenchStand.Null ? null : results.Ratio(part, server, BenchStand.Null, section.Cpu)));
        if (peer is not null) cells.Add(Units.Times(Better(results, section, part, server, peer)));
        page.Add($"| {part} | {server} | {string.Join(" | ", cells)} | {results.Of(part, server).Count} |\n");
    }

    /// <summary>The first server that is none of ours.</summary>
    private static string? Peer(BenchResults results) => Sections.SelectMany(section => Parts(results, section.Prefix))
        .SelectMany(results.Servers)
        .FirstOrDefault(server => server is not (BenchStand.Null or BenchStand.Engine or BenchStand.EngineRedis));

    private static double? Better(BenchResults results, Section section, string part, string server, string peer)
    {
        if (server == peer || server == BenchStand.Null) return null;
        return section.IsMoreBetter
            ? results.Ratio(part, server, peer, section.Compared)
            : results.Ratio(part, peer, server, section.Compared);
    }

    private static string Draw(BenchResults results, List<string> parts, string title, string path) => SvgBars.Draw(
        title,
        [
            .. parts.Select(part => new SvgGroup(
                part, [.. results.Servers(part).Select(server => new SvgBar(server, results.Median(part, server, path) ?? 0))])),
        ],
        isLog: true);

    private static IEnumerable<string> Parts(BenchResults results, string prefix) =>
        results.Parts.Where(part => part.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>A table.</summary>
    /// <param name="Prefix">Beginning of the names of its tests.</param>
    /// <param name="Title">Its title.</param>
    /// <param name="Text">What was measured.</param>
    /// <param name="Columns">Titles, and where the numbers are.</param>
    /// <param name="Cpu">The number that is compared with the null server's.</param>
    /// <param name="Compared">The number that is compared with the peer's.</param>
    /// <param name="IsMoreBetter">True where more of it is better.</param>
    private sealed record Section(
        string Prefix, string Title, string Text, (string Title, string Path)[] Columns, string Cpu, string Compared, bool IsMoreBetter);
}
