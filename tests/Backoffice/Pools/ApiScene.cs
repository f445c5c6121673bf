using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Shares;

namespace Viddhana.Tests.Backoffice.Pools;

/// <summary>The program with a pool <c>btc</c> and a pool <c>ltc</c>, and an engine whose shares are stored at once.</summary>
internal sealed class ApiScene : IAsyncDisposable
{
    public const string Alice = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    public const string Bob = "mfWyW5cJtGvWqWqYmSaeL96cXRKqgQdTn6";
    public const int SliceMs = 60_000;

    private readonly TestEngine _engine = new();
    private readonly ShareIntake _intake = new();
    private readonly ShareStore _store;
    private readonly HttpClient _client;
    private int _blocks;

    private ApiScene(TestHost host)
    {
        Host = host;
        _store = new ShareStore(host.Database, host.Pools, SliceMs);
        _client = host.As();
    }

    public TestHost Host { get; }

    public long NowMs => Host.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<ApiScene> StartAsync(Action<ViddhanaConfig>? change = null, Action<IServiceCollection>? also = null) =>
        new(await TestHost.StartAsync(
            config =>
            {
                config.Pools.Add(new PoolConfig
                {
                    Id = "ltc",
                    Coin = "litecoin",
                    Network = "regtest",
                    Address = "rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6",
                    Nodes = [new NodeConfig { Url = "http://127.0.0.1:1" }],
                    Ports = [new PortConfig { Port = 3335 }],
                });
                change?.Invoke(config);
            },
            also));

    /// <summary>Stores shares of one work, all at one time, so many of each name.</summary>
    public async Task MineAsync(string pool, long ms, ulong work, params (string Name, int Count)[] shares)
    {
        foreach (var (name, count) in shares)
            await CommitAsync(_engine.Shares(pool, ms, [.. Enumerable.Repeat((name, work), count)]));
    }

    /// <summary>Stores counts of refused shares.</summary>
    public Task RefuseAsync(string pool, long ms, string name, RejectReason reason, uint count) =>
        CommitAsync(_engine.Shares(pool, ms, [], [(name, reason, count)]));

    /// <summary>Stores a block found by a rig, in a state; returns its hash.</summary>
    public async Task<string> FindAsync(
        string pool, long ms, string worker, string state, int confirmations = 0, long reward = 5_000_000_000)
    {
        var hash = $"{++_blocks:x64}";
        await MineAsync(pool, ms, 1_000, (worker, 1));
        await CommitAsync(_engine.Found(pool, ms, worker, hash, (uint)(100 + _blocks), reward, 2_000));
        await RunAsync(
            "UPDATE blocks SET state = $2, confirmations = $3 WHERE hash = $1", hash, state, confirmations);
        return hash;
    }

    /// <summary>Gives an account a balance, outside of the books.</summary>
    public Task OweAsync(string pool, string account, string kind, long amount) => RunAsync(
        """
        INSERT INTO ledger_accounts (pool_id, kind, account_id, balance)
        SELECT p.pool_id, $3, a.account_id, $4 FROM pools p, accounts a WHERE p.name = $1 AND a.name = $2
        """,
        pool,
        account,
        kind,
        amount);

    public async Task RunAsync(string sql, params object?[] values)
    {
        await using var connection = await Host.Database.OpenConnectionAsync();
        await connection.RunAsync(sql, values, CancellationToken.None);
    }

    /// <summary>Sums all slices of periods that are over.</summary>
    public async Task SumAsync()
    {
        while (await Host.Services.GetRequiredService<SliceSums>().RunOnceAsync(isAll: true, CancellationToken.None) > 0)
        {
        }
    }

    /// <summary>An answer with its status.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(string path)
    {
        using var answer = await _client.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    /// <summary>A good answer.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        var (status, body) = await AskAsync(path);
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), $"{path}: {body}");
        return body;
    }

    /// <summary>All items of a list, page by page.</summary>
    public async Task<List<JsonElement>> PagesAsync(string path, Func<int, Task>? betweenPages = null)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        for (var page = 1; page < 1_000; page++)
        {
            var body = await GetAsync(cursor is null ? path : $"{path}&cursor={Uri.EscapeDataString(cursor)}");
            items.AddRange(body.GetProperty("items").EnumerateArray());
            cursor = body.GetProperty("next").GetString();
            if (cursor is null) return items;
            if (betweenPages is not null) await betweenPages(page);
        }

        throw new AssertionException($"{path}: the pages never end");
    }

    /// <summary>Lets what is held for a moment be made anew.</summary>
    public void Later(int seconds = 300) => Host.Clock.Advance(TimeSpan.FromSeconds(seconds));

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private Task CommitAsync(byte[] entry)
    {
        Assert.That(_intake.Add(new Delivery("", entry)));
        return _store.CommitAsync(_intake.Take(), CancellationToken.None);
    }
}
