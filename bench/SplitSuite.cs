using BenchmarkDotNet.Attributes;
using Viddhana.Backoffice.Rewards;

namespace Viddhana.Bench;

/// <summary>The reward of a block divided by work: exact, in 256 bits. Once per block, not per share.</summary>
[MemoryDiagnoser]
public class SplitSuite
{
    private Dictionary<long, UInt128> _work = [];

    /// <summary>Accounts in the window.</summary>
    [Params(100, 10_000, 100_000)]
    public int Accounts { get; set; } = 100;

    /// <summary>Makes the work.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        _work = Enumerable.Range(1, Accounts).ToDictionary(i => (long)i, _ => (UInt128)random.NextInt64() << random.Next(20));
    }

    /// <summary>Splits it.</summary>
    [Benchmark]
    public int Split() => RewardSplit.ByWork(312_500_000, 10_000, _work, 1).Credits.Count;
}
