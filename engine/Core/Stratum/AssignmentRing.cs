using System.Diagnostics.CodeAnalysis;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>
/// What a session was handed lately, by wire job id. Grows only while what it holds is young: a session at the usual pace of new work needs
/// eight places.
/// </summary>
internal struct AssignmentRing
{
    /// <summary>Most assignments at once.</summary>
    public const int SizeMax = 64;

    /// <summary>An assignment younger than this is not overwritten while the ring may grow.</summary>
    public const long KeepMs = 240_000;

    private const int SizeMin = 4;

    private Assignment[]? _items;
    private int _next;
    private int _count;

    /// <summary>Assignments held.</summary>
    public readonly int Count => _count;

    /// <summary>Adds the newest; the oldest may fall out.</summary>
    public void Add(in Assignment assignment)
    {
        _items ??= new Assignment[SizeMin];
        if (_count == _items.Length && _count < SizeMax && assignment.SentMs - _items[_next].SentMs < KeepMs) Grow();

        _items[_next] = assignment;
        _next = (_next + 1) % _items.Length;
        if (_count < _items.Length) _count++;
    }

    /// <summary>Looks for an assignment, newest first.</summary>
    public readonly bool TryFind(ulong wireId, out Assignment assignment)
    {
        for (var back = 1; back <= _count; back++)
        {
            ref readonly var item = ref At(back);
            if (item.Work.WireId != wireId) continue;

            assignment = item;
            return true;
        }

        assignment = default;
        return false;
    }

    private void Grow()
    {
        var grown = new Assignment[_count * 2];
        for (var i = 0; i < _count; i++) grown[i] = At(_count - i);
        _items = grown;
        _next = _count;
    }

    // back = 1 is the newest.
    [UnscopedRef]
    private readonly ref readonly Assignment At(int back) => ref _items![(_next - back + _items.Length) % _items.Length];
}
