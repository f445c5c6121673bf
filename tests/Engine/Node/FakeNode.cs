using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Engine.Node;

/// <summary>What the fake node sends back: bytes of an HTTP response, and whether it closes after them.</summary>
internal sealed record FakeReply(byte[] Bytes, bool Closes = false)
{
    public static FakeReply Result(string json) => Http(200, $"{{\"result\":{json},\"error\":null,\"id\":1}}");

    public static FakeReply Error(int code, string message, int status = 500) =>
        Http(status, $"{{\"result\":null,\"error\":{{\"code\":{code},\"message\":{JsonSerializer.Serialize(message)}}},\"id\":1}}");

    public static FakeReply Http(int status, string body) =>
        new(Encoding.UTF8.GetBytes($"HTTP/1.1 {status} X\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    public static FakeReply Raw(string text) => new(Encoding.Latin1.GetBytes(text), Closes: true);
}

/// <summary>A coin node played over real sockets: a chain of one tip, templates with long polls, and whatever quirk a test sets.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    public delegate Task<FakeReply> Handler(JsonElement parameters, CancellationToken stop);

    private readonly ConcurrentDictionary<string, Handler> _handlers = new();
    private readonly ConcurrentDictionary<TcpClient, bool> _clients = new();
    private readonly CancellationTokenSource _stop = new();
    private TcpListener _listener;
    private TaskCompletionSource _tipChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _templates;

    public FakeNode()
    {
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(_listener);
        On("getblockchaininfo", _ => FakeReply.Result($"{{\"chain\":\"{Chain}\",\"blocks\":{Height},\"headers\":{Headers ?? Height},"
            + $"\"bestblockhash\":\"{Tip}\",\"initialblockdownload\":{(Syncing ? "true" : "false")}}}"));
        On("getbestblockhash", _ => FakeReply.Result($"\"{Tip}\""));
        On("getblockhash", _ => FakeReply.Result($"\"{Genesis}\""));
        OnAsync("getblocktemplate", TemplateAsync);
    }

    public int Port { get; }

    public string Name => $"127.0.0.1:{Port}";

    public string Chain { get; set; } = "regtest";

    /// <summary>That of Bitcoin's regtest.</summary>
    public string Genesis { get; set; } = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";

    public int Height { get; private set; } = 100;

    public int? Headers { get; set; }

    public bool Syncing { get; set; }

    public string Tip { get; private set; } = Hash(100);

    public bool OffersLongPolls { get; set; } = true;

    /// <summary>The only Authorization header let in; null: any.</summary>
    public string? Login { get; set; }

    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentQueue<string> Logins { get; } = new();

    /// <summary>A block id made up of a number.</summary>
    public static string Hash(long number) => number.ToString("x", CultureInfo.InvariantCulture).PadLeft(64, '0');

    public static string Basic(string login) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(login));

    public NodeConfig Config(string login = "u:secret-word") => new() { Url = $"http://{login}@{Name}", TimeoutMs = 20_000, PollMs = 20 };

    public void On(string method, Func<JsonElement, FakeReply> handler) => OnAsync(method, (p, _) => Task.FromResult(handler(p)));

    public void OnAsync(string method, Handler handler) => _handlers[method] = handler;

    public int CountOf(string method) => Calls.Count(call => call == method);

    public void SetTip(int height, string? hash = null)
    {
        Height = height;
        Tip = hash ?? Hash(height);
        Interlocked.Exchange(ref _tipChanged, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>Goes away: no listener, all connections cut.</summary>
    public void Kill()
    {
        _listener.Stop();
        foreach (var client in _clients.Keys) client.Dispose();
        _clients.Clear();
    }

    public void ComeBack()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = AcceptAsync(_listener);
    }

    public ValueTask DisposeAsync()
    {
        _stop.Cancel();
        Kill();
        return ValueTask.CompletedTask;
    }

    public async Task<FakeReply> TemplateAsync(JsonElement parameters, CancellationToken stop)
    {
        var request = parameters[0];
        if (OffersLongPolls && request.TryGetProperty("longpollid", out var id))
        {
            // Taken before the look at the tip, so that no change is missed in between.
            for (var changed = _tipChanged; id.GetString()!.StartsWith(Tip, StringComparison.Ordinal); changed = _tipChanged)
                await changed.Task.WaitAsync(TimeSpan.FromMinutes(1), stop);
        }

        return FakeReply.Result(Template());
    }

    public string Template(string extra = "")
    {
        var poll = OffersLongPolls ? $",\"longpollid\":\"{Tip}{Interlocked.Increment(ref _templates)}\"" : "";
        return $"{{\"version\":536870912,\"previousblockhash\":\"{Tip}\",\"transactions\":[{extra}]{poll},\"height\":{Height + 1}}}";
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stop.Token);
                _clients[client] = true;
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over, or the node plays dead.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            while (await ReadRequestAsync(stream) is var (login, body))
            {
                var reply = await AnswerAsync(login, body);
                await stream.WriteAsync(reply.Bytes, _stop.Token);
                if (reply.Closes) break;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The other side left.
        }
        finally
        {
            _clients.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private async Task<FakeReply> AnswerAsync(string login, byte[] body)
    {
        using var request = JsonDocument.Parse(body);
        var method = request.RootElement.GetProperty("method").GetString()!;
        Calls.Enqueue(method);
        Logins.Enqueue(login);
        if (Login is not null && login != Login) return FakeReply.Http(401, "");
        if (!_handlers.TryGetValue(method, out var handler)) return FakeReply.Error(-32601, "Method not found", 404);
        return await handler(request.RootElement.GetProperty("params").Clone(), _stop.Token);
    }

    private async Task<(string Login, byte[] Body)?> ReadRequestAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!(head.Count > 3 && head[^1] == '\n' && head[^3] == '\n'))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0) return null;
            head.Add(one[0]);
        }

        var lines = Encoding.Latin1.GetString([.. head]).Split("\r\n");
        string Header(string name) =>
            lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase))?[name.Length..].Trim() ?? "";
        var body = new byte[int.Parse(Header("Content-Length:"), CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return (Header("Authorization:"), body);
    }
}
