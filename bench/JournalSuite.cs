using BenchmarkDotNet.Attributes;

namespace Viddhana.Bench;

/// <summary>A round into the journal: one write, flushed every 20 ms by another thread. The time is that of the whole round.</summary>
[MemoryDiagnoser]
public class JournalSuite
{
    private Func<bool> _append = () => false;
    private Action _close = () => { };

    /// <summary>Shares of a round.</summary>
    [Params(1, 16, 256)]
    public int Round { get; set; } = 1;

    /// <summary>Opens a journal.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var rounds = new JournalRounds(Round);
        (_append, _close) = (rounds.Append, rounds.Dispose);
    }

    /// <summary>Closes it.</summary>
    [GlobalCleanup]
    public void CleanUp() => _close();

    /// <summary>One round.</summary>
    [Benchmark]
    public bool Append() => _append();
}
