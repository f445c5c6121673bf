using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice;

/// <summary>A node's JSON-RPC as a test wants it answered; null breaks the connection off after the call was carried out.</summary>
internal sealed class RpcServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<string, JsonArray, (JsonNode? Result, JsonNode? Error)?> _answer;
    private readonly Task _serving;

    public RpcServer(Func<string, JsonArray, (JsonNode? Result, JsonNode? Error)?> answer)
    {
        _answer = answer;
        var address = $"127.0.0.1:{FreePorts.Take(1)[0]}";
        Url = $"http://user:password@{address}";
        _listener.Prefixes.Add($"http://{address}/");
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public string Url { get; }

    public static JsonObject Error(int code, string message) => new() { ["code"] = code, ["message"] = message };

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception failure) when (failure is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var call = JsonNode.Parse(await reader.ReadToEndAsync())!;
        if (_answer((string)call["method"]!, call["params"]!.AsArray()) is not { } answer)
        {
            context.Response.Abort();
            return;
        }

        var body = new JsonObject { ["result"] = answer.Result, ["error"] = answer.Error, ["id"] = call["id"]?.DeepClone() };
        context.Response.StatusCode = answer.Error is null ? 200 : 500;
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body.ToJsonString()));
        context.Response.Close();
    }
}
