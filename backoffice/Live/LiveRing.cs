namespace Viddhana.Backoffice.Live;

/// <summary>
/// The newest events that are worth repeating, for viewers who come back. Bounded by number and by bytes, so that what a viewer missed is
/// never more than its connection takes at once. Snapshots are not kept: the newest one says it all. Not safe for several threads.
/// </summary>
internal sealed class LiveRing(int eventsMax = 256, int bytesMax = 32 << 10)
{
    private readonly Queue<LiveEvent> _events = [];
    private long _bytes;

    /// <summary>The last event that is no longer here; viewers who saw it missed nothing else that is lost.</summary>
    private long _droppedThrough;

    /// <summary>Keeps an event; the oldest make room.</summary>
    public void Add(LiveEvent happened)
    {
        _events.Enqueue(happened);
        _bytes += happened.Bytes.Length;
        while (_events.Count > eventsMax || _bytes > bytesMax)
        {
            var oldest = _events.Dequeue();
            _bytes -= oldest.Bytes.Length;
            _droppedThrough = oldest.Number;
        }
    }

    /// <summary>True if all that came after this number is still here.</summary>
    public bool Reaches(long number) => number >= _droppedThrough;

    /// <summary>What came after a number, oldest first.</summary>
    public IEnumerable<LiveEvent> After(long number) => _events.Where(happened => happened.Number > number);
}
