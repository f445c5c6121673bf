using System.Buffers;
using System.Buffers.Binary;
using Viddhana.Core.Algorithms;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>What is gathered of a template's transactions while it is read, in rented arrays.</summary>
internal sealed class TransactionList : IDisposable
{
    private const int Size = Sha256d.HashSize;
    private const int RoomAtStart = 4_096;

    private byte[] _txids = ArrayPool<byte>.Shared.Rent(RoomAtStart * Size);
    private int[] _places = ArrayPool<int>.Shared.Rent(RoomAtStart * 2);
    private ulong[] _keys = ArrayPool<ulong>.Shared.Rent(RoomAtStart);

    /// <summary>Transactions so far.</summary>
    public int Count { get; private set; }

    /// <summary>Their ids without witness, in internal order, one after another.</summary>
    public ReadOnlySpan<byte> Txids => _txids.AsSpan(0, Count * Size);

    /// <summary>Start and length of each one's hex digits, by turns.</summary>
    public ReadOnlySpan<int> Places => _places.AsSpan(0, Count * 2);

    /// <summary>Eight bytes of each one's hash with witness.</summary>
    public ReadOnlySpan<ulong> Keys => _keys.AsSpan(0, Count);

    /// <summary>Adds one.</summary>
    /// <param name="dataAt">Where its hex digits begin.</param>
    /// <param name="dataLength">How many they are.</param>
    /// <param name="txid">Id in internal order.</param>
    /// <param name="hash">Hash with witness.</param>
    public void Add(int dataAt, int dataLength, ReadOnlySpan<byte> txid, ReadOnlySpan<byte> hash)
    {
        if (Count >= _keys.Length) Grow(ref _keys);
        if (2 * Count >= _places.Length - 1) Grow(ref _places);
        if (Count * Size > _txids.Length - Size) Grow(ref _txids);

        txid.CopyTo(_txids.AsSpan(Count * Size));
        _places[2 * Count] = dataAt;
        _places[(2 * Count) + 1] = dataLength;
        _keys[Count] = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        Count++;
    }

    /// <summary>Gives the arrays back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_txids);
        ArrayPool<int>.Shared.Return(_places);
        ArrayPool<ulong>.Shared.Return(_keys);
    }

    private static void Grow<T>(ref T[] array)
    {
        var larger = ArrayPool<T>.Shared.Rent(array.Length * 2);
        array.CopyTo(larger, 0);
        ArrayPool<T>.Shared.Return(array);
        array = larger;
    }
}
