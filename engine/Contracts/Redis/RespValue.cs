using System.Globalization;
using System.Text;

namespace Viddhana.Contracts.Redis;

/// <summary>What kind of reply it is.</summary>
public enum RespKind : byte
{
    /// <summary>No value.</summary>
    Null,

    /// <summary>A simple or bulk string.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A list of replies.</summary>
    List,

    /// <summary>An error; its text begins with a word such as NOGROUP, OOM, MOVED.</summary>
    Error,
}

/// <summary>A reply of Redis. Errors are values, so that a pipeline goes on after one.</summary>
public readonly struct RespValue
{
    private readonly object? _value;
    private readonly long _number;

    private RespValue(RespKind kind, object? value, long number = 0) => (Kind, _value, _number) = (kind, value, number);

    /// <summary>What it is.</summary>
    public RespKind Kind { get; }

    /// <summary>True for a missing value.</summary>
    public bool IsNull => Kind == RespKind.Null;

    /// <summary>True for an error reply.</summary>
    public bool IsError => Kind == RespKind.Error;

    /// <summary>The bytes of a string, an error or a number's digits; empty for the rest.</summary>
    public byte[] Bytes =>
        Kind == RespKind.Number ? Encoding.ASCII.GetBytes(_number.ToString(CultureInfo.InvariantCulture)) : _value as byte[] ?? [];

    /// <summary>The same as text; null if there is no value.</summary>
    public string? Text => IsNull ? null : Encoding.UTF8.GetString(Bytes);

    /// <summary>The number, also of a string of digits; null if it is none.</summary>
    public long? Number => Kind == RespKind.Number
        ? _number
        : long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;

    /// <summary>The replies of a list; empty for the rest.</summary>
    public IReadOnlyList<RespValue> Items => _value as RespValue[] ?? [];

    /// <summary>True for an error whose text begins with this word.</summary>
    public bool IsErrorOf(string word) => IsError && Text!.StartsWith(word, StringComparison.Ordinal);

    /// <summary>The value itself, or <see cref="RedisException"/> if it is an error.</summary>
    public RespValue OrThrow() => IsError ? throw new RedisException(Text!) : this;

    internal static RespValue Null => default;

    internal static RespValue OfText(byte[] bytes) => new(RespKind.Text, bytes);

    internal static RespValue OfError(byte[] bytes) => new(RespKind.Error, bytes);

    internal static RespValue OfNumber(long number) => new(RespKind.Number, null, number);

    internal static RespValue OfList(RespValue[] items) => new(RespKind.List, items);

    /// <inheritdoc/>
    public override string ToString() => Kind == RespKind.List ? $"[{string.Join(", ", Items)}]" : Text ?? "(nil)";
}

/// <summary>Redis answered with an error, spoke nonsense, or the connection broke. The message never holds a password.</summary>
public sealed class RedisException : Exception
{
    /// <summary>With a message.</summary>
    public RedisException(string message) : base(message)
    {
    }

    /// <summary>With the reason below it.</summary>
    public RedisException(string message, Exception inner) : base(message, inner)
    {
    }
}
