using System.Buffers;

namespace Viddhana.Engine.Net;

/// <summary>
/// What operators read along at present. While nobody does, it costs the loops the test of one field. Safe on any thread.
/// </summary>
public sealed class WireLog
{
    /// <summary>Watches at one time.</summary>
    public const int WatchesMax = 4;

    private readonly Lock _lock = new();
    private volatile WireWatch[]? _watches;

    /// <summary>True while there is a watch.</summary>
    public bool IsOn => _watches is not null;

    /// <summary>Begins a watch; false when there are as many as there may be.</summary>
    public bool TryAdd(WireWatch watch)
    {
        lock (_lock)
        {
            var before = _watches ?? [];
            if (before.Length == WatchesMax) return false;
            _watches = [.. before, watch];
            return true;
        }
    }

    /// <summary>Ends a watch.</summary>
    public void Remove(WireWatch watch)
    {
        lock (_lock)
        {
            var left = Array.FindAll(_watches ?? [], other => other != watch);
            _watches = left.Length == 0 ? null : left;
        }
    }

    internal void Received(MinerConnection connection, ReadOnlySpan<byte> bytes) => Tell(connection, WireDirection.In, bytes);

    internal void Sent(MinerConnection connection, ReadOnlySpan<byte> bytes) => Tell(connection, WireDirection.Out, bytes);

    internal void Closed(MinerConnection connection, string reason)
    {
        var bytes = new byte[reason.Length];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)reason[i];
        Tell(connection, WireDirection.Closed, bytes);
    }

    private void Tell(MinerConnection connection, WireDirection direction, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || _watches is not { } watches) return;
        foreach (var watch in watches)
            if (watch.Wants(connection)) watch.Add(connection, direction, bytes);
    }
}

/// <summary>Which way bytes went.</summary>
public enum WireDirection : byte
{
    /// <summary>From the miner.</summary>
    In,

    /// <summary>To the miner.</summary>
    Out,

    /// <summary>The connection is closed, for the reason given.</summary>
    Closed,
}

/// <summary>Bytes of one connection that one watch wants: a copy, in a rented array.</summary>
public readonly record struct WireEntry(
    long UtcMs, System.Net.IPAddress Address, uint Connection, WireDirection Direction, byte[] Bytes, int Count)
{
    /// <summary>Gives the array back.</summary>
    public void Return() => ArrayPool<byte>.Shared.Return(Bytes);
}
