using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Viddhana.Engine.Net;

/// <summary>
/// One operator's look at the wire: of an address range, of a worker, or of both together. Loops put copies into a bounded queue and never
/// wait for the reader; what does not fit is dropped and counted.
/// </summary>
public sealed class WireWatch : IDisposable
{
    /// <summary>Most bytes that wait for the reader.</summary>
    public const int WaitingBytesMax = 4 << 20;

    /// <summary>Most entries that wait for the reader.</summary>
    public const int WaitingMax = 8_192;

    private readonly ConnectionChoice _choice;
    private readonly BlockingCollection<WireEntry> _entries = new(WaitingMax);
    private long _waitingBytes;
    private long _dropped;

    /// <param name="range">Only connections from there; null: from anywhere.</param>
    /// <param name="worker">Only connections with this worker, or with one of this account; null: with any.</param>
    public WireWatch(IPNetwork? range, string? worker)
    {
        Core.Check.That(range is not null || worker is { Length: > 0 });
        _choice = new ConnectionChoice(range, worker is null ? null : Encoding.UTF8.GetBytes(worker));
    }

    /// <summary>Entries dropped since the last question.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    /// <summary>Waits for the next entry; the taker returns it.</summary>
    public bool TryTake(out WireEntry entry, int timeoutMs, CancellationToken stop)
    {
        if (!_entries.TryTake(out entry, timeoutMs, stop)) return false;
        Interlocked.Add(ref _waitingBytes, -entry.Count);
        return true;
    }

    /// <summary>Gives back what nobody will read; only after <see cref="WireLog.Remove"/>.</summary>
    public void Dispose()
    {
        while (_entries.TryTake(out var entry)) entry.Return();

        // The collection itself is left to the collector: a loop that still has this watch in hand may add one more.
    }

    internal bool Wants(MinerConnection connection) => _choice.Includes(connection);

    internal void Add(MinerConnection connection, WireDirection direction, ReadOnlySpan<byte> bytes)
    {
        if (Interlocked.Add(ref _waitingBytes, bytes.Length) > WaitingBytesMax)
        {
            Drop(bytes.Length);
            return;
        }

        var copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        var entry = new WireEntry(Clock.Now().UtcMs, connection.Address, connection.Session.Extranonce1, direction, copy, bytes.Length);
        if (_entries.TryAdd(entry)) return;
        entry.Return();
        Drop(bytes.Length);
    }

    private void Drop(int bytes)
    {
        Interlocked.Add(ref _waitingBytes, -bytes);
        Interlocked.Increment(ref _dropped);
    }
}
