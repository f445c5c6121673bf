using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Viddhana.Simnode.Rpc;

/// <summary>
/// A small HTTP/1.1 server: keep-alive, bodies up to 32 MiB, any number of requests waiting at once within a limit of connections.
/// </summary>
public sealed class HttpServer : IAsyncDisposable
{
    private const int ConnectionsMax = 1024;

    private readonly Socket _listener;
    private readonly Func<HttpRequest, CancellationToken, Task<HttpAnswer?>> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly Task _accepting;

    /// <summary>Listens at once.</summary>
    /// <exception cref="SocketException">The port is taken.</exception>
    public HttpServer(IPEndPoint endpoint, Func<HttpRequest, CancellationToken, Task<HttpAnswer?>> answer)
    {
        _answer = answer;
        _listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(endpoint);
        _listener.Listen(512);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, with the port that was chosen.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Stops listening, ends waiting requests and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, CancellationToken.None);   // out of descriptors: wait until some are free
                continue;
            }

            if (_connections.Count >= ConnectionsMax)
            {
                socket.Dispose();
                continue;
            }

            Track(ServeAsync(socket));
        }
    }

    private void Track(Task connection)
    {
        _connections[connection] = 0;
        _ = connection.ContinueWith(done => _connections.TryRemove(done, out _), TaskScheduler.Default);
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        using var connection = new HttpConnection(socket);
        try
        {
            await connection.RunAsync(_answer, _stop.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer went away or the node stops: nobody is left to tell.
        }
    }
}
