using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>An answer of the API: status, problem's code, body, cookies.</summary>
internal sealed record Answer(HttpStatusCode Status, string Code, JsonElement Body, HttpResponseMessage Message)
{
    public string this[string key] => Body.GetProperty(key).ToString();

    /// <summary>The refresh token that the answer's cookie holds; null without one, "" where it is taken back.</summary>
    public string? Refresh => CookieLine is { } line ? line.Split(';')[0].Split('=', 2)[1] : null;

    public string? CookieLine => Message.Headers.TryGetValues("Set-Cookie", out var lines)
        ? lines.FirstOrDefault(line => line.StartsWith("viddhana_refresh=", StringComparison.Ordinal))
        : null;

    public TimeSpan? RetryAfter => Message.Headers.RetryAfter?.Delta;
}

/// <summary>Short ways to ask the API.</summary>
internal static class Calls
{
    public static Task<Answer> Get(this HttpClient client, string path) => client.Send(HttpMethod.Get, path);

    public static Task<Answer> Post(this HttpClient client, string path, object? body = null) => client.Send(HttpMethod.Post, path, body);

    public static async Task<Answer> Send(
        this HttpClient client, HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var message = await client.SendAsync(request);
        var text = await message.Content.ReadAsStringAsync();
        var isJson = message.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        var json = isJson ? JsonDocument.Parse(text).RootElement : default;
        var code = isJson && json.ValueKind == JsonValueKind.Object && json.TryGetProperty("code", out var found) ? found.GetString()! : "";
        return new Answer(message.StatusCode, code, json, message);
    }

    /// <summary>Uses the cookie of refresh tokens, as the page of the pool would.</summary>
    public static Task<Answer> WithCookie(this HttpClient client, string path, string? refresh, string? origin = null) => client.Send(
        HttpMethod.Post,
        path,
        null,
        ("Origin", origin ?? client.BaseAddress!.GetLeftPart(UriPartial.Authority)),
        ("Cookie", $"viddhana_refresh={refresh}"));
}
