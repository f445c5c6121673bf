using System.Buffers;
using System.Text.Unicode;

namespace Viddhana.Core.Stratum.V1;

/// <summary>
/// Reads one line as a JSON-RPC message over the receive buffer: any order of keys, any whitespace, any further keys. It takes nothing that
/// RFC 8259 refuses, and refuses besides: text that is not UTF-8, nesting beyond <see cref="DepthMax"/>, a second id, method or params.
/// </summary>
internal ref struct V1Reader(ReadOnlySpan<byte> line)
{
    /// <summary>Values of params that are kept; further ones are checked and counted.</summary>
    public const int ParamsMax = 8;

    /// <summary>Deepest nesting of arrays and objects within a member of the message.</summary>
    public const int DepthMax = 16;

    // What a string ends at: its quote, an escape, or what it must not hold.
    private static readonly SearchValues<byte> StringStops = SearchValues.Create(
    [
        (byte)'"', (byte)'\\', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
        30, 31,
    ]);

    private readonly ReadOnlySpan<byte> _line = line;
    private V1Params _params;
    private V1Value _id;
    private V1Value _method;
    private V1Value _all;
    private int _at;
    private bool _hasControls;

    /// <summary>The id.</summary>
    public readonly V1Value Id => _id;

    /// <summary>The method.</summary>
    public readonly V1Value Method => _method;

    /// <summary>The params as a whole.</summary>
    public readonly V1Value Params => _all;

    /// <summary>Values in params when it is an array.</summary>
    public int ParamCount { get; private set; }

    /// <summary>True when there is a result or an error: the client answers us.</summary>
    public bool IsResponse { get; private set; }

    /// <summary>Value <paramref name="index"/> of params; <see cref="V1Kind.Missing"/> beyond the last.</summary>
    public readonly V1Value Param(int index) => _params[index];

    /// <summary>The bytes of a value as sent; a string's quotes are not part of it.</summary>
    public readonly ReadOnlySpan<byte> Raw(V1Value value) => _line.Slice(value.Start, value.Length);

    /// <summary>The bytes of the id as sent, quotes included.</summary>
    public readonly ReadOnlySpan<byte> RawId =>
        _id.Kind == V1Kind.String ? _line.Slice(_id.Start - 1, _id.Length + 2) : Raw(_id);

    /// <summary>True when the value is a string with this text, however it is escaped.</summary>
    public readonly bool Is(V1Value value, ReadOnlySpan<byte> text)
    {
        if (value.Kind != V1Kind.String) return false;
        return value.HasEscapes ? V1Text.IsEscaped(Raw(value), text) : Raw(value).SequenceEqual(text);
    }

    /// <summary>
    /// The text of a string value, in <paramref name="scratch"/> when it has escapes; empty when it is no string, does not fit or is no
    /// text (half a surrogate pair).
    /// </summary>
    public readonly ReadOnlySpan<byte> Text(V1Value value, Span<byte> scratch)
    {
        if (value.Kind != V1Kind.String) return default;
        if (!value.HasEscapes) return Raw(value);
        return V1Text.TryUnescape(Raw(value), scratch, out var length) ? scratch[..length] : default;
    }

    /// <summary>Reads the whole line. False: it is not a message, and nothing that was read of it may be used.</summary>
    public bool TryRead()
    {
        if (!Utf8.IsValid(_line)) return false;
        _hasControls = _line.ContainsAnyInRange((byte)0, (byte)(' ' - 1));

        SkipSpace();
        if (!Take((byte)'{')) return false;

        SkipSpace();
        if (!Take((byte)'}') && !TryMembers()) return false;

        SkipSpace();
        return _at == _line.Length;
    }

    /// <summary>Walks an array that is the whole of the bytes and has been checked: its next value, or false at its end.</summary>
    public bool TryNextValue(out V1Value value)
    {
        value = default;
        return TryNext() && TryValue(DepthMax, out value);
    }

    /// <summary>The same for an object: its next key and value.</summary>
    public bool TryNextMember(out V1Value key, out V1Value value)
    {
        key = value = default;
        return TryNext() && TryKey(out key) && TryValue(DepthMax, out value);
    }

    private bool TryNext()
    {
        var isFirst = _at == 0;
        if (isFirst) _at++;
        SkipSpace();
        if (isFirst) return !Peek((byte)']') && !Peek((byte)'}');
        if (!Take((byte)',')) return false;

        SkipSpace();
        return true;
    }

    private bool TryMembers()
    {
        while (TryKey(out var key) && TryMember(key))
        {
            SkipSpace();
            if (Take((byte)'}')) return true;
            if (!Take((byte)',')) return false;
            SkipSpace();
        }

        return false;
    }

    private bool TryMember(V1Value key)
    {
        if (Is(key, "id"u8)) return _id.Kind == V1Kind.Missing && TryValue(DepthMax, out _id);
        if (Is(key, "method"u8)) return _method.Kind == V1Kind.Missing && TryValue(DepthMax, out _method);
        if (Is(key, "params"u8)) return _all.Kind == V1Kind.Missing && TryParams();

        IsResponse |= Is(key, "result"u8) || Is(key, "error"u8);
        return TryValue(DepthMax, out _);
    }

    private bool TryParams()
    {
        if (!Peek((byte)'[')) return TryValue(DepthMax, out _all);

        var start = _at++;
        SkipSpace();
        if (!Take((byte)']') && !TryParamValues()) return false;

        _all = new V1Value(V1Kind.Array, start, _at - start, HasEscapes: false);
        return true;
    }

    private bool TryParamValues()
    {
        while (TryValue(DepthMax - 1, out var value))
        {
            if (ParamCount < ParamsMax) _params[ParamCount] = value;
            ParamCount++;

            SkipSpace();
            if (Take((byte)']')) return true;
            if (!Take((byte)',')) return false;
            SkipSpace();
        }

        return false;
    }

    private bool TryKey(out V1Value key)
    {
        if (!TryString(out key)) return false;

        SkipSpace();
        if (!Take((byte)':')) return false;

        SkipSpace();
        return true;
    }

    private bool TryValue(int depth, out V1Value value)
    {
        value = default;
        if (_at == _line.Length) return false;

        switch (_line[_at])
        {
            case (byte)'"': return TryString(out value);
            case (byte)'{': return TryNested(depth, V1Kind.Object, out value);
            case (byte)'[': return TryNested(depth, V1Kind.Array, out value);
            case (byte)'t': return TryWord("true"u8, V1Kind.True, out value);
            case (byte)'f': return TryWord("false"u8, V1Kind.False, out value);
            case (byte)'n': return TryWord("null"u8, V1Kind.Null, out value);
            default: return TryNumber(out value);
        }
    }

    private bool TryNested(int depth, V1Kind kind, out V1Value value)
    {
        value = default;
        if (depth == 0) return false;

        var start = _at++;
        var close = kind == V1Kind.Object ? (byte)'}' : (byte)']';
        SkipSpace();
        if (!Take(close) && !TryNestedValues(depth, kind, close)) return false;

        value = new V1Value(kind, start, _at - start, HasEscapes: false);
        return true;
    }

    private bool TryNestedValues(int depth, V1Kind kind, byte close)
    {
        while ((kind == V1Kind.Array || TryKey(out _)) && TryValue(depth - 1, out _))
        {
            SkipSpace();
            if (Take(close)) return true;
            if (!Take((byte)',')) return false;
            SkipSpace();
        }

        return false;
    }

    private bool TryWord(ReadOnlySpan<byte> word, V1Kind kind, out V1Value value)
    {
        value = new V1Value(kind, _at, word.Length, HasEscapes: false);
        if (!_line[_at..].StartsWith(word)) return false;

        _at += word.Length;
        return true;
    }

    private bool TryString(out V1Value value)
    {
        value = default;
        if (!Take((byte)'"')) return false;

        var start = _at;
        var hasEscapes = false;
        while (true)
        {
            // Control characters are rare: whether the line has any was looked up for the whole of it.
            var rest = _line[_at..];
            var length = _hasControls ? rest.IndexOfAny(StringStops) : rest.IndexOfAny((byte)'"', (byte)'\\');
            if (length < 0) return false;

            _at += length;
            if (_line[_at] == '"') break;
            if (_line[_at] != '\\' || !TryEscape()) return false;

            hasEscapes = true;
            _at++;
        }

        value = new V1Value(V1Kind.String, start, _at - start, hasEscapes);
        _at++;
        return true;
    }

    // Leaves _at on the last byte of the escape.
    private bool TryEscape()
    {
        if (++_at == _line.Length) return false;
        if (_line[_at] != 'u') return "\"\\/bfnrt"u8.Contains(_line[_at]);

        for (var i = 0; i < 4; i++)
            if (++_at == _line.Length || !char.IsAsciiHexDigit((char)_line[_at])) return false;

        return true;
    }

    private bool TryNumber(out V1Value value)
    {
        value = default;
        var start = _at;
        Take((byte)'-');
        if (!Take((byte)'0') && !TryDigits()) return false;
        if (Take((byte)'.') && !TryDigits()) return false;

        if (Take((byte)'e') || Take((byte)'E'))
        {
            if (!Take((byte)'+')) Take((byte)'-');
            if (!TryDigits()) return false;
        }

        value = new V1Value(V1Kind.Number, start, _at - start, HasEscapes: false);
        return true;
    }

    private bool TryDigits()
    {
        var start = _at;
        while (_at < _line.Length && char.IsAsciiDigit((char)_line[_at])) _at++;
        return _at > start;
    }

    private void SkipSpace()
    {
        while (_at < _line.Length && _line[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') _at++;
    }

    private readonly bool Peek(byte octet) => _at < _line.Length && _line[_at] == octet;

    private bool Take(byte octet)
    {
        if (!Peek(octet)) return false;
        _at++;
        return true;
    }
}
