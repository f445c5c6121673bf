using Npgsql;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Shares;

/// <summary>Entries reach the database exactly once: from a journal directory and from Redis, through crashes, gaps and losses.</summary>
public sealed class ShareConsumerTests
{
    private const string Alice = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    private const long Day = 1_790_000_000_000;

    private NpgsqlDataSource _database = null!;
    private TemporaryFolder _folder = null!;

    [SetUp]
    public async Task Prepare() => (_database, _folder) = (await TestDatabase.NewAsync(), new TemporaryFolder());

    [TearDown]
    public async Task CleanUp()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task A_journal_directory_is_read_summed_up_and_its_mark_published()
    {
        var engine = new TestEngine();
        engine.Shares(
            "btc", Day, [($"{Alice}.rig1", 100), ($"{Alice}.rig2", 7), (Alice.ToUpperInvariant(), 1)], [("bob", RejectReason.Stale, 3)]);
        engine.Shares("btc", Day + 5_000, ($"{Alice}.rig1", 100), ("bob", ulong.MaxValue));
        engine.Shares("btc", Day + 86_400_000, ("bob", 5));
        engine.WriteJournal(_folder["journal"]);

        await using (var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Journals(_folder.Path, _folder["journal"])))
            await run.CommittedAsync(engine);

        Assert.That(await Stored.TotalsAsync(_database), Is.EqualTo(
            $"""
            btc {Alice}.: 1 shares, work 1
            btc {Alice}.rig1: 2 shares, work 200
            btc {Alice}.rig2: 1 shares, work 7
            btc bob.: 2 shares, work 18446744073709551620
            reason 1: 3
            in all 6 shares, work 18446744073709551828, rejected 3
            """));
        Assert.That(await Stored.RawAsync(_database), Is.EqualTo("6 shares, work 18446744073709551828"));
        await Eventually.Holds("the mark is in its file", () => Task.FromResult(File.ReadAllText(MarkFile(engine)) == "7"));
        var addresses = await _database.RowsAsync("SELECT address FROM payout_addresses", [], row => row.GetString(0), default);
        Assert.That(addresses, Is.EqualTo(new[] { Alice }), "bob is no address");
    }

    /// <summary>An address in capitals is the same account: its shares must meet in one row of one transaction.</summary>
    [Test]
    public async Task Two_spellings_of_one_worker_at_once_are_one_worker()
    {
        var engine = new TestEngine();
        engine.Shares("btc", Day, [(Alice, 10), (Alice.ToUpperInvariant(), 10)], [(Alice.ToUpperInvariant(), RejectReason.Stale, 1)]);
        engine.Shares("btc", Day, [(Alice, 10)], [(Alice, RejectReason.Stale, 1)]);
        engine.WriteJournal(_folder["journal"]);
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Journals(_folder.Path, _folder["journal"]));
        await run.CommittedAsync(engine);
        Assert.That(await Stored.TotalsAsync(_database), Does.StartWith($"btc {Alice}.: 3 shares, work 30\nreason 1: 2\n"));
    }

    [TestCase("committed")]
    [TestCase("published")]
    public async Task Dying_after_the_commit_or_after_publishing_loses_and_doubles_nothing(string where)
    {
        var engine = new TestEngine();
        for (var i = 0; i < 50; i++) engine.Shares("btc", Day + i, ("a.1", 10), ("b", 1));
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        var deaths = 0;
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis), step =>
        {
            if (step == where && deaths < 3 && Interlocked.Increment(ref deaths) <= 3) throw new IOException("killed here");
        });

        var sent = 0UL;
        foreach (var entries in engine.Entries.Chunk(10))
        {
            await SendAsync(client, entries);
            await run.CommittedAsync(engine, sent += 20);
        }

        await Eventually.Holds("everything is acknowledged", async () => await PendingAsync(client) == 0);
        Assert.That(deaths, Is.GreaterThanOrEqualTo(3));
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 100 shares, work 550,"));
        Assert.That(await Stored.RawAsync(_database), Is.EqualTo("100 shares, work 550"));
        Assert.That(await client.HGetAsync("viddhana:committed", $"0:{engine.Epoch:x16}"), Is.EqualTo("100"));
    }

    [Test]
    public async Task The_whole_stream_again_and_overlapping_messages_change_nothing()
    {
        var engine = new TestEngine();
        for (var i = 0; i < 20; i++) engine.Shares("btc", Day + (i * 500), [("a", 10)], [("a", RejectReason.Duplicate, 1)]);
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis));
        await SendAsync(client, [.. engine.Entries.Take(12)]);
        await SendAsync(client, [.. engine.Entries.Skip(5).Take(10)]);
        await run.CommittedAsync(engine, 30);
        foreach (var entry in engine.Entries) await SendAsync(client, entry);
        foreach (var entry in engine.Entries.Reverse()) await SendAsync(client, entry);
        await run.CommittedAsync(engine);
        await Eventually.Holds(
            "all is acknowledged and trimmed",
            async () => await PendingAsync(client) == 0 && await client.XLenAsync("viddhana:shares") <= 1);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 20 shares, work 200, rejected 20"));
    }

    [Test]
    public async Task A_gap_waits_is_shown_and_closes_when_the_missing_entries_come()
    {
        var engine = new TestEngine(3);
        for (var i = 0; i < 6; i++) engine.Shares("btc", Day + i, ("a", 10));
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis));
        await SendAsync(client, [.. engine.Entries.Take(2)]);
        await SendAsync(client, [.. engine.Entries.Skip(4)]);
        var health = await Eventually.Get("the gap is shown", () => run.Consumer.CheckAsync(default), entry => !entry.Ok);
        Assert.That(health.Detail, Does.Contain("sequences 3 to 4 are missing").And.Contain($"engine skip 3 {engine.Epoch:x16} 5"));
        Assert.That(await run.MarkAsync(engine), Is.EqualTo(2));
        Assert.That(await PendingAsync(client), Is.EqualTo(1), "what waits is not acknowledged");

        await SendAsync(client, [.. engine.Entries.Skip(2).Take(2)]);
        await run.CommittedAsync(engine);
        await Eventually.Get("it is well again", () => run.Consumer.CheckAsync(default), entry => entry.Ok);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 6 shares, work 60,"));
    }

    [Test]
    public async Task An_operators_skip_is_recorded_and_goes_on_behind_the_gap()
    {
        var engine = new TestEngine();
        for (var i = 0; i < 6; i++) engine.Shares("btc", Day + i, ("a", 10));
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis));
        await SendAsync(client, engine.Entries[0]);
        await SendAsync(client, [.. engine.Entries.Skip(3)]);
        await run.CommittedAsync(engine, 1);

        var source = new SourceKey(0, engine.Epoch);
        Assert.That(() => EngineCommands.SkipAsync(_database, source, 1, default), Throws.TypeOf<StorageException>(), "backwards");
        Assert.That(await EngineCommands.SkipAsync(_database, source, 4, default), Is.EqualTo((2UL, 3UL)));
        await run.CommittedAsync(engine);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 4 shares"));

        await SendAsync(client, [.. engine.Entries.Skip(1).Take(2)]);
        await Eventually.Holds("what comes too late is acknowledged", async () => await PendingAsync(client) == 0);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 4 shares"), "and does not count");
        var skips = await _database.RowsAsync(
            "SELECT from_sequence, to_sequence FROM sequence_skips", [], row => (row.GetInt64(0), row.GetInt64(1)), default);
        Assert.That(skips, Is.EqualTo(new[] { (2L, 3L) }));
    }

    [Test]
    public async Task A_skip_into_an_entry_stores_the_rest_of_it_alone()
    {
        var engine = new TestEngine();
        engine.Shares("btc", Day, ("a", 10));
        engine.Shares("btc", Day + 1, [("a", 1), ("a", 20), ("a", 300)], [("a", RejectReason.LowDifficulty, 4)]);
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis));
        await SendAsync(client, engine.Entries[1]);
        await Eventually.Get("the gap at the beginning is shown", () => run.Consumer.CheckAsync(default), entry => !entry.Ok);
        await EngineCommands.SkipAsync(_database, new SourceKey(0, engine.Epoch), 3, default);
        await run.CommittedAsync(engine);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 2 shares, work 320, rejected 4"));
        Assert.That(await Stored.RawAsync(_database), Is.EqualTo("2 shares, work 320"));
    }

    [Test]
    public async Task A_stream_that_was_emptied_and_sent_again_ends_in_the_same_totals()
    {
        var engine = new TestEngine();
        for (var i = 0; i < 30; i++) engine.Shares("btc", Day + i, ("a", 10));
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis));
        await SendAsync(client, [.. engine.Entries.Take(10)]);
        await run.CommittedAsync(engine, 10);

        (await client.CallAsync("FLUSHALL")).OrThrow();
        await Eventually.Holds(
            "the marks are published again", async () => await client.HGetAsync("viddhana:committed", $"0:{engine.Epoch:x16}") == "10");
        foreach (var entry in engine.Entries.Skip(5)) await SendAsync(client, entry);
        await run.CommittedAsync(engine);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 30 shares, work 300,"));
    }

    [Test]
    public async Task Redis_may_die_and_come_back()
    {
        var engine = new TestEngine();
        for (var i = 0; i < 30; i++) engine.Shares("btc", Day + i, ("a", 10));
        await using var redis = await RedisServer.Start();
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis));
        await using (var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url }))
            await SendAsync(client, [.. engine.Entries.Take(10)]);
        await run.CommittedAsync(engine, 10);

        await redis.Kill();
        var health = await Eventually.Get("it is shown", () => run.Consumer.CheckAsync(default), entry => !entry.Ok);
        Assert.That(health.Detail, Does.Contain("Redis"));
        await redis.Begin();
        await using (var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url }))
            await SendAsync(client, [.. engine.Entries.Skip(10)]);
        await run.CommittedAsync(engine);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 30 shares, work 300,"));
    }

    [Test]
    public async Task Only_what_is_below_the_oldest_message_not_done_is_trimmed()
    {
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        for (var i = 0; i < 4; i++) await SendAsync(client, [[1]]);
        var marks = new Dictionary<SourceKey, ulong>();
        await using var source = await RedisSource.ConnectAsync(new RedisConfig { Url = redis.Url }, "c", marks, default);
        var read = await source.ReadAsync(default);
        await source.DoneAsync([read[0], read[1], read[3]]);
        var left = await client.XRangeAsync("viddhana:shares", "-", "+", 10);
        Assert.That(left.Select(message => message.Id), Is.EqualTo(new[] { read[2].Id, read[3].Id }));
    }

    [Test]
    public async Task What_another_consumer_left_pending_is_taken_over()
    {
        var engine = new TestEngine();
        for (var i = 0; i < 4; i++) engine.Shares("btc", Day + i, ("a", 10));
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        await client.XGroupCreateAsync("viddhana:shares", Streams.Group, "0");
        foreach (var entry in engine.Entries) await SendAsync(client, entry);
        var left = await client.XReadGroupAsync("viddhana:shares", Streams.Group, "gone", 2);
        // Pretend that it has been idle for long.
        foreach (var message in left)
            (await client.CallAsync("XCLAIM", "viddhana:shares", Streams.Group, "gone", 0, message.Id, "IDLE", 3_600_000)).OrThrow();

        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis, "here"));
        await run.CommittedAsync(engine);
        await Eventually.Holds("nothing is pending", async () => await PendingAsync(client) == 0);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 4 shares"));
    }

    /// <summary>
    /// A mature block waits until every engine is complete up to its share; an engine without miners would never be without this.
    /// </summary>
    [Test]
    public async Task An_idle_engine_is_complete_up_to_its_stamp_once_all_before_the_stamp_is_committed()
    {
        await using var server = await RedisServer.Start();
        await using var redis = await RedisClient.ConnectAsync(new RedisConfig { Url = server.Url });
        var (idle, busy) = (new TestEngine(1), new TestEngine(2));
        idle.Shares("btc", Day, ("a", 10), ("b", 10));
        busy.Shares("btc", Day, ("a", 10));
        await redis.HSetAsync("viddhana:shipped", $"1:{idle.Epoch:x16}", $"2 {Day + 1_000}");
        await redis.HSetAsync("viddhana:shipped", $"2:{busy.Epoch:x16}", $"3 {Day + 2_000}");
        await redis.HSetAsync("viddhana:shipped", "rubbish", "rubbish");
        await redis.HSetAsync("viddhana:shipped", $"3:{busy.Epoch:x16}", "rubbish");
        foreach (var engine in (TestEngine[])[idle, busy]) await SendAsync(redis, engine.Entries[0]);

        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(server));
        await Eventually.Holds("the idle engine is complete", async () => await CompleteMsAsync(idle) == Day + 1_000);
        Assert.That(await CompleteMsAsync(busy), Is.Zero, "sequences 2 and 3 are recorded and not here");

        busy.Shares("btc", Day + 500, ("a", 10), ("b", 10));
        await SendAsync(redis, busy.Entries[1]);
        await Eventually.Holds("so is the other when all is here", async () => await CompleteMsAsync(busy) == Day + 2_000);

        // Redis comes back empty: what was said of the journal stays true, what is said now counts from now on.
        (await redis.CallAsync("FLUSHALL")).OrThrow();
        await redis.HSetAsync("viddhana:shipped", $"1:{idle.Epoch:x16}", $"2 {Day + 3_000}");
        await Eventually.Holds("it goes on", async () => await CompleteMsAsync(idle) == Day + 3_000);
        Assert.That(await CompleteMsAsync(busy), Is.EqualTo(Day + 2_000));
    }

    [Test]
    public async Task A_message_of_rubbish_is_kept_for_the_operator_and_holds_nothing_up()
    {
        var engine = new TestEngine();
        engine.Shares("btc", Day, ("a", 10));
        engine.Shares("btc", Day, ("a", 10));
        await using var redis = await RedisServer.Start();
        await using var client = await RedisClient.ConnectAsync(new RedisConfig { Url = redis.Url });
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Redis(redis));
        await SendAsync(client, engine.Entries[0], [1, 2, 3]);
        await SendAsync(client, engine.Entries[1]);
        await run.CommittedAsync(engine);
        await Eventually.Holds("nothing is pending", async () => await PendingAsync(client) == 0);
        var kept = await _database.RowsAsync("SELECT bytes FROM damaged_messages", [], row => row.GetFieldValue<byte[]>(0), default);
        Assert.That(kept.Single(), Is.EqualTo((byte[])[.. engine.Entries[0], 1, 2, 3]));
    }

    [Test]
    public async Task Consumers_that_store_the_same_entries_at_once_store_them_once()
    {
        var engine = new TestEngine();
        engine.Shares("btc", Day, ("a", 10));
        var pools = await PoolBook.LoadAsync(_database, [ConsumerRun.Pool()], default);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => TryStoreAsync(pools, engine))));
        Assert.That(outcomes.Count(stored => stored), Is.EqualTo(1));
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 1 shares, work 10,"));
    }

    private async Task<bool> TryStoreAsync(PoolBook pools, TestEngine engine)
    {
        var intake = new ShareIntake();
        intake.Add(new Delivery("", engine.Entries[0]));
        try
        {
            return await new ShareStore(_database, pools, 1_000).CommitAsync(intake.Take(), default) == 1;
        }
        catch (MarkMovedException)
        {
            return false;
        }
    }

    [Test]
    public async Task Of_two_backoffices_one_consumes_and_the_other_takes_over()
    {
        var engine = new TestEngine();
        for (var i = 0; i < 10; i++) engine.Shares("btc", Day + i, ("a", 10));
        engine.WriteJournal(_folder["journal"]);
        var open = ConsumerRun.Journals(_folder.Path, _folder["journal"]);
        var first = await ConsumerRun.StartAsync(_database, open);
        await first.CommittedAsync(engine);
        await using var second = await ConsumerRun.StartAsync(_database, open);
        for (var i = 0; i < 10; i++) engine.Shares("btc", Day + 100 + i, ("a", 10));
        engine.WriteJournal(_folder["journal"]);
        await first.CommittedAsync(engine);
        Assert.That((await second.Consumer.CheckAsync(default)).Detail, Is.EqualTo("not open yet"));

        await first.DisposeAsync();
        engine.Shares("btc", Day + 200, ("a", 10));
        engine.WriteJournal(_folder["journal"]);
        await second.CommittedAsync(engine);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("in all 21 shares, work 210,"));
    }

    [Test]
    public async Task A_pool_that_is_not_configured_keeps_its_shares_and_blocks()
    {
        var engine = new TestEngine();
        engine.Shares("later", Day, ("a", 10));
        engine.Found("later", Day, "a", new string('a', 64), 101, 50, 2);
        engine.Found("later", Day, "a", new string('a', 64), 101, 50, 2);
        engine.Verdict("later", Day, new string('a', 64), accepted: true);
        engine.WriteJournal(_folder["journal"]);
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Journals(_folder.Path, _folder["journal"]));
        await run.CommittedAsync(engine);
        Assert.That(await Stored.TotalsAsync(_database), Does.Contain("later a.: 1 shares, work 10"));
        var blocks = await _database.RowsAsync(
            "SELECT b.height, b.share_sequence, v.is_accepted FROM blocks b JOIN block_verdicts v USING (hash)",
            [],
            row => (row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2)),
            default);
        Assert.That(blocks, Is.EqualTo(new[] { (101L, 1L, true) }), "found twice, stored once");
    }

    [Test]
    public async Task The_work_between_two_blocks_is_the_effort_of_the_later_one()
    {
        var engine = new TestEngine();
        engine.Shares("btc", Day, ("a", 10), ("a", 5));
        engine.Found("btc", Day, "a", new string('a', 64), 101, 50, 20);
        engine.Shares("btc", Day, ("a", 7));
        engine.WriteJournal(_folder["journal"]);
        await using var run = await ConsumerRun.StartAsync(_database, ConsumerRun.Journals(_folder.Path, _folder["journal"]));
        await run.CommittedAsync(engine);
        engine.Shares("btc", Day, ("a", 3));
        engine.Found("btc", Day, "a", new string('b', 64), 102, 50, 20);
        engine.WriteJournal(_folder["journal"]);
        await run.CommittedAsync(engine);
        var efforts = await _database.RowsAsync(
            "SELECT effort_work FROM blocks ORDER BY block_id", [], row => (long)row.GetUInt128(0), default);
        Assert.That(efforts, Is.EqualTo(new[] { 15L, 10L }));
    }

    private string MarkFile(TestEngine engine) => Path.Combine(_folder["committed"], $"{engine.Id}-{engine.Epoch:x16}");

    private static async Task SendAsync(RedisClient client, params byte[][] entries) =>
        (await client.XAddAsync("viddhana:shares", Streams.BatchField, entries.SelectMany(bytes => bytes).ToArray())).OrThrow();

    private async Task<long> CompleteMsAsync(TestEngine engine)
    {
        await using var connection = await _database.OpenConnectionAsync();
        return await connection.ScalarAsync<long>("SELECT complete_ms FROM sources WHERE engine_id = $1", [engine.Id], default);
    }

    private static async Task<long> PendingAsync(RedisClient client) =>
        (await client.XInfoGroupsAsync("viddhana:shares")).Single().Pending;
}
