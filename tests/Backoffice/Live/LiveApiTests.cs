using System.Net;
using System.Text.Json;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Live;

/// <summary>The live channel of the real program, from the engine's journal to the viewer.</summary>
public sealed class LiveApiTests
{
    private const string Miner = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private LiveScene _scene = null!;

    [OneTimeSetUp]
    public async Task Start() => _scene = await LiveScene.StartAsync(new LiveConfig { ViewersMax = 4, ViewersPerAddressMax = 3 });

    [OneTimeTearDown]
    public async Task Stop() => await _scene.DisposeAsync();

    [Test, Order(1)]
    public async Task A_viewer_sees_figures_a_block_and_a_height_and_comes_back_without_missing_anything()
    {
        string last;
        await using (var viewer = await LiveStream.OpenAsync(_scene, "?pool=btc"))
        {
            Assert.That(viewer.Answer.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/event-stream"));
            Assert.That(viewer.Answer.Content.Headers.ContentEncoding, Is.Empty);
            Assert.That(viewer.Answer.Headers.CacheControl!.NoStore);
            Assert.That((await viewer.NextAsync("hello")).GetProperty("resumed").GetBoolean(), Is.False);
            var first = await viewer.NextAsync("snapshot");
            Assert.That(first.GetProperty("pool").GetString(), Is.EqualTo("btc"));

            _scene.Engine.Shares("btc", 1_790_000_000_000, (Miner + ".rig", 1_000));
            _scene.Engine.Hashes("btc", 1_790_000_000_000, (Miner + ".rig", Math.Pow(2, 42)));
            _scene.Engine.Found("btc", 1_790_000_000_001, Miner + ".rig", new string('a', 64), 100, 5_000_000_000, 2_000);
            _scene.Ship();
            var block = await viewer.NextAsync("block");
            Assert.That(block.GetProperty("change").GetString(), Is.EqualTo("found"));
            Assert.That(block.GetProperty("pool").GetString(), Is.EqualTo("btc"));
            await AssertIsFirstOfList("blocks", block.GetProperty("block"));
            var best = await viewer.NextAsync("best");
            Assert.That(best.GetProperty("difficulty").GetDouble(), Is.EqualTo(1_024).Within(0.1));
            Assert.That((best.GetProperty("address").GetString(), best.GetProperty("worker").GetString()), Is.EqualTo((Miner, "rig")));
            last = viewer.LastEventId;
            var figures = await viewer.NextAsync("snapshot", data => Shares(data) == 2);
            Assert.That(figures.GetProperty("stats").GetProperty("blocks").GetProperty("found").GetInt64(), Is.EqualTo(1));
        }

        await ExecuteAsync("UPDATE blocks SET state = 'orphaned', state_reason = 'another'");
        await ExecuteAsync("UPDATE pools SET tip_height = 777 WHERE name = 'btc'");
        await ExecuteAsync("UPDATE pools SET tip_height = 778 WHERE name = 'other'");
        await using (var fresh = await LiveStream.OpenAsync(_scene))
        {
            Assert.That((await fresh.NextAsync("hello")).GetProperty("resumed").GetBoolean(), Is.False);
            await fresh.NextAsync("height", data => data.GetProperty("height").GetInt64() == 778);
            await fresh.NextAsync("block", data => data.GetProperty("change").GetString() == "orphaned");
        }

        await using var back = await LiveStream.OpenAsync(_scene, "?pool=btc", last);
        var names = new List<string>();
        for (var next = await back.NextAsync(); next!.Value.Name != "snapshot"; next = await back.NextAsync())
            names.Add(next.Value.Name == "block" ? next.Value.Data.GetProperty("change").GetString()! : next.Value.Name);
        Assert.That(names, Is.EqualTo(new[] { "hello", "height", "orphaned" }), "another pool's are left out");
    }

    [Test, Order(2)]
    public async Task A_payout_is_told_with_each_state_as_the_list_shows_it()
    {
        await using var viewer = await LiveStream.OpenAsync(_scene);
        await viewer.NextAsync("snapshot");
        await ExecuteAsync(
            "INSERT INTO payouts (pool_id, marker, fee_from, total) SELECT pool_id, 'm', 'pool', 7 FROM pools WHERE name = 'btc'");
        var prepared = await viewer.NextAsync("payout");
        Assert.That(prepared.GetProperty("change").GetString(), Is.EqualTo("prepared"));
        await AssertIsFirstOfList("payouts", prepared.GetProperty("payout"));
        await ExecuteAsync("UPDATE payouts SET state = 'confirmed'");
        var confirmed = await viewer.NextAsync("payout");
        Assert.That(confirmed.GetProperty("change").GetString(), Is.EqualTo("confirmed"));
    }

    [Test, Order(3)]
    public async Task Who_is_one_too_many_is_told_so_and_a_place_that_is_left_is_free_again()
    {
        using var client = _scene.Client();
        var viewers = new List<LiveStream>();
        for (var i = 0; i < 3; i++) viewers.Add(await LiveStream.OpenAsync(_scene));
        using (var refused = await client.GetAsync("/api/v1/live"))
        {
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
            Assert.That(refused.Headers.RetryAfter, Is.Not.Null);
            Assert.That(refused.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
            Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"too-many-viewers\""));
        }

        await viewers[0].DisposeAsync();
        await using (await LiveStream.OpenAsync(_scene))
        {
            // Its place is free.
        }

        foreach (var viewer in viewers.Skip(1)) await viewer.DisposeAsync();
        using var wrong = await client.GetAsync("/api/v1/live?pool=%27;DROP%20TABLE%20pools;--");
        Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test, Order(4)]
    public async Task A_server_that_stops_ends_the_streams_and_is_not_held_up_by_them()
    {
        await using var viewer = await LiveStream.OpenAsync(_scene);
        await viewer.NextAsync("hello");
        var stop = _scene.StopAsync();
        while (await viewer.NextAsync() is not null)
        {
        }

        await Eventually.True(() => stop.IsCompletedSuccessfully, "the server stops");
    }

    private static long Shares(JsonElement snapshot) =>
        snapshot.GetProperty("stats").GetProperty("shares").GetProperty("valid").GetInt64();

    private async Task AssertIsFirstOfList(string list, JsonElement told)
    {
        using var client = _scene.Client();
        var items = JsonDocument.Parse(await client.GetStringAsync($"/api/v1/pools/btc/{list}?limit=1")).RootElement.GetProperty("items");
        Assert.That(told.EnumerateObject().Select(p => p.Name), Is.EqualTo(items[0].EnumerateObject().Select(p => p.Name)));
        Assert.That(told.GetProperty("time").GetString(), Is.EqualTo(items[0].GetProperty("time").GetString()));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _scene.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
