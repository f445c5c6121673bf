using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Viddhana.Engine.Node;

/// <summary>One call. Its params come in three pieces, so that a block of megabytes is sent from where it lies.</summary>
/// <param name="Method">RPC method.</param>
/// <param name="Before">Start of the params' JSON; the whole of it when the others are empty.</param>
/// <param name="Body">A large piece in the middle: the block's hex digits.</param>
/// <param name="After">End of the params' JSON.</param>
internal readonly record struct RpcRequest(
    string Method, ReadOnlyMemory<byte> Before, ReadOnlyMemory<byte> Body = default, ReadOnlyMemory<byte> After = default)
{
    private static readonly byte[] NoParams = "[]"u8.ToArray();
    private static readonly byte[] StringOpen = "[\""u8.ToArray();
    private static readonly byte[] StringClose = "\"]"u8.ToArray();

    /// <summary>A call without params.</summary>
    public static RpcRequest Of(string method) => new(method, NoParams);

    /// <summary>A call whose params are given as JSON text.</summary>
    public static RpcRequest Of(string method, string paramsJson) => new(method, Encoding.UTF8.GetBytes(paramsJson));

    /// <summary>A call with one string that needs no escaping: hex digits.</summary>
    public static RpcRequest OfHex(string method, ReadOnlyMemory<byte> hex) => new(method, StringOpen, hex, StringClose);
}

/// <summary>The body of a call, written in pieces without being put together first.</summary>
internal sealed class RpcContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly byte[] Close = "}"u8.ToArray();

    private readonly byte[] _head;
    private readonly RpcRequest _request;

    public RpcContent(long id, RpcRequest request)
    {
        // "1.0" on purpose: with "2.0" newer nodes answer errors with HTTP 200 and older ones do not know it.
        _head = Encoding.UTF8.GetBytes($"{{\"jsonrpc\":\"1.0\",\"id\":{id},\"method\":\"{request.Method}\",\"params\":");
        _request = request;
        Headers.ContentType = Json;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _head.Length + _request.Before.Length + (long)_request.Body.Length + _request.After.Length + Close.Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken stop)
    {
        await stream.WriteAsync(_head, stop);
        await stream.WriteAsync(_request.Before, stop);
        if (!_request.Body.IsEmpty) await stream.WriteAsync(_request.Body, stop);
        if (!_request.After.IsEmpty) await stream.WriteAsync(_request.After, stop);
        await stream.WriteAsync(Close, stop);
    }
}
