using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>
/// The raw end of a Stratum connection: sends the bytes it is given in the pieces it is given, and reads whole lines as they came. It knows
/// of the protocol only what tells a notification from an answer; notifications that come before an answer are kept, in order.
/// </summary>
internal sealed class WireClient : IDisposable
{
    /// <summary>Bound of every read; generous, because machines are slow and shared.</summary>
    private static readonly TimeSpan LineMax = TimeSpan.FromSeconds(60);

    private readonly TcpClient _tcp;
    private readonly Stream _stream;
    private readonly byte[] _received = new byte[64 << 10];
    private int _from;
    private int _to;
    private int _probes;
    private byte[]? _nextExtranonce1;

    private WireClient(TcpClient tcp, Stream stream)
    {
        _tcp = tcp;
        _stream = stream;
    }

    /// <summary>Every notification read so far.</summary>
    public List<string> Notifications { get; } = [];

    /// <summary>The newest job, or null.</summary>
    public StratumJob? Job { get; private set; }

    /// <summary>The difficulty announced last; it counts from the next job.</summary>
    public string Difficulty { get; private set; } = "";

    /// <summary>The version mask announced last, by an answer to mining.configure or by mining.set_version_mask.</summary>
    public uint VersionMask { get; private set; }

    /// <summary>Extranonce1 of the newest job: as mining.subscribe or a mining.set_extranonce gave it; empty before.</summary>
    public byte[] Extranonce1 { get; private set; } = [];

    /// <summary>The session id that belongs to it.</summary>
    public string SessionId { get; private set; } = "";

    /// <summary>Bytes of extranonce2.</summary>
    public int Extranonce2Size { get; private set; }

    /// <summary>Connects to a port of this machine.</summary>
    /// <param name="port">The port.</param>
    /// <param name="wire">Plain, or a version of TLS.</param>
    /// <param name="fingerprint">SHA-256 of the certificate in hex digits, which TLS demands; or several, any of which will do.</param>
    /// <param name="from">An address of this machine, such as 127.0.0.5, that the other side sees.</param>
    /// <param name="preface">Bytes sent before anything else, before a TLS handshake too.</param>
    public static async Task<WireClient> Connect(
        int port, Wire wire = Wire.Plain, string? fingerprint = null, string from = "127.0.0.1", byte[]? preface = null)
    {
        var tcp = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0)) { NoDelay = true };
        await tcp.ConnectAsync("127.0.0.1", port);
        if (preface is not null) await tcp.GetStream().WriteAsync(preface);
        if (wire == Wire.Plain) return new WireClient(tcp, tcp.GetStream());

        var tls = new SslStream(tcp.GetStream());
        using var limit = new CancellationTokenSource(LineMax);
        await tls.AuthenticateAsClientAsync(Options(wire, fingerprint), limit.Token);
        return new WireClient(tcp, tls);
    }

    /// <summary>Sends the bytes of the text as they are, in one piece.</summary>
    public async Task SendRaw(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends the text in pieces of so many bytes: a write each, so a TCP segment (and TLS record) each.</summary>
    public Task SendInPieces(string text, int size) => SendInPieces(Encoding.UTF8.GetBytes(text), size);

    /// <summary>The same with bytes.</summary>
    public async Task SendInPieces(byte[] bytes, int size)
    {
        for (var at = 0; at < bytes.Length; at += size)
            await _stream.WriteAsync(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
    }

    /// <summary>Sends lines in one piece; adds the newlines.</summary>
    public Task Send(params string[] lines) => SendRaw(string.Concat(lines.Select(line => line + "\n")));

    /// <summary>The next line without its newline, whatever it is; fails where the connection ends first.</summary>
    public async Task<string> Line() => await LineOrEnd()
        ?? throw new EndOfStreamException($"the engine closed the connection; before: {string.Join('\n', Notifications)}");

    /// <summary>The next line, or null when the connection was closed.</summary>
    public async Task<string?> LineOrEnd()
    {
        while (true)
        {
            var end = Array.IndexOf(_received, (byte)'\n', _from, _to - _from);
            if (end >= 0)
            {
                var line = Encoding.UTF8.GetString(_received, _from, end - _from);
                _from = end + 1;
                Note(line);
                return line;
            }

            if (!await Fill()) return null;
        }
    }

    /// <summary>The next line that is no notification; those before it go to <see cref="Notifications"/>.</summary>
    public async Task<string> Answer()
    {
        while (true)
        {
            var line = await Line();
            if (!IsNotification(line)) return line;
        }
    }

    /// <summary>The next answers, in order.</summary>
    public async Task<string[]> Answers(int count)
    {
        var answers = new string[count];
        for (var i = 0; i < count; i++) answers[i] = await Answer();
        return answers;
    }

    /// <summary>Sends a line and gives the next answer.</summary>
    public async Task<string> Ask(string line)
    {
        await Send(line);
        return await Answer();
    }

    /// <summary>The same, parsed; fails unless the answer is JSON.</summary>
    public async Task<JsonElement> AskJson(string line) => JsonDocument.Parse(await Ask(line)).RootElement;

    /// <summary>
    /// What the engine answers to lines before it answers a question asked after them: nothing where it has to be silent. Also shows that
    /// the connection goes on.
    /// </summary>
    public async Task<string[]> AnswersBeforeProbe(params string[] lines)
    {
        var id = $"\"probe {_probes++}\"";
        await Send([.. lines, $$"""{"id":{{id}},"method":"mining.ping","params":[]}"""]);
        var answers = new List<string>();
        for (var answer = await Answer(); answer != $$"""{"id":{{id}},"result":"pong","error":null}"""; answer = await Answer())
            answers.Add(answer);
        return [.. answers];
    }

    /// <summary>Subscribes, authorises and waits for work.</summary>
    public async Task LogIn(string user, string password = "x", string userAgent = "wire/1.0")
    {
        var subscribed = await Ask($$"""{"id":1,"method":"mining.subscribe","params":["{{userAgent}}"]}""");
        Assert.That(subscribed, Does.EndWith(",\"error\":null}"));
        var authorized = await Ask($$"""{"id":2,"method":"mining.authorize","params":["{{user}}","{{password}}"]}""");
        Assert.That(authorized, Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
        await WaitForJob(_ => true);
    }

    /// <summary>Reads until there is a job that <paramref name="fits"/>; fails on an answer, which nobody would ever look at.</summary>
    public async Task<StratumJob> WaitForJob(Func<StratumJob, bool> fits)
    {
        while (Job is null || !fits(Job))
        {
            var line = await Line();
            Assert.That(IsNotification(line), $"an answer to nothing that was asked: {line}");
        }

        return Job;
    }

    /// <summary>Reads to the end of the connection and gives what came before it; fails where it stays open.</summary>
    public async Task<string[]> ReadToEnd()
    {
        var lines = new List<string>();
        for (var line = await LineOrEnd(); line is not null; line = await LineOrEnd()) lines.Add(line);
        return [.. lines];
    }

    /// <summary>True for what the server says unasked: it has a method.</summary>
    public static bool IsNotification(string line) => JsonDocument.Parse(line).RootElement.TryGetProperty("method", out _);

    public void Dispose()
    {
        _stream.Dispose();
        _tcp.Dispose();
    }

    private async Task<bool> Fill()
    {
        if (_from > 0) Array.Copy(_received, _from, _received, 0, _to - _from);
        _to -= _from;
        _from = 0;
        Assert.That(_to, Is.LessThan(_received.Length), "a line has an end");
        using var limit = new CancellationTokenSource(LineMax);
        try
        {
            var count = await _stream.ReadAsync(_received.AsMemory(_to), limit.Token);
            _to += count;
            return count > 0;
        }
        catch (IOException)
        {
            return false;   // reset: the end as well
        }
    }

    // Keeps what later shares are made of.
    private void Note(string line)
    {
        var message = JsonDocument.Parse(line).RootElement;
        if (message.TryGetProperty("method", out var method))
        {
            Notifications.Add(line);
            NoteNotification(method.GetString()!, message.GetProperty("params"));
        }
        else
        {
            NoteResult(message.GetProperty("result"));
        }
    }

    private void NoteNotification(string method, JsonElement parameters)
    {
        if (method == "mining.set_difficulty") Difficulty = parameters[0].GetRawText();
        if (method == "mining.set_version_mask") VersionMask = Convert.ToUInt32(parameters[0].GetString(), 16);
        if (method == "mining.set_extranonce") _nextExtranonce1 = Convert.FromHexString(parameters[0].GetString()!);
        if (method != "mining.notify") return;

        Job = StratumJob.Parse(parameters, Difficulty);
        Extranonce1 = _nextExtranonce1 ?? Extranonce1;
        _nextExtranonce1 = null;
    }

    private void NoteResult(JsonElement result)
    {
        if (result.ValueKind == JsonValueKind.Array && result.GetArrayLength() == 3)
        {
            SessionId = result[0][1][1].GetString()!;
            Extranonce1 = Convert.FromHexString(result[1].GetString()!);
            Extranonce2Size = result[2].GetInt32();
        }

        if (result.ValueKind == JsonValueKind.Object && result.TryGetProperty("version-rolling.mask", out var mask))
            VersionMask = Convert.ToUInt32(mask.GetString(), 16);
    }

#pragma warning disable CA5398 // Versions of TLS are what is tested.
    private static SslClientAuthenticationOptions Options(Wire wire, string? fingerprint) => new()
    {
        TargetHost = "localhost",
        EnabledSslProtocols = wire == Wire.Tls12 ? SslProtocols.Tls12 : SslProtocols.Tls13,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback =
            (_, certificate, _, _) => fingerprint!.Contains(
                certificate!.GetCertHashString(HashAlgorithmName.SHA256), StringComparison.Ordinal),
    };
#pragma warning restore CA5398
}
