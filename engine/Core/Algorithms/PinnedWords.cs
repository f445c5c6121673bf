namespace Viddhana.Core.Algorithms;

/// <summary>
/// Words that native code may point to as long as this object lives: they do not move, and begin at a cache line. Freed by the collector
/// like any array.
/// </summary>
internal sealed unsafe class PinnedWords
{
    private const int Alignment = 64;

    private readonly uint[] _words;
    private readonly int _first;

    /// <param name="count">Words, all zero at first.</param>
    public PinnedWords(int count)
    {
        _words = GC.AllocateArray<uint>(count + (Alignment / sizeof(uint)), pinned: true);

        // Safety: the array is pinned for its life, and this object holds it.
        fixed (uint* start = _words) Pointer = (uint*)(((nuint)start + Alignment - 1) & ~(nuint)(Alignment - 1));
        fixed (uint* start = _words) _first = (int)(Pointer - start);
        Count = count;
    }

    /// <summary>Words.</summary>
    public int Count { get; }

    /// <summary>The first word; valid while this object is referenced.</summary>
    public uint* Pointer { get; }

    /// <summary>All words.</summary>
    public Span<uint> Span => _words.AsSpan(_first, Count);
}
