using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Facades;
using Viddhana.Backoffice.Pools;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Pools;

namespace Viddhana.Tests.Backoffice.Facades;

/// <summary>
/// What other pools' tools read, read as they do: NerdMiner_v2 (src/monitor.cpp), public-pool-ui (src/app), ckstats (lib/ckpool.ts,
/// scripts/seed.ts, scripts/updateUsers.ts, utils/helpers.ts) and Miningcore.WebUI (js/miningcore.js).
/// </summary>
public sealed partial class FacadeTests
{
    private const long MinuteMs = 60_000;
    private const int Rigs = 40;

    private ApiScene _scene = null!;
    private HttpClient _nerd = null!;

    /// <summary>A share of difficulty 4 a minute of each of three rigs, and forty rigs of one account on the other pool.</summary>
    [OneTimeSetUp]
    public async Task Start()
    {
        _scene = await ApiScene.StartAsync(
            config => config.Backoffice.Facades.PublicPool = new HttpConfig { Listen = "127.0.0.1", Port = 0 },
            services => services.AddSingleton<IBestShares>(new KnownBest()));
        for (var minute = 90; minute >= 1; minute--)
            await _scene.MineAsync(
                "btc",
                _scene.NowMs - (minute * MinuteMs),
                4 * 4_295_032_833UL,
                ($"{ApiScene.Alice}.rig1", 1),
                ($"{ApiScene.Alice}.<img src=x>", 1),
                (ApiScene.Alice, 1));
        for (var rig = 0; rig < Rigs; rig++)
            await _scene.MineAsync("ltc", _scene.NowMs - (2 * MinuteMs), 65_536, ($"{ApiScene.Bob}.{rig:00}", 600));
        await _scene.RefuseAsync("btc", _scene.NowMs - MinuteMs, ApiScene.Alice, RejectReason.Stale, 27);
        await _scene.FindAsync("btc", _scene.NowMs - (80 * MinuteMs), $"{ApiScene.Alice}.rig1", "confirmed", 120);
        await _scene.FindAsync("btc", _scene.NowMs - (70 * MinuteMs), $"{ApiScene.Alice}.rig1", "immature", 25);
        await _scene.OweAsync("btc", ApiScene.Alice, "user_confirmed", 123_456_789);
        await _scene.RunAsync(
            """
            WITH p AS (INSERT INTO payouts (pool_id, state, marker, fee_from, total, txid, created_at)
                       SELECT pool_id, 'confirmed', 'm', 'pool', 50000, repeat('ab', 32), $1 FROM pools WHERE name = 'btc'
                       RETURNING payout_id)
            INSERT INTO payout_lines (payout_id, account_id, address, amount, fee)
            SELECT p.payout_id, a.account_id, a.name, 50000, 100 FROM p, accounts a WHERE a.name = $2
            """,
            _scene.Host.Clock.GetUtcNow(),
            ApiScene.Alice);
        await _scene.SumAsync();
        var addresses = _scene.Host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        _nerd = new HttpClient { BaseAddress = new Uri(addresses.Last()) };
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _nerd.Dispose();
        await _scene.DisposeAsync();
    }

    [Test]
    public async Task A_NerdMiner_reads_best_difficulty_count_and_the_sum_of_hash_rates()
    {
        var answer = JsonDocument.Parse(await _nerd.GetStringAsync($"/api/client/{ApiScene.Alice}")).RootElement;
        Assert.That(answer.GetProperty("bestDifficulty").GetDouble(), Is.EqualTo(1_000).Within(0.1));
        Assert.That(answer.GetProperty("workersCount").GetInt32(), Is.EqualTo(3));
        var rate = answer.GetProperty("workers").EnumerateArray().Sum(worker => worker.GetProperty("hashRate").GetDouble());
        Assert.That(rate, Is.EqualTo(3 * 4 * 4_295_032_833.0 / 60).Within(12).Percent);
        var names = answer.EnumerateObject().Select(property => property.Name).ToList();
        Assert.That(names.IndexOf("workersCount"), Is.LessThan(names.IndexOf("workers")), "what does not fit is cut off at the end");
    }

    /// <summary>
    /// It reads into 2,048 bytes: with ArduinoJson's 16 bytes a slot, two members and an element for each worker, and a copy of the
    /// session's nine bytes.
    /// </summary>
    [Test]
    public async Task A_NerdMiner_has_room_for_the_answer_about_many_rigs_and_their_sum_is_whole()
    {
        const int Room = 2_048;
        const int PerWorker = (3 * 16) + 9;
        var small = JsonDocument.Parse(await _nerd.GetStringAsync($"/api/client/{ApiScene.Bob}")).RootElement;
        var large = await _scene.GetAsync($"/api/client/{ApiScene.Bob}");
        Assert.That(small.GetProperty("workersCount").GetInt32(), Is.EqualTo(Rigs));
        Assert.That(large.GetProperty("workers").GetArrayLength(), Is.EqualTo(Rigs));
        Assert.That(small.GetProperty("workers").GetArrayLength() * PerWorker, Is.LessThan(Room - (3 * 16)));
        Assert.That(Sum(small), Is.EqualTo(Sum(large)).Within(1e-6).Percent);
        Assert.That(Sum(large), Is.GreaterThan(0));

        static double Sum(JsonElement answer) =>
            answer.GetProperty("workers").EnumerateArray().Sum(worker => worker.GetProperty("hashRate").GetDouble());
    }

    [Test]
    public async Task At_the_NerdMiners_port_nothing_else_answers()
    {
        string[] paths = ["/", "/api/v1/pools", "/api/info", "/api/clients", "/health", "/metrics", "/openapi/v1.json", "/api/v1/me"];
        foreach (var path in paths)
            Assert.That((await _nerd.GetAsync(path)).StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        Assert.That((await _nerd.GetAsync("/api/client/nobody")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Public_pools_page_finds_what_it_reads()
    {
        var info = await _scene.GetAsync("/api/info");
        Numbers(info.GetProperty("userAgents")[0], "count", "bestDifficulty", "totalHashRate");
        Assert.That(info.GetProperty("userAgents")[0].GetProperty("userAgent").GetString(), Is.Not.Null);
        Numbers(info.GetProperty("highScores")[0], "bestDifficulty");
        Assert.That(info.GetProperty("highScores")[0].TryGetProperty("bestDifficultyUserAgent", out _));
        info.GetProperty("highScores")[0].GetProperty("updatedAt").GetDateTimeOffset();
        info.GetProperty("uptime").GetDateTimeOffset();
        var block = info.GetProperty("blockData")[0];
        Numbers(block, "height");
        Assert.That(block.GetProperty("minerAddress").GetString(), Is.EqualTo(ApiScene.Alice));
        Assert.That(block.GetProperty("worker").GetString(), Is.EqualTo("rig1"));

        var pool = await _scene.GetAsync("/api/pool");
        Numbers(pool, "totalHashRate", "blockHeight", "totalMiners", "fee");
        Assert.That(pool.GetProperty("blocksFound").GetArrayLength(), Is.EqualTo(2));
        Numbers(await _scene.GetAsync("/api/network"), "blocks", "difficulty", "networkhashps");
        var accounting = await _scene.GetAsync("/api/info/accounting");
        Numbers(
            accounting,
            "bestSubmissionDifficulty",
            "creditedDifficultyLast10Minutes",
            "hashRateLast10Minutes",
            "hashRateLastHour",
            "totalCreditedDifficulty",
            "networkDifficultyPercent");
        Assert.That(accounting.GetProperty("creditedDifficultyLast10Minutes").GetDouble(), Is.EqualTo(120).Within(10));
    }

    [TestCase("/api/info/chart")]
    [TestCase("/api/client/" + ApiScene.Alice + "/chart")]
    public async Task Public_pools_charts_are_slots_of_ten_minutes_without_the_open_one(string path)
    {
        var points = (await _scene.GetAsync(path)).EnumerateArray().ToList();
        Assert.That(points, Has.Count.GreaterThanOrEqualTo(8));
        foreach (var point in points)
        {
            var label = point.GetProperty("label").GetDateTimeOffset().ToUnixTimeMilliseconds();
            Assert.That(label % 600_000, Is.Zero);
            Assert.That(label + 600_000, Is.LessThanOrEqualTo(_scene.NowMs));
        }

        Assert.That(points[^1].GetProperty("data").GetDouble(), Is.EqualTo(3 * 4 * 4_295_032_833.0 / 60).Within(1).Percent);
        var byMode = await _scene.GetAsync(path + "/payout-modes");
        Assert.That(byMode[0].GetProperty("payoutMode").GetString(), Is.EqualTo("pplns"));
        Assert.That((await _scene.GetAsync(path + "/payout-modes?payoutMode=solo")).GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Public_pools_page_finds_a_worker_by_name_and_session()
    {
        var client = await _scene.GetAsync($"/api/client/{ApiScene.Alice}");
        foreach (var worker in client.GetProperty("workers").EnumerateArray())
        {
            Assert.That(worker.GetProperty("bestDifficulty").GetString(), Does.Match(@"^\d+\.\d\d$"));
            worker.GetProperty("startTime").GetDateTimeOffset();
            worker.GetProperty("lastSeen").GetDateTimeOffset();
            var path = $"/api/client/{ApiScene.Alice}/{Uri.EscapeDataString(worker.GetProperty("name").GetString()!)}";
            var group = await _scene.GetAsync(path);
            Numbers(group, "bestDifficulty");
            Assert.That(group.GetProperty("name").GetString(), Is.EqualTo(worker.GetProperty("name").GetString()));
            Assert.That(group.GetProperty("chartData").GetArrayLength(), Is.GreaterThan(5));
            var session = await _scene.GetAsync($"{path}/{worker.GetProperty("sessionId").GetString()}");
            Assert.That(session.GetProperty("sessionId").GetString(), Is.EqualTo(worker.GetProperty("sessionId").GetString()));
            session.GetProperty("startTime").GetDateTimeOffset();
            Assert.That((await _scene.AskAsync($"{path}/ffffffff")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        }

        var nobody = await _scene.GetAsync("/api/client/nobody");
        Assert.That(nobody.GetProperty("workersCount").GetInt32(), Is.Zero);
        Assert.That(nobody.GetProperty("workers").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Ckstats_reads_the_pools_status_of_three_lines()
    {
        using var http = _scene.Host.As();
        var text = await http.GetStringAsync("/pool/pool.status");
        Assert.That(text.Count(c => c == '\n'), Is.EqualTo(3));
        // lib/ckpool.ts: the lines become one array, and its objects one.
        var status = new Dictionary<string, JsonElement>();
        var array = '[' + BetweenObjects().Replace(text.Replace("\n", "", StringComparison.Ordinal), "},{") + ']';
        foreach (var part in JsonDocument.Parse(array).RootElement.EnumerateArray())
            foreach (var property in part.EnumerateObject()) status[property.Name] = property.Value;

        string[] whole = ["runtime", "Users", "Workers", "Idle", "Disconnected", "accepted", "rejected", "bestshare", "lastupdate"];
        foreach (var name in whole)
            status[name].GetInt64();
        foreach (var name in (string[])["diff", "SPS1m", "SPS5m", "SPS15m", "SPS1h"]) status[name].GetDouble();
        foreach (var name in (string[])["1m", "5m", "15m", "1hr", "6hr", "1d", "7d"])
            Assert.That(Hashrate(status["hashrate" + name].GetString()!), Is.GreaterThan(BigInteger.Zero), name);
        Assert.That(status["Workers"].GetInt64(), Is.EqualTo(3));
        Assert.That(status["Users"].GetInt64(), Is.EqualTo(1));
        Assert.That((double)Hashrate(status["hashrate1hr"].GetString()!), Is.EqualTo(3 * 4 * 4_295_032_833.0 / 60).Within(3).Percent);
    }

    [Test]
    public async Task Ckstats_reads_a_user_with_its_workers()
    {
        var user = await _scene.GetAsync($"/users/{ApiScene.Alice}");
        Assert.That(user.GetProperty("workers").GetInt64(), Is.EqualTo(3));
        user.GetProperty("authorised").GetInt64();
        AssertCkpoolRow(user);
        // scripts/updateUsers.ts: the name after the dot; shares and bestever are BigInt.
        foreach (var worker in user.GetProperty("worker").EnumerateArray())
        {
            Assert.That(worker.GetProperty("workername").GetString(), Does.StartWith(ApiScene.Alice));
            AssertCkpoolRow(worker);
        }

        Assert.That(user.GetProperty("worker").GetArrayLength(), Is.EqualTo(3));
        Assert.That(user.GetProperty("shares").GetInt64(), Is.EqualTo(90 * 3 * 4).Within(1).Percent);
        // A user without a file is a 404, which marks it inactive.
        Assert.That((await _scene.AskAsync("/users/nobody")).Status, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase(0, "0")]
    [TestCase(999, "999")]
    [TestCase(1_234, "1.23K")]
    [TestCase(1_200_000, "1.2M")]
    [TestCase(50_000_000_000, "50G")]
    [TestCase(123_456_789_012_345, "123T")]
    [TestCase(999_900_000_000, "1e+03G")]
    [TestCase(1e21, "1e+03E")]
    public void Hash_rates_are_written_as_ckpool_does_and_read_as_ckstats_does(double rate, string text)
    {
        Assert.That(CkpoolText.Rate(rate), Is.EqualTo(text));
        Assert.That((double)Hashrate(text), Is.EqualTo(rate).Within(1).Percent);
    }

    [Test]
    public async Task Miningcores_page_finds_its_pools()
    {
        var pools = (await _scene.GetAsync("/api/pools")).GetProperty("pools");
        Assert.That(pools.GetArrayLength(), Is.EqualTo(2));
        var pool = pools[0];
        Assert.That(pool.GetProperty("id").GetString(), Is.EqualTo("btc"));
        var coin = pool.GetProperty("coin");
        Assert.That(coin.GetProperty("type").GetString(), Is.EqualTo("BTC"));
        Assert.That(coin.GetProperty("name").GetString(), Is.EqualTo("Bitcoin"));
        Assert.That(coin.GetProperty("algorithm").GetString(), Is.EqualTo("sha256d"));
        Numbers(pool.GetProperty("poolStats"), "connectedMiners", "poolHashrate", "sharesPerSecond");
        Numbers(pool.GetProperty("networkStats"), "blockHeight", "connectedPeers", "networkHashrate", "networkDifficulty");
        Numbers(pool.GetProperty("paymentProcessing"), "minimumPayment");
        Assert.That(pool.GetProperty("paymentProcessing").GetProperty("payoutScheme").GetString(), Is.EqualTo("PPLNS"));
        Numbers(pool, "poolFeePercent", "totalPaid", "totalBlocks", "poolEffort");
        Assert.That(pool.GetProperty("address").GetString(), Has.Length.GreaterThan(24));
        var port = pools[1].GetProperty("ports").GetProperty("3335");
        Numbers(port, "difficulty");
        Numbers(port.GetProperty("varDiff"), "minDiff", "maxDiff");
        Assert.That(pool.GetProperty("topMiners")[0].GetProperty("miner").GetString(), Is.EqualTo(ApiScene.Alice));
        var one = (await _scene.GetAsync("/api/pools/btc")).GetProperty("pool");
        Assert.That(one.GetProperty("totalBlocks").GetInt64(), Is.EqualTo(2));
    }

    [Test]
    public async Task Miningcores_page_finds_performance_miners_blocks_and_payments()
    {
        var performance = (await _scene.GetAsync("/api/pools/btc/performance")).GetProperty("stats")[0];
        Numbers(performance, "poolHashrate", "networkHashrate", "networkDifficulty", "connectedMiners", "connectedWorkers");
        performance.GetProperty("created").GetDateTimeOffset();
        Assert.That(performance.GetProperty("connectedWorkers").GetInt64(), Is.EqualTo(3));
        var miner = (await _scene.GetAsync("/api/pools/btc/miners?page=0&pagesize=20"))[0];
        Assert.That(miner.GetProperty("miner").GetString(), Is.EqualTo(ApiScene.Alice));
        Numbers(miner, "hashrate", "sharesPerSecond");

        var blocks = await _scene.GetAsync("/api/pools/btc/blocks?page=0&pageSize=100");
        Assert.That(blocks[0].GetProperty("status").GetString(), Is.EqualTo("pending"));
        Assert.That(blocks[0].GetProperty("confirmationProgress").GetDouble(), Is.EqualTo(0.25));
        Assert.That(blocks[1].GetProperty("status").GetString(), Is.EqualTo("confirmed"));
        Assert.That(blocks[1].GetProperty("reward").GetDecimal(), Is.EqualTo(50m));
        Numbers(blocks[0], "blockHeight", "effort");
        blocks[0].GetProperty("created").GetDateTimeOffset();
        var next = (await _scene.GetAsync("/api/pools/btc/blocks?page=1&pageSize=1"))[0];
        Assert.That(next.GetProperty("hash").GetString(), Is.EqualTo(blocks[1].GetProperty("hash").GetString()));

        var payment = (await _scene.GetAsync("/api/pools/btc/payments?page=0&pageSize=500"))[0];
        Assert.That(payment.GetProperty("address").GetString(), Is.EqualTo(ApiScene.Alice));
        Assert.That(payment.GetProperty("amount").GetDecimal(), Is.EqualTo(0.000499m));
        Assert.That(payment.GetProperty("transactionConfirmationData").GetString(), Has.Length.EqualTo(64));
        var second = await _scene.GetAsync("/api/v2/pools/btc/payments?pageSize=1");
        Assert.That(second.GetProperty("success").GetBoolean());
        Assert.That(second.GetProperty("pageCount").GetInt64(), Is.EqualTo(1));
        Assert.That(second.GetProperty("result").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Miningcores_page_finds_an_account()
    {
        var path = $"/api/pools/btc/miners/{ApiScene.Alice}";
        var account = await _scene.GetAsync(path);
        Numbers(account, "pendingShares", "pendingBalance", "todayPaid", "totalPaid");
        Assert.That(account.GetProperty("pendingBalance").GetDecimal(), Is.EqualTo(1.23456789m));
        Assert.That(account.GetProperty("todayPaid").GetDecimal(), Is.EqualTo(0.000499m));
        var workers = account.GetProperty("performance").GetProperty("workers").EnumerateObject().ToList();
        Assert.That(workers.Select(worker => worker.Name), Is.EquivalentTo(new[] { "", "rig1", "<img src=x>" }));
        foreach (var worker in workers) Numbers(worker.Value, "hashrate", "sharesPerSecond");
        var sample = (await _scene.GetAsync(path + "/performance"))[0];
        sample.GetProperty("created").GetDateTimeOffset();
        Assert.That(sample.GetProperty("workers").EnumerateObject().Count(), Is.EqualTo(3));
        Numbers(await _scene.GetAsync(path + "/settings"), "paymentThreshold");
        Assert.That((await _scene.GetAsync(path + "/payments")).GetArrayLength(), Is.EqualTo(1));
        Assert.That((await _scene.GetAsync(path + "/balancechanges")).GetArrayLength(), Is.Zero);
        Assert.That((await _scene.GetAsync(path + "/earnings/daily")).GetArrayLength(), Is.Zero);
    }

    [TestCase("/api/pools/btc/blocks?pageSize=501", "bad-limit")]
    [TestCase("/api/pools/btc/blocks?page=-1", "bad-cursor")]
    [TestCase("/api/pools/btc/blocks?page=99999999", "bad-cursor")]
    [TestCase("/api/pools/btc/payments?page=2147483647&pageSize=500", "bad-cursor")]
    public async Task A_page_that_is_too_large_or_too_deep_is_refused(string path, string code)
    {
        var (status, body) = await _scene.AskAsync(path);
        Assert.That(status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(body.GetProperty("code").GetString(), Is.EqualTo(code));
    }

    private static void Numbers(JsonElement of, params string[] names)
    {
        foreach (var name in names) Assert.That(of.GetProperty(name).ValueKind, Is.EqualTo(JsonValueKind.Number), name);
    }

    private static void AssertCkpoolRow(JsonElement row)
    {
        foreach (var name in (string[])["1m", "5m", "1hr", "1d", "7d"])
            Assert.That(Hashrate(row.GetProperty("hashrate" + name).GetString()!), Is.GreaterThan(BigInteger.Zero), name);
        foreach (var name in (string[])["lastshare", "shares", "bestever"]) row.GetProperty(name).GetInt64();
        row.GetProperty("bestshare").GetDouble();
    }

    /// <summary>utils/helpers.ts, convertHashrate: a number with a suffix, or a whole number.</summary>
    private static BigInteger Hashrate(string text)
    {
        var match = WithSuffix().Match(text);
        if (!match.Success) return BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        var scale = Math.Pow(1_000, "KMGTPEZ".IndexOf(match.Groups[3].Value, StringComparison.OrdinalIgnoreCase) + 1);
        return new BigInteger(Math.Round(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * scale));
    }

    [GeneratedRegex(@"^(\d+(\.\d+)?(?:e[+-]\d+)?)([ZEPTGMK])$", RegexOptions.IgnoreCase)]
    private static partial Regex WithSuffix();

    [GeneratedRegex(@"}\s*{")]
    private static partial Regex BetweenObjects();

    /// <summary>Everybody's best share is of difficulty 1,000, or nearly.</summary>
    private sealed class KnownBest : IBestShares
    {
        private const double Work = 1_000 * 4_295_032_833.0;

        public Task<double?> OfPoolAsync(int poolId, int? day) => Task.FromResult<double?>(Work);

        public Task<double?> OfAccountAsync(int poolId, long accountId, int? day) => Task.FromResult<double?>(Work);

        public Task<IReadOnlyDictionary<long, double>> OfAccountsAsync(int poolId, IReadOnlyCollection<long> accountIds) => All(accountIds);

        public Task<IReadOnlyDictionary<long, double>> OfWorkersAsync(
            int poolId, long accountId, IReadOnlyCollection<long> workerIds) => All(workerIds);

        public Task<IReadOnlyList<(long AccountId, double Work)>> TopAccountsAsync(int poolId, int limit) =>
            Task.FromResult<IReadOnlyList<(long, double)>>([(1, Work)]);

        private static Task<IReadOnlyDictionary<long, double>> All(IReadOnlyCollection<long> ids) =>
            Task.FromResult<IReadOnlyDictionary<long, double>>(ids.ToDictionary(id => id, _ => Work));
    }
}
