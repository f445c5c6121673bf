using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Viddhana.Contracts.Config;

namespace Viddhana.Engine.Net;

/// <summary>
/// Counts open connections in all and per address (IPv6: per /64, since that is what one customer gets), over all listeners. Safe on
/// any thread.
/// </summary>
public sealed class Admission(LimitsConfig limits)
{
    private readonly Dictionary<UInt128, int> _byAddress = [];
    private readonly Lock _lock = new();
    private int _count;

    /// <summary>Open connections.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Lets one in, or says why not. Whoever was let in must <see cref="Leave"/> once.</summary>
    /// <param name="address">The peer; null where a balancer has yet to say whose connection it is: <see cref="TryName"/> follows.</param>
    public Admitted TryEnter(IPAddress? address)
    {
        lock (_lock)
        {
            if (_count >= limits.Connections) return Admitted.Full;
            if (address is not null && !TryCount(address)) return Admitted.AddressFull;
            _count++;
            return Admitted.Yes;
        }
    }

    /// <summary>The address of one that entered without. False: the address has as many as it may have, and it leaves without.</summary>
    public bool TryName(IPAddress address)
    {
        lock (_lock) return TryCount(address);
    }

    /// <summary>The connection is closed.</summary>
    /// <param name="address">The address it was counted for, or null.</param>
    public void Leave(IPAddress? address)
    {
        lock (_lock)
        {
            Core.Check.That(_count > 0);
            _count--;
            if (address is null) return;

            var key = Key(address);
            var before = _byAddress.GetValueOrDefault(key);
            Core.Check.That(before > 0);
            if (before == 1) _byAddress.Remove(key);
            else _byAddress[key] = before - 1;
        }
    }

    private bool TryCount(IPAddress address)
    {
        var key = Key(address);
        var before = _byAddress.GetValueOrDefault(key);
        if (before >= limits.ConnectionsPerAddress) return false;

        _byAddress[key] = before + 1;
        return true;
    }

    private static UInt128 Key(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new UInt128(1, BinaryPrimitives.ReadUInt64BigEndian(bytes))
            : new UInt128(0, BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }
}

/// <summary>Whether a connection may come in.</summary>
public enum Admitted
{
    /// <summary>It may.</summary>
    Yes,

    /// <summary>The engine has as many as it is allowed.</summary>
    Full,

    /// <summary>The address has as many as it is allowed.</summary>
    AddressFull,
}
