using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Tests.Engine.Contracts;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RedisClientTests
{
    private readonly RedisServer _server = new();

    [TearDown]
    public void CleanUp() => _server.Dispose();

    [Test]
    public async Task Stream_commands_do_what_the_two_programs_need()
    {
        await using var redis = await _server.ConnectAsync();
        Assert.That(await redis.XGroupCreateAsync("s", "g", "0"), Is.True);
        Assert.That(await redis.XGroupCreateAsync("s", "g", "0"), Is.False, "it is there already");
        byte[] binary = [0, 13, 10, 255];
        var first = (await redis.XAddAsync("s", "b", binary)).OrThrow().Text!;
        var second = (await redis.XAddAsync("s", "b", new byte[] { 2 })).OrThrow().Text!;

        var read = await redis.XReadGroupAsync("s", "g", "c1", 10);
        Assert.That(read.Select(message => message.Id), Is.EqualTo(new[] { first, second }));
        Assert.That(read[0].Bytes, Is.EqualTo(binary));
        Assert.That(await redis.XReadGroupAsync("s", "g", "c1", 10, blockMs: 1), Is.Empty);
        Assert.That(await redis.XReadGroupAsync("s", "g", "c1", 10, from: "0"), Has.Count.EqualTo(2), "pending");

        var (cursor, claimed) = await redis.XAutoClaimAsync("s", "g", "c2", 0, "0-0", 10);
        Assert.That((cursor, claimed.Count), Is.EqualTo(("0-0", 2)));
        Assert.That(await redis.XAckAsync("s", "g", [first]), Is.EqualTo(1));
        Assert.That(await redis.XInfoGroupsAsync("s"), Is.EqualTo(new[] { new StreamGroup("g", 1, second, 0) }));
        Assert.That(await redis.XInfoGroupsAsync("none"), Is.Empty);
        Assert.That(await redis.XTrimMinIdAsync("s", second), Is.EqualTo(1));
        Assert.That((await redis.XLenAsync("s"), await redis.XLenAsync("none")), Is.EqualTo((1L, 0L)));
        Assert.That((await redis.XRangeAsync("s", "-", "+", 10)).Single().Id, Is.EqualTo(second));
    }

    [Test]
    public async Task Hashes_and_keys_too()
    {
        await using var redis = await _server.ConnectAsync();
        await redis.PingAsync();
        await redis.HSetAsync("h", "0:00ff", 17);
        Assert.That((await redis.HGetAsync("h", "0:00ff"), await redis.HGetAsync("h", "x")), Is.EqualTo(("17", (string?)null)));
        Assert.That(await redis.HGetAllAsync("h"), Is.EqualTo(new Dictionary<string, string> { ["0:00ff"] = "17" }));
        Assert.That((await redis.SetIfAbsentAsync("k", "a"), await redis.SetIfAbsentAsync("k", "b")), Is.EqualTo((true, false)));
        Assert.That(await redis.GetAsync("k"), Is.EqualTo("a"));
        Assert.That(
            (await redis.DelAsync("k"), await redis.DelAsync("k"), await redis.GetAsync("k")), Is.EqualTo((true, false, (string?)null)));
    }

    [Test]
    public async Task An_error_is_a_value_and_the_connection_goes_on()
    {
        await using var redis = await _server.ConnectAsync();

        var reply = await redis.CallAsync("XREADGROUP", "GROUP", "g", "c", "STREAMS", "none", ">");

        Assert.That(reply.IsErrorOf("NOGROUP"), Is.True);
        Assert.That(() => reply.OrThrow(), Throws.TypeOf<RedisException>().With.Message.StartsWith("NOGROUP"));
        await redis.PingAsync();
        Assert.That(redis.IsConnected, Is.True);
    }

    [Test]
    public async Task Thousands_of_calls_at_once_get_their_own_replies()
    {
        await using var redis = await _server.ConnectAsync();
        var calls = Enumerable.Range(0, 5_000).Select(i => redis.CallAsync("ECHO", $"{i}")).ToArray();

        var replies = await Task.WhenAll(calls);

        Assert.That(replies.Select(reply => reply.Number), Is.EqualTo(Enumerable.Range(0, 5_000).Select(i => (long?)i)));
    }

    [Test]
    public async Task A_reply_larger_than_the_buffer_arrives_whole()
    {
        await using var redis = await _server.ConnectAsync();
        var large = new byte[3_000_000];
        new Random(1).NextBytes(large);
        for (var i = 0; i < 3; i++) await redis.XAddAsync("s", "b", large);

        var messages = await redis.XRangeAsync("s", "-", "+", 10);

        Assert.That(messages, Has.Count.EqualTo(3));
        Assert.That(messages.All(message => message.Bytes.AsSpan().SequenceEqual(large)), Is.True);
    }

    [Test]
    public async Task Unix_sockets_databases_and_passwords_work()
    {
        await using var admin = await _server.ConnectAsync();
        (await admin.CallAsync("CONFIG", "SET", "requirepass", "p@ss/w:rd")).OrThrow();
        var byPath = new RedisConfig { Url = $"unix://{_server.UnixPath}", Password = "p@ss/w:rd" };
        await using var unix = await RedisClient.ConnectAsync(byPath);
        await unix.HSetAsync("h", "f", 1);

        await using var byName = await RedisClient.ConnectAsync(
            new RedisConfig { Url = $"redis://localhost:{_server.Port}", Password = "p@ss/w:rd" });
        Assert.That(await byName.HGetAllAsync("h"), Has.Count.EqualTo(1));
        await using var inUrl = await RedisClient.ConnectAsync(
            new RedisConfig { Url = $"redis://default:p%40ss%2Fw%3Ard@127.0.0.1:{_server.Port}/3" });
        Assert.That(await inUrl.HGetAllAsync("h"), Is.Empty, "another database");
        Assert.That(inUrl.Address, Does.Not.Contain("ss"));
        Assert.That(
            async () => await RedisClient.ConnectAsync(new RedisConfig { Url = _server.Config.Url, Password = "hunter2" }),
            Throws.TypeOf<RedisException>().With.Message.Contains("WRONGPASS").And.Message.Not.Contains("hunter2"));
    }

    [Test]
    public async Task A_killed_server_fails_what_waits_and_all_later_calls()
    {
        await using var redis = await _server.ConnectAsync();
        var blocked = redis.CallAsync(60_000, "BLPOP", "none", 60);
        _server.Kill();

        Assert.That(async () => await blocked, Throws.TypeOf<RedisException>().With.Message.Contains(redis.Address));
        Assert.That(async () => await redis.PingAsync(), Throws.TypeOf<RedisException>());
        Assert.That(redis.IsConnected, Is.False);
        Assert.That(async () => await _server.ConnectAsync(), Throws.TypeOf<RedisException>().With.Message.Contains("refused"));
        _server.Start();
    }

    [Test]
    public async Task A_server_that_hangs_is_given_up()
    {
        await using var redis = await _server.ConnectAsync();
        _server.Signal("STOP");
        try
        {
            Assert.That(
                async () => await redis.CallAsync(200, "PING"),
                Throws.TypeOf<RedisException>().With.Message.Contains("did not answer within 200 ms"));
            Assert.That(redis.IsConnected, Is.False);
        }
        finally
        {
            _server.Signal("CONT");
        }
    }
}
