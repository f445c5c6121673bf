namespace Viddhana.Build.Bench;

/// <summary>What is measured of a running server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mode">Mode of <c>viddhana-miner load</c>.</param>
/// <param name="Arguments">Its further arguments.</param>
/// <param name="IsShort">Part of a short run too.</param>
internal sealed record LoadTest(string Name, string Mode, string[] Arguments, bool IsShort)
{
    /// <summary>The tests, closed loops first: connections × shares of each under way.</summary>
    public static IReadOnlyList<LoadTest> All(BenchOptions options)
    {
        var seconds = $"{options.Seconds}";
        string[] time = ["--seconds", seconds, "--warmup", "1"];
        var many = $"{options.Many}";
        LoadTest Submit(int connections, int depth, bool isShort) => new(
            $"submit-{connections}x{depth}", "submit", ["--connections", $"{connections}", "--depth", $"{depth}", .. time], isShort);
        LoadTest Rate(int connections, int rate, bool isShort) => new(
            $"rate-{connections}-{rate}", "submit",
            ["--connections", $"{connections}", "--depth", "8", "--rate", $"{rate}", .. time], isShort);
        return
        [
            Submit(1, 1, true),
            Submit(1, 64, false),
            Submit(100, 1, false),
            Submit(100, 16, true),
            Submit(1_000, 1, true),
            Submit(1_000, 4, true),
            Submit(options.Many, 1, false),
            Rate(1_000, 5_000, true),
            Rate(1_000, 20_000, false),
            Rate(options.Many, 5_000, false),
            new("idle", "idle", ["--connections", many, "--seconds", "2", "--settle", "12"], true),
            new("churn-100", "churn", ["--connections", "100", .. time], true),
            new("broadcast-1000", "broadcast", ["--connections", "1000", .. Rounds(options)], true),
            new("broadcast-many", "broadcast", ["--connections", many, .. Rounds(options)], false),
        ];
    }

    private static string[] Rounds(BenchOptions options) => ["--rounds", options.IsShort ? "3" : "5", "--interval", "1.5"];
}
