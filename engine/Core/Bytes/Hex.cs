using System.Buffers;

namespace Viddhana.Core.Bytes;

/// <summary>
/// Strict hex. Readers take exactly the digits they ask for, upper or lower case, and nothing else (no sign, space or <c>0x</c>); one
/// value has one length, so no second spelling of it gets through. Writers give lowercase.
/// </summary>
public static class Hex
{
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdefABCDEF"u8);
    private static readonly SearchValues<byte> Capitals = SearchValues.Create("ABCDEF"u8);

    /// <summary>Exactly 8 digits.</summary>
    public static bool TryReadUInt32(ReadOnlySpan<byte> digits, out uint value)
    {
        value = 0;
        return digits.Length == 8 && TryReadShortUInt32(digits, out value);
    }

    /// <summary>1 to 8 digits, as if padded with zeros on the left: the nonce, which some firmware sends short.</summary>
    public static bool TryReadShortUInt32(ReadOnlySpan<byte> digits, out uint value)
    {
        value = 0;
        if (digits.Length is 0 or > 8) return false;
        if (!TryReadNumber(digits, out var number)) return false;

        value = (uint)number;
        return true;
    }

    /// <summary>Exactly 16 digits.</summary>
    public static bool TryReadUInt64(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        return digits.Length == 16 && TryReadNumber(digits, out value);
    }

    /// <summary>Decodes exactly <c>2 × bytes.Length</c> digits. On false, <paramref name="bytes"/> holds nothing of use.</summary>
    public static bool TryReadBytes(ReadOnlySpan<byte> digits, Span<byte> bytes)
    {
        if (digits.Length != bytes.Length * 2) return false;

        for (var i = 0; i < bytes.Length; i++)
        {
            var high = Nibble(digits[2 * i]);
            var low = Nibble(digits[(2 * i) + 1]);
            if ((high | low) < 0) return false;
            bytes[i] = (byte)((high << 4) | low);
        }

        return true;
    }

    /// <summary>The same from text, for configuration and tests.</summary>
    public static bool TryReadBytes(ReadOnlySpan<char> digits, Span<byte> bytes)
    {
        if (digits.Length != bytes.Length * 2) return false;

        for (var i = 0; i < bytes.Length; i++)
        {
            var high = digits[2 * i] < 128 ? Nibble((byte)digits[2 * i]) : -1;
            var low = digits[(2 * i) + 1] < 128 ? Nibble((byte)digits[(2 * i) + 1]) : -1;
            if ((high | low) < 0) return false;
            bytes[i] = (byte)((high << 4) | low);
        }

        return true;
    }

    /// <summary>Decodes and reverses: ids as nodes print them, into header order.</summary>
    public static bool TryReadReversed(ReadOnlySpan<byte> digits, Span<byte> bytes)
    {
        if (!TryReadBytes(digits, bytes)) return false;

        bytes.Reverse();
        return true;
    }

    /// <summary>True when there is nothing but an even number of hex digits.</summary>
    public static bool IsHex(ReadOnlySpan<byte> digits) => digits.Length % 2 == 0 && !digits.ContainsAnyExcept(Digits);

    /// <summary>Makes hex digits lowercase, in place; cheap when they are already.</summary>
    public static void ToLower(Span<byte> digits)
    {
        for (var at = digits.IndexOfAny(Capitals); at >= 0; at = digits.IndexOfAny(Capitals))
        {
            digits[at] |= 0x20;
            digits = digits[(at + 1)..];
        }
    }

    /// <summary>Writes two lowercase digits per byte.</summary>
    public static void Write(ReadOnlySpan<byte> bytes, Span<byte> digits)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            digits[2 * i] = Digit(bytes[i] >> 4);
            digits[(2 * i) + 1] = Digit(bytes[i] & 15);
        }
    }

    /// <summary>Writes 8 lowercase digits.</summary>
    public static void WriteUInt32(uint value, Span<byte> digits)
    {
        for (var i = 7; i >= 0; i--, value >>= 4) digits[i] = Digit((int)(value & 15));
    }

    /// <summary>Writes 16 lowercase digits.</summary>
    public static void WriteUInt64(ulong value, Span<byte> digits)
    {
        for (var i = 15; i >= 0; i--, value >>= 4) digits[i] = Digit((int)(value & 15));
    }

    /// <summary>Lowercase text of bytes.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>Lowercase text of bytes, last byte first: 32 bytes in header order as nodes print them.</summary>
    public static string ToReversedText(ReadOnlySpan<byte> bytes)
    {
        Check.That(bytes.Length <= 64);
        Span<byte> reversed = stackalloc byte[bytes.Length];
        bytes.CopyTo(reversed);
        reversed.Reverse();
        return Convert.ToHexStringLower(reversed);
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            var nibble = Nibble(digit);
            if (nibble < 0) return false;
            value = (value << 4) | (uint)nibble;
        }

        return true;
    }

    private static byte Digit(int nibble) => (byte)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);

    private static int Nibble(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}
