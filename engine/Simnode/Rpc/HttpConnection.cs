using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Viddhana.Simnode.Rpc;

/// <summary>One connection: reads requests one after another and answers each before reading the next.</summary>
public sealed class HttpConnection : IDisposable
{
    private const int HeadMax = 16 * 1024;
    private const int HangUpCheckMs = 250;
    private const int BodyMax = 32 * 1024 * 1024;

    private readonly Socket _socket;
    private byte[] _buffer = new byte[HeadMax];
    private int _start;
    private int _end;

    /// <summary>Takes over the socket.</summary>
    public HttpConnection(Socket socket)
    {
        _socket = socket;
        socket.NoDelay = true;
    }

    /// <summary>Serves until the peer closes, asks to close, or misbehaves.</summary>
    public async Task RunAsync(Func<HttpRequest, CancellationToken, Task<HttpAnswer?>> answer, CancellationToken stop)
    {
        while (await ReadHeadAsync(stop) is { } head)
        {
            var request = Parse(head, out var length, out var chunked, out var expectsContinue);
            if (request is null || length > BodyMax)
            {
                await SendAsync(new HttpAnswer(request is null ? 400 : 413, default), keepAlive: false, stop);
                return;
            }

            if (expectsContinue) await SendAllAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), stop);
            var body = chunked ? await ReadChunksAsync(stop) : await ReadExactlyAsync(length, stop);
            var reply = await AnswerAsync(answer, request with { Body = body }, stop);
            if (reply is null) return;

            await SendAsync(reply, request.KeepAlive, stop);
            if (!request.KeepAlive) return;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // A caller that hangs up while its request waits (a longpoll) ends the waiting.
    private async Task<HttpAnswer?> AnswerAsync(
        Func<HttpRequest, CancellationToken, Task<HttpAnswer?>> answer, HttpRequest request, CancellationToken stop)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var answering = answer(request, gone.Token);
        while (!answering.IsCompleted)
        {
            await Task.WhenAny(answering, Task.Delay(HangUpCheckMs, CancellationToken.None));
            if (answering.IsCompleted || !HasHungUp()) continue;

            await gone.CancelAsync();
        }

        return await answering;
    }

    private bool HasHungUp() => _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;

    private static HttpRequest? Parse(string head, out int length, out bool chunked, out bool expectsContinue)
    {
        (length, chunked, expectsContinue) = (0, false, false);
        var lines = head.Split('\n');
        var words = lines[0].TrimEnd('\r').Split(' ');
        if (words.Length != 3 || !words[2].StartsWith("HTTP/1.", StringComparison.Ordinal)) return null;

        var keepAlive = words[2] == "HTTP/1.1";
        string? authorization = null;
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':');
            if (colon < 0) continue;

            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].ToLowerInvariant())
            {
                case "content-length" when !int.TryParse(value, NumberStyles.None, null, out length):
                    return null;
                case "transfer-encoding":
                    chunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase);
                    break;
                case "expect":
                    expectsContinue = value.Equals("100-continue", StringComparison.OrdinalIgnoreCase);
                    break;
                case "connection":
                    keepAlive = !value.Equals("close", StringComparison.OrdinalIgnoreCase)
                        && (keepAlive || value.Equals("keep-alive", StringComparison.OrdinalIgnoreCase));
                    break;
                case "authorization":
                    authorization = value;
                    break;
            }
        }

        return new HttpRequest(words[0], words[1], authorization, keepAlive, default);
    }

    // Up to and with the empty line; null at the end of the stream or when the head is too long.
    private async Task<string?> ReadHeadAsync(CancellationToken stop)
    {
        while (true)
        {
            if (EndOfHead(_buffer.AsSpan(_start, _end - _start)) is { } size)
            {
                var head = Encoding.Latin1.GetString(_buffer, _start, size);
                _start += size;
                return head;
            }

            if (_end - _start >= HeadMax || !await FillAsync(stop)) return null;
        }
    }

    // Lines may end without a carriage return: bitcoind's server takes that, and ckpool sends it.
    private static int? EndOfHead(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; bytes[at..].IndexOf((byte)'\n') is >= 0 and var found;)
        {
            at += found + 1;
            if (bytes[at..].StartsWith("\n"u8)) return at + 1;
            if (bytes[at..].StartsWith("\r\n"u8)) return at + 2;
        }

        return null;
    }

    private async Task<byte[]> ReadChunksAsync(CancellationToken stop)
    {
        using var body = new MemoryStream();
        while (true)
        {
            var digits = (await ReadLineAsync(stop)).Split(';')[0];
            if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, null, out var size)) throw new IOException("bad chunk size");
            if (size < 0 || body.Length + size > BodyMax) throw new IOException("body too large");

            body.Write(await ReadExactlyAsync(size, stop));
            if ((await ReadLineAsync(stop)).Length > 0) throw new IOException("bad chunk");
            if (size == 0) return body.ToArray();
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken stop)
    {
        while (true)
        {
            var found = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (found >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, found);
                _start += found + 2;
                return line;
            }

            if (_end - _start >= HeadMax || !await FillAsync(stop)) throw new IOException("the stream ended in a chunk");
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int count, CancellationToken stop)
    {
        var body = new byte[count];
        var have = Math.Min(count, _end - _start);
        _buffer.AsSpan(_start, have).CopyTo(body);
        _start += have;
        while (have < count)
        {
            var read = await _socket.ReceiveAsync(body.AsMemory(have), SocketFlags.None, stop);
            if (read == 0) throw new IOException("the stream ended in a body");

            have += read;
        }

        return body;
    }

    private async Task<bool> FillAsync(CancellationToken stop)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
        var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, stop);
        _end += read;
        return read > 0;
    }

    private async Task SendAsync(HttpAnswer answer, bool keepAlive, CancellationToken stop)
    {
        var extra = answer.Status == 401 ? "WWW-Authenticate: Basic realm=\"jsonrpc\"\r\n" : "";
        var head =
            $"HTTP/1.1 {answer.Status} {answer.Reason}\r\n{extra}Content-Type: application/json\r\nContent-Length: {answer.Body.Length}\r\n"
            + $"Connection: {(keepAlive ? "keep-alive" : "close")}\r\n\r\n";
        await SendAllAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. answer.Body.Span], stop);
    }

    private async Task SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, stop)..];
    }
}
