using System.Collections.Concurrent;
using System.Net;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>A request as the server got it.</summary>
internal sealed record HookRequest(string Path, string Body, IReadOnlyDictionary<string, string> Headers);

/// <summary>A real HTTP server that notes what it is sent and answers as it is told.</summary>
internal sealed class HookServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public HookServer()
    {
        Port = FreePorts.Take(1)[0];
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Prefixes.Add($"http://localhost:{Port}/");
        _listener.Start();
        _serving = Task.Run(Serve);
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    public int Status { get; set; } = 200;

    public string? Location { get; set; }

    public int? RetryAfter { get; set; }

    public ConcurrentQueue<HookRequest> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var headers = context.Request.Headers.AllKeys.ToDictionary(key => key!, key => context.Request.Headers[key]!);
                Requests.Enqueue(new HookRequest(context.Request.Url!.AbsolutePath, await reader.ReadToEndAsync(), headers));
                context.Response.StatusCode = Status;
                if (Location is not null) context.Response.RedirectLocation = Location;
                if (RetryAfter is { } seconds) context.Response.Headers["Retry-After"] = $"{seconds}";
                context.Response.Close();
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
