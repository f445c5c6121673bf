using System.Diagnostics;
using Viddhana.Contracts;

namespace Viddhana.Engine.Journal;

/// <summary>
/// The segments of an open journal: appends, flushes, begins and deletes them, and copes with a full or failing disk. Knows sequences, not
/// what is in an entry. Safe from any thread.
/// </summary>
internal sealed class JournalStore : IDisposable
{
    private const int ProbeBytes = 64 << 10;

    private readonly string _directory;
    private readonly long _segmentBytes;
    private readonly Func<string, ISegmentFile> _open;
    private readonly Log _log;
    private readonly Lock _lock = new();

    /// <summary>Taken before <see cref="_lock"/>: one flush at a time, and appends go on during it.</summary>
    private readonly Lock _syncLock = new();

    private readonly List<(ulong First, long Length)> _older = [];
    private readonly List<OpenSegment> _unsynced = [];
    private OpenSegment _current;
    private bool _isNameUnsynced;
    private bool _isRewriteNeeded;
    private bool _isAlarmed;
    private string? _failure;
    private long _bytes;
    private ulong _nextSequence;
    private ulong _syncedSequence;
    private double _syncMs;
    private double _worstSyncMs;

    /// <summary>Opens the newest segment at its end, or begins the first.</summary>
    public JournalStore(string directory, long segmentBytes, long maxBytes, Func<string, ISegmentFile> open, Log log, JournalEnd end)
    {
        (_directory, _open, _log) = (directory, open, log);
        MaxBytes = maxBytes;
        // A journal that is full must become writable by deleting old segments: the newest is never deleted.
        _segmentBytes = Math.Min(segmentBytes, maxBytes / 4);
        _older.AddRange(end.Older);
        _bytes = end.Bytes;
        _nextSequence = end.NextSequence;
        _syncedSequence = end.NextSequence - 1;
        var path = JournalFiles.SegmentPath(directory, end.First);
        var isNew = !File.Exists(path);
        _current = new OpenSegment(end.First, open(path)) { Length = end.Length, SyncedLength = end.Length };
        // What an earlier process wrote may be in the system's memory only.
        if (!isNew) _current.File.Sync();
        Durable.SyncDirectory(directory);
    }

    /// <summary>The limit of all segments together.</summary>
    public long MaxBytes { get; }

    /// <summary>Bytes of all segments.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The first free sequence.</summary>
    public ulong NextSequence => Volatile.Read(ref _nextSequence);

    /// <summary>The last sequence that is on the disk itself.</summary>
    public ulong SyncedSequence => Volatile.Read(ref _syncedSequence);

    /// <summary>Milliseconds that the last flush took; 0 before the first.</summary>
    public double SyncMs => Volatile.Read(ref _syncMs);

    /// <summary>Milliseconds of the slowest flush since the last question.</summary>
    public double TakeWorstSyncMs() => Interlocked.Exchange(ref _worstSyncMs, 0);

    /// <summary>Why nothing can be written at present, or null.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <summary>
    /// Writes whole entries that take the next <paramref name="count"/> sequences, in one write. False: do not count on any of them.
    /// </summary>
    public bool TryAppend(ReadOnlySpan<byte> entries, uint count)
    {
        lock (_lock)
        {
            if (_failure is not null) return false;
            if (_bytes + entries.Length > MaxBytes)
            {
                Fail($"the journal is full ({MaxBytes} bytes): start the backoffice, which empties it, or raise engine.journal.max_bytes");
                return false;
            }

            try
            {
                if (_current.Length > 0 && _current.Length + entries.Length > _segmentBytes) Begin(_nextSequence);
                _current.File.Write(entries, _current.Length);
            }
            catch (Exception error) when (IsDiskError(error))
            {
                Fail($"cannot write to {_directory}: {error.Message}");
                return false;
            }

            _current.Length += entries.Length;
            Interlocked.Add(ref _bytes, entries.Length);
            Volatile.Write(ref _nextSequence, _nextSequence + count);
            AlarmWhenNearlyFull();
            return true;
        }
    }

    /// <summary>
    /// Waits until everything up to <paramref name="sequence"/> is on the disk; one flush serves all who wait. False if the disk failed.
    /// </summary>
    public bool TrySync(ulong sequence)
    {
        if (SyncedSequence >= sequence) return true;
        lock (_syncLock)
        {
            return SyncedSequence >= sequence || Sync();
        }
    }

    /// <summary>After a failure: cuts what was half written, tries the disk, and writes again if it works.</summary>
    public void TryRecover()
    {
        if (Failure is null) return;
        lock (_syncLock)
        {
            lock (_lock)
            {
                if (_bytes + ProbeBytes > MaxBytes || !TryProbe()) return;
                Volatile.Write(ref _failure, null);
            }

            if (Sync()) _log.Info("journal", "shares are recorded again");
        }
    }

    /// <summary>Deletes segments whose records are all at or below the mark; never the newest.</summary>
    public void DeleteCommitted(ulong mark)
    {
        lock (_lock)
        {
            while (_older.Count > 0)
            {
                var next = _older.Count > 1 ? _older[1].First : _current.First;
                if (next - 1 > mark) return;

                try
                {
                    File.Delete(JournalFiles.SegmentPath(_directory, _older[0].First));
                }
                catch (Exception error) when (IsDiskError(error))
                {
                    _log.Warning("journal", $"cannot delete a committed segment: {error.Message}");
                    return;
                }

                Interlocked.Add(ref _bytes, -_older[0].Length);
                _older.RemoveAt(0);
            }
        }
    }

    /// <summary>
    /// Goes on after <paramref name="mark"/>, which is ahead of what this journal holds (it lost its end, or is an old copy): the sequences
    /// up to it are taken for ever. False if the disk failed.
    /// </summary>
    public bool TryAdvance(ulong mark)
    {
        lock (_lock)
        {
            if (mark < _nextSequence) return true;
            try
            {
                Begin(mark + 1);
            }
            catch (Exception error) when (IsDiskError(error))
            {
                Fail($"cannot begin a segment in {_directory}: {error.Message}");
                return false;
            }

            Volatile.Write(ref _nextSequence, mark + 1);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_syncLock)
        {
            if (Failure is null) Sync();
            lock (_lock)
            {
                foreach (var segment in _unsynced) segment.File.Dispose();
                _unsynced.Clear();
                _current.File.Dispose();
            }
        }
    }

    /// <summary>Begins a segment; the old one stays open until it is on the disk.</summary>
    private void Begin(ulong first)
    {
        var file = _open(JournalFiles.SegmentPath(_directory, first));
        _unsynced.Add(_current);
        _older.Add((_current.First, _current.Length));
        _current = new OpenSegment(first, file);
        _isNameUnsynced = true;
    }

    private bool Sync()
    {
        OpenSegment[] segments;
        long length;
        ulong through;
        bool isNameUnsynced;
        lock (_lock)
        {
            if (_isRewriteNeeded) return false;
            segments = [.. _unsynced, _current];
            (length, through, isNameUnsynced) = (_current.Length, _nextSequence - 1, _isNameUnsynced);
        }

        var began = Stopwatch.GetTimestamp();
        try
        {
            foreach (var segment in segments) segment.File.Sync();
            if (isNameUnsynced) Durable.SyncDirectory(_directory);
        }
        catch (Exception error) when (IsDiskError(error))
        {
            lock (_lock)
            {
                _isRewriteNeeded = true;
                Fail($"cannot flush {_directory}: {error.Message}");
            }

            return false;
        }

        Timed(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        lock (_lock)
        {
            segments[^1].SyncedLength = length;
            foreach (var segment in segments[..^1]) segment.File.Dispose();
            _unsynced.RemoveRange(0, segments.Length - 1);
            if (isNameUnsynced && _current == segments[^1]) _isNameUnsynced = false;
            Volatile.Write(ref _syncedSequence, through);
        }

        return true;
    }

    // Under the lock of flushes; who takes the worst at just this moment may see this one next time.
    private void Timed(double milliseconds)
    {
        Volatile.Write(ref _syncMs, milliseconds);
        Volatile.Write(ref _worstSyncMs, Math.Max(_worstSyncMs, milliseconds));
    }

    private bool TryProbe()
    {
        try
        {
            if (_isRewriteNeeded) Rewrite();
            _isRewriteNeeded = false;
            KeepWholeEntries();
            _current.File.Write(new byte[ProbeBytes], _current.Length);
            _current.File.Truncate(_current.Length);
            return true;
        }
        catch (Exception error) when (IsDiskError(error))
        {
            return false;
        }
    }

    /// <summary>
    /// A failed write may have left whole entries behind. A reader may have seen them, so their sequences must not be given to others: they
    /// stay, although their shares were refused. Only what is torn is cut.
    /// </summary>
    private void KeepWholeEntries()
    {
        var bytes = new byte[Math.Max(0, _current.File.Length - _current.Length)];
        var left = bytes.AsSpan(0, _current.File.Read(bytes, _current.Length));
        while (EntryReader.TryReadHeader(left, out var header, out var length) == EntryStatus.Ok && header.FirstSequence == _nextSequence)
        {
            _current.Length += length;
            Interlocked.Add(ref _bytes, length);
            Volatile.Write(ref _nextSequence, header.LastSequence + 1);
            left = left[length..];
        }
    }

    /// <summary>
    /// After a failed flush the system takes the bytes for written and would not try again: they are read from its memory and written once
    /// more.
    /// </summary>
    private void Rewrite()
    {
        foreach (var segment in (ReadOnlySpan<OpenSegment>)[.. _unsynced, _current])
        {
            var bytes = new byte[segment.Length - segment.SyncedLength];
            if (segment.File.Read(bytes, segment.SyncedLength) != bytes.Length)
                throw new IOException("the unflushed end of a segment cannot be read");
            segment.File.Write(bytes, segment.SyncedLength);
        }
    }

    private void Fail(string reason)
    {
        if (_failure is not null) return;
        Volatile.Write(ref _failure, reason);
        _log.Error("journal", $"shares are refused: {reason}");
    }

    private void AlarmWhenNearlyFull()
    {
        if (!_isAlarmed && _bytes > MaxBytes / 10 * 8)
        {
            _isAlarmed = true;
            _log.Error(
                "journal",
                $"the journal is 80 % full ({_bytes} of {MaxBytes} bytes): the backoffice does not commit; when it is full, "
                + "shares are refused");
        }
        else if (_isAlarmed && _bytes < MaxBytes / 10 * 7)
        {
            _isAlarmed = false;
            _log.Info("journal", $"the journal is below 70 % again ({_bytes} of {MaxBytes} bytes)");
        }
    }

    private static bool IsDiskError(Exception error) => error is IOException or UnauthorizedAccessException;

    private sealed class OpenSegment(ulong first, ISegmentFile file)
    {
        public ulong First { get; } = first;

        public ISegmentFile File { get; } = file;

        public long Length { get; set; }

        public long SyncedLength { get; set; }
    }
}

/// <summary>Where a journal goes on.</summary>
/// <param name="Older">Segments before the newest, with their lengths.</param>
/// <param name="First">First sequence of the newest.</param>
/// <param name="Length">Its length without a torn tail.</param>
/// <param name="NextSequence">First free sequence.</param>
internal sealed record JournalEnd(IReadOnlyList<(ulong First, long Length)> Older, ulong First, long Length, ulong NextSequence)
{
    /// <summary>Bytes of all segments.</summary>
    public long Bytes
    {
        get
        {
            var bytes = Length;
            foreach (var (_, length) in Older) bytes += length;
            return bytes;
        }
    }
}
