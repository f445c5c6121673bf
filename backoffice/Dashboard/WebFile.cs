using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;

namespace Viddhana.Backoffice.Dashboard;

/// <summary>A file of the dashboard, in each form in which it is sent.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="ETag">Of its content, in quotes.</param>
/// <param name="IsHashed">True if its name changes with its content, so that it may be kept for ever.</param>
/// <param name="Plain">As it is.</param>
/// <param name="Brotli">Compressed, or null where that gains nothing.</param>
/// <param name="Gzip">Compressed, or null where that gains nothing.</param>
internal sealed record WebFile(string ContentType, string ETag, bool IsHashed, byte[] Plain, byte[]? Brotli, byte[]? Gzip)
{
    private const string Prefix = "web/";

    /// <summary>All files by path, which begins with a slash.</summary>
    public static FrozenDictionary<string, WebFile> Embedded { get; } = Load(typeof(WebFile).Assembly);

    private static FrozenDictionary<string, WebFile> Load(Assembly assembly)
    {
        var bytes = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => name[(Prefix.Length - 1)..], name => Read(assembly, name), StringComparer.Ordinal);
        return bytes.Where(file => Path.GetExtension(file.Key) is not (".br" or ".gz")).ToFrozenDictionary(
            file => file.Key,
            file => new WebFile(
                TypeOf(file.Key),
                $"\"{Convert.ToHexStringLower(SHA256.HashData(file.Value), 0, 12)}\"",
                file.Key.StartsWith("/assets/", StringComparison.Ordinal),
                file.Value,
                bytes.GetValueOrDefault(file.Key + ".br"),
                bytes.GetValueOrDefault(file.Key + ".gz")),
            StringComparer.Ordinal);
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string TypeOf(string path) => Path.GetExtension(path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".woff2" => "font/woff2",
        ".json" => "application/json",
        ".webmanifest" => "application/manifest+json",
        ".txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
}
