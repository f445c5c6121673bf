using System.Buffers;
using System.Numerics;
using Viddhana.Core.Bytes;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>
/// The transactions of a template besides the coinbase, in the node's order. At first only their places in the node's answer are known, so
/// that a job needs no copy of megabytes; <see cref="Settle"/> then takes them over as bytes, those of the template before it shared: jobs
/// of one tip, which live for minutes, differ in few. Safe from several threads.
/// </summary>
internal sealed class TemplateTransactions
{
    private readonly Lock _lock = new();
    private readonly ulong[] _keys;
    private ReadOnlyMemory<byte> _json;
    private int[]? _places;
    private byte[][] _raw = [];

    /// <param name="json">The answer they lie in.</param>
    /// <param name="places">Start and length of each one's hex digits in it, by turns.</param>
    /// <param name="keys">A number for each that others hardly have: out of its hash.</param>
    public TemplateTransactions(ReadOnlyMemory<byte> json, ReadOnlySpan<int> places, ReadOnlySpan<ulong> keys)
    {
        Check.That(places.Length == 2 * keys.Length);
        _json = json;
        _places = places.ToArray();
        _keys = keys.ToArray();
        for (var i = 1; i < places.Length; i += 2) HexLength += places[i];
    }

    /// <summary>Number of transactions.</summary>
    public int Count => _keys.Length;

    /// <summary>Hex digits of all of them.</summary>
    public int HexLength { get; }

    /// <summary>Writes all of them, one after another, as lowercase hex.</summary>
    public void WriteHex(Span<byte> digits)
    {
        lock (_lock)
        {
            for (var i = 0; i < Count; i++)
            {
                digits = digits[(_places is { } places ? CopyHex(places, i, digits) : EncodeHex(_raw[i], digits))..];
            }
        }
    }

    /// <summary>Takes them over: afterwards the answer they were read from may be overwritten. Costs a millisecond or two.</summary>
    /// <param name="previous">Where most of them may lie already; null if there is none.</param>
    public void Settle(TemplateTransactions? previous)
    {
        var raw = TakeOver(previous);
        lock (_lock)
        {
            // Nobody copies out of the answer from here on.
            _raw = raw;
            _places = null;
            _json = default;
        }
    }

    private byte[][] TakeOver(TemplateTransactions? previous)
    {
        if (_places is not { } places) return _raw;

        var longest = 0;
        for (var i = 1; i < places.Length; i += 2) longest = Math.Max(longest, places[i]);
        var scratch = ArrayPool<byte>.Shared.Rent(longest / 2);
        using var known = new Index(previous);
        var raw = new byte[Count][];
        for (var i = 0; i < raw.Length; i++)
        {
            var bytes = scratch.AsSpan(0, places[(2 * i) + 1] / 2);
            Check.That(WideHex.TryRead(_json.Span.Slice(places[2 * i], places[(2 * i) + 1]), bytes));

            // Compared byte by byte: a node's word for a hash is no reason to put other bytes into a block.
            raw[i] = known.Find(_keys[i]) is { } same && bytes.SequenceEqual(same) ? same : bytes.ToArray();
        }

        ArrayPool<byte>.Shared.Return(scratch);
        return raw;
    }

    private int CopyHex(int[] places, int i, Span<byte> digits)
    {
        var length = places[(2 * i) + 1];
        _json.Span.Slice(places[2 * i], length).CopyTo(digits);
        Hex.ToLower(digits[..length]);
        return length;
    }

    private static int EncodeHex(byte[] raw, Span<byte> digits)
    {
        WideHex.Write(raw, digits);
        return 2 * raw.Length;
    }

    /// <summary>Finds a template's transactions by their keys: open addressing, places counted from one.</summary>
    private readonly struct Index : IDisposable
    {
        private readonly TemplateTransactions? _of;
        private readonly int[] _slots;
        private readonly int _mask;

        public Index(TemplateTransactions? of)
        {
            _of = of;
            _mask = (int)BitOperations.RoundUpToPowerOf2((uint)(2 * (of?._raw.Length ?? 0)) + 1) - 1;
            _slots = ArrayPool<int>.Shared.Rent(_mask + 1);
            _slots.AsSpan(0, _mask + 1).Clear();
            for (var i = 0; i < (of?._raw.Length ?? 0); i++)
            {
                var slot = (int)of!._keys[i] & _mask;
                while (_slots[slot] != 0) slot = (slot + 1) & _mask;
                _slots[slot] = i + 1;
            }
        }

        public byte[]? Find(ulong key)
        {
            for (var slot = (int)key & _mask; _slots[slot] != 0; slot = (slot + 1) & _mask)
            {
                if (_of!._keys[_slots[slot] - 1] == key) return _of._raw[_slots[slot] - 1];
            }

            return null;
        }

        public void Dispose() => ArrayPool<int>.Shared.Return(_slots);
    }
}
