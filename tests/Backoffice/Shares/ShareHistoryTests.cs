using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Rewards;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Rewards;

namespace Viddhana.Tests.Backoffice.Shares;

/// <summary>Windows over the database: sums and single shares, slices of changing length, and what retention may drop.</summary>
public sealed class ShareHistoryTests
{
    private const long Start = 1_790_000_000_000;
    private const long DayMs = 86_400_000;

    private readonly List<(ShareKey Key, string Account, ulong Work)> _shares = [];
    private NpgsqlDataSource _database = null!;
    private PoolBook _pools = null!;
    private ShareIntake _intake = null!;

    [SetUp]
    public async Task MakeDatabase()
    {
        _database = await TestDatabase.NewAsync();
        _pools = await PoolBook.LoadAsync(_database, [new PoolConfig { Id = "p", Coin = "bitcoin", Network = "regtest" }], default);
        _intake = new ShareIntake();
        _shares.Clear();
    }

    [TearDown]
    public ValueTask Close() => _database.DisposeAsync();

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Windows_equal_the_naive_reference_also_where_the_length_of_slices_was_changed(int seed)
    {
        var random = new Random(seed);
        TestEngine[] engines = [new(0, 0xA), new(3, 0xB)];
        var ms = Start;
        for (var i = 0; i < 60; i++)
        {
            var store = new ShareStore(_database, _pools, sliceMs: new[] { 1_000, 90, 7_000 }[i / 20]);
            await SharesAsync(
                store,
                engines[random.Next(2)],
                ms += random.Next(900),
                [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => Share(random))]);
        }

        for (var i = 0; i < 20; i++)
        {
            var winner = _shares[random.Next(_shares.Count)].Key;
            var block = new RewardTerms(1, 5_000_000_000, 10_000, (UInt128)random.Next(1, 400_000), 20_000, winner, 1);
            Assert.That(await SplitAsync(block), Is.EqualTo(NaivePplns.Split(await WindowSharesAsync(), block)), $"seed {seed}, block {i}");
        }
    }

    /// <summary>
    /// Rows from before single shares had a form of their own: whole entries, of which the first may begin before its row.
    /// </summary>
    [Test]
    public async Task Rows_of_whole_entries_as_they_were_stored_before_are_still_read()
    {
        var (store, engine) = (new ShareStore(_database, _pools, sliceMs: 60_000), new TestEngine());
        await SharesAsync(store, engine, Start, [("a.x", 60), ("b", 40)]);
        await SharesAsync(store, engine, Start + 100, [("b", 5), ("a.y", 7)]);
        var before = await SinglesAsync();
        await using (var connection = await _database.OpenConnectionAsync())
        {
            await connection.RunAsync("DELETE FROM raw_entries", [], default);
            byte[] old = [.. engine.Entries[0], .. engine.Entries[1]];
            await connection.RunAsync("INSERT INTO raw_entries VALUES (1, 1, 2, $1, $2, $3)", [Start, Start + 113, old], default);
        }

        Assert.That(await SinglesAsync(), Is.EqualTo(before[1..]), "the row begins at sequence 2");
    }

    [Test]
    public async Task Retention_drops_what_no_window_reaches_and_nothing_else()
    {
        var store = new ShareStore(_database, _pools, sliceMs: 60_000);
        var engine = new TestEngine();
        // 100 of work per day for 30 days; a window of 2 × 200 reaches back four days, twice as far with the margin.
        for (var day = 0; day < 30; day++) await SharesAsync(store, engine, Start + (day * DayMs), [("a", 60), ("b", 40)]);
        var winner = _shares[^1].Key;
        await CommitAsync(store, engine.Found("p", winner.Ms, "b", new string('a', 64), 101, 1_000, 200));
        var block = new RewardTerms(1, 1_000, 0, 200, 20_000, winner, 1);
        var before = await SplitAsync(block);

        var retention = NewRetention(keepDays: 20, now: Start + (29 * DayMs) + 60_000);
        var dropped = await retention.RunOnceAsync(default);
        Assert.That(dropped.Count(name => name.StartsWith("raw_entries", StringComparison.Ordinal)), Is.InRange(19, 22));
        Assert.That(dropped.Count(name => name.StartsWith("share_slices", StringComparison.Ordinal)), Is.InRange(8, 10));
        Assert.That(await SplitAsync(block), Is.EqualTo(before));
        Assert.That(
            await SplitAsync(block with { WindowTenThousandths = 40_000 }), Has.Count.EqualTo(2), "the margin for a harder block tomorrow");
        Assert.That(await retention.RunOnceAsync(default), Is.Empty);
    }

    [Test]
    public async Task Slices_that_no_window_reaches_become_hours_and_sum_up_to_the_same()
    {
        var (store, engine) = (new ShareStore(_database, _pools, sliceMs: 60_000), new TestEngine());
        for (var minute = 0; minute < 20 * 24 * 60; minute += 13)
            await SharesAsync(store, engine, Start + (minute * 60_000L), [("a", 60), ("b.x", 40), ("b.y", 40)]);
        await CommitAsync(store, engine.Shares("p", _shares[^1].Key.Ms, [], [("a", RejectReason.Stale, 3)]));
        var winner = _shares[^1].Key;
        // 15,500 of work a day: a window of two days, twice as far with the margin.
        var block = new RewardTerms(1, 1_000_000, 0, 15_500, 20_000, winner, 1);
        await CommitAsync(store, engine.Found("p", winner.Ms, "b", new string('a', 64), 101, 1_000, 15_500));
        var (split, hours, rows) = (await SplitAsync(block), await HoursAsync(), await RowsAsync());

        var retention = NewRetention(keepDays: 90, now: Start + (20 * DayMs));
        await retention.RunOnceAsync(default);
        Assert.That(await RowsAsync(), Is.LessThan(rows / 2), "most days are rolled up");
        Assert.That(await HoursAsync(), Is.EqualTo(hours));
        Assert.That(await SplitAsync(block), Is.EqualTo(split));

        // Shares of an engine that comes back after long still find their place, and are rolled up with the rest.
        await CommitAsync(store, new TestEngine(5).Shares("p", Start + 60_000, ("b.x", 9)));
        var late = await HoursAsync();
        Assert.That(late, Is.Not.EqualTo(hours));
        await retention.RunOnceAsync(default);
        Assert.That(await HoursAsync(), Is.EqualTo(late));
    }

    [Test]
    public async Task Retention_keeps_everything_while_the_window_is_not_full()
    {
        var store = new ShareStore(_database, _pools, sliceMs: 60_000);
        var engine = new TestEngine();
        for (var day = 0; day < 10; day++) await SharesAsync(store, engine, Start + (day * DayMs), [("a", 60)]);
        await CommitAsync(store, engine.Found("p", Start + (9 * DayMs), "a", new string('a', 64), 101, 1_000, 1_000_000));
        Assert.That(await NewRetention(keepDays: 1, now: Start + (300 * DayMs)).RunOnceAsync(default), Is.Empty);
    }

    [Test]
    public async Task Retention_keeps_the_window_of_an_old_block_that_is_not_settled()
    {
        var store = new ShareStore(_database, _pools, sliceMs: 60_000);
        var engine = new TestEngine();
        for (var day = 0; day < 5; day++) await SharesAsync(store, engine, Start + (day * DayMs), [("a", 60), ("b", 40)]);
        await CommitAsync(store, engine.Found("p", _shares[^1].Key.Ms, "b", new string('a', 64), 101, 1_000, 100));
        var block = new RewardTerms(1, 1_000, 0, 100, 20_000, _shares[^1].Key, 1);
        var before = await SplitAsync(block);
        for (var day = 5; day < 40; day++) await SharesAsync(store, engine, Start + (day * DayMs), [("a", 1_000)]);

        var retention = NewRetention(keepDays: 1, now: Start + (40 * DayMs));
        await retention.RunOnceAsync(default);
        Assert.That(await SplitAsync(block), Is.EqualTo(before));

        await using (var settle = _database.CreateCommand("UPDATE blocks SET split_fixed_at = now()")) await settle.ExecuteNonQueryAsync();
        Assert.That(await retention.RunOnceAsync(default), Has.Count.GreaterThan(20), "settled: nothing holds it any more");
    }

    private static (string, ulong) Share(Random random) => ($"m{random.Next(5)}", (ulong)random.Next(1, 2_000));

    private ShareRetention NewRetention(int keepDays, long now) => new(
        _database,
        _pools,
        keepDays,
        new ActiveLease(_database, NullLogger<ActiveLease>.Instance),
        new StandingClock(now),
        NullLogger<ShareRetention>.Instance);

    private Task CommitAsync(ShareStore store, byte[] entry)
    {
        Assert.That(_intake.Add(new Delivery("", entry)));
        return store.CommitAsync(_intake.Take(), default);
    }

    private async Task SharesAsync(ShareStore store, TestEngine engine, long ms, (string Name, ulong Work)[] shares)
    {
        var first = engine.NextSequence;
        await CommitAsync(store, engine.Shares("p", ms, shares, [], stepMs: 13));
        for (var i = 0; i < shares.Length; i++)
            _shares.Add((new ShareKey(ms + (i * 13), engine.Id, engine.Epoch, first + (ulong)i), shares[i].Name, shares[i].Work));
    }

    private async Task<Dictionary<long, long>> SplitAsync(RewardTerms block)
    {
        await using var history = await ShareHistory.OpenAsync(_database, default);
        var split = await RewardSchemes.ByName["pplns"].SplitAsync(block, history, default);
        return split.Credits.ToDictionary(credit => credit.AccountId, credit => credit.Amount);
    }

    private Task<List<(long, long, long, long, UInt128)>> HoursAsync() => _database.RowsAsync(
        """
        SELECT slice_ms / 3600000, account_id, worker_id, sum(shares)::bigint, sum(work_sum) FROM share_slices
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        [],
        row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetUInt128(4)),
        default);

    private async Task<long> RowsAsync() =>
        (await _database.RowsAsync("SELECT count(*) FROM share_slices", [], row => row.GetInt64(0), default))[0];

    private async Task<WindowShare[]> SinglesAsync()
    {
        var singles = new List<WindowShare>();
        await using var history = await ShareHistory.OpenAsync(_database, default);
        await foreach (var page in history.SharesAsync(1, 0, long.MaxValue, default))
            foreach (var share in page.Shares) singles.Add(page[share]);
        return [.. singles.OrderBy(share => share.Key)];
    }

    private async Task<List<WindowShare>> WindowSharesAsync()
    {
        var accounts = await _database.RowsAsync(
            "SELECT name, account_id FROM accounts", [], row => (row.GetString(0), row.GetInt64(1)), default);
        var ids = accounts.ToDictionary();
        return [.. _shares.Select(share => new WindowShare(share.Key, ids[share.Account], share.Work))];
    }

    private sealed class StandingClock(long ms) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(ms);
    }
}
