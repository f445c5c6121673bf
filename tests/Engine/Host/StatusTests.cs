using System.Text;
using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;
using Viddhana.Contracts.Redis;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;
using Viddhana.Engine.Status;
using Viddhana.Tests.Engine.Net;
using Viddhana.Tests.Engine.Simnode;
using Viddhana.Tests.Shared;
using TestPool = Viddhana.Tests.Engine.Net.TestPool;

namespace Viddhana.Tests.Engine.Host;

/// <summary>What the engine tells of itself and takes over, through files and through a real Redis.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StatusTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("viddhana-status-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Test]
    public async Task The_document_tells_of_connections_jobs_nodes_shares_and_journal_and_of_the_end()
    {
        await using var node = StartedSimnode.Start();
        var config = StartedEngine.Config(new NodeConfig { Url = node.Url, PollMs = 50 });
        config.Engine.Status.IntervalMs = 250;
        await using (var engine = await StartedEngine.StartAsync(config, _data))
        {
            using var client = await TestClient.ConnectAsync(engine.Port);
            await client.LoginAsync();
            Assert.That((await client.ShareAsync(1)).GetProperty("result").GetBoolean());
            var status = await Eventually.Get(
                "the share, the session and the next job are told",
                () => Task.FromResult(ReadFile()),
                json => Pool(json).GetProperty("shares").GetProperty("valid").GetInt64() == 1
                    && Listener(json).GetProperty("sessions").GetInt32() == 1
                    && Pool(json).GetProperty("jobs").TryGetProperty("height", out var height) && height.GetInt32() == 2);
            AssertWhole(status, engine.Port, node);
        }

        Assert.That(ReadFile().GetProperty("state").GetString(), Is.EqualTo("stopped"));
        Assert.That(Listener(ReadFile()).GetProperty("plain").GetInt32(), Is.Zero);
    }

    [Test]
    public async Task A_ban_that_is_published_as_a_file_closes_and_a_name_lets_in_also_after_a_restart_without_the_file()
    {
        var config = StartedEngine.Config(new NodeConfig { Url = $"http://127.0.0.1:{FreePorts.Take(1)[0]}" });
        var published = Path.Combine(_data, Streams.CommittedDirectory, Streams.DirectoryDocument);
        Directory.CreateDirectory(Path.GetDirectoryName(published)!);
        await using (var engine = await StartedEngine.StartAsync(config, _data))
        {
            using var client = await TestClient.ConnectAsync(engine.Port);
            await client.LoginAsync(expectJob: false);
            await File.WriteAllBytesAsync(published, Document());
            Assert.That(await client.IsClosedAsync());
            await AssertKnown(engine.Port);
        }

        File.Delete(published);
        await using var next = await StartedEngine.StartAsync(config, _data);
        await AssertKnown(next.Port);
    }

    [Test]
    public async Task Through_Redis_the_same_and_a_Redis_that_comes_back_empty_takes_nothing_away()
    {
        await using var redis = await RedisServer.Start();
        var config = StartedEngine.Config(new NodeConfig { Url = $"http://127.0.0.1:{FreePorts.Take(1)[0]}" });
        config.Common.Redis = new RedisConfig { Url = redis.Url };
        config.Engine.Status.IntervalMs = 250;
        await using (var engine = await StartedEngine.StartAsync(config, _data))
        {
            await using var client = await RedisClient.ConnectAsync(config.Common.Redis);
            using var miner = await TestClient.ConnectAsync(engine.Port);
            await miner.LoginAsync(expectJob: false);
            var document = Document();
            await client.CallAsync(
                "HSET", Streams.Directory("viddhana:"), Streams.DirectoryVersion, DirectoryFormat.VersionOf(document)!,
                Streams.DirectoryDocument, document);
            Assert.That(await miner.IsClosedAsync());
            var told = await Status(client, json => json.GetProperty("directory").GetProperty("bans").GetInt32() == 1);
            Assert.That(told.GetProperty("redis").GetProperty("state").GetString(), Is.EqualTo("shipping"));

            (await client.CallAsync("FLUSHALL")).OrThrow();
            var number = told.GetProperty("number").GetInt64();
            await Status(client, json => json.GetProperty("number").GetInt64() > number + 8);
            await AssertKnown(engine.Port);
        }

        await using var last = await RedisClient.ConnectAsync(config.Common.Redis);
        await Status(last, json => json.GetProperty("state").GetString() == "stopped");
    }

    [Test]
    public void Rates_are_those_of_about_the_last_minute()
    {
        var registry = new MetricsRegistry();
        var metrics = new PoolMetrics(registry, "p");
        var valid = registry.Counter("stratum_shares_processed_total", "", ("pool", "p"), ("result", "valid"));
        var rates = new ShareRates();
        Assert.That(rates.PerSecond(0), Is.Zero);
        for (var second = 0; second <= 600; second += 2)
        {
            rates.Sample(metrics, second * 1_000);
            valid.Add(second < 300 ? 20 : 4);
            if (second == 298) Assert.That(rates.PerSecond(0), Is.EqualTo(10).Within(0.001));
        }

        Assert.That(rates.PerSecond(0), Is.EqualTo(2).Within(0.001));
        Assert.That(rates.PerSecond(1), Is.Zero);
        Assert.That(rates.Totals[0], Is.EqualTo(valid.Value - 4));
    }

    [Test]
    public void Rates_reach_back_a_minute_also_where_documents_are_frequent()
    {
        var registry = new MetricsRegistry();
        var metrics = new PoolMetrics(registry, "p");
        var stale = registry.Counter("stratum_shares_processed_total", "", ("pool", "p"), ("result", "stale"));
        var rates = new ShareRates();
        for (var ms = 0; ms <= 120_000; ms += 250)
        {
            rates.Sample(metrics, ms);
            if (ms < 90_000) stale.Add();
        }

        // Four a second for the first half of the last minute.
        Assert.That(rates.PerSecond(1), Is.EqualTo(2).Within(0.2));
    }

    private static void AssertWhole(JsonElement status, int port, StartedSimnode node)
    {
        Assert.That(status.GetProperty("format").GetInt32(), Is.EqualTo(1));
        Assert.That(status.GetProperty("engine").GetInt32(), Is.EqualTo(9));
        Assert.That(status.GetProperty("state").GetString(), Is.EqualTo("running"));
        Assert.That(Listener(status).GetProperty("port").GetInt32(), Is.EqualTo(port));
        Assert.That(Listener(status).GetProperty("plain").GetInt32(), Is.EqualTo(1));
        var told = Pool(status).GetProperty("nodes")[0];
        Assert.That(told.GetProperty("state").GetString(), Is.EqualTo("up"));
        Assert.That(told.GetProperty("active").GetBoolean());
        Assert.That(told.GetProperty("latencyMs").GetDouble(), Is.Not.Negative);
        Assert.That(told.GetProperty("name").GetString(), Is.EqualTo(new Uri(node.Url).Authority));
        Assert.That(status.ToString(), Does.Not.Contain("u:p@"), "no credentials");
        Assert.That(status.GetProperty("journal").GetProperty("sequence").GetInt64(), Is.Positive);
        Assert.That(status.GetProperty("journal").GetProperty("bytesMax").GetInt64(), Is.Positive);
        Assert.That(status.GetProperty("redis").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(status.GetProperty("limits").GetProperty("refused_banned").GetInt64(), Is.Zero);
        Assert.That(status.ToString(), Has.Length.LessThan(8_192));
    }

    // alice is let in, and the account of all other tests is banned.
    private static async Task AssertKnown(int port)
    {
        using var client = await TestClient.ConnectAsync(port);
        await client.CallAsync("mining.subscribe", "\"test/1\"");
        var refused = await client.CallAsync("mining.authorize", $"\"{TestPool.Address}.rig\",\"x\"");
        Assert.That(refused.GetProperty("error")[1].GetString(), Is.EqualTo("Banned: floods"));
        Assert.That((await client.CallAsync("mining.authorize", "\"alice.rig\",\"x\"")).GetProperty("result").GetBoolean());
    }

    private static byte[] Document() =>
        DirectoryFormat.Write(new PublishedDirectory(["alice"], [new Ban(BanKind.Account, TestPool.Address, "floods", 0)]));

    private static Task<JsonElement> Status(RedisClient redis, Func<JsonElement, bool> fits) => Eventually.Get(
        "the status in Redis",
        async () => Parse(await redis.HGetAsync(Streams.Status("viddhana:"), "9") ?? "{\"number\":0,\"state\":\"\"}"),
        json => json.TryGetProperty("directory", out _) && fits(json));

    private JsonElement ReadFile()
    {
        var path = Path.Combine(_data, "journal", JournalFiles.Status);
        return Parse(File.Exists(path) ? File.ReadAllText(path, Encoding.UTF8) : """{"pools":[{"shares":{"valid":0}}]}""");
    }

    private static JsonElement Parse(string text) => JsonDocument.Parse(text).RootElement;

    private static JsonElement Pool(JsonElement status) => status.GetProperty("pools")[0];

    private static JsonElement Listener(JsonElement status) => status.GetProperty("listeners")[0];
}
