using Microsoft.Net.Http.Headers;

namespace Viddhana.Backoffice.Dashboard;

/// <summary>
/// Serves the dashboard to requests that no endpoint takes. Its files by name; and its one page for every path that a browser asks a
/// document of, because the page's own router knows what is there.
/// </summary>
public static class WebPages
{
    private const string Page = "/index.html";

    /// <summary>Paths of programs: what is not there is a 404 for them, never a page.</summary>
    private static readonly PathString[] NeverPages = ["/api", "/openapi", "/health", "/ready", "/metrics", "/assets", "/pool", "/users"];

    /// <summary>Behind routing and the headers of every answer.</summary>
    public static void UseWebPages(this WebApplication app) => app.Use((context, next) =>
        context.GetEndpoint() is null && Find(context.Request) is { } file ? SendAsync(context, file) : next(context));

    private static WebFile? Find(HttpRequest request)
    {
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)) return null;
        if (WebFile.Embedded.TryGetValue(request.Path.Value ?? "", out var file)) return file;
        return request.Path == "/" || AsksForPage(request) ? WebFile.Embedded.GetValueOrDefault(Page) : null;
    }

    private static bool AsksForPage(HttpRequest request) =>
        request.Headers.Accept.Any(accept => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true)
        && !Array.Exists(NeverPages, path => request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));

    private static async Task SendAsync(HttpContext context, WebFile file)
    {
        var headers = context.Response.Headers;
        headers.ETag = file.ETag;
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.CacheControl = file.IsHashed ? "public, max-age=31536000, immutable" : "no-cache";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Tag == file.ETag || tag == EntityTagHeaderValue.Any))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var (encoding, bytes) = Choose(context.Request, file);
        if (encoding is not null) headers.ContentEncoding = encoding;
        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = bytes.Length;
        if (HttpMethods.IsGet(context.Request.Method)) await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>The smallest form that the asker takes.</summary>
    private static (string? Encoding, byte[] Bytes) Choose(HttpRequest request, WebFile file)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        bool Takes(string encoding) =>
            accepted.Any(a => a.Quality is null or > 0 && a.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase));
        if (file.Brotli is not null && Takes("br")) return ("br", file.Brotli);
        return file.Gzip is not null && Takes("gzip") ? ("gzip", file.Gzip) : (null, file.Plain);
    }
}
