namespace Viddhana.Contracts.Addresses;

/// <summary>Base58Check as Bitcoin addresses use it: payload followed by the first four bytes of its double SHA-256.</summary>
public static class Base58Check
{
    /// <summary>
    /// Longest text that is looked at: addresses have 35 characters at most, and decoding costs the square of the length.
    /// </summary>
    public const int LengthMax = 112;

    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /// <summary>Decodes and checks the checksum. The payload (version byte included) comes back without it.</summary>
    public static bool TryDecode(string text, out byte[] payload, out string error)
    {
        payload = [];
        if (!TryDecodeRaw(text, out var bytes, out error)) return false;

        if (bytes.Length < 5)
        {
            error = "too short for a Base58 address";
            return false;
        }

        Span<byte> hash = stackalloc byte[Sha256.Size];
        Sha256.HashTwice(bytes.AsSpan(0, bytes.Length - 4), hash);
        if (!hash[..4].SequenceEqual(bytes.AsSpan(bytes.Length - 4)))
        {
            error = "wrong Base58 checksum: a character is missing or mistyped";
            return false;
        }

        payload = bytes[..^4];
        return true;
    }

    /// <summary>Encodes a payload (version byte included) with its checksum.</summary>
    public static string Encode(ReadOnlySpan<byte> payload)
    {
        Span<byte> hash = stackalloc byte[Sha256.Size];
        Sha256.HashTwice(payload, hash);
        return EncodeRaw([.. payload, .. hash[..4]]);
    }

    /// <summary>Base58 without a checksum. Leading 1s are zero bytes.</summary>
    public static bool TryDecodeRaw(string text, out byte[] bytes, out string error)
    {
        bytes = [];
        error = "";
        if (text.Length > LengthMax)
        {
            error = $"longer than {LengthMax} characters";
            return false;
        }

        var zeros = text.Length - text.AsSpan().TrimStart('1').Length;
        var digits = new byte[text.Length];
        var used = 0;
        foreach (var character in text.AsSpan(zeros))
        {
            var carry = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (carry < 0)
            {
                error = $"'{Show(character)}' is not a Base58 character";
                return false;
            }

            for (var i = 0; i < used; i++)
            {
                carry += digits[i] * 58;
                digits[i] = (byte)carry;
                carry >>= 8;
            }

            for (; carry > 0; carry >>= 8) digits[used++] = (byte)carry;
        }

        Array.Reverse(digits, 0, used);
        bytes = [.. new byte[zeros], .. digits.AsSpan(0, used)];
        return true;
    }

    /// <summary>Base58 without a checksum.</summary>
    public static string EncodeRaw(ReadOnlySpan<byte> bytes)
    {
        var zeros = bytes.Length - bytes.TrimStart((byte)0).Length;
        var digits = new byte[(bytes.Length * 138 / 100) + 1];
        var used = 0;
        foreach (var value in bytes[zeros..])
        {
            int carry = value;
            for (var i = 0; i < used; i++)
            {
                carry += digits[i] << 8;
                digits[i] = (byte)(carry % 58);
                carry /= 58;
            }

            for (; carry > 0; carry /= 58) digits[used++] = (byte)(carry % 58);
        }

        var text = new char[zeros + used];
        text.AsSpan(0, zeros).Fill('1');
        for (var i = 0; i < used; i++) text[zeros + i] = Alphabet[digits[used - 1 - i]];
        return new string(text);
    }

    /// <summary>A character as it may stand in a log line.</summary>
    internal static string Show(char character) => character is > ' ' and <= '~' ? character.ToString() : $"U+{(int)character:X4}";
}
