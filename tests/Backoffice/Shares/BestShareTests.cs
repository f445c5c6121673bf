using Npgsql;
using Viddhana.Backoffice.Live;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Shares;

/// <summary>The best hashes that entries tell of, on their way into the database.</summary>
public sealed class BestShareTests
{
    private const long DayMs = 86_400_000;
    private const long Monday = 20_720 * DayMs;

    private NpgsqlDataSource _database = null!;
    private PoolBook _pools = null!;
    private ShareStore? _store;

    [SetUp]
    public async Task Open()
    {
        _database = await TestDatabase.NewAsync();
        _store = null;
        _pools = await PoolBook.LoadAsync(_database, [ConsumerRun.Pool(), ConsumerRun.Pool("other")], default);
    }

    [TearDown]
    public async Task Close() => await _database.DisposeAsync();

    [Test]
    public async Task The_best_of_each_worker_is_kept_of_all_time_and_of_each_day_and_pool()
    {
        var engine = new TestEngine();
        engine.Hashes("btc", Monday + 5, ("a.x", 100), ("a.y", 300), ("b.x", 200));
        engine.Hashes("btc", Monday + 6, ("a.x", 150), ("a.y", 250), ("b.x", 0));
        engine.Hashes("other", Monday + 7, ("a.x", 9_000));
        engine.Hashes("btc", Monday + DayMs, ("a.x", 120), ("b.x", 5_000));
        engine.Hashes("btc", Monday + DayMs, ("a.x", 110), ("A.X", 7));
        await CommitAsync(engine.Entries);

        Assert.That(await EverAsync(), Is.EqualTo("A.X 7, a.x 150, a.x 9000 other, a.y 300, b.x 5000"));
        Assert.That(await DaysAsync(), Is.EqualTo("0 a.x 150, 0 a.x 9000 other, 0 a.y 300, 0 b.x 200, 1 A.X 7, 1 a.x 120, 1 b.x 5000"));
    }

    [Test]
    public async Task What_comes_again_after_a_restart_or_late_changes_nothing_that_is_better()
    {
        var engine = new TestEngine();
        engine.Hashes("btc", Monday + DayMs, ("a.x", 500));
        engine.Hashes("btc", Monday + DayMs + 1, ("a.x", 400));
        await CommitAsync(engine.Entries);
        // Another store has no memory: it writes what it does not know, and the database keeps what is better.
        var late = new TestEngine(id: 1, epoch: 7);
        late.Hashes("btc", Monday + DayMs + 2, ("a.x", 450));
        late.Hashes("btc", Monday + 9, ("a.x", 300));
        late.Hashes("btc", Monday + 9, ("a.x", 200));
        late.Hashes("btc", Monday + DayMs + 3, ("a.x", 460));
        await CommitAsync(late.Entries);

        Assert.That(await EverAsync(), Is.EqualTo("a.x 500"));
        Assert.That(await DaysAsync(), Is.EqualTo("0 a.x 300, 1 a.x 500"));
    }

    [Test]
    public async Task However_batches_are_cut_the_database_holds_the_best_of_all()
    {
        var random = new Random(20261122);
        var engine = new TestEngine();
        var (ever, days) = (new Dictionary<string, double>(), new Dictionary<(int, string), double>());
        for (var i = 0; i < 400; i++)
        {
            // Days go on, and back now and then, as journals of several engines do.
            var day = Math.Max(0, (i / 100) + random.Next(-1, 1));
            var shares = Enumerable.Range(0, random.Next(1, 5)).Select(_ => ($"m{random.Next(3)}.r", Math.Floor(10 / random.NextDouble())));
            var distinct = shares.DistinctBy(share => share.Item1).ToArray();
            engine.Hashes("btc", Monday + (day * DayMs) + i, distinct);
            foreach (var (name, work) in distinct)
            {
                ever[name] = Math.Max(ever.GetValueOrDefault(name), work);
                days[(day, name)] = Math.Max(days.GetValueOrDefault((day, name)), work);
            }
        }

        var left = engine.Entries.ToList();
        while (left.Count > 0)
        {
            var part = left.Take(random.Next(1, 60)).ToList();
            left.RemoveRange(0, part.Count);
            await CommitAsync(part, keepStore: random.Next(3) > 0);
        }

        Assert.That(await EverAsync(), Is.EqualTo(string.Join(", ", ever.OrderBy(e => e.Key).Select(e => $"{e.Key} {e.Value}"))));
        Assert.That(
            await DaysAsync(),
            Is.EqualTo(string.Join(", ", days.OrderBy(d => d.Key).Select(d => $"{d.Key.Item1} {d.Key.Item2} {d.Value}"))));
    }

    [Test]
    public void Only_what_beats_a_known_share_is_written()
    {
        var worker = new WorkerEntry(1, 1);
        Assert.That(See(1, 5, 10), Is.EqualTo((true, true)));
        Assert.That(See(1, 5, 10), Is.EqualTo((false, false)));
        Assert.That(See(1, 5, 9), Is.EqualTo((false, false)));
        Assert.That(See(2, 5, 9), Is.EqualTo((true, true)), "another pool");
        Assert.That(See(1, 6, 1), Is.EqualTo((false, true)), "another day");
        Assert.That(See(1, 5, 3), Is.EqualTo((false, true)), "late: not remembered, so the database decides");
        Assert.That(See(1, 6, 2), Is.EqualTo((false, true)));
        Assert.That(See(1, 6, 1), Is.EqualTo((false, false)), "what came late has not displaced today's");
        Assert.That(See(1, 6, 11), Is.EqualTo((true, true)));

        (bool, bool) See(int pool, int day, double work) => WorkerBest.Of(worker, pool).See(day, work);
    }

    [Test]
    public void Difficulty_is_what_miners_show_of_the_same_hash()
    {
        // Bitcoin's block 0, whose hash is 2,536.4 times as good as difficulty 1 asks; and Litecoin's difficulty 1, which is 2^16 easier.
        var hash = System.Numerics.BigInteger.Parse(
            "0000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f", System.Globalization.NumberStyles.HexNumber);
        var one = System.Numerics.BigInteger.Parse("0ffff" + new string('0', 52), System.Globalization.NumberStyles.HexNumber);
        var shown = (double)one / (double)hash;
        var work = Math.ScaleB(1, 256) / (double)hash;
        Assert.That(shown, Is.EqualTo(2_536.4).Within(0.1));
        Assert.That(BestShares.Difficulty(work, CoinDefinitions.Get("bitcoin")!), Is.EqualTo(shown).Within(shown * 1e-14));
        Assert.That(BestShares.Difficulty(65_536 * 65_536.0, CoinDefinitions.Get("bitcoin")!), Is.EqualTo(1).Within(2e-5));
        Assert.That(BestShares.Difficulty(65_536, CoinDefinitions.Get("litecoin")!), Is.EqualTo(1).Within(2e-5));
    }

    [Test]
    public async Task Best_shares_are_found_by_pool_account_worker_and_day()
    {
        var engine = new TestEngine();
        engine.Hashes("btc", Monday, ("a.x", 100), ("a.y", 300), ("b.x", 200));
        engine.Hashes("btc", Monday + DayMs, ("b.z", 250), ("a.x", 50));
        await CommitAsync(engine.Entries);
        await using var database = await OpenAsync();
        await using var read = new ReadDatabase(database);
        var bests = new BestShares(read);
        var pool = _pools.ByName("btc")!.PoolId;
        var a = await IdAsync("SELECT account_id FROM accounts WHERE name = 'a'");
        var b = await IdAsync("SELECT account_id FROM accounts WHERE name = 'b'");
        var ax = await IdAsync($"SELECT worker_id FROM workers WHERE name = 'x' AND account_id = {a}");

        Assert.That(await bests.OfPool(pool), Is.EqualTo(new BestShare(300, Monday, a, "a", "y")));
        var tuesday = Monday + DayMs;
        Assert.That(await bests.OfPool(pool, BestShares.Day(tuesday)), Is.EqualTo(new BestShare(250, tuesday, b, "b", "z")));
        Assert.That(await bests.OfPool(pool, 3), Is.Null);
        Assert.That(await bests.OfAccount(pool, a, BestShares.Day(tuesday)), Is.EqualTo(new BestShare(50, tuesday, a, "a", "x")));
        Assert.That(await bests.OfWorkers(pool, [ax, 999]), Is.EqualTo(new Dictionary<long, double> { [ax] = 100 }));
        Assert.That(await bests.OfAccounts(pool, [a, b]), Is.EqualTo(new Dictionary<long, double> { [a] = 300, [b] = 250 }));
        Assert.That(await bests.Standing(pool, 250), Is.EqualTo((1L, 2L)));
        Assert.That(await bests.OfPool(_pools.ByName("other")!.PoolId), Is.Null);
    }

    private async Task CommitAsync(IEnumerable<byte[]> entries, bool keepStore = false)
    {
        if (!keepStore || _store is null) _store = new ShareStore(_database, _pools, 10_000);
        await _store.ReadMarksAsync(default);
        await _store.CommitAsync([.. entries.Select(Ready)], default);
    }

    internal static ReadyEntry Ready(byte[] bytes)
    {
        EntryReader.TryReadHeader(bytes, out var header, out _);
        return new ReadyEntry(header, bytes, header.FirstSequence);
    }

    private async Task<Database> OpenAsync() => await Database.OpenAsync(
        new Contracts.Config.PostgresConfig { Url = TestDatabase.AddressOf(_database) }, "", isCommand: true, default);

    private async Task<long> IdAsync(string sql) => (await _database.RowsAsync(sql, [], row => row.GetInt64(0), default))[0];

    private async Task<string> EverAsync() => string.Join(", ", await _database.RowsAsync(
        """
        SELECT a.name || '.' || w.name || ' ' || b.work || CASE p.name WHEN 'btc' THEN '' ELSE ' ' || p.name END
        FROM best_shares b JOIN accounts a USING (account_id) JOIN workers w USING (worker_id) JOIN pools p USING (pool_id)
        ORDER BY a.name, w.name, p.name
        """,
        [],
        row => row.GetString(0),
        default));

    private async Task<string> DaysAsync() => string.Join(", ", await _database.RowsAsync(
        """
        SELECT (b.day - 20720) || ' ' || a.name || '.' || w.name || ' ' || b.work || CASE p.name WHEN 'btc' THEN '' ELSE ' ' || p.name END
        FROM best_share_days b JOIN accounts a USING (account_id) JOIN workers w USING (worker_id) JOIN pools p USING (pool_id)
        ORDER BY b.day, a.name, w.name, p.name
        """,
        [],
        row => row.GetString(0),
        default));
}
