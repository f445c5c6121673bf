namespace Viddhana.Simnode.Rpc;

/// <summary>A request with its body.</summary>
public sealed record HttpRequest(string Method, string Path, string? Authorization, bool KeepAlive, ReadOnlyMemory<byte> Body);

/// <summary>An answer. A null instead of one closes the connection without a word.</summary>
public sealed record HttpAnswer(int Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>The words beside the status codes that are used here.</summary>
    public string Reason => Status switch
    {
        200 => "OK",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Payload Too Large",
        _ => "Internal Server Error",
    };
}
