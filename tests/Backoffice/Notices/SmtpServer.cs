using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>A mail as the server took it.</summary>
internal sealed record ReceivedMail(string From, string To, string Text, string? User, bool WasTls)
{
    public string Header(string name)
    {
        var head = Text[..Text.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Replace("\r\n ", " ", StringComparison.Ordinal);
        return head.Split("\r\n").Single(line => line.StartsWith(name + ": ", StringComparison.Ordinal))[(name.Length + 2)..];
    }

    public string Body =>
        Encoding.UTF8.GetString(Convert.FromBase64String(Text[(Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]));
}

/// <summary>A small SMTP server that can be difficult. Its certificate is of an authority of its own.</summary>
internal sealed class SmtpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;
    private readonly ConcurrentBag<Task> _sessions = [];

    public SmtpServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        File.WriteAllText(_folder["ca.pem"], made.ExportCertificatePem());
        _listener.Start();
        _serving = Task.Run(Serve);
    }

    public MailTls Tls { get; init; } = MailTls.StartTls;

    /// <summary>What EHLO offers for AUTH; null: nothing.</summary>
    public string? Auth { get; init; } = "PLAIN LOGIN";

    public bool OffersStartTls { get; init; } = true;

    /// <summary>Answers by command word, instead of the usual ones.</summary>
    public Dictionary<string, string> Answers { get; } = [];

    /// <summary>Put behind the answer to STARTTLS, in plain text.</summary>
    public string Injected { get; set; } = "";

    public ConcurrentQueue<ReceivedMail> Mails { get; } = [];

    /// <summary>Every line that came in plain text.</summary>
    public ConcurrentQueue<string> PlainLines { get; } = [];

    public MailConfig Config() => new()
    {
        Host = "localhost",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        Tls = Tls,
        User = "pool",
        Password = "geheim",
        From = "pool@example.com",
        CaFile = _folder["ca.pem"],
        TimeoutSeconds = 60,
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        await Task.WhenAll(_sessions);
        _certificate.Dispose();
        _folder.Dispose();
        _stop.Dispose();
    }

    private async Task Serve()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _sessions.Add(Task.Run(() => Guarded(client)));
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task Guarded(TcpClient client)
    {
        try
        {
            using (client) await Session(client);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or AuthenticationException)
        {
            // The client hung up, or did not like the certificate.
        }
    }

    private async Task Session(TcpClient client)
    {
        Stream stream = client.GetStream();
        if (Tls == MailTls.Implicit) stream = await Secure(stream);
        var (from, to, user) = ("", "", (string?)null);
        await Say(stream, Answers.GetValueOrDefault("GREETING", "220 localhost ready"));
        while (await Line(stream) is { } line)
        {
            if (stream is not SslStream) PlainLines.Enqueue(line);
            var word = line.Split(' ')[0].ToUpperInvariant();
            if (Answers.TryGetValue(word, out var special))
            {
                if (special == "hang") await Task.Delay(Timeout.Infinite, _stop.Token);
                await Say(stream, special);
                continue;
            }

            switch (word)
            {
                case "EHLO":
                    await Say(stream, "250-localhost\r\n" + (OffersStartTls && stream is not SslStream ? "250-STARTTLS\r\n" : "")
                        + (Auth is null ? "" : $"250-AUTH {Auth}\r\n") + "250 8BITMIME");
                    break;
                case "STARTTLS":
                    await Say(stream, "220 go on" + Injected);
                    stream = await Secure(stream);
                    break;
                case "AUTH" when line.StartsWith("AUTH PLAIN ", StringComparison.Ordinal):
                    var parts = Encoding.UTF8.GetString(Convert.FromBase64String(line[11..])).Split('\0');
                    user = $"{parts[1]}/{parts[2]} by PLAIN";
                    await Say(stream, "235 welcome");
                    break;
                case "AUTH":
                    await Say(stream, "334 VXNlcm5hbWU6");
                    var name = Text(await Line(stream));
                    await Say(stream, "334 UGFzc3dvcmQ6");
                    user = $"{name}/{Text(await Line(stream))} by LOGIN";
                    await Say(stream, "235 welcome");
                    break;
                case "MAIL":
                    from = line;
                    await Say(stream, "250 ok");
                    break;
                case "RCPT":
                    to = line;
                    await Say(stream, "250 ok");
                    break;
                case "DATA":
                    await Say(stream, "354 go on");
                    var text = await Message(stream);
                    Mails.Enqueue(new ReceivedMail(from, to, text, user, stream is SslStream));
                    await Say(stream, Answers.GetValueOrDefault("END", "250 taken"));
                    break;
                case "QUIT":
                    await Say(stream, "221 bye");
                    return;
                default:
                    await Say(stream, "500 what?");
                    break;
            }
        }
    }

    private async Task<Stream> Secure(Stream plain)
    {
        var tls = new SslStream(plain);
        await tls.AuthenticateAsServerAsync(_certificate);
        return tls;
    }

    private static string Text(string? base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64!));

    private async Task Say(Stream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"), _stop.Token);

    /// <summary>Dots that were doubled are undone, as a server does it.</summary>
    private async Task<string> Message(Stream stream)
    {
        var text = new StringBuilder();
        while (await Line(stream) is { } line && line != ".") text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        return text.ToString();
    }

    private async Task<string?> Line(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, _stop.Token) > 0)
        {
            if (one[0] == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }

        return null;
    }
}
