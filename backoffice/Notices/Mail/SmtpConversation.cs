using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Viddhana.Backoffice.Notices;

/// <summary>A reply of an SMTP server.</summary>
/// <param name="Code">Three digits: 2xx done, 3xx go on, 4xx not now, 5xx never.</param>
/// <param name="Lines">Its text, a line each.</param>
internal sealed record SmtpReply(int Code, IReadOnlyList<string> Lines)
{
    public bool IsGood => Code is >= 200 and < 400;

    /// <summary>On one line, short and harmless: it may end up in a log.</summary>
    public override string ToString()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Code} {string.Join(' ', Lines)}");
        var clean = string.Concat(text.Take(200).Select(c => char.IsControl(c) ? ' ' : c));
        return clean.TrimEnd();
    }
}

/// <summary>The server said something that is no SMTP, or hung up.</summary>
internal sealed class SmtpProtocolException(string message) : IOException(message);

/// <summary>Commands and replies of one connection (RFC 5321). Bounded: a reply has at most 100 lines of 2000 bytes.</summary>
internal sealed class SmtpConversation(TcpClient client) : IDisposable
{
    private const int LineMax = 2_000;
    private const int LinesMax = 100;

    private readonly byte[] _buffer = new byte[4096];
    private Stream _stream = client.GetStream();
    private int _start;
    private int _end;

    /// <summary>What the last EHLO offered, by keyword in capitals.</summary>
    public IReadOnlyDictionary<string, string> Offers { get; private set; } = new Dictionary<string, string>();

    public void Dispose()
    {
        _stream.Dispose();
        client.Dispose();
    }

    /// <summary>Goes on under TLS. What came before in plain text was not protected: a server that left any of it is not ours.</summary>
    public async Task Protect(SslClientAuthenticationOptions options, CancellationToken cancel)
    {
        if (_start < _end) throw new SmtpProtocolException("the server sent plain text into the beginning of TLS");
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsClientAsync(options, cancel);
    }

    /// <summary>Introduces us by the address we come from (RFC 5321, 4.1.3), and remembers what the server can do.</summary>
    public async Task<SmtpReply> Hello(CancellationToken cancel)
    {
        var here = ((IPEndPoint)client.Client.LocalEndPoint!).Address;
        if (here.IsIPv4MappedToIPv6) here = here.MapToIPv4();
        var literal = here.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{here.ToString().Split('%')[0]}]" : $"[{here}]";
        var reply = await Ask($"EHLO {literal}", cancel);
        Offers = reply.Lines.Skip(1).Select(line => line.Split(' ', 2)).GroupBy(parts => parts[0].ToUpperInvariant())
            .ToDictionary(group => group.Key, group => group.First() is [_, var rest] ? rest : "", StringComparer.Ordinal);
        return reply;
    }

    /// <summary>Sends one command and reads its reply.</summary>
    public async Task<SmtpReply> Ask(string command, CancellationToken cancel)
    {
        if (command.AsSpan().ContainsAny('\r', '\n', '\0')) throw new ArgumentException("a command is one line");
        await Send(command + "\r\n", cancel);
        return await Read(cancel);
    }

    /// <summary>Sends the text of a mail and its end; lines that begin with a dot get another (RFC 5321, 4.5.2).</summary>
    public async Task<SmtpReply> Data(string message, CancellationToken cancel)
    {
        var stuffed = message.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        await Send((stuffed.StartsWith('.') ? "." + stuffed : stuffed) + ".\r\n", cancel);
        return await Read(cancel);
    }

    /// <summary>Reads one reply, however many lines it has.</summary>
    public async Task<SmtpReply> Read(CancellationToken cancel)
    {
        var lines = new List<string>();
        while (lines.Count < LinesMax)
        {
            var line = await ReadLine(cancel);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
                throw new SmtpProtocolException("the server does not speak SMTP");

            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] == ' ') return new SmtpReply(code, lines);
        }

        throw new SmtpProtocolException($"a reply of more than {LinesMax} lines");
    }

    private async Task Send(string text, CancellationToken cancel)
    {
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancel);
        await _stream.FlushAsync(cancel);
    }

    private async Task<string> ReadLine(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (line.Length <= LineMax)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await _stream.ReadAsync(_buffer, cancel));
                if (_end == 0) throw new SmtpProtocolException("the server hung up");
            }

            var c = (char)_buffer[_start++];
            if (c == '\n') return line.ToString().TrimEnd('\r');
            line.Append(c < 0x80 ? c : '?');
        }

        throw new SmtpProtocolException($"a line of more than {LineMax} bytes");
    }
}
