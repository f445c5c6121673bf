using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Viddhana.Tests.Shared;

/// <summary>A node's JSON-RPC, as the tests use it to look from outside.</summary>
internal sealed class NodeRpc(string url, string? wallet = null)
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>The same node with a wallet of that name.</summary>
    public NodeRpc Wallet(string name) => new(url, name);

    /// <summary>Calls a method; an error fails the test.</summary>
    public async Task<JsonElement> Call(string method, params object?[] parameters)
    {
        var (result, error) = await Try(method, parameters);
        if (error is { } e) throw new InvalidOperationException($"{method}: {e}");
        return result;
    }

    /// <summary>Calls a method and gives result and error.</summary>
    public async Task<(JsonElement Result, JsonElement? Error)> Try(string method, params object?[] parameters)
    {
        var parsed = new Uri(url);
        var target = new Uri($"{parsed.Scheme}://{parsed.Authority}{(wallet is null ? "/" : "/wallet/" + wallet)}");
        var body = JsonSerializer.Serialize(new { id = 1, method, @params = parameters });
        using var request = new HttpRequestMessage(HttpMethod.Post, target)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        var login = Convert.ToBase64String(Encoding.UTF8.GetBytes(parsed.UserInfo));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", login);
        request.Headers.ConnectionClose = true;   // a node that stops waits for idle connections
        using var response = await Client.SendAsync(request);
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        return answer.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null
            ? (default, error)
            : (answer.GetProperty("result"), null);
    }

    public async Task<int> Height() => (await Call("getblockcount")).GetInt32();
}
