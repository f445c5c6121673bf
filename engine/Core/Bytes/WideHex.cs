using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Viddhana.Core.Bytes;

/// <summary>Strict hex of long pieces, sixteen bytes at a time: transactions and their ids. The same digits as <see cref="Hex"/>.</summary>
public static class WideHex
{
    private const int Step = 16;

    /// <summary>Decodes exactly <c>2 × bytes.Length</c> digits. On false, <paramref name="bytes"/> holds nothing of use.</summary>
    public static bool TryRead(ReadOnlySpan<byte> digits, Span<byte> bytes)
    {
        if (digits.Length != bytes.Length * 2) return false;

        while (bytes.Length >= Step)
        {
            // Safety of the reads and the write: both spans have that many bytes, by the loop's condition and the check above.
            var low = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(digits));
            var high = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(digits), Step);
            if (!TryNibbles(low, out low) | !TryNibbles(high, out high)) return false;

            Vector128.Narrow(Join(low), Join(high)).StoreUnsafe(ref MemoryMarshal.GetReference(bytes));
            digits = digits[(2 * Step)..];
            bytes = bytes[Step..];
        }

        return Hex.TryReadBytes(digits, bytes);
    }

    /// <summary>Writes two lowercase digits per byte.</summary>
    public static void Write(ReadOnlySpan<byte> bytes, Span<byte> digits)
    {
        Check.That(digits.Length >= bytes.Length * 2);
        while (bytes.Length >= Step)
        {
            // Safety: as above.
            var (low, high) = Vector128.Widen(Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(bytes)));
            Digits(low).StoreUnsafe(ref MemoryMarshal.GetReference(digits));
            Digits(high).StoreUnsafe(ref MemoryMarshal.GetReference(digits), Step);
            digits = digits[(2 * Step)..];
            bytes = bytes[Step..];
        }

        Hex.Write(bytes, digits);
    }

    // '0'-'9' are 30-39, 'a'-'f' and 'A'-'F' are 61-66 and 41-46: the low four bits are the value, or the value less nine.
    private static bool TryNibbles(Vector128<byte> digits, out Vector128<byte> nibbles)
    {
        var isDigit = Vector128.LessThan(digits - Vector128.Create((byte)'0'), Vector128.Create((byte)10));
        var isLetter = Vector128.LessThan((digits | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a'), Vector128.Create((byte)6));
        nibbles = (digits & Vector128.Create((byte)0x0f)) + (isLetter & Vector128.Create((byte)9));
        return (isDigit | isLetter) == Vector128<byte>.AllBitsSet;
    }

    // Two nibbles to the byte they are, in the low half of each pair: the first of them is the high one.
    private static Vector128<ushort> Join(Vector128<byte> nibbles)
    {
        var pairs = nibbles.AsUInt16();
        return ((pairs << 4) | (pairs >> 8)) & Vector128.Create((ushort)0x00ff);
    }

    private static Vector128<byte> Digits(Vector128<ushort> bytes)
    {
        var nibbles = ((bytes >> 4) | (bytes << 8)).AsByte() & Vector128.Create((byte)0x0f);
        var isLetter = Vector128.GreaterThan(nibbles, Vector128.Create((byte)9));
        return nibbles + Vector128.Create((byte)'0') + (isLetter & Vector128.Create((byte)('a' - '0' - 10)));
    }
}
