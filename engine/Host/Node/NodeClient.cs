using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Viddhana.Contracts.Config;

namespace Viddhana.Engine.Node;

/// <summary>
/// JSON-RPC to one coin node. Safe to call from several threads; connections are kept alive and calls run side by side. Every failure
/// comes back as an <see cref="RpcError"/>; the only exception is the caller's own cancellation.
/// </summary>
public sealed class NodeClient : IDisposable
{
    /// <summary>Most bytes of an answer. A full block's template is about 12 MB.</summary>
    public const int AnswerMax = 64 << 20;

    private const int BufferFirst = 16 << 10;

    private readonly NodeEndpoint _endpoint;
    private readonly NodeCredentials _credentials;
    private readonly HttpClient _http;
    private readonly int _timeoutMs;
    private long _lastId;

    /// <summary>Takes the node's address and login; connects at the first call.</summary>
    /// <exception cref="FormatException">The URL cannot be used.</exception>
    public NodeClient(NodeConfig config)
    {
        _endpoint = NodeEndpoint.Parse(config);
        _credentials = new NodeCredentials(_endpoint);
        _timeoutMs = config.TimeoutMs;
        _http = new HttpClient(NewHandler(), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary><c>host:port</c>: what logs, metrics and verdicts call this node.</summary>
    public string Name => _endpoint.Name;

    /// <summary>Calls a method without params, or with params given as JSON text.</summary>
    public Task<RpcReply> CallAsync(string method, string? paramsJson, CancellationToken stop) =>
        CallAsync(paramsJson is null ? RpcRequest.Of(method) : RpcRequest.Of(method, paramsJson), _timeoutMs, stop);

    /// <summary>Submits a block; <paramref name="blockHex"/> is sent from where it lies.</summary>
    public Task<RpcReply> SubmitBlockAsync(ReadOnlyMemory<byte> blockHex, int timeoutMs, CancellationToken stop) =>
        CallAsync(RpcRequest.OfHex("submitblock", blockHex), timeoutMs, stop);

    /// <summary>Calls with the node's own time limit.</summary>
    internal Task<RpcReply> CallAsync(RpcRequest request, CancellationToken stop) => CallAsync(request, _timeoutMs, stop);

    /// <summary>Calls with a time limit of its own: long polls and blocks take longer than other calls.</summary>
    internal async Task<RpcReply> CallAsync(RpcRequest request, int timeoutMs, CancellationToken stop)
    {
        var answer = await TryAsync(request, timeoutMs, stop);
        if (answer.Error is { Kind: RpcErrorKind.Unauthorized } && _credentials.ReadAgain())
            answer = await TryAsync(request, timeoutMs, stop);

        // Socket completions may run on a thread that serves miners; what the caller does with the answer must not.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return answer.Error is not null ? RpcReply.Failed(answer.Error) : Read(answer, request.Method);
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose() => _http.Dispose();

    /// <summary>The text without this node's secrets.</summary>
    internal string Mask(string text) => _credentials.Mask(text);

    private async Task<RawAnswer> TryAsync(RpcRequest request, int timeoutMs, CancellationToken stop)
    {
        var login = _credentials.Current(out var problem);
        if (problem is not null)
            return Failed(RpcErrorKind.Unauthorized, 0, $"{Name}: cannot use {_credentials.Describe()}: {problem}");

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(timeoutMs);
        try
        {
            return await SendAsync(request, login, limit.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Failed(RpcErrorKind.TimedOut, 0, $"{Name}: no answer to {request.Method} within {timeoutMs} ms");
        }
        catch (HttpRequestException e)
        {
            return Explain(e);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return Failed(RpcErrorKind.Broken, 0, $"{Name}: the connection broke during {request.Method}: {e.Message}");
        }
    }

    private async Task<RawAnswer> SendAsync(RpcRequest request, AuthenticationHeaderValue? login, CancellationToken stop)
    {
        using var content = new RpcContent(Interlocked.Increment(ref _lastId), request);
        using var message = new HttpRequestMessage(HttpMethod.Post, _endpoint.Url) { Content = content };
        message.Headers.Authorization = login;
        using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, stop);

        // A wrong password is answered with an empty body, so the status comes first.
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            return Failed(RpcErrorKind.Unauthorized, 401, $"{Name}: {_credentials.Describe()} refused (HTTP 401): check user and password");
        if (response.StatusCode == HttpStatusCode.Forbidden)
            return Failed(RpcErrorKind.Unauthorized, 403, $"{Name}: the node refuses this machine (HTTP 403): see its rpcallowip");

        return await ReadBodyAsync(response, stop);
    }

    private async Task<RawAnswer> ReadBodyAsync(HttpResponseMessage response, CancellationToken stop)
    {
        var announced = response.Content.Headers.ContentLength ?? 0;
        if (announced > AnswerMax) return TooLong();

        // One byte more than announced, so that the end is seen without growing.
        var buffer = LargeBuffers.Rent((int)Math.Max(BufferFirst, announced + 1));
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(stop);
            var count = 0;
            while (true)
            {
                if (count == buffer.Length)
                {
                    if (count > AnswerMax) return TooLong();
                    buffer = Grow(buffer);
                }

                var read = await stream.ReadAsync(buffer.AsMemory(count), stop);
                if (read == 0) break;
                count += read;
            }

            var answer = new RawAnswer(null, buffer, count, (int)response.StatusCode);
            buffer = null;
            return answer;
        }
        finally
        {
            if (buffer is not null) LargeBuffers.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] buffer)
    {
        var larger = LargeBuffers.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        LargeBuffers.Return(buffer);
        return larger;
    }

    private RpcReply Read(RawAnswer raw, string method)
    {
        var isRpc = RpcParser.TryRead(raw.Body.AsSpan(0, raw.Length), out var answer);
        if (isRpc && !answer.HasError && raw.Status == 200) return RpcReply.Ok(raw.Body!, answer.Start, answer.Length);

        LargeBuffers.Return(raw.Body!);
        if (isRpc && answer.HasError)
        {
            var message = Mask($"{Name}: {method}: {answer.Message} ({answer.Code})");
            return RpcReply.Failed(new RpcError(RpcErrorKind.Rpc, answer.Code, message));
        }

        return RpcReply.Failed(raw.Status == 503
            ? new RpcError(RpcErrorKind.Busy, 503, $"{Name}: the node's queue of calls is full (HTTP 503): see its rpcworkqueue")
            : new RpcError(RpcErrorKind.NotANode, raw.Status, $"{Name}: HTTP {raw.Status}, but not as a node's RPC: is the port right?"));
    }

    private RawAnswer TooLong() => Failed(RpcErrorKind.NotANode, 0, $"{Name}: an answer of more than {AnswerMax >> 20} MiB was cut off");

    private RawAnswer Explain(HttpRequestException e)
    {
        var inner = Mask(RpcParser.Clean((e.InnerException ?? e).Message));
        return e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError =>
                Failed(RpcErrorKind.Unreachable, 0, $"{Name}: the host name cannot be resolved ({inner})"),
            HttpRequestError.ConnectionError =>
                Failed(RpcErrorKind.Unreachable, 0, $"{Name}: no connection ({inner}): is the node running, and are host and port right?"),
            HttpRequestError.SecureConnectionError =>
                Failed(RpcErrorKind.Unreachable, 0, $"{Name}: no TLS connection ({inner})"),
            HttpRequestError.InvalidResponse =>
                Failed(RpcErrorKind.NotANode, 0, $"{Name}: does not speak HTTP: is this the RPC port?"),
            _ => Failed(RpcErrorKind.Broken, 0, $"{Name}: the connection was closed before the answer was complete ({inner})"),
        };
    }

    private static RawAnswer Failed(RpcErrorKind kind, int code, string message) => new(new RpcError(kind, code, message), null, 0, 0);

    private static SocketsHttpHandler NewHandler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // Nodes close idle connections after 30 s: letting go first avoids calls that cross the close.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        MaxConnectionsPerServer = 64,
        ConnectCallback = ConnectAsync,
    };

    /// <summary>Keep-alive probes find the dead peer of a long poll that would otherwise wait for minutes.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, stop);
            TcpKeepAlive.Set(socket);   // after: before .NET 10, a socket with options of its own connects to no host name on Unix
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A whole body in a rented buffer, or why there is none.</summary>
    private readonly record struct RawAnswer(RpcError? Error, byte[]? Body, int Length, int Status);
}
