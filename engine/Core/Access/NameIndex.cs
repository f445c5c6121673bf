using System.Text;

namespace Viddhana.Core.Access;

/// <summary>
/// Names in a fixed order, found by their bytes without allocation: one array of all bytes and a table of places. The hash is seeded per
/// process, so names that somebody chose cannot be made to collide.
/// </summary>
internal sealed class NameIndex
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;
    private readonly int[] _slots;

    /// <param name="names">ASCII; of equal names the first counts.</param>
    public NameIndex(IReadOnlyList<string> names)
    {
        _ends = new int[names.Count];
        var size = 0;
        for (var i = 0; i < _ends.Length; i++) _ends[i] = size += names[i].Length;

        _bytes = new byte[size];
        var slots = 4;
        while (slots < names.Count * 2) slots *= 2;
        _slots = new int[slots];
        for (var i = 0; i < _ends.Length; i++)
        {
            Encoding.ASCII.GetBytes(names[i], _bytes.AsSpan(StartOf(i)));
            ref var slot = ref SlotOf(NameAt(i));
            if (slot == 0) slot = i + 1;
        }
    }

    /// <summary>Names in it.</summary>
    public int Count => _ends.Length;

    /// <summary>The place of a name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => _ends.Length == 0 ? -1 : SlotOf(name) - 1;

    private int StartOf(int i) => i == 0 ? 0 : _ends[i - 1];

    private ReadOnlySpan<byte> NameAt(int i) => _bytes.AsSpan(StartOf(i)..(_ends[i]));

    // The slot that holds the name, or the free one where it would go; half of them are free.
    private ref int SlotOf(ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.AddBytes(name);
        var at = (uint)hash.ToHashCode();
        for (; ; at++)
        {
            ref var slot = ref _slots[at & (uint)(_slots.Length - 1)];
            if (slot == 0 || NameAt(slot - 1).SequenceEqual(name)) return ref slot;
        }
    }
}
