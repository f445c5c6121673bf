using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Viddhana.Core.Chains;

/// <summary>What a JSON value is, as its first byte tells.</summary>
public enum JsonKind
{
    /// <summary>No value begins here.</summary>
    None,

    /// <summary>An object.</summary>
    Object,

    /// <summary>A list.</summary>
    Array,

    /// <summary>A text.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary><c>null</c>.</summary>
    Null,
}

/// <summary>
/// Walks over JSON (RFC 8259) that lies in memory as a whole: no tree, no copy, no exception. A template of megabytes is mostly long
/// strings, which are passed over a vector at a time. What is no JSON ends the walk: everything returns false from then on, and
/// <see cref="IsBroken"/> says so. Strings are given as they stand between their quotes, escapes and all.
/// </summary>
/// <param name="text">UTF-8.</param>
public ref struct JsonScanner(ReadOnlySpan<byte> text)
{
    /// <summary>Objects and lists inside one another that are passed over at most.</summary>
    public const int DepthMax = 64;

    private static readonly SearchValues<byte> s_stringStops = SearchValues.Create([.. ControlBytes(), (byte)'"', (byte)'\\']);
    private static readonly SearchValues<byte> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;
    private bool _isFirst;

    /// <summary>True when something was no JSON.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Where the next thing begins; after a breach, where that is.</summary>
    public readonly int Position => _at;

    /// <summary>What comes next, in the place of a value.</summary>
    public JsonKind Next()
    {
        SkipSpace();
        if (_at >= _text.Length || IsBroken) return JsonKind.None;

        return _text[_at] switch
        {
            (byte)'"' => JsonKind.String,
            (byte)'{' => JsonKind.Object,
            (byte)'[' => JsonKind.Array,
            (byte)'t' or (byte)'f' => JsonKind.Boolean,
            (byte)'n' => JsonKind.Null,
            (byte)'-' or (>= (byte)'0' and <= (byte)'9') => JsonKind.Number,
            _ => JsonKind.None,
        };
    }

    /// <summary>Goes into the object that comes next; false, and nothing happens, when it is something else.</summary>
    public bool TryObject() => TryEnter(JsonKind.Object);

    /// <summary>Goes into the list that comes next; false, and nothing happens, when it is something else.</summary>
    public bool TryArray() => TryEnter(JsonKind.Array);

    /// <summary>Inside an object: the next name, whose value must be read or skipped then. False behind the end of the object.</summary>
    public bool TryName(out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!TryGoOn((byte)'}')) return false;
        if (Next() != JsonKind.String) return Break();
        if (!TryString(out name)) return false;

        SkipSpace();
        if (_at >= _text.Length || _text[_at] != (byte)':') return Break();
        _at++;
        return true;
    }

    /// <summary>Inside a list: true when there is another value, which must be read or skipped then. False behind the end.</summary>
    public bool TryItem() => TryGoOn((byte)']');

    /// <summary>The string that comes next, raw. False when it is something else, which then stays where it is.</summary>
    public bool TryString(out ReadOnlySpan<byte> raw)
    {
        raw = default;
        if (Next() != JsonKind.String) return false;

        var rest = _text[(_at + 1)..];
        var end = rest.IndexOfAny(s_stringStops);
        if (end >= 0 && rest[end] == (byte)'\\') end = EndOfEscaped(rest, end);
        if (end < 0 || rest[end] != (byte)'"') return Break();

        raw = rest[..end];
        _at += end + 2;
        return true;
    }

    /// <summary>
    /// The string that comes next if it is nothing but hex digits (an empty one is not). False when it is something else, which then stays
    /// where it is.
    /// </summary>
    public bool TryHex(out ReadOnlySpan<byte> digits)
    {
        digits = default;
        if (Next() != JsonKind.String) return false;

        var rest = _text[(_at + 1)..];
        var end = rest.IndexOfAnyExcept(s_hexDigits);
        if (end <= 0 || rest[end] != (byte)'"') return false;

        digits = rest[..end];
        _at += end + 2;
        return true;
    }

    /// <summary>The number that comes next, if it is a whole one that fits. Another kind of value stays where it is.</summary>
    public bool TryInt64(out long value)
    {
        value = 0;
        if (Next() != JsonKind.Number) return false;

        var from = _at;
        if (!SkipNumber()) return false;
        var digits = _text[from.._at];
        return Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length;
    }

    /// <summary>Passes over the value that comes next, whatever it is. False when it is no JSON.</summary>
    public bool Skip() => Skip(0);

    /// <summary>The text of a raw string. False when it is no UTF-8, or its escapes give none.</summary>
    public static bool TryText(ReadOnlySpan<byte> raw, out string text)
    {
        text = "";
        try
        {
            text = raw.Contains((byte)'\\') ? Unescaped(raw) : s_strict.GetString(raw);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>True when nothing but white space is left.</summary>
    public bool IsAtEnd()
    {
        SkipSpace();
        return !IsBroken && _at == _text.Length;
    }

    private bool Skip(int depth)
    {
        switch (Next())
        {
            case JsonKind.String: return TryString(out _);
            case JsonKind.Number: return SkipNumber();
            case JsonKind.Null: return SkipWord("null"u8);
            case JsonKind.Boolean: return SkipWord(_text[_at] == (byte)'t' ? "true"u8 : "false"u8);
            case JsonKind.Array when depth < DepthMax:
                TryArray();
                while (TryItem() && Skip(depth + 1)) { }
                return !IsBroken;
            case JsonKind.Object when depth < DepthMax:
                TryObject();
                while (TryName(out _) && Skip(depth + 1)) { }
                return !IsBroken;
            default: return Break();
        }
    }

    private bool TryEnter(JsonKind kind)
    {
        if (Next() != kind) return false;
        _at++;
        _isFirst = true;
        return true;
    }

    // True when another member follows: past the comma between two.
    private bool TryGoOn(byte close)
    {
        SkipSpace();
        var isFirst = _isFirst;
        _isFirst = false;
        if (IsBroken || _at >= _text.Length) return Break();

        if (_text[_at] == close)
        {
            _at++;
            return false;
        }

        if (isFirst) return true;
        if (_text[_at] != (byte)',') return Break();
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') _at++;
    }

    // The closing quote of a string that has an escape at the given place; -1 when there is none, or an escape is none.
    private static int EndOfEscaped(ReadOnlySpan<byte> rest, int at)
    {
        while (true)
        {
            if (at + 1 >= rest.Length) return -1;

            var isUnicode = rest[at + 1] == (byte)'u';
            if (isUnicode ? !IsUnicode(rest[(at + 2)..]) : !"\"\\/bfnrt"u8.Contains(rest[at + 1])) return -1;
            at += isUnicode ? 6 : 2;

            var next = rest[at..].IndexOfAny(s_stringStops);
            if (next < 0) return -1;
            at += next;
            if (rest[at] != (byte)'\\') return at;
        }
    }

    private static bool IsUnicode(ReadOnlySpan<byte> digits) => digits.Length >= 4 && !digits[..4].ContainsAnyExcept(s_hexDigits);

    private static string Unescaped(ReadOnlySpan<byte> raw)
    {
        var reader = new Utf8JsonReader([(byte)'"', .. raw, (byte)'"']);
        reader.Read();
        return reader.GetString()!;
    }

    private bool SkipNumber()
    {
        if (_text[_at] == (byte)'-') _at++;
        var isZero = _at < _text.Length && _text[_at] == (byte)'0';
        if (SkipDigits() is var count && (count == 0 || (isZero && count > 1))) return Break();

        if (_at < _text.Length && _text[_at] == (byte)'.')
        {
            _at++;
            if (SkipDigits() == 0) return Break();
        }

        if (_at < _text.Length && _text[_at] is (byte)'e' or (byte)'E')
        {
            _at++;
            if (_at < _text.Length && _text[_at] is (byte)'+' or (byte)'-') _at++;
            if (SkipDigits() == 0) return Break();
        }

        return true;
    }

    private int SkipDigits()
    {
        var from = _at;
        while (_at < _text.Length && _text[_at] is >= (byte)'0' and <= (byte)'9') _at++;
        return _at - from;
    }

    private bool SkipWord(ReadOnlySpan<byte> word)
    {
        if (!_text[_at..].StartsWith(word)) return Break();
        _at += word.Length;
        return true;
    }

    private bool Break()
    {
        IsBroken = true;
        return false;
    }

    private static byte[] ControlBytes()
    {
        var bytes = new byte[0x20];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)i;
        return bytes;
    }
}
