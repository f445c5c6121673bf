using System.Text;
using System.Text.Json;

namespace Viddhana.Engine.Node;

/// <summary>
/// The answer to one call. Owns a rented buffer: dispose it when <see cref="Result"/> has been read, and touch the result no more.
/// </summary>
public sealed class RpcReply : IDisposable
{
    private byte[]? _rented;
    private readonly int _start;
    private readonly int _length;

    private RpcReply(byte[]? rented, int start, int length, RpcError? error)
    {
        _rented = rented;
        _start = start;
        _length = length;
        Error = error;
    }

    /// <summary>Null when the call succeeded.</summary>
    public RpcError? Error { get; }

    /// <summary>The raw JSON of <c>result</c> (which may be <c>null</c>); empty after an error.</summary>
    public ReadOnlySpan<byte> Result => ResultMemory.Span;

    /// <summary>The same as memory.</summary>
    public ReadOnlyMemory<byte> ResultMemory => _rented is null ? default : _rented.AsMemory(_start, _length);

    /// <summary>The result as text: a JSON string without its quotes, the raw JSON of anything else, null for <c>null</c>.</summary>
    public string? ResultText
    {
        get
        {
            if (_rented is null || Result.SequenceEqual("null"u8)) return null;
            if (Result[0] != (byte)'"') return Encoding.UTF8.GetString(Result);

            var reader = new Utf8JsonReader(Result);
            reader.Read();
            return reader.GetString();
        }
    }

    internal static RpcReply Ok(byte[] rented, int start, int length) => new(rented, start, length, null);

    internal static RpcReply Failed(RpcError error) => new(null, 0, 0, error);

    /// <summary>Hands the buffer over to a reply of its own: disposing this one does nothing to it any more.</summary>
    internal RpcReply Take() => new(Interlocked.Exchange(ref _rented, null), _start, _length, Error);

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        var rented = Interlocked.Exchange(ref _rented, null);
        if (rented is not null) LargeBuffers.Return(rented);
    }
}
