using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Viddhana.Contracts.Config;

namespace Viddhana.Engine.Net;

/// <summary>
/// The certificate of the TLS listeners, read from PEM files and read again when they change, so that renewal needs no restart: handshakes
/// that begin afterwards use the new one, sessions go on. A new one that cannot be used leaves the old one in place.
/// </summary>
public sealed class TlsCertificate : IDisposable
{
    /// <summary>Milliseconds between looks at the files.</summary>
    public const int LookMs = 2_000;

    private readonly TlsConfig _config;
    private readonly Log _log;
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private volatile SslServerAuthenticationOptions _options = null!;
    private FileState _read;
    private string? _trouble;
    private long _notAfterSeconds;

    /// <summary>Reads the files, and looks for new ones from now on.</summary>
    /// <exception cref="CryptographicException">
    /// They are no certificate and key that belong together (also <see cref="ArgumentException"/>).
    /// </exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public TlsCertificate(TlsConfig config, Log log)
    {
        _config = config;
        _log = log;
        _read = FileState.Of(config);
        Load(isFirst: true);
        _timer = new Timer(_ => Look(force: false), null, LookMs, LookMs);
    }

    /// <summary>What a handshake that begins now needs.</summary>
    public SslServerAuthenticationOptions Options => _options;

    /// <summary>End of the validity of the certificate in use, in seconds since 1970.</summary>
    public long NotAfterSeconds => Volatile.Read(ref _notAfterSeconds);

    /// <summary>SHA-256 of the certificate in use: 64 hex digits in lower case, as XMRig shows and pins it.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>Whose it is, as it says itself.</summary>
    public string Subject { get; private set; } = "";

    /// <summary>Why the files as they are now cannot be used, or null. Tried again at every look.</summary>
    public string? Trouble => Volatile.Read(ref _trouble);

    /// <summary>Looks at the files at once.</summary>
    /// <param name="force">Reads them though they look unchanged.</param>
    public void Look(bool force)
    {
        lock (_lock)
        {
            try
            {
                var state = FileState.Of(_config);
                if (!force && _trouble is null && state == _read) return;

                Load(isFirst: false);
                _read = state;
                Volatile.Write(ref _trouble, null);
            }
            catch (Exception e)
            {
                // Whatever the files hold, miners are served with what there was. The same trouble at every look is one line; a renewal
                // that is half done is over by the next.
                if (_trouble != e.Message) _log.Error("tls", $"the new certificate cannot be used, the old one stays: {e.Message}");
                Volatile.Write(ref _trouble, e.Message);
            }
        }
    }

    /// <summary>Looks no more.</summary>
    public void Dispose() => _timer.Dispose();

    private void Load(bool isFirst)
    {
        var certificate = X509Certificate2.CreateFromPemFile(_config.Certificate, _config.Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_config.Certificate);
        var until = certificate.NotAfter.ToUniversalTime();
        var hasExpired = until < DateTime.UtcNow;
        if (hasExpired && !isFirst) throw new CryptographicException($"it expired on {until:yyyy-MM-dd}");

        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = Protocols,
            AllowRenegotiation = false,
        };
        Volatile.Write(ref _notAfterSeconds, new DateTimeOffset(until).ToUnixTimeSeconds());
        var print = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));   // as XMRig prints and pins it
        (Fingerprint, Subject) = (print, certificate.Subject);
        _log.Info("tls", $"{(isFirst ? "" : "new ")}certificate {certificate.Subject}, valid until {until:yyyy-MM-dd}, SHA-256 {print}");
        if (hasExpired) _log.Warning("tls", "the certificate has expired: miners that check it will not connect");
    }

    /// <summary>What shows a change. Links are followed: certificates are often renewed by changing where a link leads.</summary>
    private readonly record struct FileState(DateTime Certificate, long CertificateBytes, DateTime Key, long KeyBytes)
    {
        public static FileState Of(TlsConfig config)
        {
            var (certificate, key) = (Target(config.Certificate), Target(config.Key));
            return new FileState(certificate.LastWriteTimeUtc, certificate.Length, key.LastWriteTimeUtc, key.Length);
        }

        private static FileInfo Target(string path) =>
            (FileInfo)(File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path));
    }

#pragma warning disable CA5398 // Older protocols than these are not offered; what the system prefers would include them on old systems.
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398
}
