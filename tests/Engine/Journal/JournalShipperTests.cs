using System.Diagnostics;
using Viddhana.Contracts;
using Viddhana.Contracts.Redis;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;
using Viddhana.Tests.Engine.Contracts;

namespace Viddhana.Tests.Engine.Journal;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class JournalShipperTests
{
    private const string Prefix = "viddhana:";
    private const int PatienceMs = 60_000;
    private readonly JournalFixture _it = new();

    [SetUp]
    public void SetUp()
    {
        _it.Config.FsyncMs = 1;
        _it.Config.SegmentBytes = 2_000;
    }

    [TearDown]
    public void CleanUp() => _it.Dispose();

    [Test]
    public async Task Every_record_reaches_the_stream_in_order_and_the_lease_holds_the_epoch()
    {
        using var server = new RedisServer();
        using var journal = _it.Open(instanceId: 7);
        for (var i = 0; i < 50; i++) _it.AppendAccepted(journal, 3);
        await using var shipper = await StartAsync(journal, server);
        for (var i = 0; i < 50; i++) _it.AppendAccepted(journal, 3);

        await ExpectInStreamAsync(server, journal, 300);
        await using var redis = await server.ConnectAsync();
        Assert.That(await redis.GetAsync($"{Prefix}engine:7"), Is.EqualTo($"{journal.Epoch:x16}"));
        Assert.That((await redis.CallAsync("TTL", $"{Prefix}engine:7")).Number, Is.EqualTo(-1), "it does not expire");
        Assert.That(shipper.Health().Ok, Is.True);
        foreach (var message in await redis.XRangeAsync($"{Prefix}shares", "-", "+", 1_000))
            Assert.That(message.Bytes, Has.Length.LessThanOrEqualTo(Streams.MessageMax));
    }

    [Test]
    public async Task A_backlog_travels_in_few_messages()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        for (var i = 0; i < 400; i++) _it.AppendAccepted(journal, 40);
        await using var shipper = await StartAsync(journal, server);

        await ExpectInStreamAsync(server, journal, 16_000);
        await using var redis = await server.ConnectAsync();
        Assert.That(await redis.XLenAsync($"{Prefix}shares"), Is.LessThan(20));
    }

    [Test]
    public async Task Redis_may_be_away_at_the_start_and_come_later()
    {
        using var server = new RedisServer();
        server.Kill();
        using var journal = _it.Open();
        await using var shipper = await StartAsync(journal, server);
        _it.AppendAccepted(journal, 5);
        Assert.That((shipper.Health().Ok, shipper.Health().IsRequired), Is.EqualTo((false, false)));

        server.Start();
        await ExpectInStreamAsync(server, journal, 5);
    }

    [Test]
    public async Task Killed_and_restarted_empty_while_shares_arrive_loses_nothing()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        await using var shipper = await StartAsync(journal, server);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 20; i++) _it.AppendAccepted(journal, 2);
            if (round == 1) await ExpectInStreamAsync(server, journal, journal.LastSequence);
            server.Kill();
            for (var i = 0; i < 20; i++) _it.AppendAccepted(journal, 2);
            server.Start();
        }

        await ExpectInStreamAsync(server, journal, 240);
        shipper.Health();
    }

    [Test]
    public async Task Emptied_without_a_broken_connection_it_sends_everything_again()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        await using var shipper = await StartAsync(journal, server);
        for (var i = 0; i < 20; i++) _it.AppendAccepted(journal, 2);
        await ExpectInStreamAsync(server, journal, 40);

        await using (var redis = await server.ConnectAsync()) (await redis.CallAsync("FLUSHALL")).OrThrow();
        for (var i = 0; i < 20; i++) _it.AppendAccepted(journal, 2);

        await ExpectInStreamAsync(server, journal, 80);
    }

    [Test]
    public async Task A_replica_that_lacks_the_last_messages_gets_them_again()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        await using var shipper = await StartAsync(journal, server);
        for (var i = 0; i < 20; i++)
        {
            _it.AppendAccepted(journal, 2);
            await ExpectInStreamAsync(server, journal, journal.LastSequence);
        }

        // What a failover does: the newest messages are gone, older ones are there, connections are cut.
        await using (var redis = await server.ConnectAsync())
        {
            var messages = await redis.XRangeAsync($"{Prefix}shares", "-", "+", 100);
            foreach (var message in messages.Skip(messages.Count / 2))
                (await redis.CallAsync("XDEL", $"{Prefix}shares", message.Id)).OrThrow();
            (await redis.CallAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")).OrThrow();
        }

        _it.AppendAccepted(journal, 2);
        await ExpectInStreamAsync(server, journal, 42);
    }

    [Test]
    public async Task A_refusing_Redis_loses_nothing_and_is_told_once()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        await using var admin = await server.ConnectAsync();
        (await admin.CallAsync("CONFIG", "SET", "maxmemory", "1")).OrThrow();
        var shipper = await StartAsync(journal, server);
        for (var i = 0; i < 20; i++) _it.AppendAccepted(journal, 2);
        await UntilAsync(() => shipper.Health() is { Ok: false } health && health.Detail.Contains("OOM"), "the refusal is told");

        (await admin.CallAsync("CONFIG", "SET", "maxmemory", "0")).OrThrow();
        await ExpectInStreamAsync(server, journal, 40);
        await shipper.DisposeAsync();
        Assert.That(_it.LogText().Split('\n').Count(line => line.Contains("OOM")), Is.EqualTo(1));
    }

    [Test]
    public async Task Segments_are_deleted_behind_the_mark_and_only_there()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        for (var i = 0; i < 100; i++) _it.AppendAccepted(journal, 3);
        await using var shipper = await StartAsync(journal, server);
        await ExpectInStreamAsync(server, journal, 300);
        var before = JournalFiles.Segments(_it.JournalPath);
        Assert.That(before, Has.Count.GreaterThan(4), "a reply to XADD deletes nothing");

        await using var redis = await server.ConnectAsync();
        await redis.HSetAsync($"{Prefix}committed", Streams.CommittedField(0, journal.Epoch), (long)before[3].First);
        await UntilAsync(() => JournalFiles.Segments(_it.JournalPath)[0].First == before[3].First, "segments below the mark are deleted");
    }

    [Test]
    public async Task A_mark_that_goes_back_sends_again_what_is_still_there()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        await using var shipper = await StartAsync(journal, server);
        for (var i = 0; i < 10; i++)
        {
            _it.AppendAccepted(journal, 3);
            await ExpectInStreamAsync(server, journal, journal.LastSequence);
        }

        // The backoffice commits and trims, then its database is restored from a copy that knows nothing of it.
        await using var redis = await server.ConnectAsync();
        await redis.HSetAsync($"{Prefix}committed", Streams.CommittedField(0, journal.Epoch), 15);
        var messages = await redis.XRangeAsync($"{Prefix}shares", "-", "+", 100);
        await UntilAsync(() => shipper.Health().Detail.Contains("committed 15"), "the mark is seen");
        await redis.XTrimMinIdAsync($"{Prefix}shares", messages.First(message => LastSequenceOf(message) > 15).Id);
        await redis.HSetAsync($"{Prefix}committed", Streams.CommittedField(0, journal.Epoch), 0);

        await ExpectInStreamAsync(server, journal, 30);
    }

    [Test]
    public async Task An_instance_id_held_by_another_journal_stops_the_start_and_says_what_to_do()
    {
        using var server = new RedisServer();
        await using var redis = await server.ConnectAsync();
        await redis.SetIfAbsentAsync($"{Prefix}engine:7", "00000000deadbeef");
        using var journal = _it.Open(instanceId: 7);

        Assert.That(
            async () => await StartAsync(journal, server),
            Throws.TypeOf<JournalException>()
                .With.Message.Contains("instance id 7 is held")
                .And.Message.Contains("viddhana-backoffice engine release 7"));
    }

    [Test]
    public async Task An_instance_id_lost_while_running_stops_sending_and_is_not_ready_until_released()
    {
        using var server = new RedisServer();
        server.Kill();
        using var journal = _it.Open(instanceId: 7);
        await using var shipper = await StartAsync(journal, server);
        server.Start();
        await using var redis = await server.ConnectAsync();
        await redis.CallAsync("SET", $"{Prefix}engine:7", "00000000deadbeef");
        _it.AppendAccepted(journal, 4);
        await UntilAsync(() => shipper.Health() is { Ok: false, IsRequired: true }, "the loss is alarmed");
        var length = await redis.XLenAsync($"{Prefix}shares");
        _it.AppendAccepted(journal, 4);
        Assert.That(await redis.XLenAsync($"{Prefix}shares"), Is.EqualTo(length));

        await redis.DelAsync($"{Prefix}engine:7");
        await ExpectInStreamAsync(server, journal, 8);
        Assert.That(shipper.Health().Ok, Is.True);
    }

    [Test]
    public async Task A_hanging_Redis_does_not_hold_up_the_end()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        var shipper = await StartAsync(journal, server);
        _it.AppendAccepted(journal);
        await ExpectInStreamAsync(server, journal, 1);
        server.Signal("STOP");
        try
        {
            _it.AppendAccepted(journal);
            await UntilAsync(() => journal.SyncedSequence == 2, "the share is on the disk");
            Assert.That(await Task.WhenAny(shipper.DisposeAsync().AsTask(), Task.Delay(PatienceMs)), Is.Not.Null);
            Assert.That(_it.LogText(), Does.Not.Contain("did not answer"), "it did not wait for the time-out");
        }
        finally
        {
            server.Signal("CONT");
        }
    }

    [Test]
    public async Task Without_Redis_the_committed_file_empties_the_journal()
    {
        var directory = Path.Combine(_it.Root, "committed");
        Directory.CreateDirectory(directory);
        using var journal = _it.Open(instanceId: 2);
        for (var i = 0; i < 100; i++) _it.AppendAccepted(journal, 3);
        var before = JournalFiles.Segments(_it.JournalPath);
        await using var shipper = new JournalShipper(journal, null, directory, _it.Log, new MetricsRegistry());
        await shipper.StartAsync();
        File.WriteAllText(Path.Combine(directory, $"2-{journal.Epoch:x16}"), $"{before[2].First}\n");

        await UntilAsync(() => JournalFiles.Segments(_it.JournalPath)[0].First == before[2].First, "segments below the mark are deleted");
    }

    [Test]
    public async Task A_mark_ahead_of_the_journal_takes_its_sequences_at_the_start()
    {
        var directory = Path.Combine(_it.Root, "committed");
        Directory.CreateDirectory(directory);
        using var journal = _it.Open();
        _it.AppendAccepted(journal);
        File.WriteAllText(Path.Combine(directory, $"0-{journal.Epoch:x16}"), "1000");
        await using var shipper = new JournalShipper(journal, null, directory, _it.Log, new MetricsRegistry());
        await shipper.StartAsync();

        Assert.That(journal.LastSequence, Is.EqualTo(1_000));
    }

    [Test]
    public async Task It_tells_up_to_when_the_journal_is_complete_once_all_of_it_is_shipped()
    {
        using var server = new RedisServer();
        await using var redis = await server.ConnectAsync();
        using var journal = _it.Open(instanceId: 7);
        var shipment = new RedisShipment(journal, server.Config);
        _it.AppendAccepted(journal, 3);
        Assert.That(await shipment.StampAsync(redis), Is.False, "three shares wait to be sent");

        var beforeMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await UntilAsync(() => shipment.SendAsync(redis), () => "the shares are sent");
        Assert.That(await shipment.StampAsync(redis), Is.True);
        var stamp = (await redis.HGetAsync($"{Prefix}shipped", $"7:{journal.Epoch:x16}"))!.Split(' ');
        Assert.That(stamp[0], Is.EqualTo("3"));
        Assert.That(
            long.Parse(stamp[1]),
            Is.InRange(beforeMs - Streams.WriteDelayMs, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - Streams.WriteDelayMs));

        _it.AppendAccepted(journal);
        Assert.That(await shipment.StampAsync(redis), Is.False, "another share waits");
        Assert.That(await redis.HGetAsync($"{Prefix}shipped", $"7:{journal.Epoch:x16}"), Does.StartWith("3 "));
    }

    [Test]
    public async Task An_idle_engine_goes_on_telling_also_a_Redis_that_has_forgotten_it()
    {
        using var server = new RedisServer();
        using var journal = _it.Open();
        _it.AppendAccepted(journal, 5);
        await using var shipper = await StartAsync(journal, server);
        await using var redis = await server.ConnectAsync();
        async Task<string?> Stamp() => await redis.HGetAsync($"{Prefix}shipped", $"0:{journal.Epoch:x16}");
        await UntilAsync(async () => await Stamp() is { } stamp && stamp.StartsWith("5 "), () => "it is told");
        var first = await Stamp();
        await UntilAsync(async () => await Stamp() != first, () => "it is told again, with a later time");

        (await redis.CallAsync("FLUSHALL")).OrThrow();
        await UntilAsync(async () => await Stamp() is { } stamp && stamp.StartsWith("5 "), () => "it is told to the emptied Redis");
    }

    private async Task<JournalShipper> StartAsync(ShareJournal journal, RedisServer server)
    {
        var shipper = new JournalShipper(journal, server.Config, Path.Combine(_it.Root, "committed"), _it.Log, new MetricsRegistry());
        await shipper.StartAsync();
        return shipper;
    }

    /// <summary>
    /// Waits until the stream holds every sequence up to the last, read as a consumer does: overlaps are skipped, gaps wait.
    /// </summary>
    private static async Task ExpectInStreamAsync(RedisServer server, ShareJournal journal, ulong last, ulong from = 1)
    {
        var next = 0ul;
        await UntilAsync(
            async () =>
            {
                try
                {
                    await using var redis = await server.ConnectAsync();
                    next = NextSequence(await redis.XRangeAsync($"{Prefix}shares", "-", "+", 100_000), journal.Epoch, from);
                }
                catch (RedisException)
                {
                    return false;
                }

                return next > last;
            },
            () => $"the stream holds sequences up to {next - 1} of {last}");
    }

    private static ulong NextSequence(IReadOnlyList<StreamMessage> messages, ulong epoch, ulong from)
    {
        var next = from;
        foreach (var message in messages)
        {
            for (var at = 0; at < message.Bytes.Length;)
            {
                Assert.That(EntryReader.TryRead(message.Bytes.AsSpan(at), out var entry, out var consumed), Is.EqualTo(EntryStatus.Ok));
                Assert.That(entry!.Header.Epoch, Is.EqualTo(epoch));
                if (entry.Header.FirstSequence <= next) next = Math.Max(next, entry.Header.LastSequence + 1);
                at += consumed;
            }
        }

        return next;
    }

    private static ulong LastSequenceOf(StreamMessage message)
    {
        var last = 0ul;
        for (
            var at = 0; EntryReader.TryReadHeader(message.Bytes.AsSpan(at), out var header, out var length) == EntryStatus.Ok; at += length)
            last = header.LastSequence;
        return last;
    }

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), () => what);

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.ElapsedMilliseconds > PatienceMs) Assert.Fail($"waited in vain: {what()}");
            await Task.Delay(20);
        }
    }
}
