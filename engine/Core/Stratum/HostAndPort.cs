using System.Globalization;

namespace Viddhana.Core.Stratum;

/// <summary>Where clients are sent to: a name or address that is printable ASCII without quotes, and a TCP port.</summary>
internal sealed record HostAndPort(string Host, int Port)
{
    /// <summary>Reads <c>host:port</c>; null gives null. Throws <see cref="ArgumentException"/> for what the loader refuses.</summary>
    public static HostAndPort? Parse(string? text)
    {
        if (text is null) return null;

        var colon = text.LastIndexOf(':');
        var isPort = int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        if (colon > 0 && isPort && port is > 0 and <= 65_535) return new HostAndPort(text[..colon], port);

        throw new ArgumentException($"drain_to: '{text}' is no host:port");
    }
}
