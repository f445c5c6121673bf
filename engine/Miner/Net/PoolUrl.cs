namespace Viddhana.Miner.Net;

/// <summary>Where a pool listens.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="IsTls">Speaks TLS.</param>
internal sealed record PoolUrl(string Host, int Port, bool IsTls)
{
    /// <summary>Reads stratum+tcp://HOST:PORT or stratum+ssl://HOST:PORT; the schemes stratum, tcp, stratum+tls, ssl and tls too.</summary>
    public static bool TryParse(string? text, out PoolUrl? url)
    {
        url = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.Port is < 1 or > 65_535) return false;

        bool? isTls = uri.Scheme switch
        {
            "stratum+tcp" or "stratum" or "tcp" => false,
            "stratum+ssl" or "stratum+tls" or "ssl" or "tls" => true,
            _ => null,
        };
        if (isTls is null) return false;

        url = new PoolUrl(uri.Host.Trim('[', ']'), uri.Port, isTls.Value);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(IsTls ? "stratum+ssl" : "stratum+tcp")}://{Host}:{Port}";
}
