using System.Buffers.Binary;
using System.Text;
using Viddhana.Core.Bytes;

namespace Viddhana.Core.Stratum.V1;

/// <summary>Text of JSON strings, for the few that carry escapes, and the names that miners give.</summary>
internal static class V1Text
{
    /// <summary>Longest text that is ever compared or kept; a line is not much longer.</summary>
    public const int Max = 512;

    /// <summary>
    /// Decodes the inside of a JSON string whose grammar has been checked. False when the text does not fit or has half a surrogate pair.
    /// </summary>
    public static bool TryUnescape(ReadOnlySpan<byte> raw, Span<byte> text, out int length)
    {
        length = 0;
        while (raw.Length > 0)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0) plain = raw.Length;
            if (!raw[..plain].TryCopyTo(text[length..])) return false;

            length += plain;
            raw = raw[plain..];
            if (raw.Length == 0) return true;

            if (!TryRune(ref raw, out var rune) || !rune.TryEncodeToUtf8(text[length..], out var written)) return false;
            length += written;
        }

        return true;
    }

    /// <summary>True when an escaped string says this.</summary>
    public static bool IsEscaped(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        Span<byte> decoded = stackalloc byte[Max];
        return TryUnescape(raw, decoded, out var length) && decoded[..length].SequenceEqual(text);
    }

    private static bool TryRune(ref ReadOnlySpan<byte> raw, out Rune rune)
    {
        var letter = raw[1];
        if (letter != 'u')
        {
            rune = new Rune(letter switch
            {
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                _ => (char)letter,
            });
            raw = raw[2..];
            return true;
        }

        var first = CodeUnit(raw);
        raw = raw[6..];
        if (Rune.TryCreate(first, out rune)) return true;
        if (!raw.StartsWith("\\u"u8) || !Rune.TryCreate(first, CodeUnit(raw), out rune)) return false;

        raw = raw[6..];
        return true;
    }

    private static char CodeUnit(ReadOnlySpan<byte> raw)
    {
        Span<byte> unit = stackalloc byte[2];
        Check.That(Hex.TryReadBytes(raw.Slice(2, 4), unit));
        return (char)BinaryPrimitives.ReadUInt16BigEndian(unit);
    }
}
