using System.Text.Json;
using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Pools;

/// <summary>Hash rates, states, series and sums as the API gives them.</summary>
public sealed class FiguresTests
{
    private const long MinuteMs = 60_000;
    private const long HourMs = 3_600_000;

    private ApiScene _scene = null!;

    [SetUp]
    public async Task Start() => _scene = await ApiScene.StartAsync();

    [TearDown]
    public async Task Stop() => await _scene.DisposeAsync();

    [Test]
    public async Task Hash_rates_are_work_over_time_and_their_error_is_one_over_the_root_of_shares()
    {
        // A share a minute of 60,000 hashes each: 1,000 H/s. The pool is two hours old.
        for (var minute = 120; minute >= 1; minute--)
            await _scene.MineAsync("btc", _scene.NowMs - (minute * MinuteMs), 60_000, ($"{ApiScene.Alice}.rig", 1));

        var stats = await _scene.GetAsync("/api/v1/pools/btc/stats");
        foreach (var (window, shares) in ((string, int)[])[("5m", 5), ("15m", 15), ("1h", 60), ("6h", 120), ("7d", 120)])
        {
            Assert.That(stats.GetProperty("hashrates").GetProperty(window).GetDouble(), Is.EqualTo(1_000).Within(12).Percent, window);
            var error = stats.GetProperty("hashrateErrors").GetProperty(window).GetDouble();
            Assert.That(error, Is.EqualTo(1 / Math.Sqrt(shares)).Within(1e-9), window);
        }

        var miner = await _scene.GetAsync($"/api/v1/pools/btc/miners/{ApiScene.Alice}");
        var rig = (await _scene.GetAsync($"/api/v1/pools/btc/miners/{ApiScene.Alice}/workers")).GetProperty("items")[0];
        foreach (var window in (string[])["5m", "1h", "6h", "1d"])
        {
            var ofPool = stats.GetProperty("hashrates").GetProperty(window).GetDouble();
            Assert.That(miner.GetProperty("hashrates").GetProperty(window).GetDouble(), Is.EqualTo(ofPool).Within(1e-6), window);
            Assert.That(rig.GetProperty("hashrates").GetProperty(window).GetDouble(), Is.EqualTo(ofPool).Within(1e-6), window);
        }

        Assert.That(miner.GetProperty("rank").GetInt32(), Is.EqualTo(1));
        Assert.That(miner.GetProperty("shares").GetInt64(), Is.EqualTo(120));
    }

    [Test]
    public async Task Without_shares_there_is_no_error_and_nothing_is_divided_by_zero()
    {
        var stats = await _scene.GetAsync("/api/v1/pools/btc/stats");
        Assert.That(stats.GetProperty("hashrate").GetDouble(), Is.Zero);
        Assert.That(stats.GetProperty("hashrateErrors").GetProperty("1d").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(stats.GetProperty("secondsToBlock").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(stats.GetProperty("luck").GetArrayLength(), Is.Zero);
        Assert.That((await _scene.GetAsync("/api/v1/pools/btc/hashrate")).GetArrayLength(), Is.Zero);
        Assert.That((await _scene.GetAsync("/api/v1/pools/btc/miners")).GetProperty("items").GetArrayLength(), Is.Zero);
        Assert.That((await _scene.GetAsync("/api/v1/pools/btc/leaderboard")).GetProperty("items").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task A_rig_is_ok_low_or_off_and_chance_alone_makes_none_low()
    {
        for (var minute = 60; minute >= 1; minute--)
        {
            var ms = _scene.NowMs - (minute * MinuteMs);
            await _scene.MineAsync("btc", ms, 1_000, ($"{ApiScene.Alice}.steady", 10));
            if (minute > 11) await _scene.MineAsync("btc", ms, 1_000, ($"{ApiScene.Alice}.weak", 10), ($"{ApiScene.Alice}.gone", 10));
            else if (minute > 1) await _scene.MineAsync("btc", ms, 1_000, ($"{ApiScene.Alice}.weak", 2));
            // Six shares an hour: none in ten minutes but one is nothing strange.
            if (minute is 55 or 45 or 35 or 25 or 20 or 9) await _scene.MineAsync("btc", ms, 1_000, ($"{ApiScene.Alice}.slow", 1));
        }

        var answer = await _scene.GetAsync($"/api/v1/pools/btc/miners/{ApiScene.Alice}/workers");
        var states = answer.GetProperty("items").EnumerateArray()
            .ToDictionary(rig => rig.GetProperty("name").GetString()!, rig => rig.GetProperty("state").GetString());
        Assert.That(
            states,
            Is.EqualTo(new Dictionary<string, string> { ["steady"] = "ok", ["weak"] = "low", ["gone"] = "off", ["slow"] = "ok" }));
        var counts = JsonSerializer.Serialize(answer.GetProperty("states"));
        Assert.That(counts, Is.EqualTo("""{"ok":2,"low":1,"off":1}"""));
        var stats = await _scene.GetAsync("/api/v1/pools/btc/stats");
        Assert.That(JsonSerializer.Serialize(stats.GetProperty("workerStates")), Is.EqualTo(counts));
        Assert.That(stats.GetProperty("workers").GetInt64(), Is.EqualTo(3));
        var low = await _scene.GetAsync($"/api/v1/pools/btc/miners/{ApiScene.Alice}/workers?state=low");
        Assert.That(low.GetProperty("items")[0].GetProperty("name").GetString(), Is.EqualTo("weak"));
        Assert.That(low.GetProperty("total").GetInt64(), Is.EqualTo(1));
    }

    [TestCase("1h", "")]
    [TestCase("1d", "")]
    [TestCase("7d", "")]
    [TestCase("30d", "")]
    [TestCase("1d", "&worker=a")]
    [TestCase("7d", "&worker=a")]
    public async Task Series_are_the_same_whether_slices_are_summed_or_not(string period, string whose)
    {
        foreach (var hour in (int[])[40, 20, 19, 3, 1])
        {
            var ms = _scene.NowMs - (hour * HourMs) + (7 * MinuteMs);
            await _scene.MineAsync("btc", ms, 1_000, ($"{ApiScene.Alice}.a", hour), ($"{ApiScene.Alice}.b", 1), (ApiScene.Bob, 3));
            await _scene.RefuseAsync("btc", ms, $"{ApiScene.Alice}.a", RejectReason.Stale, 2);
        }

        await _scene.MineAsync("btc", _scene.NowMs - MinuteMs, 1_000, ($"{ApiScene.Alice}.a", 5));
        string[] paths =
        [
            $"/api/v1/pools/btc/miners/{ApiScene.Alice}/hashrate?period={period}{whose}",
            $"/api/v1/pools/btc/miners/{ApiScene.Alice}/shares?period={period}{whose}",
        ];
        var before = await AskAllAsync(paths);
        await _scene.SumAsync();
        // The same account in capitals: an answer that was not made before.
        var after = await AskAllAsync(
            Array.ConvertAll(paths, path => path.Replace(ApiScene.Alice, ApiScene.Alice.ToUpperInvariant(), StringComparison.Ordinal)));
        Assert.That(after, Is.EqualTo(before));
        Assert.That(before[1], Does.Contain("\"stale\":2"));
    }

    [Test]
    public async Task Shares_that_come_late_are_summed_into_their_hour()
    {
        var ms = _scene.NowMs - (5 * HourMs);
        await _scene.MineAsync("btc", ms, 1_000, ($"{ApiScene.Alice}.a", 10));
        await _scene.SumAsync();
        await _scene.MineAsync("btc", ms + 1, 1_000, ($"{ApiScene.Alice}.a", 7));
        await _scene.RefuseAsync("btc", ms + 2, $"{ApiScene.Alice}.a", RejectReason.Duplicate, 3);
        await _scene.SumAsync();

        var shares = await _scene.GetAsync($"/api/v1/pools/btc/miners/{ApiScene.Alice}/shares?period=7d");
        Assert.That(shares.GetProperty("total").GetProperty("valid").GetInt64(), Is.EqualTo(17));
        Assert.That(shares.GetProperty("total").GetProperty("duplicate").GetInt64(), Is.EqualTo(3));
        var rig = (await _scene.GetAsync($"/api/v1/pools/btc/miners/{ApiScene.Alice}/workers")).GetProperty("items")[0];
        Assert.That(rig.GetProperty("shares").GetInt64(), Is.EqualTo(17));
        Assert.That(rig.GetProperty("state").GetString(), Is.EqualTo("off"));
    }

    [Test]
    public async Task A_series_has_no_holes_and_ends_now()
    {
        await _scene.MineAsync("btc", _scene.NowMs - (50 * MinuteMs), 60_000, (ApiScene.Alice, 1));
        await _scene.MineAsync("btc", _scene.NowMs - (10 * MinuteMs), 60_000, (ApiScene.Alice, 1));
        var points = (await _scene.GetAsync("/api/v1/pools/btc/hashrate?period=1h")).EnumerateArray().ToList();
        for (var i = 1; i < points.Count; i++)
            Assert.That(
                points[i].GetProperty("time").GetDateTimeOffset() - points[i - 1].GetProperty("time").GetDateTimeOffset(),
                Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(points[^1].GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds(), Is.EqualTo(_scene.NowMs));
        Assert.That(points.Sum(point => point.GetProperty("shares").GetInt64()), Is.EqualTo(2));
        Assert.That(points.Count(point => point.GetProperty("hashrate").GetDouble() == 1_000), Is.EqualTo(2));
    }

    [Test]
    public async Task Luck_is_what_blocks_take_over_what_they_took()
    {
        // A block takes 2,000 hashes on average; a share is 1,000.
        await _scene.MineAsync("btc", _scene.NowMs - (10 * MinuteMs), 1_000, (ApiScene.Alice, 3));
        await _scene.FindAsync("btc", _scene.NowMs - (9 * MinuteMs), ApiScene.Alice, "confirmed");
        await _scene.MineAsync("btc", _scene.NowMs - (8 * MinuteMs), 1_000, (ApiScene.Alice, 1));
        await _scene.FindAsync("btc", _scene.NowMs - (7 * MinuteMs), ApiScene.Alice, "immature");

        var stats = await _scene.GetAsync("/api/v1/pools/btc/stats");
        var luck = stats.GetProperty("luck")[0];
        Assert.That(luck.GetProperty("blocks").GetInt32(), Is.EqualTo(2));
        Assert.That(luck.GetProperty("effort").GetDouble(), Is.EqualTo(6_000 / 4_000.0).Within(1e-9));
        Assert.That(luck.GetProperty("luck").GetDouble(), Is.EqualTo(4_000 / 6_000.0).Within(1e-9));
        Assert.That(luck.GetProperty("error").GetDouble(), Is.EqualTo(1 / Math.Sqrt(2)).Within(1e-9));
        var blocks = await _scene.GetAsync("/api/v1/pools/btc/blocks");
        Assert.That(blocks.GetProperty("items")[0].GetProperty("effort").GetDouble(), Is.EqualTo(1).Within(1e-9));
        Assert.That(blocks.GetProperty("items")[1].GetProperty("luck").GetDouble(), Is.EqualTo(0.5).Within(1e-9));
    }

    private async Task<List<string>> AskAllAsync(string[] paths)
    {
        var texts = new List<string>();
        foreach (var path in paths) texts.Add((await _scene.GetAsync(path)).GetRawText());
        return texts;
    }
}
