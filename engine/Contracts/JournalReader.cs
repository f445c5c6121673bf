using Microsoft.Win32.SafeHandles;

namespace Viddhana.Contracts;

/// <summary>
/// Follows a journal directory, read-only, while the engine writes it. What it gives is on the disk itself: it makes the system flush the
/// newest segment first, so that nobody commits a share that a power cut could still take from the engine. Not thread-safe.
/// </summary>
/// <param name="directory">The journal directory; it need not be there yet.</param>
public sealed class JournalReader(string directory)
{
    private ulong _nextSequence;
    private ulong _segment;
    private long _offset;

    /// <summary>Random number of the journal; 0 while there is none.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>Instance id of the engine; meaningful once <see cref="Epoch"/> is not 0.</summary>
    public int EngineId { get; private set; }

    /// <summary>Looks for the journal; false while the engine has not made it.</summary>
    public bool TryOpen()
    {
        if (Epoch != 0) return true;
        if (!JournalFiles.TryReadIdentity(directory, out var epoch, out var engineId)) return false;
        (Epoch, EngineId) = (epoch, engineId);
        return true;
    }

    /// <summary>
    /// Whole entries with records after <paramref name="sequenceAfter"/>, in order, each as its bytes; the first may begin before that. At
    /// least one if there is one, else as many as <paramref name="maxBytes"/> allows; empty at the end. If records after the mark are gone
    /// the entries begin later: the caller sees the gap. Throws <see cref="JournalException"/> for damage that is not the torn tail of the
    /// newest segment.
    /// </summary>
    public IReadOnlyList<byte[]> ReadFrom(ulong sequenceAfter, int maxBytes) => Read(sequenceAfter, maxBytes, upTo: null);

    /// <summary>
    /// The same, but only records up to <paramref name="upTo"/>, which the caller knows to be on the disk: nothing is flushed.
    /// </summary>
    public IReadOnlyList<byte[]> ReadFrom(ulong sequenceAfter, int maxBytes, ulong upTo) => Read(sequenceAfter, maxBytes, upTo);

    private List<byte[]> Read(ulong sequenceAfter, int maxBytes, ulong? upTo)
    {
        var entries = new List<byte[]>();
        if (!TryOpen()) return entries;

        // Listed before anything is read: a segment that is not the newest here has got all its bytes.
        var segments = JournalFiles.Segments(directory);
        Seek(segments, sequenceAfter);
        var left = (long)maxBytes;
        for (var i = segments.FindIndex(segment => segment.First == _segment); i >= 0 && i < segments.Count; i++)
        {
            if (segments[i].First != _segment) (_segment, _offset) = (segments[i].First, 0);
            var isNewest = i == segments.Count - 1;
            if (!ReadSegment(segments[i].Path, isNewest, sequenceAfter, upTo, entries, ref left)) break;
        }

        return entries;
    }

    /// <summary>Goes to the segment that holds the record after the mark, unless reading goes on where it ended.</summary>
    private void Seek(List<JournalSegment> segments, ulong sequenceAfter)
    {
        if (segments.Count == 0) return;
        var isHere = _nextSequence == sequenceAfter + 1 && segments.Exists(segment => segment.First == _segment);
        if (isHere) return;

        var at = segments.FindLastIndex(segment => segment.First <= sequenceAfter + 1);
        (_segment, _offset) = (segments[Math.Max(at, 0)].First, 0);
    }

    /// <summary>Reads entries of one segment; true if it was read to its end and the next may follow.</summary>
    private bool ReadSegment(string path, bool isNewest, ulong sequenceAfter, ulong? upTo, List<byte[]> entries, ref long left)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            _nextSequence = 0;   // deleted since it was listed: look anew at the next call
            return false;
        }

        using (file)
        {
            var length = RandomAccess.GetLength(file);
            if (isNewest && upTo is null && length > _offset) RandomAccess.FlushToDisk(file);

            var chunk = new byte[(int)Math.Clamp(length - _offset, 0, 16 * EntryWriter.EntryMax)];
            while (_offset < length)
            {
                var count = RandomAccess.Read(file, chunk.AsSpan(0, (int)Math.Min(chunk.Length, length - _offset)), _offset);
                var isLast = _offset + count >= length;
                var used = Take(chunk.AsSpan(0, count), sequenceAfter, upTo, entries, ref left, out var status);
                _offset += used;
                if (status == EntryStatus.Ok) return false;
                if (status == EntryStatus.Damaged || (used == 0 && isLast))
                    return CheckTail(path, chunk.AsSpan(used, count - used), isNewest);
                if (isLast && used == count) break;
                if (count == 0) return false;
            }

            return !isNewest;
        }
    }

    /// <summary>
    /// Takes whole entries from the bytes; returns how many bytes they are. The status is that of what follows: NeedMore at the end of the
    /// bytes, Ok if an entry was left there because the limit is reached.
    /// </summary>
    private int Take(
        ReadOnlySpan<byte> bytes, ulong sequenceAfter, ulong? upTo, List<byte[]> entries, ref long left, out EntryStatus status)
    {
        var used = 0;
        while (true)
        {
            status = EntryReader.TryReadHeader(bytes[used..], out var header, out var length);
            if (status != EntryStatus.Ok) return used;
            if (header.LastSequence > upTo) return used;

            if (header.LastSequence > sequenceAfter)
            {
                if (entries.Count > 0 && length > left) return used;
                entries.Add(bytes.Slice(used, length).ToArray());
                left -= length;
            }

            _nextSequence = header.LastSequence + 1;
            used += length;
        }
    }

    /// <summary>
    /// What follows is no whole entry: in the newest segment the engine is writing it, or a crash tore it; elsewhere it is damage.
    /// </summary>
    private bool CheckTail(string path, ReadOnlySpan<byte> tail, bool isNewest)
    {
        if (isNewest && JournalFiles.FindEntry(tail, Math.Min(1, tail.Length), Epoch) < 0) return false;
        throw new JournalException($"{path} is damaged at offset {_offset}; sequences from {_nextSequence} on cannot be read");
    }
}
