using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Engine.Journal;

/// <summary>
/// Sends a journal's entries to the stream of one Redis and finds out what became of them. A reply to XADD only moves the cursor; what
/// counts is the committed mark. Remembers messages over reconnects: if the oldest or the newest that is not committed is gone, everything
/// after the mark is sent again.
/// </summary>
internal sealed class RedisShipment(ShareJournal journal, RedisConfig config)
{
    private const int WindowMessages = 16;
    private const int RememberedMax = 1_024;
    private readonly JournalReader _reader = new(journal.Directory);
    private readonly string _stream = Streams.Shares(config.Prefix);
    private readonly string _marks = Streams.Committed(config.Prefix);
    private readonly string _markField = Streams.CommittedField(journal.InstanceId, journal.Epoch);
    private readonly string _leaseKey = Streams.Engine(config.Prefix, journal.InstanceId);
    private readonly string _shipped = Streams.Shipped(config.Prefix);
    private readonly string _epoch = $"{journal.Epoch:x16}";
    private readonly List<(Task<RespValue> Reply, ulong LastSequence)> _window = [];

    /// <summary>
    /// Messages that Redis took and that are not committed, oldest first; thinned out, but the first and the last are always there.
    /// </summary>
    private readonly List<(string Id, ulong LastSequence)> _remembered = [];

    /// <summary>The last sequence that Redis has taken.</summary>
    public ulong Cursor { get; private set; }

    /// <summary>The last sequence that is committed; 0 if none.</summary>
    public ulong Mark { get; private set; }

    /// <summary>Messages taken.</summary>
    public long Messages { get; private set; }

    /// <summary>How often it went back to the mark.</summary>
    public long Resends { get; private set; }

    /// <summary>
    /// Takes the instance id for this journal, or finds that it has it. Returns the epoch of another that holds it, or null.
    /// </summary>
    public async Task<string?> ClaimAsync(RedisClient redis)
    {
        if (await redis.SetIfAbsentAsync(_leaseKey, _epoch)) return null;
        var holder = await redis.GetAsync(_leaseKey);
        return holder == _epoch || holder is null ? null : holder;
    }

    /// <summary>
    /// Reads the mark and looks whether the last message is still there. Goes back to the mark when Redis has lost messages (emptied,
    /// failed over, restored) or the backoffice its commits. Returns the epoch of another journal that holds the instance id, or null.
    /// </summary>
    public async Task<string?> CheckAsync(RedisClient redis)
    {
        // In this order: the backoffice publishes the mark before it trims, so a message that is gone is below the mark read after it.
        var gone = await AnyGoneAsync(redis);
        var mark = CommittedMark.Parse(await redis.HGetAsync(_marks, _markField)) ?? 0;
        if (await ClaimAsync(redis) is { } holder) return holder;

        if (gone > mark || mark < Mark)
        {
            Cursor = mark;
            _remembered.Clear();
            Resends++;
        }

        Mark = mark;
        Cursor = Math.Max(Cursor, mark);
        _remembered.RemoveAll(message => message.LastSequence <= mark);
        return null;
    }

    /// <summary>Sends what is on the disk and not yet sent, as many messages as the window takes. False: there was nothing.</summary>
    public async Task<bool> SendAsync(RedisClient redis)
    {
        var entries = _reader.ReadFrom(Cursor, WindowMessages * Streams.MessageMax, journal.SyncedSequence);
        if (entries.Count == 0) return false;

        _window.Clear();
        for (var from = 0; from < entries.Count && _window.Count < WindowMessages;)
        {
            var message = Pack(entries, ref from, out var lastSequence);
            _window.Add((redis.XAddAsync(_stream, Streams.BatchField, message), lastSequence));
        }

        RespValue? refused = null;
        foreach (var (reply, lastSequence) in _window)
        {
            var value = await reply;
            if (value.IsError) refused ??= value;
            if (refused is not null) continue;
            Remember(value.Text!, lastSequence);
            Cursor = lastSequence;
            Messages++;
        }

        refused?.OrThrow();
        return true;
    }

    /// <summary>
    /// Tells up to when the journal is complete, if Redis has all of it; false if something waits to be sent. The time is read before the
    /// journal's end, and what is written later is younger than that less <see cref="Streams.WriteDelayMs"/>.
    /// </summary>
    public async Task<bool> StampAsync(RedisClient redis)
    {
        var completeMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - Streams.WriteDelayMs;
        var last = journal.LastSequence;
        if (Cursor < last) return false;

        await redis.HSetAsync(_shipped, _markField, $"{last} {completeMs}");
        return true;
    }

    /// <summary>The last sequence of the newer of the two remembered ends that is no longer in the stream; 0 if both are there.</summary>
    private async Task<ulong> AnyGoneAsync(RedisClient redis)
    {
        if (_remembered.Count == 0) return 0;

        var (oldest, newest) = (_remembered[0], _remembered[^1]);
        var oldestReply = redis.XRangeAsync(_stream, oldest.Id, oldest.Id, 1);
        var isNewestThere = (await redis.XRangeAsync(_stream, newest.Id, newest.Id, 1)).Count > 0;
        var isOldestThere = (await oldestReply).Count > 0;
        return !isNewestThere ? newest.LastSequence : isOldestThere ? 0 : oldest.LastSequence;
    }

    private void Remember(string id, ulong lastSequence)
    {
        if (_remembered.Count == RememberedMax)
        {
            // Every second one suffices: what empties a stream takes them all.
            for (var i = RememberedMax - 3; i > 0; i -= 2) _remembered.RemoveAt(i);
        }

        _remembered.Add((id, lastSequence));
    }

    /// <summary>Whole entries, one after another, as many as one message takes.</summary>
    private static ReadOnlyMemory<byte> Pack(IReadOnlyList<byte[]> entries, ref int from, out ulong lastSequence)
    {
        var (first, size) = (from, 0);
        while (from < entries.Count && size + entries[from].Length <= Streams.MessageMax) size += entries[from++].Length;

        EntryReader.TryReadHeader(entries[from - 1], out var header, out _);
        lastSequence = header.LastSequence;
        if (from - first == 1) return entries[first];

        var message = new byte[size];
        var at = 0;
        for (var i = first; i < from; at += entries[i++].Length) entries[i].CopyTo(message, at);
        return message;
    }
}
