using System.Text.Json.Nodes;

namespace Viddhana.Build.Bench;

/// <summary>A ratio of two bodies that must not be exceeded.</summary>
/// <param name="Of">The body.</param>
/// <param name="To">What it is measured against.</param>
/// <param name="Max">Most that the first may take, in times of the second.</param>
/// <param name="Why">What the ratio says.</param>
/// <param name="Measured">What it is; null when a body was not measured.</param>
internal sealed record RatioBudget(string Of, string To, double Max, string Why, double? Measured)
{
    public bool IsBroken => Measured > Max;
}

/// <summary>The time budgets of <c>bench/budgets.json</c>: ratios, because nanoseconds are another machine's business.</summary>
internal static class Budgets
{
    /// <summary>
    /// The ratios, with what the AOT loops have measured: of bodies, their quickest rounds, which took turns; of the way to the kernels,
    /// the median over pairs of rounds.
    /// </summary>
    /// <param name="loops">Result of <c>viddhana-miner bench</c>.</param>
    /// <param name="shares">Result of <c>viddhana-miner bench shares</c>.</param>
    public static IReadOnlyList<RatioBudget> Ratios(JsonNode? loops, JsonNode? shares)
    {
        var file = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "bench", "budgets.json")))!;
        return
        [
            .. file["relative"]!.AsArray().Select(ratio => new RatioBudget(
                (string)ratio!["of"]!, (string)ratio["to"]!, (double)ratio["max"]!, (string)ratio["why"]!,
                Time(loops, (string)ratio["of"]!) / Time(loops, (string)ratio["to"]!))),
            .. file["kernelPath"]!.AsArray().Select(ratio => new RatioBudget(
                $"engine's hashing, {(int)ratio!["batch"]!}", "bare kernel", (double)ratio["max"]!, (string)ratio["why"]!,
                BenchResults.Number(Row(shares, (int)ratio["batch"]!), "engineRatio"))),
        ];
    }

    private static JsonNode? Row(JsonNode? shares, int batch) =>
        shares?["shares"]?.AsArray().FirstOrDefault(row => (string?)row!["kernel"] == "auto" && (int)row["batch"]! == batch);

    private static double? Time(JsonNode? loops, string body) =>
        BenchResults.Number(loops?["bodies"]?.AsArray().FirstOrDefault(b => (string?)b!["name"] == body), "minNs");
}
