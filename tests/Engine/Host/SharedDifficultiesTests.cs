using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;
using Viddhana.Core;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Engine;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Host;

/// <summary>What workers had last, from engine to engine through a real redis-server.</summary>
[Category("a53")]
public sealed class SharedDifficultiesTests
{
    private static readonly Now Now = new(5_000, 1_700_000_000_000);

    private static Worker Worker(int number) => new(Encoding.ASCII.GetBytes($"account.w{number}"));

    [Test]
    public async Task What_one_engine_measured_another_knows_when_it_asks()
    {
        await using var redis = await RedisServer.Start();
        var (here, there) = (NewTable(), NewTable());
        await using var first = Share(redis, here);
        await using var second = Share(redis, there);
        for (var i = 0; i < 3_000; i++) here.Set(Worker(i), Difficulty.FromInteger(1 + i), Now);
        await Eventually.Holds("all are told", () => Task.FromResult(!here.HasChanged));

        await Eventually.Holds("a worker's difficulty is known on the other engine", () =>
        {
            there.Ask(Worker(2_999));
            return Task.FromResult(there.TryGet(Worker(2_999), Now, out _));
        });
        there.TryGet(Worker(2_999), Now, out var value);
        Assert.That(value.Text, Is.EqualTo("3000"));
        Assert.That(there.TryGet(Worker(5), Now, out _), Is.False, "nobody asked about that one");
    }

    [Test]
    public async Task The_last_word_is_told_before_the_engine_ends()
    {
        await using var redis = await RedisServer.Start();
        var (here, there) = (NewTable(), NewTable());
        var first = Share(redis, here);
        here.Set(Worker(1), Difficulty.FromInteger(77), Now);
        await first.DisposeAsync();
        Assert.That(here.HasChanged, Is.False);

        there.Ask(Worker(1));
        await Share(redis, there).DisposeAsync();
        Assert.That(there.TryGet(Worker(1), Now, out var value), Is.True);
        Assert.That(value.Text, Is.EqualTo("77"));
    }

    [Test]
    public async Task While_Redis_is_away_nothing_is_lost_and_what_it_holds_is_bounded()
    {
        await using var redis = await RedisServer.Start();
        var here = NewTable();
        await using var first = Share(redis, here);
        here.Set(Worker(1), Difficulty.FromInteger(1), Now);
        await Eventually.Holds("it is told", () => Task.FromResult(!here.HasChanged));
        await redis.Kill();
        here.Set(Worker(2), Difficulty.FromInteger(2), Now);
        await redis.Begin();
        var config = new RedisConfig { Url = redis.Url };
        var key = Streams.Difficulties(config.Prefix, "btc");
        await Eventually.Holds("both are in Redis", async () =>
        {
            await using var client = await RedisClient.ConnectAsync(config);
            return (await client.HGetAllAsync(key)).Count == 2;
        });

        await using var look = await RedisClient.ConnectAsync(config);
        foreach (var (field, text) in await look.HGetAllAsync(key))
        {
            Assert.That(int.Parse(field), Is.InRange(0, Streams.DifficultyFields - 1));
            Assert.That(text, Does.Match("^[0-9a-f]{32} [12] 1700000000000$"));
        }
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("00000000000000000000000000000001 4096 1700000000000")]
    [TestCase("HASH 0 1700000000000")]
    [TestCase("HASH 4096 -1")]
    [TestCase("HASH 4096")]
    public async Task What_is_no_record_of_the_worker_is_not_believed(string text)
    {
        await using var redis = await RedisServer.Start();
        var table = NewTable();
        table.Ask(Worker(1));
        var asked = new UInt128[1];
        Assert.That(table.TakeAsked(asked), Is.EqualTo(1));
        var config = new RedisConfig { Url = redis.Url };
        var hash = $"{(ulong)(asked[0] >> 64):x16}{(ulong)asked[0]:x16}";
        await using var client = await RedisClient.ConnectAsync(config);
        await client.HSetAsync(
            Streams.Difficulties(config.Prefix, "btc"), $"{asked[0] % Streams.DifficultyFields}", text.Replace("HASH", hash));
        table.Ask(Worker(1));
        await Share(redis, table).DisposeAsync();
        Assert.That(table.TakeAsked(asked), Is.Zero, "it was asked");
        Assert.That(table.TryGet(Worker(1), Now, out _), Is.False);
    }

    private static WorkerDifficulties NewTable() => new(600_000, 8_192, isShared: true);

    private static SharedDifficulties Share(RedisServer redis, WorkerDifficulties table) =>
        new([("btc", table)], new RedisConfig { Url = redis.Url }, Log.Nowhere);
}
