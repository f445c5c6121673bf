using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Viddhana.Engine.Metrics;

/// <summary>
/// Serves <c>/metrics</c>, <c>/health</c> and <c>/ready</c> over HTTP/1.1, one request per connection. For scrapers and load balancers
/// only: a few connections at a time, small requests, short patience. It runs on the thread pool, away from the loops.
/// </summary>
public sealed class MetricsServer : IDisposable
{
    private const int ConnectionsMax = 32;
    private const int RequestMax = 8 << 10;
    private const int PatienceMs = 5_000;
    private const int PauseMs = 200;
    private const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly Socket _socket;
    private readonly MetricsRegistry _metrics;
    private readonly HealthBoard _health;
    private readonly Log _log;
    private readonly SemaphoreSlim _room = new(ConnectionsMax);
    private readonly CancellationTokenSource _stop = new();

    private MetricsServer(Socket socket, MetricsRegistry metrics, HealthBoard health, Log log)
    {
        _socket = socket;
        _metrics = metrics;
        _health = health;
        _log = log;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>The real address, also when the port was left to the system.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Binds and begins to serve.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static MetricsServer Start(IPEndPoint address, MetricsRegistry metrics, HealthBoard health, Log log)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(address);
            socket.Listen(ConnectionsMax);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var server = new MetricsServer(socket, metrics, health, log);
        _ = Task.Run(server.AcceptAsync);
        return server;
    }

    /// <summary>Stops serving.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _room.WaitAsync(_stop.Token).ConfigureAwait(false);
                var client = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                _ = Task.Run(() => ServeAsync(client));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                _room.Release();
                _log.Debug("metrics", $"accept: {e.SocketErrorCode}");
                await Task.Delay(PauseMs).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(PatienceMs);
            await AnswerAsync(client, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _log.Debug("metrics", $"a request was broken off: {e.Message}");
        }
        catch (Exception e)
        {
            _log.Error("metrics", $"a request failed: {e}");
        }
        finally
        {
            client.Dispose();
            _room.Release();
        }
    }

    private async Task AnswerAsync(Socket client, CancellationToken stop)
    {
        var buffer = new byte[RequestMax];
        var count = 0;
        while (count < buffer.Length && buffer.AsSpan(0, count).IndexOf("\r\n\r\n"u8) < 0)
        {
            var received = await client.ReceiveAsync(buffer.AsMemory(count), SocketFlags.None, stop).ConfigureAwait(false);
            if (received == 0) return;
            count += received;
        }

        var (status, type, body) = Answer(buffer.AsSpan(0, count), out var hasBody);
        var head = $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n"
            + "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
        byte[] bytes = hasBody ? [.. Encoding.ASCII.GetBytes(head), .. body] : Encoding.ASCII.GetBytes(head);
        for (var sent = 0; sent < bytes.Length;)
            sent += await client.SendAsync(bytes.AsMemory(sent), SocketFlags.None, stop).ConfigureAwait(false);
        client.Shutdown(SocketShutdown.Send);
        await client.ReceiveAsync(buffer, SocketFlags.None, stop).ConfigureAwait(false);   // the client closes first: nothing is reset
    }

    private (string Status, string Type, byte[] Body) Answer(ReadOnlySpan<byte> request, out bool hasBody)
    {
        const string Json = "application/json";
        hasBody = !request.StartsWith("HEAD "u8);
        if (!request.StartsWith("GET "u8) && hasBody) return ("405 Method Not Allowed", "text/plain", "GET and HEAD only\n"u8.ToArray());

        var target = request[(request.IndexOf((byte)' ') + 1)..];
        var end = target.IndexOfAny(" ?\r"u8);
        if (end < 0) return ("400 Bad Request", "text/plain", "no HTTP/1.1 request\n"u8.ToArray());

        var path = target[..end];
        if (path.SequenceEqual("/metrics"u8)) return ("200 OK", MetricsType, Encoding.UTF8.GetBytes(_metrics.Text()));
        if (path.SequenceEqual("/health"u8)) return Status(_health.IsHealthy);
        if (path.SequenceEqual("/ready"u8)) return Status(_health.IsReady);
        return ("404 Not Found", "text/plain", "there are /metrics, /health and /ready\n"u8.ToArray());

        (string, string, byte[]) Status(bool isOk) => (isOk ? "200 OK" : "503 Service Unavailable", Json, _health.Json(isOk));
    }
}
