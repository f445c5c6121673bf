using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;

namespace Viddhana.Core.Access;

/// <summary>
/// Banned addresses and ranges, found by halving. Ranges in CIDR form lie inside one another or apart, so only the outermost are kept. IPv4
/// counts as IPv6 mapped from it.
/// </summary>
internal sealed class AddressIndex
{
    private readonly UInt128[] _firsts;
    private readonly (UInt128 Last, Ban Ban)[] _ranges;

    /// <param name="bans">Bans of addresses; targets that are none are passed over.</param>
    public AddressIndex(IEnumerable<Ban> bans)
    {
        var all = new List<(UInt128 First, UInt128 Last, Ban Ban)>();
        foreach (var ban in bans)
            if (AddressRange.TryParse(ban.Target, out var range, out _)) all.Add(Bounds(range, ban));

        // The widest of those that begin at the same place comes first, and takes the others in.
        all.Sort(static (a, b) => a.First != b.First ? a.First.CompareTo(b.First) : b.Last.CompareTo(a.Last));
        var firsts = new List<UInt128>(all.Count);
        var ranges = new List<(UInt128 Last, Ban Ban)>(all.Count);
        foreach (var (first, last, ban) in all)
        {
            if (ranges.Count > 0 && first <= ranges[^1].Last) continue;
            firsts.Add(first);
            ranges.Add((last, ban));
        }

        (_firsts, _ranges) = ([.. firsts], [.. ranges]);
    }

    /// <summary>Ranges that do not lie inside others.</summary>
    public int Count => _firsts.Length;

    /// <summary>The ban of an address, or null. Allocates nothing.</summary>
    public Ban? Find(IPAddress address)
    {
        if (_firsts.Length == 0) return null;

        var key = Key(address);
        var at = Array.BinarySearch(_firsts, key);
        if (at < 0) at = ~at - 1;
        return at >= 0 && key <= _ranges[at].Last ? _ranges[at].Ban : null;
    }

    private static (UInt128 First, UInt128 Last, Ban Ban) Bounds(IPNetwork range, Ban ban)
    {
        var first = Key(range.BaseAddress);
        var bits = range.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var inside = bits - range.PrefixLength;
        var size = inside == 128 ? UInt128.MaxValue : (UInt128.One << inside) - 1;
        return (first, first + size, ban);
    }

    private static UInt128 Key(IPAddress address)
    {
        const ulong Mapped = 0xffff_0000_0000;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? new UInt128(0, Mapped | BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
