using System.Text.Json;
using Viddhana.Bench;
using Viddhana.Miner.Bench;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>
/// <c>bench/budgets.json</c> says how many bytes each operation may allocate. Times are not looked at here: <c>./build.sh bench</c> does.
/// </summary>
[NonParallelizable]
public sealed class BudgetTests
{
    private const int Calls = 64;

    private static readonly JsonElement Budgets =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(SourceTree.Root, "bench", "budgets.json"))).RootElement;

    private static IEnumerable<string> Names => BenchBodies.Make().Select(body => body.Name);

    [TestCaseSource(nameof(Names))]
    public void An_operation_allocates_no_more_than_its_budget(string name)
    {
        var body = BenchBodies.Make().Single(body => body.Name == name);
        Assert.That(BytesOf(() => body.Run()) / (double)(Calls * body.Operations), Is.LessThanOrEqualTo(BudgetOf(name)), body.Does);
    }

    [TestCase(1)]
    [TestCase(256)]
    public void A_round_goes_into_the_journal_without_garbage(int shares)
    {
        using var rounds = new JournalRounds(shares);
        var isWritten = true;
        var bytes = BytesOf(() => isWritten &= rounds.Append());
        Assert.That(bytes / (double)(Calls * shares), Is.LessThanOrEqualTo(BudgetOf("journal/append")));
        Assert.That(isWritten);
    }

    [Test]
    public void Nothing_on_the_path_of_a_share_may_allocate()
    {
        var path = Names.Append("journal/append").Where(name => name.Split('/')[0] is "share" or "validate" or "duplicate" or "journal");
        Assert.That(path.Where(name => BudgetOf(name) > 0), Is.Empty);
    }

    [Test]
    public void Every_ratio_names_two_bodies()
    {
        var names = Names.ToHashSet();
        var unknown = Budgets.GetProperty("relative").EnumerateArray()
            .SelectMany(ratio => new[] { ratio.GetProperty("of").GetString()!, ratio.GetProperty("to").GetString()! })
            .Where(name => !names.Contains(name));
        Assert.That(unknown, Is.Empty);
    }

    private static double BudgetOf(string name)
    {
        var bytes = Budgets.GetProperty("bytesPerOperation");
        if (bytes.TryGetProperty(name, out var own) || bytes.TryGetProperty(name.Split('/')[0] + "/*", out own)) return own.GetDouble();
        throw new AssertionException($"{name} has no budget: add it to bench/budgets.json");
    }

    // Warm first: what is made once is no cost of an operation. Few enough calls that no body comes to its next tip.
    private static long BytesOf(Action act)
    {
        for (var i = 0; i < Calls; i++) act();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++) act();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
