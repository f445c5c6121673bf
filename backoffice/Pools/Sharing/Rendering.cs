using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Viddhana.Backoffice.Pools.Sharing;

/// <summary>An answer that is no JSON, or JSON in a form of its own.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="ContentType">With its charset.</param>
internal sealed record RawAnswer(byte[] Bytes, string ContentType);

/// <summary>An answer as bytes, made once for all who ask for it. Thread-safe.</summary>
internal sealed class Rendering(byte[] bytes, string contentType, int seconds) : IResult
{
    /// <summary>What fits into one packet is not worth packing.</summary>
    private const int PackFromBytes = 1_400;

    /// <summary>A browser that holds an answer for so short asks again anyway; with an ETag that costs next to nothing.</summary>
    private const int HoldFromSeconds = 5;

    private readonly Lazy<byte[]?> _packed = new(() => bytes.Length < PackFromBytes ? null : Pack(bytes));

    private readonly EntityTagHeaderValue _tag =
        new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12))}\"", isWeak: true);

    /// <summary>What it takes in memory, the packed form not counted.</summary>
    public int Size => bytes.Length;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        response.Headers.ETag = _tag.ToString();
        response.Headers.CacheControl = seconds < HoldFromSeconds ? "no-cache" : $"public, max-age={seconds}";
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (Holds(request))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        var body = bytes;
        if (TakesGzip(request) && _packed.Value is { } packed)
        {
            body = packed;
            response.Headers.ContentEncoding = "gzip";
        }

        response.ContentType = contentType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, 0, body.Length, httpContext.RequestAborted);
    }

    private bool Holds(HttpRequest request)
    {
        foreach (var held in request.GetTypedHeaders().IfNoneMatch)
            if (held.Compare(_tag, useStrongComparison: false) || held.Equals(EntityTagHeaderValue.Any)) return true;
        return false;
    }

    private static bool TakesGzip(HttpRequest request)
    {
        foreach (var accepted in request.GetTypedHeaders().AcceptEncoding)
            if (accepted.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)) return accepted.Quality is not 0;
        return false;
    }

    private static byte[] Pack(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(plain);
        return packed.ToArray();
    }
}
