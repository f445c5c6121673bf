using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Node;

/// <summary>
/// JSON-RPC of a node or its wallet. Numbers are kept as the node wrote them (<see cref="JsonElement.GetRawText"/>), so that amounts
/// never pass through a binary float. Thread-safe.
/// </summary>
public sealed class NodeRpc : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly string _user;
    private readonly string? _password;
    private readonly string? _cookieFile;
    private long _lastId;

    private NodeRpc(string url, string? password, string? cookieFile, string? wallet, int timeoutMs)
    {
        var address = new UriBuilder(url);
        _user = Uri.UnescapeDataString(address.UserName);
        _password = password ?? (address.Password.Length > 0 ? Uri.UnescapeDataString(address.Password) : null);
        _cookieFile = _password is null ? cookieFile : null;
        (address.UserName, address.Password) = ("", "");
        if (wallet is not null) address.Path = $"/wallet/{Uri.EscapeDataString(wallet)}";
        _url = address.Uri;
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(10), AllowAutoRedirect = false })
        {
            Timeout = TimeSpan.FromMilliseconds(timeoutMs),
            MaxResponseContentBufferSize = 64 << 20,
        };
    }

    /// <summary>For messages: host, port and wallet, without credentials.</summary>
    public string Name => _url.GetComponents(UriComponents.HostAndPort | UriComponents.Path, UriFormat.Unescaped).TrimEnd('/');

    /// <summary>A pool's coin node.</summary>
    public static NodeRpc Of(NodeConfig node) => new(node.Url, node.Password, node.CookieFile, null, node.TimeoutMs);

    /// <summary>A pool's wallet. Signing a large transaction takes its time: 60 s.</summary>
    public static NodeRpc Of(WalletConfig wallet) => new(wallet.Url, wallet.Password, wallet.CookieFile, wallet.Name, 60_000);

    /// <summary>Calls a method with positional parameters (anything System.Text.Json writes) and returns its result.</summary>
    /// <exception cref="NodeRpcException">The node answered with an error.</exception>
    /// <exception cref="NodeUnreachableException">There was no answer, so that it is unknown whether the node has done it.</exception>
    public async Task<JsonElement> CallAsync(string method, CancellationToken cancel, params object?[] parameters)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new { jsonrpc = "1.0", id = Interlocked.Increment(ref _lastId), method, @params = parameters });
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Authorization = await CredentialsAsync(cancel);
            using var response = await _http.SendAsync(request, cancel);
            return await ReadAsync(method, response, cancel);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException)
        {
            throw new NodeUnreachableException($"{Name} {method}: {error.Message}", error);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new NodeUnreachableException($"{Name} {method}: no answer within {_http.Timeout.TotalMilliseconds} ms", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> ReadAsync(string method, HttpResponseMessage response, CancellationToken cancel)
    {
        // 401 has no body; errors of the call come as 404 or 500 with one.
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            throw new NodeUnreachableException($"{Name} refuses user or password (HTTP {(int)response.StatusCode})");

        var isJson = response.Content.Headers.ContentType?.MediaType == "application/json";
        if (!isJson) throw new NodeUnreachableException($"{Name} {method}: HTTP {(int)response.StatusCode}");

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancel);
        if (answer.ValueKind != JsonValueKind.Object) throw new NodeUnreachableException($"{Name} {method}: the answer is no object");
        if (answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
            throw new NodeRpcException(Name, method, CodeOf(error), error.TryGetProperty("message", out var words) ? words.ToString() : "");
        return answer.TryGetProperty("result", out var result)
            ? result
            : throw new NodeUnreachableException($"{Name} {method}: HTTP {(int)response.StatusCode} without a result");
    }

    private static int CodeOf(JsonElement error) =>
        error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number)
            ? number
            : 0;

    /// <summary>The cookie changes with each start of the node, so it is read for each call.</summary>
    private async Task<AuthenticationHeaderValue?> CredentialsAsync(CancellationToken cancel)
    {
        var pair = $"{_user}:{_password}";
        if (_cookieFile is not null)
        {
            try
            {
                pair = (await File.ReadAllTextAsync(_cookieFile, cancel)).Trim();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new NodeUnreachableException($"{Name}: the cookie file {_cookieFile} cannot be read: is the node running?", error);
            }
        }

        return pair == ":" ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
    }
}

/// <summary>The node answered a call with an error.</summary>
/// <param name="node">Which, without credentials.</param>
/// <param name="method">The call.</param>
/// <param name="code">JSON-RPC code: -5 unknown, -6 no funds, -8 out of range, -13 locked, -25 to -27 transaction, -28 warming up.</param>
/// <param name="reason">The node's words.</param>
public sealed class NodeRpcException(string node, string method, int code, string reason)
    : IOException($"{node} {method}: {reason} ({code})")
{
    /// <summary>JSON-RPC error code.</summary>
    public int Code { get; } = code;

    /// <summary>The node's words.</summary>
    public string Reason { get; } = reason;
}

/// <summary>No usable answer: connection, time-out, credentials. What was asked may have been done.</summary>
public sealed class NodeUnreachableException(string message, Exception? inner = null) : IOException(message, inner);
