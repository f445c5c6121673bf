using System.Globalization;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>A journal: sequences run within it.</summary>
public readonly record struct SourceKey(int EngineId, ulong Epoch)
{
    /// <inheritdoc/>
    public override string ToString() => Streams.CommittedField(EngineId, Epoch);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out SourceKey source)
    {
        source = default;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0
            || !int.TryParse(text.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var engineId)
            || !ulong.TryParse(text.AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var epoch))
            return false;

        source = new SourceKey(engineId, epoch);
        return true;
    }
}

/// <summary>Bytes as a source gave them: one or more entries. Done when everything in it is committed or was before.</summary>
/// <param name="id">The source's name for it: the stream message's id.</param>
/// <param name="bytes">Whole entries one after another.</param>
public sealed class Delivery(string id, byte[] bytes)
{
    /// <summary>The source's name for it.</summary>
    public string Id { get; } = id;

    /// <summary>Whole entries one after another.</summary>
    public byte[] Bytes { get; } = bytes;

    /// <summary>Entries of it that wait for a gap before them.</summary>
    internal int Waiting { get; set; }
}

/// <summary>An entry whose turn has come. Of its sequences only those from <paramref name="FromSequence"/> on are new.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Bytes">All of it; they are known to be sound.</param>
/// <param name="FromSequence">The first sequence that is new.</param>
public readonly record struct ReadyEntry(EntryHeader Header, ReadOnlyMemory<byte> Bytes, ulong FromSequence)
{
    /// <summary>The journal it is from.</summary>
    public SourceKey Source => new(Header.EngineId, Header.Epoch);
}

/// <summary>Sequences that are missing while later ones are here.</summary>
public readonly record struct SequenceGap(SourceKey Source, ulong From, ulong To);

/// <summary>
/// Puts entries into the order of their sequences, whatever way they arrive: what was applied before is left out (also part of an entry),
/// what comes too early waits. Pure: no clock, no database. What waits is bounded; beyond that the latest are dropped from memory and
/// <see cref="NeedsRewind"/> says when the source has to give them again.
/// </summary>
public sealed class ShareIntake(long waitingBytesMax = 64 << 20)
{
    /// <summary>Times outside of 1970 to 9999 cannot be stored; no engine writes them.</summary>
    private const long UtcMsMax = 253_402_300_799_999 - uint.MaxValue;

    private readonly Dictionary<SourceKey, Line> _lines = [];
    private readonly List<Delivery> _open = [];
    private readonly List<ReadyEntry> _ready = [];
    private long _arrivals;

    /// <summary>Bytes that wait for a gap to close.</summary>
    public long WaitingBytes { get; private set; }

    /// <summary>True once entries that were dropped from memory could be applied: let the source begin again at the marks.</summary>
    public bool NeedsRewind => _lines.Values.Any(line => line is { HasDropped: true, Waiting.Count: 0 });

    /// <summary>The gaps, one per source at most.</summary>
    public IReadOnlyList<SequenceGap> Gaps =>
    [
        .. from line in _lines
           where line.Value.Waiting.Count > 0
           select new SequenceGap(line.Key, line.Value.Mark + 1, line.Value.Waiting.Min.First - 1),
    ];

    /// <summary>The last sequence applied; what <see cref="Take"/> gives counts as applied.</summary>
    public IReadOnlyDictionary<SourceKey, ulong> Marks => _lines.ToDictionary(line => line.Key, line => line.Value.Mark);

    /// <summary>All sources that anything came from, be it only what waits.</summary>
    public IReadOnlyCollection<SourceKey> Sources => _lines.Keys;

    /// <summary>Learns a mark from the database: at the start, or because an operator skipped a gap. Marks never go back.</summary>
    public void SetMark(SourceKey source, ulong lastSequence)
    {
        var line = LineOf(source);
        if (lastSequence <= line.Mark) return;
        line.Mark = lastSequence;
        Drain(line);
    }

    /// <summary>Takes in a delivery. False: it holds bytes that are no entries; the whole entries before them count.</summary>
    public bool Add(Delivery delivery)
    {
        _open.Add(delivery);
        for (var at = 0; at < delivery.Bytes.Length;)
        {
            if (EntryReader.TryReadHeader(delivery.Bytes.AsSpan(at), out var header, out var length) != EntryStatus.Ok) return false;
            var bytes = delivery.Bytes.AsMemory(at, length);
            if (!IsStorable(header) || !IsSound(header, bytes.Span)) return false;
            Add(new Held(header, bytes, delivery, _arrivals++));
            at += length;
        }

        return true;
    }

    /// <summary>What can be applied now, each source in the order of its sequences.</summary>
    public IReadOnlyList<ReadyEntry> Take()
    {
        ReadyEntry[] ready = [.. _ready];
        _ready.Clear();
        return ready;
    }

    /// <summary>
    /// The deliveries of which nothing waits any more. They are done when all that was taken before is committed.
    /// </summary>
    public IReadOnlyList<Delivery> TakeDone()
    {
        Delivery[] done = [.. _open.Where(delivery => delivery.Waiting == 0)];
        _open.RemoveAll(delivery => delivery.Waiting == 0);
        return done;
    }

    /// <summary>Forgets what waits; marks stay. For a source that gives everything after the marks again.</summary>
    public void Forget()
    {
        foreach (var line in _lines.Values) (line.Waiting, line.HasDropped) = ([], false);
        _open.Clear();
        WaitingBytes = 0;
    }

    private static bool IsStorable(in EntryHeader header) =>
        header.UtcMs is >= 0 and <= UtcMsMax && header.LastSequence <= long.MaxValue;

    private static bool IsSound(in EntryHeader header, ReadOnlySpan<byte> bytes) => header.Kind == EntryKind.Shares
        ? EntryShares.TryRead(bytes, header, out _)
        : EntryReader.TryRead(bytes, out _, out _) == EntryStatus.Ok;

    private void Add(Held held)
    {
        var line = LineOf(new SourceKey(held.Header.EngineId, held.Header.Epoch));
        if (held.First > line.Mark + 1)
        {
            line.Waiting.Add(held);
            held.Delivery.Waiting++;
            WaitingBytes += held.Bytes.Length;
            DropBeyondLimit();
            return;
        }

        Apply(line, held);
        Drain(line);
    }

    private void Apply(Line line, Held held)
    {
        var last = held.Header.LastSequence;
        if (last <= line.Mark) return;
        _ready.Add(new ReadyEntry(held.Header, held.Bytes, line.Mark + 1));
        line.Mark = last;
    }

    private void Drain(Line line)
    {
        while (line.Waiting.Count > 0 && line.Waiting.Min.First <= line.Mark + 1)
        {
            var held = line.Waiting.Min;
            line.Waiting.Remove(held);
            held.Delivery.Waiting--;
            WaitingBytes -= held.Bytes.Length;
            Apply(line, held);
        }
    }

    /// <summary>
    /// Drops the latest of the source that holds most. Its delivery keeps a waiting entry for ever, so that it is never reported done:
    /// the source has to give it again.
    /// </summary>
    private void DropBeyondLimit()
    {
        while (WaitingBytes > waitingBytesMax)
        {
            var line = _lines.Values.MaxBy(candidate => candidate.Waiting.Count)!;
            var latest = line.Waiting.Max;
            line.Waiting.Remove(latest);
            line.HasDropped = true;
            WaitingBytes -= latest.Bytes.Length;
            _open.Remove(latest.Delivery);
        }
    }

    private Line LineOf(SourceKey source)
    {
        if (!_lines.TryGetValue(source, out var line)) _lines.Add(source, line = new Line());
        return line;
    }

    private sealed class Line
    {
        public ulong Mark { get; set; }

        public SortedSet<Held> Waiting { get; set; } = [];

        public bool HasDropped { get; set; }
    }

    private readonly record struct Held(EntryHeader Header, ReadOnlyMemory<byte> Bytes, Delivery Delivery, long Arrival)
        : IComparable<Held>
    {
        public ulong First => Header.FirstSequence;

        public int CompareTo(Held other) => First != other.First ? First.CompareTo(other.First) : Arrival.CompareTo(other.Arrival);
    }
}
