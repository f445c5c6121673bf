using System.Net.ServerSentEvents;
using System.Text.Json;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Live;

/// <summary>A viewer as a browser is one: over HTTP, by the parser of the framework.</summary>
internal sealed class LiveStream : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly HttpResponseMessage _answer;
    private readonly IAsyncEnumerator<SseItem<string>> _items;
    private readonly CancellationTokenSource _end = new(RunningProgram.WaitMax);
    private readonly SseParser<string> _parser;

    private LiveStream(HttpClient client, HttpResponseMessage answer, Stream stream)
    {
        (_client, _answer) = (client, answer);
        _parser = SseParser.Create(stream);
        _items = _parser.EnumerateAsync(_end.Token).GetAsyncEnumerator(_end.Token);
    }

    public HttpResponseMessage Answer => _answer;

    public string LastEventId => _parser.LastEventId;

    /// <summary>
    /// Opens a stream. The place of a viewer who has just gone is free only when the server has noticed: that is waited for.
    /// </summary>
    public static Task<LiveStream> OpenAsync(LiveScene scene, string query = "", string? last = null) =>
        Eventually.Get("there is a place", () => TryOpenAsync(scene, query, last), opened => opened.Answer.IsSuccessStatusCode);

    private static async Task<LiveStream> TryOpenAsync(LiveScene scene, string query, string? last)
    {
        var client = scene.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/live" + query);
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");
        if (last is not null) request.Headers.Add("Last-Event-ID", last);
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new LiveStream(client, answer, await answer.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event, or null at the end of the stream.</summary>
    public async Task<(string Name, JsonElement Data)?> NextAsync()
    {
        if (!await _items.MoveNextAsync()) return null;
        return (_items.Current.EventType, JsonDocument.Parse(_items.Current.Data).RootElement.Clone());
    }

    /// <summary>The next event of a name; what else comes before it is left out.</summary>
    public async Task<JsonElement> NextAsync(string name, Func<JsonElement, bool>? isIt = null)
    {
        while (await NextAsync() is { } next)
            if (next.Name == name && (isIt is null || isIt(next.Data))) return next.Data;
        throw new InvalidOperationException($"the stream ended before {name}");
    }

    public async ValueTask DisposeAsync()
    {
        await _items.DisposeAsync();
        _answer.Dispose();
        _client.Dispose();
        _end.Dispose();
    }
}
