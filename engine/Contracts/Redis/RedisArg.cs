using System.Globalization;
using System.Text;

namespace Viddhana.Contracts.Redis;

/// <summary>One argument of a command: text, a number or bytes.</summary>
public readonly struct RedisArg
{
    private RedisArg(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    /// <summary>What is sent.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Text as UTF-8.</summary>
    public static implicit operator RedisArg(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>A number as its digits.</summary>
    public static implicit operator RedisArg(long number) => new(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Bytes as they are.</summary>
    public static implicit operator RedisArg(byte[] bytes) => new(bytes);

    /// <summary>Bytes as they are; they must not change until the call returns.</summary>
    public static implicit operator RedisArg(ReadOnlyMemory<byte> bytes) => new(bytes);
}
