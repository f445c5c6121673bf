using System.Buffers.Text;
using System.Numerics;

namespace Viddhana.Core.Stratum.V1;

/// <summary>
/// The ids of submissions that wait for their verdict, to be echoed byte for byte. Small whole numbers, which is nearly all of them, are
/// their own reference and take no memory; other ids lie in slots.
/// </summary>
internal struct V1RequestIds
{
    /// <summary>Longest id in bytes, quotes included.</summary>
    public const int IdMax = 63;

    /// <summary>Reference of a request without id, which gets no answer.</summary>
    public const int None = -1;

    private const int SlotSize = IdMax + 1;
    private const int SlotsMax = 64;
    private const int SlotsMin = 4;
    private const int SlotBase = 1 << 30;

    private byte[]? _slots;
    private ulong _used;

    /// <summary>Keeps an id until it is released. False: too many wait already.</summary>
    public bool TryKeep(ReadOnlySpan<byte> id, out int reference)
    {
        if (TryNumber(id, out reference)) return true;

        var slot = BitOperations.TrailingZeroCount(~_used);
        if (slot == SlotsMax) return false;

        Reserve(slot + 1);
        var place = _slots.AsSpan(slot * SlotSize, SlotSize);
        place[0] = (byte)id.Length;
        id.CopyTo(place[1..]);
        _used |= 1UL << slot;
        reference = SlotBase + slot;
        return true;
    }

    /// <summary>The id as it was sent; <paramref name="scratch"/> holds it where it is a number.</summary>
    public readonly ReadOnlySpan<byte> Text(int reference, Span<byte> scratch)
    {
        Check.That(reference >= 0);
        if (reference < SlotBase)
        {
            Utf8Formatter.TryFormat(reference, scratch, out var length);
            return scratch[..length];
        }

        var place = _slots.AsSpan((reference - SlotBase) * SlotSize, SlotSize);
        return place.Slice(1, place[0]);
    }

    /// <summary>Forgets an id.</summary>
    public void Release(int reference)
    {
        if (reference >= SlotBase) _used &= ~(1UL << (reference - SlotBase));
    }

    // Only the form that prints back as itself: "-0", "1.0" and "1e3" are not.
    private static bool TryNumber(ReadOnlySpan<byte> id, out int reference)
    {
        reference = None;
        if (id.Length is 0 or > 9 || (id[0] == '0' && id.Length > 1)) return false;

        var number = 0;
        foreach (var digit in id)
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            number = (number * 10) + (digit - '0');
        }

        reference = number;
        return true;
    }

    private void Reserve(int slots)
    {
        if (_slots is null) _slots = new byte[SlotsMin * SlotSize];
        while (_slots.Length < slots * SlotSize) Array.Resize(ref _slots, _slots.Length * 2);
    }
}
