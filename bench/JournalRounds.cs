using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Engine;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;

namespace Viddhana.Bench;

/// <summary>
/// Rounds of accepted shares appended to a journal on disk, as the engine does it before it answers. Used by the suite and by the test of
/// bytes per operation.
/// </summary>
internal sealed class JournalRounds : IDisposable
{
    private const int AppendsKept = 4_096;

    private readonly string _folder = Directory.CreateTempSubdirectory("viddhana-bench-").FullName;
    private readonly Log _log = new(Stream.Null);
    private readonly ShareJournal _journal;
    private readonly Round _round;
    private int _appends;

    /// <param name="shares">Shares of a round, from eight workers in turn.</param>
    public JournalRounds(int shares)
    {
        var config = new JournalConfig { FsyncMs = 20, SegmentBytes = 16 << 20, MaxBytes = 1L << 30 };
        _journal = ShareJournal.Open(Path.Combine(_folder, "journal"), 0, config, _log, new MetricsRegistry());
        _round = new Round(shares);
        var workers = Enumerable.Range(0, 8)
            .Select(i => new Worker(System.Text.Encoding.ASCII.GetBytes($"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig{i}"))).ToArray();
        for (var i = 0; i < shares; i++)
        {
            ref var pending = ref _round.Add();
            pending.Worker = workers[i % workers.Length];
            pending.Work = new Assignment(null!, new ShareDifficulty(default, UInt256.Max, 4_295_032_833), 0, 0);
            pending.Session = _round;
        }

        foreach (ref var verdict in _round.Verdicts) verdict = ShareResult.Accepted;
    }

    /// <summary>One write. Now and then what was written is given back, so that the disk does not fill.</summary>
    public bool Append()
    {
        if (++_appends % AppendsKept == 0) _journal.DeleteCommitted(_journal.LastSequence);
        return _journal.Append("main", 0x17034219, 840_000, _round, [], new Now(_appends, 1_700_000_000_000));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _journal.Dispose();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
