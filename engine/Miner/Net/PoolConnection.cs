using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Viddhana.Core.Stratum;

namespace Viddhana.Miner.Net;

/// <summary>
/// One rig's line to the pool: connects, hands received lines to its handler, sends what the handler wrote, and connects again after a
/// pause when the line breaks. Everything that touches the handler or the output holds the gate.
/// </summary>
/// <param name="url">The pool.</param>
/// <param name="acceptsAnyCertificate">With TLS: does not check the pool's certificate.</param>
/// <param name="gate">The lock of the run.</param>
/// <param name="backoff">Pauses between attempts.</param>
internal sealed class PoolConnection(PoolUrl url, bool acceptsAnyCertificate, Lock gate, Backoff backoff)
{
    private const int LineMax = 1 << 20;
    private const int OutputMax = 1 << 20;
    private const int ReceiveSize = 4_096;
    private const int ConnectTimeoutMs = 15_000;

    private FrameBuffer _output = new();
    private FrameBuffer _inFlight = new();
    private PoolUrl _url = url;
    private Socket? _socket;
    private Stream? _stream;
    private string? _closing;
    private int? _pauseMs;
    private bool _isSending;

    /// <summary>What is sent by the next <see cref="Flush"/>. Under the gate.</summary>
    public FrameBuffer Output => _output;

    /// <summary>Where it connects to. Under the gate.</summary>
    public PoolUrl Url => _url;

    /// <summary>Keeps the line up until cancelled.</summary>
    public async Task RunAsync(ILineHandler handler, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var reason = await ServeAsync(handler, stop);
            int pause;
            lock (gate)
            {
                handler.OnDisconnected(_closing ?? reason);
                pause = _pauseMs ?? backoff.NextMs();
                _pauseMs = null;
                _closing = null;
            }

            if (!stop.IsCancellationRequested) await Task.Delay(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends what lies in the output. Under the gate.</summary>
    public void Flush()
    {
        if (_output.Count == 0 || _stream is null) return;
        if (_output.Count > OutputMax) Close("the pool does not read");
        if (_isSending) return;

        _isSending = true;
        _ = SendAsync(_stream);
    }

    /// <summary>Ends this connection; the next one follows after the usual pause. Under the gate.</summary>
    public void Close(string reason)
    {
        _closing ??= reason;
        _socket?.Dispose();
    }

    /// <summary>Ends this connection and makes the next one elsewhere and after a given pause. Under the gate.</summary>
    public void MoveTo(PoolUrl next, int pauseMs, string reason)
    {
        _url = next;
        _pauseMs = pauseMs;
        Close(reason);
    }

    /// <summary>The conversation goes well: pauses start small again. Under the gate.</summary>
    public void Praise() => backoff.Reset();

    private async Task<string> ServeAsync(ILineHandler handler, CancellationToken stop)
    {
        PoolUrl url;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (gate)
        {
            url = _url;
            _socket = socket;
        }

        try
        {
            await using var stream = await OpenAsync(socket, url, stop);
            lock (gate)
            {
                _output.Clear();
                _stream = stream;
                handler.OnConnected();
                Flush();
            }

            await ReceiveAsync(stream, handler, stop);
            return "the pool closed the connection";
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException or OperationCanceledException
            or ObjectDisposedException)
        {
            if (stop.IsCancellationRequested) return "stopped";
            return failure is OperationCanceledException ? "no connection in time" : failure.Message;
        }
        finally
        {
            lock (gate)
            {
                _stream = null;
                _socket = null;
                socket.Dispose();
            }
        }
    }

    private async Task<Stream> OpenAsync(Socket socket, PoolUrl url, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(ConnectTimeoutMs);
        await socket.ConnectAsync(url.Host, url.Port, limit.Token);
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (!url.IsTls) return plain;

        var tls = new SslStream(plain);
        var options = new SslClientAuthenticationOptions { TargetHost = url.Host };
#pragma warning disable CA5359 // Only with --tls-insecure: pools often have certificates of their own making.
        if (acceptsAnyCertificate) options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(options, limit.Token);
        return tls;
    }

    private async Task ReceiveAsync(Stream stream, ILineHandler handler, CancellationToken stop)
    {
        var buffer = new byte[ReceiveSize];
        var held = 0;
        while (true)
        {
            var received = await stream.ReadAsync(buffer.AsMemory(held), stop);
            if (received == 0) return;

            var end = held + received;
            lock (gate)
            {
                held = HandOver(buffer.AsMemory(0, end), handler);
                handler.OnLinesDone();
                Flush();
            }

            buffer.AsSpan(end - held, held).CopyTo(buffer);
            if (held < buffer.Length) continue;
            if (held >= LineMax) throw new IOException("a line of the pool is too long");
            Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    /// <summary>Hands over all whole lines; returns how many bytes at the end are the beginning of the next one.</summary>
    private static int HandOver(ReadOnlyMemory<byte> bytes, ILineHandler handler)
    {
        for (var at = bytes.Span.IndexOf((byte)'\n'); at >= 0; at = bytes.Span.IndexOf((byte)'\n'))
        {
            handler.OnLine(bytes[..at]);
            bytes = bytes[(at + 1)..];
        }

        return bytes.Length;
    }

    private async Task SendAsync(Stream stream)
    {
        try
        {
            while (true)
            {
                ReadOnlyMemory<byte> bytes;
                lock (gate)
                {
                    _inFlight.Clear();
                    if (_output.Count == 0 || !ReferenceEquals(stream, _stream))
                    {
                        EndSending();
                        return;
                    }

                    (_output, _inFlight) = (_inFlight, _output);
                    bytes = _inFlight.WrittenMemory;
                }

                await stream.WriteAsync(bytes);
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            lock (gate)
            {
                if (ReferenceEquals(stream, _stream)) Close(failure.Message);
                EndSending();
            }
        }
    }

    /// <summary>What the next connection wrote while this one was still sending goes out now.</summary>
    private void EndSending()
    {
        _isSending = false;
        if (_closing is null) Flush();
    }
}
