namespace Viddhana.Contracts.Addresses;

/// <summary>
/// Bech32 (BIP 173) and Bech32m (BIP 350), strict: no mixed case, no over-long padding, the checksum that the version demands.
/// </summary>
public static class Bech32
{
    /// <summary>Longest text of a Bech32 string.</summary>
    public const int LengthMax = 90;

    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const uint Bech32Constant = 1;
    private const uint Bech32mConstant = 0x2bc830a3;

    /// <summary>
    /// Splits a Bech32 or Bech32m string into its human-readable part (lower case) and its 5-bit values without checksum.
    /// </summary>
    public static bool TryDecode(string text, out string prefix, out byte[] values, out bool isBech32m, out string error)
    {
        prefix = "";
        values = [];
        isBech32m = false;
        if (!TrySplit(text, out prefix, out var all, out error)) return false;

        var check = Polymod(prefix, all);
        if (check != Bech32Constant && check != Bech32mConstant)
        {
            error = "wrong Bech32 checksum: a character is missing or mistyped";
            return false;
        }

        isBech32m = check == Bech32mConstant;
        values = all[..^6];
        return true;
    }

    /// <summary>
    /// Decodes a segwit address of any known or future version (0 to 16) with the human-readable part <paramref name="prefix"/>.
    /// </summary>
    public static bool TryDecodeWitness(string text, string prefix, out int version, out byte[] program, out string error)
    {
        version = -1;
        program = [];
        if (!TryDecode(text, out var found, out var values, out var isBech32m, out error)) return false;

        if (found != prefix) return Fail($"begins with '{found}1', not with '{prefix}1'", out error);
        if (values.Length == 0) return Fail("has no witness version", out error);

        version = values[0];
        if (version > 16) return Fail($"witness version {version} does not exist", out error);
        if (!TryToBytes(values.AsSpan(1), out program)) return Fail("wrong padding", out error);
        if (program.Length is < 2 or > 40) return Fail($"a witness program of {program.Length} bytes", out error);
        if (version == 0 && program.Length is not (20 or 32))
            return Fail($"a version 0 witness program of {program.Length} bytes", out error);
        if (isBech32m != version > 0)
            return Fail($"witness version {version} with a {(isBech32m ? "Bech32m" : "Bech32")} checksum", out error);
        return true;
    }

    /// <summary>Encodes a witness program as an address.</summary>
    public static string EncodeWitness(string prefix, int version, ReadOnlySpan<byte> program)
    {
        byte[] values = [(byte)version, .. ToValues(program), 0, 0, 0, 0, 0, 0];
        var check = Polymod(prefix, values) ^ (version == 0 ? Bech32Constant : Bech32mConstant);
        for (var i = 0; i < 6; i++) values[^(6 - i)] = (byte)((check >> (5 * (5 - i))) & 31);
        return string.Concat(prefix, "1", string.Create(values.Length, values, static (text, from) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = Alphabet[from[i]];
        }));
    }

    private static bool TrySplit(string text, out string prefix, out byte[] values, out string error)
    {
        prefix = "";
        values = [];
        if (text.Length > LengthMax) return Fail($"longer than {LengthMax} characters", out error);

        foreach (var character in text)
            if (character is < '!' or > '~') return Fail($"'{Base58Check.Show(character)}' is not a Bech32 character", out error);

        if (text.Any(char.IsAsciiLetterLower) && text.Any(char.IsAsciiLetterUpper)) return Fail("mixes upper and lower case", out error);

        var lower = text.ToLowerInvariant();
        var separator = lower.LastIndexOf('1');
        if (separator < 1) return Fail("has no human-readable part", out error);
        if (lower.Length - separator - 1 < 6) return Fail("too short for a Bech32 checksum", out error);

        prefix = lower[..separator];
        values = new byte[lower.Length - separator - 1];
        for (var i = 0; i < values.Length; i++)
        {
            var value = Alphabet.IndexOf(lower[separator + 1 + i], StringComparison.Ordinal);
            if (value < 0) return Fail($"'{lower[separator + 1 + i]}' is not a Bech32 character", out error);
            values[i] = (byte)value;
        }

        error = "";
        return true;
    }

    private static bool TryToBytes(ReadOnlySpan<byte> values, out byte[] bytes)
    {
        bytes = new byte[values.Length * 5 / 8];
        var (bits, held, at) = (0u, 0, 0);
        foreach (var value in values)
        {
            bits = (bits << 5) | value;
            held += 5;
            if (held < 8) continue;
            held -= 8;
            bytes[at++] = (byte)(bits >> held);
        }

        return held < 5 && (bits & ((1u << held) - 1)) == 0;
    }

    private static byte[] ToValues(ReadOnlySpan<byte> bytes)
    {
        var values = new byte[((bytes.Length * 8) + 4) / 5];
        var (bits, held, at) = (0u, 0, 0);
        foreach (var value in bytes)
        {
            bits = (bits << 8) | value;
            for (held += 8; held >= 5;)
            {
                held -= 5;
                values[at++] = (byte)((bits >> held) & 31);
            }
        }

        if (held > 0) values[at] = (byte)((bits << (5 - held)) & 31);
        return values;
    }

    private static uint Polymod(string prefix, ReadOnlySpan<byte> values)
    {
        var check = 1u;
        foreach (var character in prefix) check = Step(check) ^ (uint)(character >> 5);
        check = Step(check);
        foreach (var character in prefix) check = Step(check) ^ (uint)(character & 31);
        foreach (var value in values) check = Step(check) ^ value;
        return check;
    }

    private static uint Step(uint check)
    {
        var top = check >> 25;
        var next = (check & 0x1ffffff) << 5;
        if ((top & 1) != 0) next ^= 0x3b6a57b2;
        if ((top & 2) != 0) next ^= 0x26508e6d;
        if ((top & 4) != 0) next ^= 0x1ea119fa;
        if ((top & 8) != 0) next ^= 0x3d4233dd;
        if ((top & 16) != 0) next ^= 0x2a1462b3;
        return next;
    }

    private static bool Fail(string reason, out string error)
    {
        error = reason;
        return false;
    }
}
