using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Shares;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Journal;

/// <summary>
/// The engine's store of shares, one for all its pools. What an append has taken survives the death of the process at once and a power cut
/// after the next flush (every <c>fsync_ms</c>; with 0 the append waits for it). Safe from any thread.
/// </summary>
public sealed class ShareJournal : IDisposable
{
    /// <summary>Records kept in memory while nothing can be written: found blocks are written first when it can again.</summary>
    public const int UnrecordedMax = 1_024;

    private const long BytesDefault = 64L << 30;
    private const int TickMs = 1_000;
    private const int RejectsAtOnceMs = 1_000;
    private const int RejectsAtLatestMs = 10_000;
    private const long ClockBackMs = 60_000;

    private readonly JournalDirectory _directory;
    private readonly JournalStore _store;
    private readonly JournalEntries _entries;
    private readonly Log _log;
    private readonly int _fsyncMs;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, RejectTally> _tallies = new(StringComparer.Ordinal);
    private readonly Queue<(string Pool, uint Nbits, BlockFound Found)> _unrecorded = new();
    private readonly ManualResetEventSlim _dirty = new();
    private readonly Thread _thread;
    private long _lastUtcMs;
    private bool _isClockBack;
    private volatile bool _isClosing;
    private bool _isClosed;

    private ShareJournal(JournalDirectory directory, JournalStore store, int instanceId, long lastUtcMs, int fsyncMs, Log log)
    {
        (_directory, _store, _log, _fsyncMs, _lastUtcMs) = (directory, store, log, fsyncMs, lastUtcMs);
        (InstanceId, _entries) = (instanceId, new JournalEntries((ushort)instanceId, directory.Epoch));
        _thread = new Thread(Run) { IsBackground = true, Name = "journal" };
    }

    /// <summary>Instance id of this engine.</summary>
    public int InstanceId { get; }

    /// <summary>Random number made with the directory; never 0.</summary>
    public ulong Epoch => _directory.Epoch;

    /// <summary>Number of this process start; goes into the coinbase.</summary>
    public ushort ProcessStart => _directory.ProcessStart;

    /// <summary>The directory.</summary>
    public string Directory => _directory.Path;

    /// <summary>False while the disk is full or failing; tried again every second.</summary>
    public bool IsWritable => _store.Failure is null;

    /// <summary>Why shares cannot be recorded at present, or null.</summary>
    public string? Failure => _store.Failure;

    /// <summary>Bytes of all segments.</summary>
    public long Bytes => _store.Bytes;

    /// <summary>Bytes at which shares are refused.</summary>
    public long MaxBytes => _store.MaxBytes;

    /// <summary>Milliseconds that the last flush took.</summary>
    public double SyncMs => _store.SyncMs;

    /// <summary>The last sequence written.</summary>
    public ulong LastSequence => _store.NextSequence - 1;

    /// <summary>The last sequence that a power cut cannot take: what may leave this machine.</summary>
    public ulong SyncedSequence => _store.SyncedSequence;

    /// <summary>
    /// Opens or makes the journal and counts this process start. A torn tail is cut. Throws <see cref="JournalException"/> that says what
    /// the operator can do: another engine holds it, no permission, damage (with file and offset), another instance id.
    /// </summary>
    public static ShareJournal Open(string directory, int instanceId, JournalConfig config, Log log, MetricsRegistry metrics) =>
        Open(directory, instanceId, config, log, metrics, static path => new SegmentFile(path));

    internal static ShareJournal Open(
        string directory, int instanceId, JournalConfig config, Log log, MetricsRegistry metrics, Func<string, ISegmentFile> open)
    {
        var held = JournalDirectory.Open(directory, instanceId);
        try
        {
            var (end, lastUtcMs) = FindEnd(directory, held.Epoch, open, log);
            var used = end.Bytes;
            var store = new JournalStore(directory, config.SegmentBytes, LimitOf(directory, config, used), open, log, end);
            var journal = new ShareJournal(held, store, instanceId, lastUtcMs, config.FsyncMs, log);
            journal.AddMetrics(metrics);
            journal._thread.Start();
            return journal;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw new JournalException($"journal directory {directory}: {error.Message}", error);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Records a validated round in one write: its accepted shares, its reject counters when they are due, and its found blocks. False:
    /// nothing was recorded, no share of the round may be answered <c>true</c>; found blocks are kept and recorded later. With <c>fsync_ms:
    /// 0</c> false also means that the flush failed: such a share may still be credited.
    /// </summary>
    /// <param name="pool">Pool id.</param>
    /// <param name="nbits">Block target of the tip that the round worked on.</param>
    /// <param name="height">Height it worked for.</param>
    /// <param name="round">The round with its verdicts.</param>
    /// <param name="found">
    /// One for each of <see cref="Round.Blocks"/>, in the same order; what it says of the share is filled in here.
    /// </param>
    /// <param name="now">The time of the round.</param>
    public bool Append(string pool, uint nbits, uint height, Round round, IReadOnlyList<BlockFound> found, Now now)
    {
        Check.That(found.Count == round.Blocks.Count);
        ulong sequence;
        lock (_lock)
        {
            var tally = TallyOf(pool);
            tally.Tip = (nbits, height);
            tally.Count(round);
            if (_store.Failure is null && !WriteUnrecorded(now)) return Keep(pool, nbits, round, found, now);

            Start(pool, nbits, height, now);
            var withRejects = IsDue(tally, now.MonotonicMs, RejectsAtOnceMs);
            AddRound(round, found, withRejects ? tally : null);
            if (!TryWrite()) return Keep(pool, nbits, round, found, now);
            if (withRejects) Written(tally, now);
            sequence = _store.NextSequence - 1;
        }

        return IsDurable(sequence);
    }

    /// <summary>Records a node's verdict on a candidate. False: not recorded, the caller tries again.</summary>
    public bool Append(string pool, BlockVerdict verdict, Now now)
    {
        ulong sequence;
        lock (_lock)
        {
            if (_store.Failure is not null || !WriteUnrecorded(now)) return false;
            var (nbits, height) = TallyOf(pool).Tip;
            Start(pool, nbits, height, now);
            _entries.AddVerdict(verdict);
            if (!TryWrite()) return false;
            sequence = _store.NextSequence - 1;
        }

        return IsDurable(sequence);
    }

    /// <summary>
    /// Records a found block on its own: for a candidate read back from its file at start, which the journal may not have. The reader takes
    /// a block hash once, however often it is recorded.
    /// </summary>
    public bool Append(string pool, uint nbits, BlockFound found, Now now)
    {
        ulong sequence;
        lock (_lock)
        {
            if (_store.Failure is not null || !WriteUnrecorded(now)) return false;
            Start(pool, nbits, found.Height, now);
            _entries.AddFound(found);
            if (!TryWrite()) return false;
            sequence = _store.NextSequence - 1;
        }

        return IsDurable(sequence);
    }

    /// <summary>Whether shares can be recorded, and how full the journal is.</summary>
    public HealthEntry Health()
    {
        var failure = _store.Failure;
        var percent = 100.0 * _store.Bytes / _store.MaxBytes;
        return new HealthEntry(
            "journal", failure is null, failure ?? $"{percent:0.0} % of {_store.MaxBytes} bytes, sequence {LastSequence}");
    }

    /// <summary>Writes what is due, flushes and lets go of the directory.</summary>
    public void Dispose()
    {
        if (_isClosing) return;
        _isClosing = true;
        _dirty.Set();
        _thread.Join();
        lock (_lock)
        {
            WriteRejects(new Now(Environment.TickCount64, _lastUtcMs), afterMs: 0);
            _isClosed = true;
            _store.Dispose();
            _directory.Dispose();
        }

        _dirty.Dispose();
    }

    /// <summary>See <see cref="JournalStore.TakeWorstSyncMs"/>.</summary>
    internal double TakeWorstSyncMs() => _store.TakeWorstSyncMs();

    /// <summary>Waits until all that is written is on the disk.</summary>
    internal bool Flush() => _store.TrySync(LastSequence);

    /// <summary>Deletes segments that are committed as a whole.</summary>
    internal void DeleteCommitted(ulong mark) => _store.DeleteCommitted(mark);

    /// <summary>See <see cref="JournalStore.TryAdvance"/>.</summary>
    internal bool TryAdvance(ulong mark)
    {
        lock (_lock)
        {
            return _store.TryAdvance(mark);
        }
    }

    /// <summary>What must happen once a second: try a failed disk again, write old reject counters.</summary>
    internal void Tick(Now now)
    {
        _store.TryRecover();
        lock (_lock)
        {
            if (_store.Failure is null && WriteUnrecorded(now)) WriteRejects(now, RejectsAtLatestMs);
            WatchClock(now);
        }
    }

    private static (JournalEnd End, long LastUtcMs) FindEnd(string directory, ulong epoch, Func<string, ISegmentFile> open, Log log)
    {
        var segments = JournalFiles.Segments(directory);
        if (segments.Count == 0) return (new JournalEnd([], 1, 0, 1), 0);

        var newest = segments[^1];
        var end = JournalRecovery.FindEnd(newest, epoch);
        var lastUtcMs = end.LastUtcMs;
        if (lastUtcMs == 0 && segments.Count > 1) lastUtcMs = JournalRecovery.FindEnd(segments[^2], epoch).LastUtcMs;

        var length = new FileInfo(newest.Path).Length;
        if (length > end.Length)
        {
            log.Warning(
                "journal",
                $"{newest.Path}: a torn tail of {length - end.Length} bytes at {end.Length} was cut: the last write before a crash");
            using var file = open(newest.Path);
            file.Truncate(end.Length);
            file.Sync();
        }

        var older = new List<(ulong First, long Length)>(segments.Count);
        for (var i = 0; i < segments.Count - 1; i++) older.Add((segments[i].First, new FileInfo(segments[i].Path).Length));
        return (new JournalEnd(older, newest.First, end.Length, end.NextSequence), lastUtcMs);
    }

    private static long LimitOf(string directory, JournalConfig config, long used)
    {
        if (config.MaxBytes > 0) return config.MaxBytes;
        var free = new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;
        return Math.Min(BytesDefault, (free + used) / 2);
    }

    private void AddMetrics(MetricsRegistry metrics)
    {
        metrics.Gauge("journal_bytes", "Bytes of all journal segments.", () => _store.Bytes);
        metrics.Gauge("journal_bytes_max", "Bytes at which shares are refused.", () => _store.MaxBytes);
        metrics.Gauge("journal_writable", "1 if shares can be recorded.", () => IsWritable ? 1 : 0);
        metrics.Gauge("journal_sequence", "Last sequence written.", () => LastSequence);
        metrics.Gauge("journal_synced_sequence", "Last sequence flushed to the disk.", () => SyncedSequence);
    }

    private void Start(string pool, uint nbits, uint height, Now now)
    {
        // Share time never runs backwards within an epoch, whatever the clock does.
        _lastUtcMs = Math.Max(_lastUtcMs, now.UtcMs);
        _entries.Start(pool, nbits, height, _store.NextSequence, _lastUtcMs);
    }

    private void AddRound(Round round, IReadOnlyList<BlockFound> found, RejectTally? rejects)
    {
        var pending = round.Pending;
        var verdicts = round.Verdicts;
        Span<ulong> winning = found.Count <= 64 ? stackalloc ulong[found.Count] : new ulong[found.Count];
        for (var i = 0; i < pending.Length; i++)
        {
            if (verdicts[i] is not (ShareResult.Accepted or ShareResult.SolvesBlock)) continue;
            var solvesBlock = verdicts[i] == ShareResult.SolvesBlock;
            var sequence = _entries.AddShare(pending[i].Worker!, pending[i].Work.Difficulty.Work, round.Achieved[i], solvesBlock);
            for (var n = 0; n < winning.Length; n++)
                if (round.Blocks[n].Index == i) winning[n] = sequence;
        }

        rejects?.Write(_entries);
        for (var n = 0; n < found.Count; n++)
        {
            var work = winning[n] == 0 ? 0 : pending[round.Blocks[n].Index].Work.Difficulty.Work;
            _entries.AddFound(found[n] with { ShareSequence = winning[n], ShareUtcMs = _lastUtcMs, ShareWork = work });
        }
    }

    private static bool IsDue(RejectTally tally, long nowMs, int afterMs) => !tally.IsEmpty && nowMs - tally.WrittenMs >= afterMs;

    private bool TryWrite()
    {
        _entries.End();
        if (_entries.Count == 0) return true;
        if (_isClosed || !_store.TryAppend(_entries.Bytes.Span, _entries.Count)) return false;
        if (!_dirty.IsSet) _dirty.Set();
        return true;
    }

    private bool IsDurable(ulong sequence) => _fsyncMs > 0 || _store.TrySync(sequence);

    private static void Written(RejectTally tally, Now now)
    {
        tally.Clear();
        tally.WrittenMs = now.MonotonicMs;
    }

    private RejectTally TallyOf(string pool)
    {
        if (!_tallies.TryGetValue(pool, out var tally)) _tallies[pool] = tally = new RejectTally();
        return tally;
    }

    /// <summary>Keeps what was found until it can be recorded; the shares of the round are not credited.</summary>
    private bool Keep(string pool, uint nbits, Round round, IReadOnlyList<BlockFound> found, Now now)
    {
        foreach (var block in found)
        {
            if (_unrecorded.Count >= UnrecordedMax)
            {
                _log.Error(
                    "journal", $"block {block.Hash} of {pool} could not be recorded and too many wait already; its candidate file remains");
                continue;
            }

            _unrecorded.Enqueue((pool, nbits, block with { ShareSequence = 0, ShareUtcMs = now.UtcMs, ShareWork = 0 }));
        }

        return false;
    }

    private bool WriteUnrecorded(Now now)
    {
        while (_unrecorded.TryPeek(out var waiting))
        {
            Start(waiting.Pool, waiting.Nbits, waiting.Found.Height, now);
            _entries.AddFound(waiting.Found);
            if (!TryWrite()) return false;
            _unrecorded.Dequeue();
        }

        return true;
    }

    private void WriteRejects(Now now, int afterMs)
    {
        foreach (var (pool, tally) in _tallies)
        {
            if (!IsDue(tally, now.MonotonicMs, afterMs)) continue;
            Start(pool, tally.Tip.Nbits, tally.Tip.Height, now);
            tally.Write(_entries);
            if (!TryWrite()) return;
            Written(tally, now);
        }
    }

    private void WatchClock(Now now)
    {
        var isBack = now.UtcMs < _lastUtcMs - ClockBackMs;
        if (isBack == _isClockBack) return;
        _isClockBack = isBack;
        if (isBack)
            _log.Warning(
                "journal",
                $"the clock is {(_lastUtcMs - now.UtcMs) / 1000} s behind the last share: shares keep its time until it has caught up");
        else _log.Info("journal", "the clock has caught up with the last share");
    }

    /// <summary>Flushes every fsync_ms while something is written, ticks every second.</summary>
    private void Run()
    {
        var tickAt = Environment.TickCount64 + TickMs;
        while (!_isClosing)
        {
            var isDirty = _dirty.Wait((int)Math.Clamp(tickAt - Environment.TickCount64, 0, TickMs));
            if (isDirty && _fsyncMs > 0 && !_isClosing) Thread.Sleep(Math.Min(_fsyncMs, TickMs));
            if (isDirty)
            {
                _dirty.Reset();
                Flush();
            }

            if (Environment.TickCount64 < tickAt) continue;
            tickAt = Environment.TickCount64 + TickMs;
            Tick(new Now(Environment.TickCount64, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        }
    }
}
