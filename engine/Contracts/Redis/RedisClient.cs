using System.Buffers;
using System.Buffers.Text;
using System.Net.Security;
using System.Net.Sockets;
using Viddhana.Contracts.Config;

namespace Viddhana.Contracts.Redis;

/// <summary>
/// One connection to Redis (RESP2). Calls may come from any thread; those that are not awaited before the next are pipelined, replies come
/// in call order. After a failure <see cref="IsConnected"/> is false for ever and every call throws <see cref="RedisException"/>: the
/// caller connects anew. Error replies are values (<see cref="RespValue.IsError"/>).
/// </summary>
public sealed class RedisClient : IAsyncDisposable
{
    /// <summary>Bytes and calls on their way above which callers must wait: a reply that does not come must not let memory grow.</summary>
    private const int PendingMax = 65_536;

    private readonly Stream _stream;
    private readonly Socket _socket;
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<RespValue>> _pending = new();
    private ArrayBufferWriter<byte> _next = new(4096);
    private ArrayBufferWriter<byte> _sending = new(4096);
    private bool _isSending;
    private RedisException? _failure;

    private RedisClient(Socket socket, Stream stream, RedisAddress address)
    {
        (_socket, _stream, Address) = (socket, stream, address.ToString());
    }

    /// <summary>Where it is connected to, without credentials.</summary>
    public string Address { get; }

    /// <summary>Milliseconds a call may wait for its reply before the connection counts as broken.</summary>
    public int TimeoutMs { get; init; } = 10_000;

    /// <summary>False after any failure.</summary>
    public bool IsConnected => Volatile.Read(ref _failure) is null;

    /// <summary>
    /// Connects, authenticates and selects the database of the URL. Throws <see cref="RedisException"/> that says where to and why not.
    /// </summary>
    public static async Task<RedisClient> ConnectAsync(RedisConfig config, CancellationToken cancel = default)
    {
        var address = RedisAddress.Parse(config);
        Socket? socket = null;
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            timeout.CancelAfter(TimeSpan.FromSeconds(10));
            socket = await address.ConnectAsync(timeout.Token);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (address.IsTls) stream = await StartTlsAsync(stream, address.Host, timeout.Token);
            var client = new RedisClient(socket, stream, address);
            _ = client.ReceiveAsync();
            await client.LogInAsync(address, timeout.Token);
            return client;
        }
        catch (Exception error) when (
            error is not RedisException && (error is not OperationCanceledException || !cancel.IsCancellationRequested))
        {
            socket?.Dispose();
            var reason = error is OperationCanceledException ? "no answer within 10 s" : error.Message;
            throw new RedisException($"Redis at {address}: {reason}", error);
        }
    }

    /// <summary>Sends a command and waits for its reply.</summary>
    public Task<RespValue> CallAsync(params ReadOnlySpan<RedisArg> arguments) => CallAsync(TimeoutMs, arguments);

    /// <summary>The same with a time of its own: for blocking reads.</summary>
    public Task<RespValue> CallAsync(int timeoutMs, params ReadOnlySpan<RedisArg> arguments)
    {
        var reply = new TaskCompletionSource<RespValue>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_failure is { } failure) return Task.FromException<RespValue>(new RedisException(failure.Message, failure));
            if (_pending.Count >= PendingMax)
                return Task.FromException<RespValue>(new RedisException($"{PendingMax} calls wait for Redis already"));

            Encode(_next, arguments);
            _pending.Enqueue(reply);
            if (!_isSending)
            {
                _isSending = true;
                _ = SendAsync();
            }
        }

        return WaitAsync(reply.Task, timeoutMs);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Fail(new RedisException($"the connection to Redis at {Address} was closed"));
        await _stream.DisposeAsync();
    }

    private static async Task<Stream> StartTlsAsync(Stream inner, string host, CancellationToken cancel)
    {
        var tls = new SslStream(inner);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancel);
        return tls;
    }

    private async Task LogInAsync(RedisAddress address, CancellationToken cancel)
    {
        var reply = address switch
        {
            { Password: null } => await CallAsync("PING").WaitAsync(cancel),
            { User: null } => await CallAsync("AUTH", address.Password).WaitAsync(cancel),
            _ => await CallAsync("AUTH", address.User, address.Password).WaitAsync(cancel),
        };
        if (!reply.IsError && address.Database != 0) reply = await CallAsync("SELECT", address.Database).WaitAsync(cancel);
        if (!reply.IsError) return;

        await DisposeAsync();
        throw new RedisException($"Redis at {address}: {reply.Text}");
    }

    private async Task<RespValue> WaitAsync(Task<RespValue> reply, int timeoutMs)
    {
        try
        {
            return await reply.WaitAsync(TimeSpan.FromMilliseconds(timeoutMs));
        }
        catch (TimeoutException)
        {
            var failure = new RedisException($"Redis at {Address} did not answer within {timeoutMs} ms");
            Fail(failure);
            throw failure;
        }
    }

    private static void Encode(ArrayBufferWriter<byte> to, ReadOnlySpan<RedisArg> arguments)
    {
        WriteHead(to, (byte)'*', arguments.Length);
        foreach (var argument in arguments)
        {
            WriteHead(to, (byte)'$', argument.Bytes.Length);
            to.Write(argument.Bytes.Span);
            to.Write("\r\n"u8);
        }
    }

    private static void WriteHead(ArrayBufferWriter<byte> to, byte kind, int number)
    {
        var span = to.GetSpan(16);
        span[0] = kind;
        Utf8Formatter.TryFormat(number, span[1..], out var written);
        "\r\n"u8.CopyTo(span[(1 + written)..]);
        to.Advance(written + 3);
    }

    /// <summary>Sends what has gathered until nothing is left; one runs at a time.</summary>
    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                lock (_lock)
                {
                    _sending.ResetWrittenCount();
                    if (_next.WrittenCount == 0 || _failure is not null)
                    {
                        _isSending = false;
                        return;
                    }

                    (_next, _sending) = (_sending, _next);
                }

                await _stream.WriteAsync(_sending.WrittenMemory);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            Fail(new RedisException($"the connection to Redis at {Address} broke: {error.Message}", error));
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 << 10];
        var held = 0;
        try
        {
            while (true)
            {
                if (held == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                var count = await _stream.ReadAsync(buffer.AsMemory(held));
                if (count == 0) throw new IOException("Redis closed it");

                held += count;
                var used = Deliver(buffer.AsSpan(0, held));
                buffer.AsSpan(used, held - used).CopyTo(buffer);
                held -= used;
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or RedisException)
        {
            Fail(new RedisException($"the connection to Redis at {Address} broke: {error.Message}", error));
        }
    }

    private int Deliver(ReadOnlySpan<byte> received)
    {
        var used = 0;
        while (used < received.Length && RespParser.TryRead(received[used..], out var reply, out var consumed))
        {
            used += consumed;
            TaskCompletionSource<RespValue>? waiting;
            lock (_lock)
            {
                if (!_pending.TryDequeue(out waiting)) throw new RedisException("a reply that nobody asked for");
            }

            waiting.TrySetResult(reply);
        }

        return used;
    }

    private void Fail(RedisException failure)
    {
        TaskCompletionSource<RespValue>[] waiting;
        lock (_lock)
        {
            if (_failure is not null) return;
            _failure = failure;
            waiting = [.. _pending];
            _pending.Clear();
        }

        _socket.Dispose();
        foreach (var reply in waiting)
        {
            reply.TrySetException(new RedisException(failure.Message, failure));
            // A pipelined call may be abandoned by its caller; its failure is told by the others.
            _ = reply.Task.Exception;
        }
    }
}
