using System.Globalization;
using System.Text.Json.Nodes;
using Viddhana.Build.Bench;

namespace Viddhana.Build;

/// <summary>
/// <c>bench</c>: the AOT loops, the BenchmarkDotNet suites (JIT) and the load tests, and from all of them <c>docs/performance.md</c>.
/// </summary>
internal static class BenchVerb
{
    private const int Starts = 5;
    private static readonly string StaticFolder = Path.Combine(Repository.Out, "static");
    private static readonly string[] ShortSuites = ["*JournalSuite*", "*SplitSuite*", "*ShareSuite*"];

    public static async Task<int> Run(string[] args)
    {
        var options = BenchOptions.Parse(args);
        if (!options.SkipBuild)
        {
            await Setup.ToPublish(asStatic: false);
            await PublishVerb.All(asStatic: false);
            if (!options.IsShort)
            {
                await Setup.ToPublish(asStatic: true);
                await PublishVerb.StaticEngine(StaticFolder);
            }

            await Shell.Quiet("building the suites", "dotnet", "build", "bench", "-c", "Release", "--nologo", "-v", "quiet");
        }

        var results = new BenchResults();
        if (options.Wants("loops")) await Loops(options, results);
        if (options.Wants("suites")) await Suites(options, results);
        if (!options.IsShort || options.Only.Length > 0) await Ledger(options, results);
        if (options.Wants("live")) await Live(options, results);
        await using (var stand = new BenchStand(options))
        {
            await stand.Prepare();
            if (options.Wants("start")) await MeasureStarts(stand, results);
            foreach (var test in LoadTest.All(options))
            {
                if (options.Wants(test.Name) && (test.IsShort || !options.IsShort || options.Only.Length > 0))
                    await Load(options, stand, test, results);
            }
        }

        await PerformancePage.Write(results);
        Console.WriteLine("docs/performance.md written");
        var ratios = Budgets.Ratios(results.Latest("loops", BenchStand.Engine), results.Latest("shares", BenchStand.Engine));
        var broken = ratios.Where(ratio => ratio.IsBroken).ToList();
        foreach (var ratio in broken)
        {
            var measured = Units.Short(ratio.Measured);
            Console.WriteLine($"budget broken: {ratio.Of} takes {measured} times {ratio.To}, at most {ratio.Max} allowed ({ratio.Why})");
        }

        return broken.Count == 0 ? 0 : 1;
    }

    private static async Task Loops(BenchOptions options, BenchResults results)
    {
        Console.WriteLine("Loops, Native AOT:");
        var rounds = options.IsShort ? "31" : "201";
        foreach (var (part, arguments) in ((string, string[])[])[("loops", []), ("shares", ["shares"]), ("jobs", ["jobs"])])
        {
            results.Begin(part);
            var (code, output) = await Shell.Capture(
                Path.Combine(Repository.Out, "viddhana-miner"), ["bench", .. arguments, "--json", "--rounds", rounds]);
            if (code != 0) throw new BuildFailedException($"viddhana-miner bench ended with {code}:\n{output}");
            results.Add(part, BenchStand.Engine, JsonNode.Parse(output)!);
        }
    }

    private static async Task Suites(BenchOptions options, BenchResults results)
    {
        Console.WriteLine("Suites, JIT:");
        results.Begin("suites");
        var folder = Path.Combine(Repository.Out, "bench", "suites");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        // The other suites repeat what the loops have measured.
        string[] job = options.IsShort ? ["--short-job", "--filter", .. ShortSuites] : ["--filter", "*"];
        await Shell.Run(
            "dotnet",
            [
                "run", "--project", "bench", "-c", "Release", "--no-build", "--", "--exporters", "briefjson", "--artifacts", folder, .. job,
            ]);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "results"), "*.json").Order())
            results.Add("suites", "engine", JsonNode.Parse(await File.ReadAllTextAsync(file))!);
    }

    /// <summary>
    /// What the backoffice takes in. The load is prepared: enough that a machine that takes in two and a half million a second needs a
    /// minute for it.
    /// </summary>
    private static async Task Ledger(BenchOptions options, BenchResults results)
    {
        (string Source, string Seconds, string[] More)[] runs =
        [
            ("journal", options.IsShort ? "20" : "330", ["--days", "30", "--minute-days", options.IsShort ? "0" : "1"]),
            ("redis", options.IsShort ? "20" : "330", []),
        ];
        foreach (var (source, seconds, more) in runs)
        {
            var part = $"ledger-{source}";
            if (!options.Wants(part) || (source == "redis" && !File.Exists(BenchStand.Redis))) continue;
            results.Begin(part);
            var (code, output) = await Shell.Capture(
                "dotnet",
                [
                    "run", "--project", "bench", "-c", "Release", "--no-build", "--", "ledger", "--source", source, "--seconds", seconds,
                    .. more,
                ]);
            if (code != 0) throw new BuildFailedException($"viddhana-bench ledger --source {source} ended with {code}:\n{output}");
            var result = JsonNode.Parse(output.Split('\n').Last(line => line.StartsWith('{')))!;
            results.Add(part, BenchStand.Engine, result);
            Console.WriteLine($"  {part}: {Units.Short(BenchResults.Number(result, "sharesPerSecond"))} shares/s");
        }
    }

    /// <summary>What viewers of the live channel cost the backoffice.</summary>
    private static async Task Live(BenchOptions options, BenchResults results)
    {
        results.Begin("live");
        int[] counts = options.IsShort ? [1_000] : [1_000, 5_000];
        foreach (var viewers in counts)
        {
            var (code, output) = await Shell.Capture(
                "dotnet",
                [
                    "run", "--project", "bench", "-c", "Release", "--no-build", "--", "live", "--viewers", $"{viewers}", "--seconds",
                    options.IsShort ? "10" : "30",
                ]);
            if (code != 0) throw new BuildFailedException($"viddhana-bench live ended with {code}:\n{output}");
            var result = JsonNode.Parse(output.Split('\n').Last(line => line.StartsWith('{')))!;
            results.Add("live", BenchStand.Engine, result);
            var each = Units.Short(BenchResults.Number(result, "cpuMicrosPerViewerSecond"));
            Console.WriteLine($"  live: {viewers} viewers, {each} µs a second each");
        }
    }

    private static async Task MeasureStarts(BenchStand stand, BenchResults results)
    {
        results.Begin("start");
        for (var i = 0; i < Starts; i++)
        {
            var target = await stand.Start(BenchStand.Engine);
            var time = await target.Server.Listens(target.Port);
            await stand.Stop();
            var result = new JsonObject { ["listeningMs"] = time.TotalMilliseconds, ["binaryBytes"] = Size(Repository.Out) };
            if (Directory.Exists(StaticFolder)) result["staticBytes"] = Size(StaticFolder);
            results.Add("start", BenchStand.Engine, result);
        }
    }

    private static long Size(string folder) => new FileInfo(Path.Combine(folder, "viddhana-engine")).Length;

    /// <summary>All servers one after another, so that each repeat compares them in the same minute.</summary>
    private static async Task Load(BenchOptions options, BenchStand stand, LoadTest test, BenchResults results)
    {
        results.Begin(test.Name);
        for (var repeat = 1; repeat <= options.Repeats; repeat++)
        {
            foreach (var server in stand.Servers)
            {
                var target = await stand.Start(server);
                try
                {
                    await target.Server.Listens(target.Port);
                    await WaitForJob(target);
                    results.Add(test.Name, server, await Drive(test, target, server));
                }
                finally
                {
                    await stand.Stop();
                }
            }
        }
    }

    private static async Task<JsonNode> Drive(LoadTest test, BenchTarget target, string server)
    {
        string[] trigger = test.Mode == "broadcast"
            ? ["--trigger-url", target.TriggerUrl]
            : [];
        var load = Machine.Load;
        var (code, output) = await Shell.Capture(Path.Combine(Repository.Out, "viddhana-miner"), Arguments(test, target, trigger));
        var line = output.Split('\n').LastOrDefault(l => l.StartsWith("{\"event\":\"load\"", StringComparison.Ordinal));
        if (line is null) throw new BuildFailedException($"{test.Name} against {server} gave no result (exit code {code}):\n{output}");

        var result = JsonNode.Parse(line)!.AsObject();
        result["loadBefore"] = double.Parse(load, CultureInfo.InvariantCulture);
        Console.WriteLine($"  {test.Name,-18} {server,-14} {Brief(result)}");
        return result;
    }

    private static string[] Arguments(LoadTest test, BenchTarget target, string[] trigger) =>
    [
        "load", test.Mode, "--url", $"stratum+tcp://127.0.0.1:{target.Port}", "--user", target.User, "--server-pid", $"{target.Server.Pid}",
        "--sources", "16", "--label", test.Name, .. test.Arguments, .. trigger,
    ];

    /// <summary>A pool listens before its node has given it work: a first miner that has a job shows that it is ready.</summary>
    private static async Task WaitForJob(BenchTarget target)
    {
        for (var tries = 0; tries < 30; tries++)
        {
            var (code, _) = await Shell.Capture(
                Path.Combine(Repository.Out, "viddhana-miner"), "load", "idle", "--url", $"stratum+tcp://127.0.0.1:{target.Port}", "--user",
                target.User, "--connections", "1", "--setup-seconds", "1", "--settle", "0", "--seconds", "0.001");
            if (code == 0) return;
            await Task.Delay(200);
        }

        throw new BuildFailedException($"the server on port {target.Port} gives no work");
    }

    private static string Brief(JsonObject result)
    {
        (string Name, string Path)[] shown =
        [
            ("accepted/s", "acceptedPerSecond"), ("µs CPU/share", "server.cpuPerAccepted"), ("p99 µs", "latency.p99Micros"),
            ("cycles/s", "cyclesPerSecond"), ("µs CPU/cycle", "server.cpuPerCycle"), ("B/connection", "server.rssBytesPerConnection"),
            ("connects/s", "setup.perSecond"), ("first ms", "median.triggerToFirstMs"), ("last ms", "median.triggerToLastMs"),
        ];
        return string.Join("  ", shown.Where(s => BenchResults.Number(result, s.Path) is not null)
            .Select(s => $"{s.Name} {Units.Short(BenchResults.Number(result, s.Path))}"));
    }
}
