using System.Buffers.Binary;

namespace Viddhana.Simnode.Wire;

/// <summary>
/// Reads bitcoin's serialisation. After the first impossible read <see cref="Failed"/> stays set and everything reads as zero.
/// </summary>
public ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; set; }

    /// <summary>True once something could not be read.</summary>
    public bool Failed { get; private set; }

    /// <summary>Bytes not yet read.</summary>
    public readonly int Left => _bytes.Length - Position;

    /// <summary>The next <paramref name="count"/> bytes.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (Failed || count < 0 || count > Left)
        {
            Failed = true;
            return default;
        }

        Position += count;
        return _bytes.Slice(Position - count, count);
    }

    /// <summary>What stands at <paramref name="start"/>, without reading on.</summary>
    public readonly ReadOnlySpan<byte> Between(int start, int end) => _bytes[start..end];

    public byte U8() => Take(1) is [var b] ? b : (byte)0;

    public ushort U16() => Take(2) is { Length: 2 } b ? BinaryPrimitives.ReadUInt16LittleEndian(b) : (ushort)0;

    public uint U32() => Take(4) is { Length: 4 } b ? BinaryPrimitives.ReadUInt32LittleEndian(b) : 0;

    public long I64() => Take(8) is { Length: 8 } b ? BinaryPrimitives.ReadInt64LittleEndian(b) : 0;

    public Hash256 Hash() => Take(32) is { Length: 32 } b ? Hash256.Read(b) : default;

    /// <summary>A count or length. Like nodes, refuses more bytes than needed and anything above 32 MiB.</summary>
    public int Count()
    {
        var first = U8();
        ulong value = first;
        ulong least = 0;
        if (first == 0xFD)
        {
            value = U16();
            least = 0xFD;
        }
        else if (first == 0xFE)
        {
            value = U32();
            least = 0x10000;
        }
        else if (first == 0xFF)
        {
            value = (ulong)I64();
            least = 0x100000000;
        }

        if (value < least || value > 0x02000000) Failed = true;
        return Failed ? 0 : (int)value;
    }

    /// <summary>A length and as many bytes.</summary>
    public byte[] Bytes() => Take(Count()).ToArray();
}
