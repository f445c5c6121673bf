using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Viddhana.Contracts.Config;

namespace Viddhana.Engine.Net;

/// <summary>
/// The certificate of the TLS listeners, read from PEM files and read again when they change, so that renewal needs no restart.
/// </summary>
public sealed class TlsCertificate
{
    private const long LookAgainMs = 30_000;

    private readonly TlsConfig _config;
    private readonly Log _log;
    private readonly Lock _lock = new();
    private SslServerAuthenticationOptions _options;
    private DateTime _changed;
    private long _lookedMs;

    /// <summary>Reads the files.</summary>
    /// <exception cref="CryptographicException">
    /// They are no certificate and key that belong together (also <see cref="ArgumentException"/>).
    /// </exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public TlsCertificate(TlsConfig config, Log log)
    {
        _config = config;
        _log = log;
        _lookedMs = Clock.MonotonicMs();
        _changed = Changed();
        _options = Load();
    }

    /// <summary>What a handshake needs. Looks at the files again twice a minute at most.</summary>
    public SslServerAuthenticationOptions Options()
    {
        lock (_lock)
        {
            var nowMs = Clock.MonotonicMs();
            if (nowMs - _lookedMs >= LookAgainMs)
            {
                _lookedMs = nowMs;
                Reload();
            }

            return _options;
        }
    }

    private void Reload()
    {
        try
        {
            var changed = Changed();
            if (changed == _changed) return;
            _options = Load();
            _changed = changed;
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException or ArgumentException)
        {
            _log.Error("tls", $"the new certificate cannot be used, the old one stays: {e.Message}");
        }
    }

    private SslServerAuthenticationOptions Load()
    {
        var certificate = X509Certificate2.CreateFromPemFile(_config.Certificate, _config.Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_config.Certificate);
        var print = string.Join(':', SHA256.HashData(certificate.RawData).Select(b => b.ToString("X2")));
        var until = certificate.NotAfter.ToUniversalTime();
        _log.Info("tls", $"certificate {certificate.Subject}, valid until {until:yyyy-MM-dd}, SHA-256 {print}");
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = Protocols,
            AllowRenegotiation = false,
        };
    }

    private DateTime Changed()
    {
        var certificate = File.GetLastWriteTimeUtc(_config.Certificate);
        var key = File.GetLastWriteTimeUtc(_config.Key);
        return certificate > key ? certificate : key;
    }

#pragma warning disable CA5398 // Older protocols than these are not offered; what the system prefers would include them on old systems.
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398
}
