using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Viddhana.Backoffice.Terminal;

/// <summary>Keeps <see cref="TopState"/> up to date over the API: lists now and then and after news, figures by the live channel.</summary>
internal sealed class TopFeed(Uri server) : IDisposable
{
    private const int ListSeconds = 15;
    private const int RetrySeconds = 3;
    private const int MinersMax = 100;
    private const int BlocksMax = 20;

    /// <summary>An answer takes at most this long; of the channel this concerns its beginning.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(15);

    /// <summary>The channel says something every 15 seconds; after three times that nobody is there.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(45);

    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
    private readonly Lock _lock = new();
    private TopState _state = new() { Server = server.Authority };

    /// <summary>What is known now.</summary>
    public TopState State
    {
        get
        {
            lock (_lock) return _state;
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Asks for everything once.</summary>
    /// <param name="pool">Which pool; null: the first.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="HttpRequestException">The server does not answer, or there is no such pool.</exception>
    public async Task LoadAsync(string? pool, CancellationToken cancel)
    {
        var pools = (await GetAsync("/api/v1/pools", cancel)).At("pools") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(item => item.Text("id")).ToList()
            : [];
        if (pools.Count == 0) throw new HttpRequestException($"{server.Authority} serves no pool");
        if (pool is not null && !pools.Contains(pool))
            throw new HttpRequestException($"there is no pool '{pool}'; there are: {string.Join(", ", pools)}");

        var chosen = pool ?? pools[0];
        var stats = await GetAsync($"/api/v1/pools/{Escape(chosen)}/stats", cancel);
        Change(state => state with { Pools = pools, Pool = chosen, Stats = stats, Miners = [], Blocks = [], Event = "" });
        await ListsAsync(chosen, cancel);
    }

    /// <summary>Shows another pool; where the server does not answer, that is shown and what is there stays.</summary>
    public async Task ChooseAsync(string pool, CancellationToken cancel)
    {
        try
        {
            await LoadAsync(pool, cancel);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested
            && error is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            Change(state => state with { Away = error.Message });
        }
    }

    /// <summary>Follows the pool until cancelled; what goes wrong is shown and tried again. Calls back after each change.</summary>
    public async Task FollowAsync(Action changed, CancellationToken cancel)
    {
        await Task.WhenAll(
            AgainAsync(WatchAsync, RetrySeconds, RetrySeconds), AgainAsync(c => ListsAsync(State.Pool, c), ListSeconds, RetrySeconds));

        async Task AgainAsync(Func<CancellationToken, Task> work, int pauseSeconds, int retrySeconds)
        {
            while (true)
            {
                var pause = pauseSeconds;
                try
                {
                    await work(cancel);
                }
                catch (Exception error) when (!cancel.IsCancellationRequested
                    && error is HttpRequestException or IOException or OperationCanceledException or JsonException)
                {
                    Change(state => state with { Away = error is OperationCanceledException ? "no answer in time" : error.Message });
                    pause = retrySeconds;
                }

                changed();
                await Task.Delay(TimeSpan.FromSeconds(pause), cancel);
            }
        }

        async Task WatchAsync(CancellationToken stop)
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(stop);
            silence.CancelAfter(SilenceMax);
            using var answer = await _http.GetAsync(
                $"/api/v1/live?pool={Escape(State.Pool)}", HttpCompletionOption.ResponseHeadersRead, silence.Token);
            answer.EnsureSuccessStatusCode();
            await using var stream = await answer.Content.ReadAsStreamAsync(silence.Token);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(silence.Token))
            {
                silence.CancelAfter(SilenceMax);
                Apply(item.EventType, JsonDocument.Parse(item.Data).RootElement);
                if (item.EventType is "block" or "payout") await ListsAsync(State.Pool, stop);
                changed();
            }
        }
    }

    /// <summary>Takes an event in.</summary>
    internal void Apply(string name, JsonElement data)
    {
        if (name == "snapshot" && data.Text("pool") != State.Pool) return;
        Change(state => (state with { Away = null }) switch
        {
            var s when name == "snapshot" => s with { Stats = data.At("stats") ?? s.Stats },
            var s when name == "block" => s with
            {
                Event = $"block {data.Number("block", "height"):0} {data.Text("change")}, found by {data.Text("block", "finder")}",
            },
            var s when name == "payout" => s with
            {
                Event = $"payout {data.Number("payout", "id"):0} {data.Text("change")}, {data.Text("payout", "total", "decimal")}",
            },
            var s when name == "height" => s with { Event = $"new height {data.Number("height"):0}" },
            var s when name == "best" => s with
            {
                Event = $"best share of all time: {Plain.Count(data.Number("difficulty"))} by {data.Text("address")}.{data.Text("worker")}",
            },
            var s => s,
        });
    }

    private async Task ListsAsync(string pool, CancellationToken cancel)
    {
        var miners = await GetAsync($"/api/v1/pools/{Escape(pool)}/miners?limit={MinersMax}", cancel);
        var blocks = await GetAsync($"/api/v1/pools/{Escape(pool)}/blocks?limit={BlocksMax}", cancel);
        Change(state => state.Pool == pool ? state with { Miners = Items(miners), Blocks = Items(blocks) } : state);
    }

    private static List<JsonElement> Items(JsonElement page) =>
        page.At("items") is { ValueKind: JsonValueKind.Array } items ? [.. items.EnumerateArray()] : [];

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerMax);
        using var answer = await _http.GetAsync(path, limit.Token);
        answer.EnsureSuccessStatusCode();
        using var document = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(limit.Token), default, limit.Token);
        return document.RootElement.Clone();
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private void Change(Func<TopState, TopState> change)
    {
        lock (_lock) _state = change(_state);
    }
}
