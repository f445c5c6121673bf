using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Engine;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;

namespace Viddhana.Tests.Engine.Journal;

/// <summary>A journal directory of a test with the rounds that are appended to it. No clock: time is what the test says.</summary>
internal sealed class JournalFixture : IDisposable
{
    private static readonly ShareDifficulty Difficulty = new(default, UInt256.Max, 4_295_032_833);
    private readonly MemoryStream _output = new();
    private Log? _log;

    public string Root { get; } = Directory.CreateTempSubdirectory("viddhana-journal-").FullName;

    public string JournalPath => Path.Combine(Root, "journal");

    public JournalConfig Config { get; } = new() { FsyncMs = 10_000, MaxBytes = 64 << 20 };

    public long UtcMs { get; set; } = 1_800_000_000_000;

    public long MonotonicMs { get; set; } = 1_000_000;

    public Now Now => new(MonotonicMs, UtcMs);

    public ShareJournal Open(int instanceId = 0, Func<string, ISegmentFile>? files = null)
    {
        _log ??= new Log(_output);
        return ShareJournal.Open(JournalPath, instanceId, Config, _log, new MetricsRegistry(), files ?? (path => new SegmentFile(path)));
    }

    public Log Log => _log ??= new Log(_output);

    /// <summary>What was logged so far; ends the log.</summary>
    public string LogText()
    {
        _log?.Dispose();
        return Encoding.UTF8.GetString(_output.ToArray());
    }

    public static Worker NewWorker(string name) => new(Encoding.UTF8.GetBytes(name));

    public static Round RoundOf(params (Worker? Worker, ShareResult Verdict)[] shares)
    {
        var round = new Round(Math.Max(1, shares.Length));
        foreach (var (worker, _) in shares)
        {
            ref var pending = ref round.Add();
            pending.Worker = worker;
            pending.Work = new Assignment(null!, Difficulty, 0, 0);
            pending.Session = new object();
        }

        for (var i = 0; i < shares.Length; i++) (round.Verdicts[i], round.Achieved[i]) = (shares[i].Verdict, 5e9 * (i + 1));
        return round;
    }

    public bool Append(ShareJournal journal, params (Worker? Worker, ShareResult Verdict)[] shares) =>
        journal.Append("btc", 0x1d00ffff, 7, RoundOf(shares), [], Now);

    public bool AppendAccepted(ShareJournal journal, int count = 1, string name = "a.b")
    {
        var worker = NewWorker(name);
        return Append(journal, [.. Enumerable.Repeat(((Worker?)worker, ShareResult.Accepted), count)]);
    }

    public static BlockFound Found(string hash = "00") => new()
    {
        Hash = hash.PadLeft(64, '0'),
        Height = 7,
        PrevHash = new string('1', 64),
        CoinbaseTxid = new string('2', 64),
        Reward = 5_000_000_000,
        NetworkWork = 1_000_000,
        Worker = "a.b",
        ShareSequence = 0,
        ShareUtcMs = 0,
        ShareWork = 0,
    };

    /// <summary>Every entry of the directory.</summary>
    public List<Entry> Entries(ulong after = 0) => Read(new JournalReader(JournalPath), after);

    public static List<Entry> Read(JournalReader reader, ulong after = 0)
    {
        var entries = new List<Entry>();
        while (true)
        {
            var some = reader.ReadFrom(after, 100_000);
            if (some.Count == 0) return entries;
            foreach (var bytes in some)
            {
                Assert.That(EntryReader.TryRead(bytes, out var entry, out var consumed), Is.EqualTo(EntryStatus.Ok));
                Assert.That(consumed, Is.EqualTo(bytes.Length));
                entries.Add(entry!);
                after = entry!.Header.LastSequence;
            }
        }
    }

    public string[] SegmentPaths() => [.. JournalFiles.Segments(JournalPath).Select(segment => segment.Path)];

    public void Dispose()
    {
        _log?.Dispose();
        Directory.Delete(Root, recursive: true);
    }
}
