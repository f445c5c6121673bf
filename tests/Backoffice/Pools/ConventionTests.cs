using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Pools.Sharing;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Pools;

/// <summary>What holds at every endpoint that anybody may read: pages, problems, ETags, shared answers, bounded statements.</summary>
public sealed class ConventionTests
{
    private const long MinuteMs = 60_000;
    private const int Rigs = 25;

    private readonly SlowDependency _slow = new();
    private ApiScene _scene = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _scene = await ApiScene.StartAsync(also: services => services.AddSingleton<IDependency>(_slow));
        for (var rig = 0; rig < Rigs; rig++)
            await _scene.MineAsync(
                "btc", _scene.NowMs - MinuteMs, 1_000, ($"{ApiScene.Alice}.{rig:00}", (rig % 5) + 1), ($"miner{rig:00}", 2));
    }

    [OneTimeTearDown]
    public async Task Stop() => await _scene.DisposeAsync();

    [Test]
    public async Task Blocks_that_are_found_between_pages_neither_repeat_nor_hide_others()
    {
        var hashes = new List<string>();
        for (var i = 0; i < 7; i++) hashes.Add(await _scene.FindAsync("btc", _scene.NowMs - (10 * MinuteMs), ApiScene.Alice, "immature"));
        var seen = await _scene.PagesAsync(
            "/api/v1/pools/btc/blocks?limit=2",
            _ => _scene.FindAsync("btc", _scene.NowMs - (9 * MinuteMs), ApiScene.Alice, "found"));
        hashes.Reverse();
        Assert.That(seen.Select(block => block.GetProperty("hash").GetString()), Is.EqualTo(hashes));
    }

    [TestCase("name")]
    [TestCase("-name")]
    [TestCase("hashrate")]
    [TestCase("-hashrate")]
    [TestCase("-lastShare")]
    public async Task Rigs_that_come_between_pages_neither_repeat_nor_hide_others(string sort)
    {
        var path = $"/api/v1/pools/btc/miners/{ApiScene.Alice}/workers?limit=4&sort={sort}&search=";
        var before = await _scene.PagesAsync(path);
        var seen = await _scene.PagesAsync(path, async page =>
        {
            await _scene.RunAsync(
                "INSERT INTO workers (account_id, name) SELECT account_id, $2 FROM accounts WHERE name = $1",
                ApiScene.Alice,
                $"{page % 3}x{page}{sort}");
            _scene.Later(4);
        });
        string[] ours = [.. seen.Select(NameOf).Where(name => !name.Contains('x', StringComparison.Ordinal))];
        Assert.That(ours, Is.EqualTo(before.Select(NameOf).Where(name => !name.Contains('x', StringComparison.Ordinal))));
        Assert.That(seen.Select(NameOf), Is.Unique);

        static string NameOf(System.Text.Json.JsonElement rig) => rig.GetProperty("name").GetString()!;
    }

    [TestCase("/api/v1/pools/btc/miners?limit=3")]
    [TestCase("/api/v1/pools/btc/miners?limit=3&sort=balance")]
    [TestCase("/api/v1/pools/btc/balances?limit=7")]
    public async Task Every_account_is_on_one_page(string path)
    {
        var names = (await _scene.PagesAsync(path)).Select(miner => miner.GetProperty("address").GetString()!).ToList();
        Assert.That(names, Is.Unique);
        Assert.That(names, Is.SupersetOf(Enumerable.Range(0, Rigs).Select(rig => $"miner{rig:00}").Append(ApiScene.Alice)));
    }

    [TestCase("/api/v1/pools/none/stats", 404, "no-pool")]
    [TestCase("/api/v1/pools/btc/miners/nobody", 404, "no-account")]
    [TestCase("/api/v1/miners/nobody/balances", 404, "no-account")]
    [TestCase("/api/v1/pools/btc/miners/" + ApiScene.Alice + "/hashrate?worker=none", 404, "no-worker")]
    [TestCase("/api/v1/pools/btc/blocks/zz", 404, "no-block")]
    [TestCase("/api/v1/none", 404, "not-found")]
    [TestCase("/api/v1/pools/btc/blocks?limit=0", 400, "bad-limit")]
    [TestCase("/api/v1/pools/btc/blocks?limit=201", 400, "bad-limit")]
    [TestCase("/api/v1/pools/btc/blocks?limit=x", 400, "bad-request")]
    [TestCase("/api/v1/pools/btc/blocks?cursor=x", 400, "bad-cursor")]
    [TestCase("/api/v1/pools/btc/miners?cursor=1", 400, "bad-cursor")]
    [TestCase("/api/v1/pools/btc/miners/" + ApiScene.Alice + "/workers?cursor=1", 400, "bad-cursor")]
    [TestCase("/api/v1/pools/btc/blocks?state=lost", 400, "bad-state")]
    [TestCase("/api/v1/pools/btc/hashrate?period=2d", 400, "bad-period")]
    [TestCase("/api/v1/pools/btc/miners?sort=name", 400, "bad-sort")]
    [TestCase("/api/v1/pools/btc/leaderboard?window=1m", 400, "bad-window")]
    [TestCase("/api/v1/pools/btc/miners/'; DROP TABLE accounts;--", 404, "no-account")]
    public async Task What_is_wrong_is_told_in_words_and_by_a_code(string path, int status, string code)
    {
        using var http = _scene.Host.As();
        using var answer = await http.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), text);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        var problem = System.Text.Json.JsonDocument.Parse(text).RootElement;
        Assert.That(problem.GetProperty("code").GetString(), Is.EqualTo(code));
        Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo(status));
    }

    [Test]
    public async Task Who_holds_an_answer_is_told_that_it_is_the_same()
    {
        using var http = _scene.Host.As();
        using var first = await http.GetAsync("/api/v1/pools");
        var tag = first.Headers.ETag!;
        using var again = new HttpRequestMessage(HttpMethod.Get, "/api/v1/pools");
        again.Headers.IfNoneMatch.Add(tag);
        using var same = await http.SendAsync(again);
        Assert.That(same.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(await same.Content.ReadAsByteArrayAsync(), Is.Empty);
        Assert.That(same.Headers.ETag, Is.EqualTo(tag));
        Assert.That(first.Headers.CacheControl!.Public);

        using var packed = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/pools/btc/miners/{ApiScene.Alice}/workers");
        packed.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var gzip = await http.SendAsync(packed);
        Assert.That(gzip.Content.Headers.ContentEncoding, Is.EqualTo(new[] { "gzip" }));
        Assert.That(gzip.Headers.Vary, Does.Contain("Accept-Encoding"));
    }

    [Test]
    public async Task A_crowd_that_asks_the_same_is_answered_from_one_making()
    {
        var clock = new TestClock();
        using var answers = new SharedAnswers(clock, Options.Create(new JsonOptions()));
        var gate = new TaskCompletionSource();
        var made = 0;
        var crowd = Enumerable.Range(0, 100).Select(_ => answers.GetAsync("key", 5, MakeAsync, CancellationToken.None)).ToList();
        gate.SetResult();
        var first = (await Task.WhenAll(crowd)).Distinct().Single();
        Assert.That(first, Is.InstanceOf<Rendering>());
        Assert.That(await answers.GetAsync("key", 5, MakeAsync, CancellationToken.None), Is.SameAs(first));
        Assert.That(made, Is.EqualTo(1));
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.That(await answers.GetAsync("key", 5, MakeAsync, CancellationToken.None), Is.Not.SameAs(first));
        Assert.That(made, Is.EqualTo(2));

        async ValueTask<object?> MakeAsync()
        {
            Interlocked.Increment(ref made);
            await gate.Task;
            return new { made };
        }
    }

    [Test]
    public async Task Who_leaves_takes_nothing_from_those_who_stay_and_a_failure_is_not_held()
    {
        using var answers = new SharedAnswers(new TestClock(), Options.Create(new JsonOptions()));
        var gate = new TaskCompletionSource();
        using var leaving = new CancellationTokenSource();
        var left = answers.GetAsync("key", 5, MakeAsync, leaving.Token);
        var stays = answers.GetAsync("key", 5, MakeAsync, CancellationToken.None);
        await leaving.CancelAsync();
        Assert.CatchAsync<OperationCanceledException>(() => left);
        gate.SetResult();
        Assert.That(await stays, Is.InstanceOf<Rendering>());

        Assert.ThrowsAsync<IOException>(() => answers.GetAsync("other", 5, () => throw new IOException("gone"), CancellationToken.None));
        Assert.That(await answers.GetAsync("other", 5, MakeAsync, CancellationToken.None), Is.InstanceOf<Rendering>());

        async ValueTask<object?> MakeAsync()
        {
            await gate.Task;
            return Results.Ok(new { ok = true });
        }
    }

    [Test]
    public async Task What_the_public_asks_for_can_write_nothing_and_ends_by_itself()
    {
        await using var connection = await _scene.Host.Services.GetRequiredService<ReadDatabase>().Source.OpenConnectionAsync();
        Assert.That(
            await connection.ScalarAsync<string>("SELECT current_setting('statement_timeout')", [], default), Is.EqualTo("5s"));
        var refused = Assert.ThrowsAsync<PostgresException>(() => connection.RunAsync("DELETE FROM accounts", [], default));
        Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.ReadOnlySqlTransaction));
    }

    [Test]
    public async Task Older_paths_hold_the_same_data()
    {
        var stats = await _scene.GetAsync("/api/v1/pools/btc/stats");
        var older = (await _scene.GetAsync("/api/stats/pool")).GetProperty("stats");
        Assert.That(older.GetProperty("hashrate").GetDouble(), Is.EqualTo(stats.GetProperty("hashrate").GetDouble()));
        Assert.That(older.GetProperty("activeWorkers").GetInt64(), Is.EqualTo(stats.GetProperty("workers").GetInt64()));
        string[] names = ["activeMiners", "blocksFound", "totalPaid", "difficulty", "networkHashrate", "lastBlockTime", "poolFee"];
        foreach (var name in names)
            Assert.That(older.TryGetProperty(name, out _), name);
        var leaders = await _scene.GetAsync("/api/stats/leaderboard");
        var miners = await _scene.GetAsync("/api/v1/pools/btc/miners");
        Assert.That(leaders[0].GetRawText(), Is.EqualTo(miners.GetProperty("items")[0].GetRawText()));
        Assert.That((await _scene.GetAsync("/api/workers")).GetArrayLength(), Is.EqualTo(leaders.GetArrayLength()));
        Assert.That((await _scene.GetAsync("/api/payouts")).GetArrayLength(), Is.Zero);
        Assert.That((await _scene.GetAsync("/api")).GetProperty("pools").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public async Task Health_and_readiness_tell_each_dependency_by_its_name()
    {
        _slow.IsGood = false;
        _scene.Later(2);
        var health = await _scene.GetAsync("/health");
        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        var (status, ready) = await _scene.AskAsync("/ready");
        Assert.That(status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        var dependencies = ready.GetProperty("dependencies");
        Assert.That(dependencies.GetProperty("slow").GetProperty("ok").GetBoolean(), Is.False);
        Assert.That(dependencies.GetProperty("slow").GetProperty("detail").GetString(), Does.Contain("no answer"));
        Assert.That(dependencies.GetProperty("postgres").GetProperty("ok").GetBoolean());
        Assert.That(dependencies.TryGetProperty("node:ltc", out _));
        _slow.IsGood = true;
        _scene.Later(2);
        Assert.That((await _scene.AskAsync("/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public void A_forecast_is_due_maturing_mining_idle_or_off()
    {
        var pool = _scene.Host.Pools.All.First();
        pool.Config.Payouts.Wallet = new WalletConfig();
        var now = _scene.Host.Clock.GetUtcNow();
        // A hundredth of the network, 144 blocks of 50 coins a day, 1 % fee: 71.28 coins a day.
        var input = new ForecastInput(pool, 0, 0, 10_000_000_000, 1, 2, 100, 5_000_000_000, [], now);
        var mining = PayoutForecast.Of(input);
        Assert.That(mining.Reason, Is.EqualTo("mining"));
        Assert.That(mining.PerDay!.Decimal, Is.EqualTo("71.28000000"));
        Assert.That(mining.PerBlock!.Decimal, Is.EqualTo("24.75000000"));
        var expected = TimeSpan.FromDays(100 / 71.28) + TimeSpan.FromSeconds(60_000);
        Assert.That(mining.Time!.Value - now, Is.EqualTo(expected).Within(TimeSpan.FromSeconds(1)));

        Assert.That(PayoutForecast.Of(input with { Confirmed = 10_000_000_000 }).Reason, Is.EqualTo("due"));
        var maturing = PayoutForecast.Of(input with { Waiting = [(6_000_000_000, 40), (6_000_000_000, 90)], Immature = 12_000_000_000 });
        Assert.That(maturing.Reason, Is.EqualTo("maturing"));
        Assert.That(maturing.Time!.Value - now, Is.EqualTo(TimeSpan.FromSeconds(60 * 600)), "the second of the two reaches the threshold");
        Assert.That(PayoutForecast.Of(input with { Hashrate = 0 }).Reason, Is.EqualTo("idle"));
        Assert.That(PayoutForecast.Of(input with { Reward = null }).Reason, Is.EqualTo("no-block-yet"));
        pool.Config.Payouts.Wallet = null;
        Assert.That(PayoutForecast.Of(input).Reason, Is.EqualTo("off"));
    }

    private sealed class SlowDependency : IDependency
    {
        public bool IsGood { get; set; } = true;

        public string Name => "slow";

        public Task<HealthEntry> CheckAsync(CancellationToken cancel) => IsGood
            ? Task.FromResult(new HealthEntry(Name, true, "well"))
            : Task.FromException<HealthEntry>(new TimeoutException());
    }
}
