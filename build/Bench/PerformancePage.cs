using System.Globalization;
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
        LoadTables.Write(page, results);
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
        page.Append("Written by `./build.sh bench`; do not edit. Every figure was measured on the machine named here, with the server, the generator and ");
        page.Append("the node on the same cores. Read ratios first: they travel, times do not.\n\n");
        page.Append("| what | value |\n|---|---|\n");
        page.Append(CultureInfo.InvariantCulture, $"| date, commit | {DateTime.UtcNow:yyyy-MM-dd}, {commit.Trim()} |\n");
        page.Append(CultureInfo.InvariantCulture, $"| CPU | {Machine.Cpu}, {Environment.ProcessorCount} cores |\n");
        page.Append(CultureInfo.InvariantCulture, $"| memory | {Machine.Memory} |\n");
        page.Append(CultureInfo.InvariantCulture, $"| system | {RuntimeInformation.OSDescription}, kernel {Environment.OSVersion.Version} |\n");
        page.Append(CultureInfo.InvariantCulture, $"| engine's runtime | {(string?)loops?["runtime"] ?? "not measured"} |\n");
        page.Append(CultureInfo.InvariantCulture, $"| kernels chosen here | {(string?)loops?["kernels"] ?? "not measured"} |\n");
        page.Append("\nA run with `--short` takes each load test once and for four seconds; a full run takes the median of three of eight seconds.\n");
    }

    private static void Share(StringBuilder page, BenchResults results)
    {
        var loops = results.Latest("loops", BenchStand.Engine);
        if (loops is null) return;

        page.Append("\n## A share, step by step\n\n");
        page.Append(CultureInfo.InvariantCulture, $"Loops of `viddhana-miner bench` on one thread, {(string?)loops["runtime"]}: nanoseconds per operation. ");
        page.Append("`min` is the limit, `median` what the machine gave while it was measured.\n\n");
        page.Append("| step | what one operation is | min ns | median ns | bytes |\n|---|---|---|---|---|\n");
        foreach (var body in Bodies(loops).Where(b => !Name(b).StartsWith("bare/", StringComparison.Ordinal)))
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"| {Name(body)} | {(string?)body["does"]} | {Cell(body, "minNs")} | {Cell(body, "medianNs")} | {Cell(body, "bytes")} |\n");
        }

        page.Append("\nTime budgets are ratios (`bench/budgets.json`); bytes are held by a test.\n\n");
        page.Append("| of | to | measured | at most | what it says |\n|---|---|---|---|---|\n");
        foreach (var ratio in Budgets.Ratios(loops))
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"| {ratio.Of} | {ratio.To} | {Units.Times(ratio.Measured)}{(ratio.IsBroken ? " **broken**" : "")} | {ratio.Max}× | {ratio.Why} |\n");
        }
    }

    private static void Hashing(StringBuilder page, BenchResults results)
    {
        var loops = results.Latest("loops", BenchStand.Engine);
        if (loops is null) return;

        page.Append("\n## Kernels\n\n");
        page.Append("The hashes of a share (coinbase of 250 bytes, 12 merkle steps, header), by kernel and shares in a batch, and what the engine takes ");
        page.Append("to validate it with them: median nanoseconds per share.\n\n![nanoseconds per share by kernel](plots/kernels.svg)\n\n");
        Pivot(page, "kernel", PerShare(loops));
        page.Append("\nBare hashes of 80-byte headers, median nanoseconds per hash:\n\n");
        Pivot(
            page, "algorithm, kernel",
            loops["times"]!.AsArray().Where(t => (string?)t!["what"] == "header")
                .Select(t => ($"{(string?)t!["algorithm"]}, {(string?)t["kernel"]}", (int)t["batch"]!, (double)t["medianNs"]!)));
    }

    private static void Size(StringBuilder page, BenchResults results)
    {
        if (results.Median("start", BenchStand.Engine, "listeningMs") is not { } listening) return;

        page.Append("\n## Size and start\n\n| what | value |\n|---|---|\n");
        var bytes = results.Median("start", BenchStand.Engine, "binaryBytes");
        page.Append(CultureInfo.InvariantCulture, $"| engine, one file, dynamic | {Units.Short(bytes / 1e6)} MB |\n");
        page.Append(CultureInfo.InvariantCulture, $"| from start to listening | {Units.Short(listening)} ms |\n");
    }

    private static void Suites(StringBuilder page, BenchResults results)
    {
        var files = results.Of("suites", BenchStand.Engine);
        if (files.Count == 0) return;

        page.Append("\n## Suites\n\nBenchmarkDotNet, under the JIT: of use for the steps that are not in the loops, and for what is allocated. ");
        page.Append(CultureInfo.InvariantCulture, $"{(string?)files[0]["HostEnvironmentInfo"]?["RuntimeVersion"]}.\n\n");
        page.Append("| suite | parameters | median ns | bytes |\n|---|---|---|---|\n");
        foreach (var benchmark in files.SelectMany(file => file["Benchmarks"]!.AsArray()))
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"| {(string?)benchmark!["Type"]}.{(string?)benchmark["Method"]} | {(string?)benchmark["Parameters"]} | "
                + $"{Units.Short(BenchResults.Number(benchmark, "Statistics.Median"))} | "
                + $"{Units.Short(BenchResults.Number(benchmark, "Memory.BytesAllocatedPerOperation"))} |\n");
        }
    }

    private static IEnumerable<(string Name, string Svg)> KernelPlot(BenchResults results)
    {
        if (results.Latest("loops", BenchStand.Engine) is not { } loops) yield break;

        var groups = PerShare(loops).GroupBy(v => v.Row)
            .Select(row => new SvgGroup(row.Key, [.. row.Select(v => new SvgBar($"batch {v.Column}", v.Value))]));
        yield return ("kernels.svg", SvgBars.Draw("Nanoseconds per share", [.. groups], isLog: true));
    }

    private static IEnumerable<(string Row, int Column, double Value)> PerShare(JsonNode loops) =>
        from body in Bodies(loops)
        let parts = Name(body).Split('/')
        where parts[0] is "validate" or "bare"
        select (parts[0] == "bare" ? parts[1] : "engine, auto", int.Parse(parts[2], CultureInfo.InvariantCulture), (double)body["medianNs"]!);

    private static void Pivot(StringBuilder page, string corner, IEnumerable<(string Row, int Column, double Value)> cells)
    {
        var all = cells.ToList();
        var columns = all.Select(c => c.Column).Distinct().Order().ToList();
        page.Append(CultureInfo.InvariantCulture, $"| {corner} | {string.Join(" | ", columns.Select(c => $"batch {c}"))} |\n");
        page.Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (var row in all.GroupBy(c => c.Row))
        {
            var values = columns.Select(column => Units.Short(row.Where(c => c.Column == column).Select(c => (double?)c.Value).FirstOrDefault()));
            page.Append(CultureInfo.InvariantCulture, $"| {row.Key} | {string.Join(" | ", values)} |\n");
        }
    }

    private static IEnumerable<JsonNode> Bodies(JsonNode loops) => loops["bodies"]!.AsArray().Select(body => body!);

    private static string Name(JsonNode body) => (string)body["name"]!;

    private static string Cell(JsonNode body, string name) => Units.Short(BenchResults.Number(body, name));
}
