using System.Buffers.Binary;
using System.Numerics;

namespace Viddhana.Core.Bytes;

/// <summary>A 256-bit unsigned integer: targets, hashes read as numbers, work sums. Four limbs, least significant first.</summary>
public readonly record struct UInt256(ulong L0, ulong L1, ulong L2, ulong L3) : IComparable<UInt256>
{
    /// <summary>2^256 - 1.</summary>
    public static readonly UInt256 Max = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    /// <summary>Zero.</summary>
    public static readonly UInt256 Zero;

    /// <summary>Reads 32 bytes, least significant byte first: the order in which a hash comes out of SHA-256d or scrypt.</summary>
    public static UInt256 FromLittleEndian(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    /// <summary>Reads 32 bytes, most significant byte first: the order in which targets and block ids are printed.</summary>
    public static UInt256 FromBigEndian(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Writes 32 bytes, least significant first.</summary>
    public void WriteLittleEndian(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, L0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], L1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], L2);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], L3);
    }

    /// <summary>The value as a big integer, for arithmetic off the share path.</summary>
    public BigInteger ToBigInteger()
    {
        Span<byte> bytes = stackalloc byte[32];
        WriteLittleEndian(bytes);
        return new BigInteger(bytes, isUnsigned: true);
    }

    /// <summary>The low 256 bits of a non-negative big integer; values of 2^256 and above give <see cref="Max"/>.</summary>
    public static UInt256 FromBigInteger(BigInteger value)
    {
        Check.That(value.Sign >= 0);
        if (value.GetBitLength() > 256) return Max;

        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        value.TryWriteBytes(bytes, out _, isUnsigned: true);
        return FromLittleEndian(bytes);
    }

    /// <inheritdoc/>
    public int CompareTo(UInt256 other)
    {
        if (L3 != other.L3) return L3.CompareTo(other.L3);
        if (L2 != other.L2) return L2.CompareTo(other.L2);
        if (L1 != other.L1) return L1.CompareTo(other.L1);
        return L0.CompareTo(other.L0);
    }

    /// <summary>Numeric order.</summary>
    public static bool operator <=(UInt256 left, UInt256 right) => left.CompareTo(right) <= 0;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(UInt256 left, UInt256 right) => left.CompareTo(right) >= 0;

    /// <summary>Numeric order.</summary>
    public static bool operator <(UInt256 left, UInt256 right) => left.CompareTo(right) < 0;

    /// <summary>Numeric order.</summary>
    public static bool operator >(UInt256 left, UInt256 right) => left.CompareTo(right) > 0;

    /// <summary>64 lowercase hex digits, most significant first.</summary>
    public override string ToString() => $"{L3:x16}{L2:x16}{L1:x16}{L0:x16}";
}
