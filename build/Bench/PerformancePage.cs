using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Viddhana.Build.Bench;

/// <summary>Writes <c>docs/performance.md</c> and its plots from what was measured.</summary>
internal static class PerformancePage
{
    private const string Plots = "docs/plots";

    public static async Task Write(BenchResults results)
    {
        var page = new StringBuilder();
        await Head(page, results);
        Share(page, results);
        Hashing(page, results);
        Jobs(page, results);
        LoadTables.Write(page, results);
        Ledger(page, results);
        Live(page, results);
        Size(page, results);
        Suites(page, results);
        Directory.CreateDirectory(Path.Combine(Repository.Root, Plots));
        foreach (var (name, svg) in LoadTables.Plots(results).Concat(KernelPlot(results)))
            await File.WriteAllTextAsync(Path.Combine(Repository.Root, Plots, name), svg);
        await File.WriteAllTextAsync(Path.Combine(Repository.Root, "docs", "performance.md"), page.ToString());
    }

    private static async Task Head(StringBuilder page, BenchResults results)
    {
        var (_, commit) = await Shell.Capture("git", "rev-parse", "--short", "HEAD");
        var loops = results.Latest("loops", BenchStand.Engine);
        page.Append("# Performance\n\n");
        page.Append("Written by `./build.sh bench`; do not edit. Every figure was measured on the machine named ");
        page.Append("here, with the server, the generator and ");
        page.Append("the node on the same cores. Read ratios first: they travel, times do not.\n\n");
        page.Append("| what | value |\n|---|---|\n");
        page.Add($"| date, commit | {DateTime.UtcNow:yyyy-MM-dd}, {commit.Trim()} |\n");
        page.Add($"| CPU | {Machine.Cpu}, {Environment.ProcessorCount} cores |\n");
        page.Add($"| memory | {Machine.Memory} |\n");
        page.Add($"| system | {RuntimeInformation.OSDescription}, kernel {Environment.OSVersion.Version} |\n");
        page.Add($"| engine's runtime | {(string?)loops?["runtime"] ?? "not measured"} |\n");
        page.Add($"| kernels chosen here | {(string?)loops?["kernels"] ?? "not measured"} |\n");
        page.Append("\nA run with `--short` takes each load test once and for four seconds; a full run takes the ");
        page.Append("median of three of eight seconds (`n` says how many there were).\n");
    }

    private static void Share(StringBuilder page, BenchResults results)
    {
        var loops = results.Latest("loops", BenchStand.Engine);
        if (loops is null) return;

        page.Append("\n## A share, step by step\n\n");
        page.Add($"Loops of `viddhana-miner bench` on one thread, {(string?)loops["runtime"]}: nanoseconds per operation. ");
        page.Append("`min` is the limit, `median` what the machine gave while it was measured.\n\n");
        page.Append("| step | what one operation is | min ns | median ns | bytes |\n|---|---|---|---|---|\n");
        foreach (var body in loops["bodies"]!.AsArray())
        {
            page.Add(
                $"| {(string?)body!["name"]} | {(string?)body["does"]} | {Cell(body, "minNs")} | {Cell(body, "medianNs")} |");
            page.Add($" {Cell(body, "bytes")} |\n");
        }

        page.Append("\nTime budgets are ratios (`bench/budgets.json`); bytes are held by a test.\n\n");
        page.Append("| of | to | measured | at most | what it says |\n|---|---|---|---|---|\n");
        foreach (var ratio in Budgets.Ratios(loops, results.Latest("shares", BenchStand.Engine)))
        {
            page.Add(
                $"| {ratio.Of} | {ratio.To} | {Units.Times(ratio.Measured)}{(ratio.IsBroken ? " **broken**" : "")} | {ratio.Max}× |");
            page.Add($" {ratio.Why} |\n");
        }
    }

    private static void Hashing(StringBuilder page, BenchResults results)
    {
        if (results.Latest("shares", BenchStand.Engine) is { } shares)
        {
            page.Append("\n## Kernels\n\n");
            page.Append("A share (coinbase of 250 bytes, 12 merkle steps, header) by kernel and shares in a batch, ");
            page.Append("median nanoseconds per share: the kernel ");
            page.Append("alone, the engine's way to the hashes, and all that it decides (targets, rules, filter of ");
            page.Append("duplicates). `engine/bare` is the median over ");
            page.Append("pairs of rounds.\n\n![nanoseconds per share by kernel](plots/kernels.svg)\n\n");
            page.Append("| kernel | batch | bare kernel | engine's hashing | whole decision | engine/bare ");
            page.Append("|\n|---|---|---|---|---|---|\n");
            foreach (var row in shares["shares"]!.AsArray())
            {
                page.Add($"| {(string?)row!["kernel"]} | {row["batch"]} | {Cell(row, "bare.medianNs")} | {Cell(row, "engine.medianNs")} |");
                page.Add($" {Cell(row, "process.medianNs")} | {Cell(row, "engineRatio")}× |\n");
            }
        }

        if (results.Latest("loops", BenchStand.Engine) is not { } loops) return;

        page.Append("\nBare hashes of 80-byte headers, median nanoseconds per hash:\n\n");
        Pivot(
            page, "algorithm, kernel", "batch",
            loops["times"]!.AsArray().Where(t => (string?)t!["what"] == "header")
                .Select(t => ($"{(string?)t!["algorithm"]}, {(string?)t["kernel"]}", (int)t["batch"]!, (double)t["medianNs"]!)));
    }

    private static void Jobs(StringBuilder page, BenchResults results)
    {
        if (results.Latest("jobs", BenchStand.Engine) is not { } jobs) return;

        page.Append("\n## From a template to a job\n\n");
        page.Append("Loops of `viddhana-miner bench jobs` on one thread: median microseconds by the template's ");
        page.Append("transactions.\n\n");
        var rows = jobs["jobs"]!.AsArray().Select(row => ((string)row!["what"]!, (int)row["transactions"]!, (double)row["medianUs"]!));
        Pivot(page, "step", "transactions", rows);
    }

    private static void Ledger(StringBuilder page, BenchResults results)
    {
        string[] sources = [.. results.Parts.Where(part => part.StartsWith("ledger-", StringComparison.Ordinal))];
        if (sources.Length == 0) return;

        page.Append("\n## What the backoffice takes in\n\n");
        page.Append("The consumer of the real program on PostgreSQL with fsync: 10,000 workers at two difficulties each, ");
        page.Append("entries of 64 to 256 shares, slices of a minute at 500,000 shares a second of share time. The load is made ");
        page.Append("before; afterwards shares and work of every worker are compared with it. Then a reward is split by PPLNS ");
        page.Append("over 10 million of these shares, and the program is started on 30 days of such a pool's sums ");
        page.Append("(`viddhana-bench ledger`).\n\n");
        var titles = sources.Select(source => source.Replace("ledger-", "from ", StringComparison.Ordinal));
        page.Add($"| what | {string.Join(" | ", titles)} |\n");
        page.Add($"|---|{string.Concat(sources.Select(_ => "---|"))}\n");
        (string Title, string Path)[] rows =
        [
            ("shares", "shares"), ("seconds", "seconds"), ("shares/s", "sharesPerSecond"),
            ("shares/s in the slowest five seconds", "slowestFiveSeconds"), ("CPU seconds, backoffice", "backofficeCpuSeconds"),
            ("CPU seconds, PostgreSQL", "postgresCpuSeconds"), ("first PPLNS split, s", "firstSplitSeconds"),
            ("median PPLNS split, s", "medianSplitSeconds"), ("accounts credited", "creditedAccounts"),
            ("rows of slices before the load", "earlierRows"), ("start until ready, s", "readySeconds"),
            ("one day of minutes made into hours, s", "rollUpSeconds"),
        ];
        foreach (var (title, path) in rows)
        {
            var cells = sources.Select(source => Units.Short(results.Median(source, BenchStand.Engine, path)));
            page.Add($"| {title} | {string.Join(" | ", cells)} |\n");
        }
    }

    private static void Live(StringBuilder page, BenchResults results)
    {
        var runs = results.Of("live", BenchStand.Engine);
        if (runs.Count == 0) return;

        page.Append("\n## Who watches\n\n");
        page.Append("The real backoffice on its own PostgreSQL, shares coming in, and viewers of `/api/v1/live` who read what comes ");
        page.Append("(`viddhana-bench live`). CPU is the backoffice's, in percent of one core; what a viewer costs is the difference ");
        page.Append("to one viewer alone, for whom the database is looked at as for all.\n\n");
        page.Add($"| what | {string.Join(" | ", runs.Select(run => $"{run["viewers"]} viewers"))} |\n");
        page.Add($"|---|{string.Concat(runs.Select(_ => "---|"))}\n");
        (string Title, string Path)[] rows =
        [
            ("CPU with one viewer, %", "cpuPercentOneViewer"), ("CPU with all, %", "cpuPercentAllViewers"),
            ("CPU for a viewer and second, µs", "cpuMicrosPerViewerSecond"), ("events for a viewer and second", "eventsPerViewerSecond"),
            ("bytes for a viewer and second", "bytesPerViewerSecond"), ("memory for a viewer, bytes", "residentBytesPerViewer"),
            ("viewers that come in a second", "connectsPerSecond"),
            ("from the first who has an event to the last, ms", "firstToLastViewerMs"),
        ];
        foreach (var (title, path) in rows)
            page.Add($"| {title} | {string.Join(" | ", runs.Select(run => Units.Short(BenchResults.Number(run, path))))} |\n");
    }

    private static void Size(StringBuilder page, BenchResults results)
    {
        if (results.Median("start", BenchStand.Engine, "listeningMs") is not { } listening) return;

        page.Append("\n## Size and start\n\n| what | value |\n|---|---|\n");
        var bytes = results.Median("start", BenchStand.Engine, "binaryBytes");
        page.Add($"| engine, one file, dynamic | {Units.Short(bytes / 1e6)} MB |\n");
        var asStatic = results.Median("start", BenchStand.Engine, "staticBytes");
        page.Add($"| the same with glibc and OpenSSL inside | {Units.Short(asStatic / 1e6)} MB |\n");
        page.Add($"| from start to listening | {Units.Short(listening)} ms |\n");
    }

    private static void Suites(StringBuilder page, BenchResults results)
    {
        var files = results.Of("suites", BenchStand.Engine);
        if (files.Count == 0) return;

        page.Append("\n## Suites\n\nBenchmarkDotNet, under the JIT: of use for the steps that are not in the loops, ");
        page.Append("and for what is allocated (a byte or three a share are the new tips that empty the filter between). ");
        page.Add($"{(string?)files[0]["HostEnvironmentInfo"]?["RuntimeVersion"]}.\n\n");
        page.Append("| suite | parameters | median ns | bytes |\n|---|---|---|---|\n");
        foreach (var benchmark in files.SelectMany(file => file["Benchmarks"]!.AsArray()))
        {
            page.Add($"| {(string?)benchmark!["Type"]}.{(string?)benchmark["Method"]} | {(string?)benchmark["Parameters"]} |");
            page.Add($" {Cell(benchmark, "Statistics.Median")} | {Cell(benchmark, "Memory.BytesAllocatedPerOperation")} |\n");
        }
    }

    private static IEnumerable<(string Name, string Svg)> KernelPlot(BenchResults results)
    {
        if (results.Latest("shares", BenchStand.Engine) is not { } shares) yield break;

        int[] batches = [1, 8, 32];
        var groups = shares["shares"]!.AsArray().GroupBy(row => (string)row!["kernel"]!).Select(kernel => new SvgGroup(
            kernel.Key,
            [
                .. kernel.Where(row => batches.Contains((int)row!["batch"]!))
                    .Select(row => new SvgBar($"batch {row!["batch"]}", BenchResults.Number(row, "process.medianNs") ?? 0)),
            ]));
        yield return ("kernels.svg", SvgBars.Draw("Nanoseconds per share, whole decision", [.. groups], isLog: true));
    }

    private static void Pivot(StringBuilder page, string corner, string column, IEnumerable<(string Row, int Column, double Value)> cells)
    {
        var all = cells.ToList();
        var columns = all.Select(c => c.Column).Distinct().Order().ToList();
        page.Add($"| {corner} | {string.Join(" | ", columns.Select(c => $"{column} {c}"))} |\n");
        page.Add($"|---|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (var row in all.GroupBy(c => c.Row))
        {
            var values = columns.Select(
                number => Units.Short(row.Where(c => c.Column == number).Select(c => (double?)c.Value).FirstOrDefault()));
            page.Add($"| {row.Key} | {string.Join(" | ", values)} |\n");
        }
    }

    private static string Cell(JsonNode body, string name) => Units.Short(BenchResults.Number(body, name));
}
