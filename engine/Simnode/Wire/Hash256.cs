using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Viddhana.Simnode.Wire;

/// <summary>Thirty-two bytes as they lie in headers and transactions. Text is the reversed hex that nodes show.</summary>
public readonly record struct Hash256(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>All zero: the parent of the first block and the prevout of a coinbase.</summary>
    public static readonly Hash256 Zero;

    /// <summary>Reads the first 32 bytes.</summary>
    public static Hash256 Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    /// <summary>SHA-256 twice: ids of blocks and transactions, merkle nodes.</summary>
    public static Hash256 Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> once = stackalloc byte[32];
        Span<byte> twice = stackalloc byte[32];
        SHA256.HashData(bytes, once);
        SHA256.HashData(once, twice);
        return Read(twice);
    }

    /// <summary>The hash of two hashes one after another.</summary>
    public static Hash256 Of(Hash256 left, Hash256 right)
    {
        Span<byte> pair = stackalloc byte[64];
        left.Write(pair);
        right.Write(pair[32..]);
        return Of(pair);
    }

    /// <summary>Reads the reversed hex that nodes show; exactly 64 digits.</summary>
    public static bool TryParse(string? text, out Hash256 hash)
    {
        hash = default;
        if (text is not { Length: 64 } || !HexText.TryRead(text, out var bytes)) return false;

        Array.Reverse(bytes);
        hash = Read(bytes);
        return true;
    }

    /// <summary>Writes 32 bytes in internal order.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, A);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], D);
    }

    /// <summary>The 32 bytes in internal order.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[32];
        Write(bytes);
        return bytes;
    }

    /// <summary>True if this, read as a little-endian number, is not above <paramref name="target"/>.</summary>
    public bool IsAtMost(Hash256 target) =>
        (D, C, B, A).CompareTo((target.D, target.C, target.B, target.A)) <= 0;

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[32];
        Write(bytes);
        bytes.Reverse();
        return Convert.ToHexStringLower(bytes);
    }
}
