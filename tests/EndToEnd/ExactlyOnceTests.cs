using System.Globalization;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>
/// Two hundred connections, two thousand shares a second, and things are killed. Every share that a miner was told was accepted is in the
/// books once, and nothing is there that was not mined.
/// </summary>
public sealed class ExactlyOnceTests
{
    private const int Connections = 200;

    /// <summary>256 hashes a share, five million a block: one share in twenty thousand is a block.</summary>
    private const string ShareDifficulty = "0.00000006";
    private const string Bits = "1e0346dc";

    [Test]
    public async Task The_engine_is_killed_ten_times_and_every_share_answered_true_is_credited_once()
    {
        const int Seed = 20_261;
        var random = new Random(Seed);
        await using var chain = await SimulatedChain.Start(Bits);
        await using var pool = await RunningPool.Start(await Setup(chain, null));
        await using var journal = new KeptJournal(Path.Combine(pool.Data, "journal"));
        var transcript = Path.Combine(pool.Folder, "transcript.jsonl");
        await using var load = Load(pool, await chain.NewAddress("miners"), seconds: 60, transcript);
        for (var kill = 0; kill < 10; kill++)
        {
            await Task.Delay(random.Next(1_500, 5_000));
            await pool.Engine!.Kill();
            await pool.StartEngine();
        }

        await load.WaitForExit();
        await AssertCreditedOnce(pool, journal, transcript, load.Output, $"seed {Seed}");
    }

    [Test]
    public async Task Redis_is_away_and_comes_back_empty_and_the_backoffice_is_killed_and_every_share_answered_true_is_credited_once()
    {
        const int Seed = 20_262;
        var random = new Random(Seed);
        await using var chain = await SimulatedChain.Start(Bits);
        using var folder = new TemporaryFolder();
        var port = FreePorts.Take(1)[0];
        var redis = StartRedis(folder, port);
        try
        {
            await using var pool = await RunningPool.Start(await Setup(chain, $"redis://127.0.0.1:{port}"));
            await using var journal = new KeptJournal(Path.Combine(pool.Data, "journal"));
            var transcript = Path.Combine(pool.Folder, "transcript.jsonl");
            await using var load = Load(pool, await chain.NewAddress("miners"), seconds: 100, transcript);
            for (var kill = 0; kill < 3; kill++)
            {
                await Task.Delay(random.Next(1_000, 4_000));
                await pool.Backoffice!.Kill();
                await pool.StartBackoffice();
            }

            await redis.Kill();
            await redis.DisposeAsync();
            await Task.Delay(TimeSpan.FromSeconds(60));
            redis = StartRedis(folder, port);
            await Task.Delay(random.Next(1_000, 4_000));
            await pool.Backoffice!.Kill();
            await pool.StartBackoffice();
            await load.WaitForExit();
            await AssertCreditedOnce(pool, journal, transcript, load.Output, $"seed {Seed}");
        }
        finally
        {
            await redis.DisposeAsync();
        }
    }

    private static RunningProgram StartRedis(TemporaryFolder folder, int port) => RunningProgram.Start(
        "/usr/bin/redis-server",
        [
            "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", folder.Path,
            "--save", "", "--appendonly", "no",
        ],
        "apt-get install redis-server");

    private static async Task<PoolSetup> Setup(SimulatedChain chain, string? redis) => new()
    {
        Address = await chain.NewAddress("pool"),
        Nodes = [chain.Url],
        StartDifficulty = ShareDifficulty,
        RedisUrl = redis,
    };

    private static RunningProgram Load(RunningPool pool, string address, int seconds, string transcript) => RunningProgram.Start(
        Programs.Miner,
        [
            "load", "--url", $"stratum+tcp://127.0.0.1:{pool.Setup.StratumPort}", "--user", address + ".w{n}",
            "--connections", $"{Connections}", "--rate", "2200", "--seconds", $"{seconds}", "--transcript", transcript,
        ]);

    private static async Task AssertCreditedOnce(RunningPool pool, KeptJournal journal, string transcript, string report, string seed)
    {
        var answers = Answer.Read(transcript);
        var accepted = answers.Where(a => a.Accepted).GroupBy(a => a.Worker)
            .ToDictionary(g => g.Key, g => (Shares: g.LongCount(), Work: g.Aggregate(0m, (sum, a) => sum + a.Work)));
        Assert.That(accepted, Has.Count.EqualTo(Connections), $"{seed}: workers with accepted shares\n{report}");
        Assert.That(accepted.Values.Sum(a => a.Shares), Is.GreaterThan(20_000), $"{seed}: too little happened to mean anything\n{report}");

        var books = new Books(pool);
        var credited = await Eventually.Get(
            "all that was accepted is in the database",
            books.SharesByWorker,
            rows => accepted.All(a => rows.TryGetValue(a.Key, out var row) && row.Shares >= a.Value.Shares),
            TimeSpan.FromMinutes(3));

        // A killed engine may have recorded shares whose answers never left: those are credited too, at most one window per connection and
        // kill.
        var extra = credited.Values.Sum(c => c.Shares) - accepted.Values.Sum(a => a.Shares);
        Assert.That(extra, Is.InRange(0, Unanswered(report)), $"{seed}: shares in the books that nobody was told about");
        await AssertEverySequenceOnce(books, journal, seed);
        var blocks = (await pool.Api("/api/v1/pools/main/stats")).GetProperty("blocks");
        Assert.That(blocks.GetProperty("found").GetInt32(), Is.GreaterThan(0), report);
        await books.AssertBalanced();
        TestContext.Out.WriteLine(
            $"{answers.Count} answers, {accepted.Values.Sum(a => a.Shares)} accepted, {extra} recorded without an answer");
    }

    /// <summary>Submits that were sent and never answered, as the load driver counted them.</summary>
    private static int Unanswered(string report)
    {
        var last = report.Split('\n').Last(line => line.StartsWith('{'));
        return System.Text.Json.JsonDocument.Parse(last).RootElement.GetProperty("unanswered").GetInt32();
    }

    /// <summary>
    /// Every share of the journal up to the mark is in the database under its own sequence, with its worker, time and work, and no other
    /// is; and the sums that credits are computed from are the sums of just these. One share twice and another lost would be seen.
    /// </summary>
    private static async Task AssertEverySequenceOnce(Books books, KeptJournal journal, string seed)
    {
        var end = journal.Read().Last;
        var stored = await Eventually.Get(
            $"the journal is committed up to {end}", () => StoredShares.Read(books.ConnectionString), shares => shares.Mark >= end);
        var (recorded, last) = journal.Read();
        Assert.That(stored.Mark, Is.InRange(end, last), $"{seed}: the mark is within the journal");

        var expected = recorded.Where(share => share.Key <= stored.Mark).ToDictionary();
        AssertSame(stored.Shares, expected, $"{seed}: single shares");
        AssertSame(stored.Sums, stored.SumsOf(expected.Values), $"{seed}: sums by worker, slice and work");
    }

    /// <summary>Says what differs, not hundreds of thousands of what does not.</summary>
    private static void AssertSame<TKey, TValue>(Dictionary<TKey, TValue> actual, Dictionary<TKey, TValue> expected, string what)
        where TKey : notnull
    {
        var lost = expected.Where(pair => !actual.TryGetValue(pair.Key, out var value) || !Equals(value, pair.Value)).Take(5).ToList();
        var extra = actual.Where(pair => !expected.TryGetValue(pair.Key, out var value) || !Equals(value, pair.Value)).Take(5).ToList();
        Assert.That(lost, Is.Empty, $"{what}: lost");
        Assert.That(extra, Is.Empty, $"{what}: nobody recorded");
    }
}
