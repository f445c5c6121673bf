using System.Buffers;
using System.Buffers.Binary;

namespace Viddhana.Simnode.Wire;

/// <summary>Writes bitcoin's serialisation.</summary>
public sealed class ByteWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public ByteWriter U8(byte value) => Raw([value]);

    public ByteWriter U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.GetSpan(2), value);
        _buffer.Advance(2);
        return this;
    }

    public ByteWriter U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
        return this;
    }

    public ByteWriter I64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
        return this;
    }

    public ByteWriter Hash(Hash256 hash)
    {
        hash.Write(_buffer.GetSpan(32));
        _buffer.Advance(32);
        return this;
    }

    public ByteWriter Raw(ReadOnlySpan<byte> bytes)
    {
        _buffer.Write(bytes);
        return this;
    }

    /// <summary>A count or length in its shortest form.</summary>
    public ByteWriter Count(int value) => value switch
    {
        < 0xFD => U8((byte)value),
        <= 0xFFFF => U8(0xFD).U16((ushort)value),
        _ => U8(0xFE).U32((uint)value),
    };

    /// <summary>A length and the bytes.</summary>
    public ByteWriter Bytes(ReadOnlySpan<byte> bytes) => Count(bytes.Length).Raw(bytes);
}
