using System.Text.Json;
using Viddhana.Core.Algorithms;
using Viddhana.Miner;
using Viddhana.Miner.Commands;
using Viddhana.Miner.Mine;
using Viddhana.Miner.Net;
using Viddhana.Miner.Report;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>Whole mining runs against a pool that judges every share for itself.</summary>
[TestFixture, CancelAfter(60_000)]
public sealed class MinerTests
{
    [TestCase("1fffe000", 8)]
    [TestCase(null, 4)]
    [TestCase("00006000", 2)]
    public async Task Every_share_is_met_in_the_eyes_of_the_pool_and_none_is_sent_twice(string? mask, int extranonce2Size)
    {
        await using var pool = new FakePool { VersionMask = mask, Extranonce2Size = extranonce2Size };
        var (exit, _) = await Mine(pool, shares: 300, workers: 3);

        Assert.That(exit, Is.Zero);
        Assert.That(pool.Seen, Has.Count.GreaterThanOrEqualTo(300));
        Assert.That(pool.Seen.Where(share => !share.IsMet), Is.Empty);
        Assert.That(pool.Seen.Select(share => share.Key), Is.Unique);
        Assert.That(pool.Users.Distinct(), Is.EquivalentTo(new[] { "addr.w1", "addr.w2", "addr.w3" }));
        Assert.That(pool.Seen.Select(share => share.User).Distinct(), Is.SubsetOf(pool.Users));
    }

    [Test]
    public async Task Scrypt_shares_are_met_too()
    {
        await using var pool = new FakePool { Algorithm = "scrypt", VersionMask = null, Difficulty = "0.0001" };
        var (exit, _) = await Mine(pool, shares: 10, workers: 2, algorithm: "scrypt");

        Assert.That(exit, Is.Zero);
        Assert.That(pool.Seen.Where(share => !share.IsMet), Is.Empty);
    }

    [Test]
    public async Task A_new_difficulty_counts_from_the_next_job_and_a_new_extranonce_too()
    {
        await using var pool = new FakePool
        {
            Extranonce2Size = 4,
            AfterShare = async (peer, share) =>
            {
                if (share.Nonce[^1] == '0') await peer.SendDifficulty("0.0000004");
                if (share.Nonce[^1] == '1') await peer.SendExtranonce($"{share.Nonce}{peer.Number:x4}");
                if (share.Nonce[^1] == '2') await peer.SendJob(clean: false);
                if (share.Nonce[^1] == '3') await peer.SendDifficulty("0.0000001");
                if (share.Nonce[^1] == '4') await peer.SendJob(clean: true);
            },
        };
        var (exit, _) = await Mine(pool, shares: 400, workers: 1);

        Assert.That(exit, Is.Zero);
        Assert.That(pool.Seen.Where(share => !share.IsMet), Is.Empty);
        Assert.That(pool.Seen.Select(share => share.JobId).Distinct().Count(), Is.GreaterThan(10));
        Assert.That(pool.Seen.Select(share => share.Difficulty).Distinct().Count(), Is.EqualTo(2));
        Assert.That(pool.Seen.Select(share => share.Key), Is.Unique);
    }

    [Test]
    public async Task The_transcript_holds_every_answered_share_once_as_the_pool_saw_it()
    {
        var file = Path.GetTempFileName();
        try
        {
            var refused = 0;
            await using var pool = new FakePool
            {
                Nbits = "207fffff",
                Answer = share => Interlocked.Increment(ref refused) % 5 == 0 ? "null,\"error\":[21,\"Stale\",null]" : "true",
            };
            var (exit, run) = await Mine(pool, shares: 100, workers: 2, transcript: file);

            Assert.That(exit, Is.Zero);
            var lines = File.ReadAllLines(file).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
            Assert.That(lines.Length, Is.EqualTo(pool.Answered.Count).And.EqualTo(run.Totals.Accepted + run.Totals.Rejected));
            Assert.That(lines.Select(Key), Is.EquivalentTo(pool.Answered.Select(Key)));
            Assert.That(lines.Count(line => line.GetProperty("result").ValueKind == JsonValueKind.True), Is.EqualTo(run.Totals.Accepted));
            foreach (var line in lines) IsWhole(line);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task A_lost_connection_is_made_again_and_unanswered_shares_are_counted_not_written()
    {
        var file = Path.GetTempFileName();
        try
        {
            var seen = 0;
            await using var pool = new FakePool
            {
                AfterShare = (peer, _) =>
                {
                    if (Interlocked.Increment(ref seen) % 40 == 0) peer.Dispose();
                    return Task.CompletedTask;
                },
            };
            var (exit, run) = await Mine(pool, shares: 200, workers: 2, transcript: file);

            Assert.That(exit, Is.Zero);
            Assert.That(run.Totals.Disconnects, Is.GreaterThanOrEqualTo(4));
            Assert.That(run.Totals.Connects, Is.GreaterThan(4));
            Assert.That(run.Totals.Submitted, Is.EqualTo(run.Totals.Accepted + run.Totals.Rejected + run.Totals.Unanswered));
            Assert.That(File.ReadAllLines(file), Has.Length.EqualTo(run.Totals.Accepted + run.Totals.Rejected));
            Assert.That(pool.Seen.Where(share => !share.IsMet), Is.Empty);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task A_request_to_connect_again_is_followed_but_not_to_another_host()
    {
        await using var elsewhere = new FakePool();
        var asked = 0;
        await using var pool = new FakePool
        {
            AfterShare = async (peer, _) =>
            {
                if (Interlocked.Increment(ref asked) == 1)
                    await peer.Send($$"""{"id":null,"method":"client.reconnect","params":["pool.example","{{elsewhere.Port}}",0]}""");
                else if (peer.Number == 2)
                    await peer.Send($$"""{"id":null,"method":"client.reconnect","params":["127.0.0.1",{{elsewhere.Port}},0]}""");
            },
        };
        var (exit, _) = await Mine(pool, shares: 50, workers: 1);

        Assert.That(exit, Is.Zero);
        Assert.That(pool.Peers, Has.Count.EqualTo(2), "the first request names another host, so the same pool is connected to again");
        Assert.That(elsewhere.Seen, Is.Not.Empty, "the second request names another port of the same host");
    }

    [Test]
    public async Task Questions_and_messages_of_the_pool_are_answered_and_shown()
    {
        var sent = 0;
        await using var pool = new FakePool
        {
            AfterShare = async (peer, _) =>
            {
                if (Interlocked.Increment(ref sent) != 1) return;
                await peer.Send("""{"id":7,"method":"mining.ping","params":[]}""");
                await peer.Send("""{"id":"v","method":"client.get_version","params":[]}""");
                await peer.Send("""{"id":null,"method":"client.show_message","params":["Hello, rig"]}""");
            },
        };
        using var output = new MemoryStream();
        await Mine(pool, shares: 50, workers: 1, output: output);

        Assert.That(pool.OtherLines, Does.Contain("""{"id":7,"result":"pong","error":null}"""));
        Assert.That(pool.OtherLines, Has.Some.StartsWith("""{"id":"v","result":"viddhana-miner/"""));
        var messages = Events(output).Where(e => e.GetProperty("event").GetString() == "message");
        Assert.That(messages.Select(e => e.GetProperty("text").GetString()), Has.Some.Contains("Hello, rig"));
    }

    [Test]
    public async Task Blocks_end_the_run_that_waits_for_them()
    {
        await using var pool = new FakePool { Nbits = "207fffff" };
        using var output = new MemoryStream();
        var (exit, run) = await Mine(pool, blocks: 2, workers: 1, output: output);

        Assert.That(exit, Is.Zero);
        Assert.That(run.Totals.Blocks, Is.GreaterThanOrEqualTo(2));
        Assert.That(Events(output).Count(e => e.GetProperty("event").GetString() == "block"), Is.GreaterThanOrEqualTo(2));
    }

    [Test]
    public async Task A_pool_that_refuses_every_user_ends_the_run_with_1()
    {
        await using var pool = new FakePool { RefusesUsers = true };
        var (exit, run) = await Mine(pool, shares: 1, workers: 2);

        Assert.That(exit, Is.EqualTo(1));
        Assert.That(run.Totals.Submitted, Is.Zero);
    }

    [Test]
    public async Task The_command_line_mines_and_says_0_1_or_2()
    {
        var file = Path.GetTempFileName();
        await using var pool = new FakePool();
        try
        {
            string[] workers = ["--worker", "a.x=2MH", "--worker", "b.y=1MH"];
            string[] good = ["--url", pool.Url, .. workers, "--shares", "20", "--json", "--transcript", file];
            Assert.That(await MinerCommandLine.RunAsync(good), Is.Zero);
            Assert.That(pool.Users, Is.EquivalentTo(new[] { "a.x", "b.y" }));
            Assert.That(File.ReadAllLines(file), Has.Length.GreaterThanOrEqualTo(20));

            string[] closed = ["--url", $"stratum+tcp://127.0.0.1:{Closed()}", "--user", "a", "--shares", "1", "--seconds", "1", "--json"];
            Assert.That(await MinerCommandLine.RunAsync(closed), Is.EqualTo(1));
            Assert.That(await MinerCommandLine.RunAsync(["--url", "http://x", "--user", "a"]), Is.EqualTo(2));
            Assert.That(await MinerCommandLine.RunAsync(["--url", pool.Url]), Is.EqualTo(2));
            Assert.That(await MinerCommandLine.RunAsync(["--url", pool.Url, "--user", "a", "--hashrate", "fast"]), Is.EqualTo(2));
            Assert.That(await MinerCommandLine.RunAsync(["load", "--user", "a"]), Is.EqualTo(2));
            string[] drive = ["--url", pool.Url, "--user", "a", "--connections", "2", "--seconds", "0.1"];
            Assert.That(await MinerCommandLine.RunAsync(["load", "submit", .. drive, "--warmup", "0.5"]), Is.Zero);
            Assert.That(await MinerCommandLine.RunAsync(["load", "churn", .. drive]), Is.Zero);
            Assert.That(await MinerCommandLine.RunAsync(["load", "submit", .. drive, "--server-pid", "1,x"]), Is.EqualTo(2));
            Assert.That(await MinerCommandLine.RunAsync(["load", "idle", "--url", $"stratum+tcp://127.0.0.1:{Closed()}", "--user", "a"]),
                Is.EqualTo(1));
            string[] bench = ["bench", "--algo", "sha256d", "--rounds", "1", "--only", "kernels", "--json"];
            Assert.That(await MinerCommandLine.RunAsync(bench), Is.Zero);
        }
        finally
        {
            File.Delete(file);
        }
    }

    internal static async Task<(int Exit, Run Run)> Mine(
        FakePool pool, int workers, long? shares = null, long? blocks = null, string algorithm = "sha256d", string? transcript = null,
        Stream? output = null, bool insecure = false, double seconds = 50)
    {
        Assert.That(PoolUrl.TryParse(pool.Url, out var url));
        using var log = transcript is null ? null : new Transcript(transcript);
        var run = new Run(
            new RunOptions
            {
                Url = url!,
                Algorithm = PowAlgorithms.ByName[algorithm],
                Password = "x",
                ReconnectMaxMs = 250,
                AcceptsAnyCertificate = insecure,
            },
            new EventLog(output ?? Stream.Null, isJson: true, isTerminal: false),
            log);
        var specs = Enumerable.Range(1, workers).Select(n => new WorkerSpec(UserNames.For("addr", n, workers), 300_000)).ToArray();
        var options = new MineOptions { Workers = specs, Threads = 1, SharesMax = shares, BlocksMax = blocks, SecondsMax = seconds };
        var exit = await new MineRun(run, PowAlgorithms.ByName[algorithm], options).RunAsync(TestContext.CurrentContext.CancellationToken);
        if (transcript is not null)
        {
            var answered = run.Totals.Accepted + run.Totals.Rejected;
            Assert.That(File.ReadAllLines(transcript), Has.Length.EqualTo(answered), "written before it is closed");
        }

        return (exit, run);
    }

    private static void IsWhole(JsonElement line)
    {
        Assert.That(line.GetProperty("hash").GetString(), Has.Length.EqualTo(64));
        Assert.That(line.GetProperty("difficulty").GetRawText(), Is.EqualTo("0.0000001"));
        Assert.That(line.GetProperty("work").GetUInt64(), Is.EqualTo(429));
        Assert.That(line.GetProperty("sentMs").GetInt64(), Is.LessThanOrEqualTo(line.GetProperty("answeredMs").GetInt64()));
        var isTrue = line.GetProperty("result").ValueKind == JsonValueKind.True;
        Assert.That(line.GetProperty("error").ValueKind == JsonValueKind.Null, Is.EqualTo(isTrue));
        Assert.That(line.GetProperty("version").GetString(), Has.Length.EqualTo(8));
        Assert.That(line.GetProperty("solvesBlock").GetBoolean(), "a share of this pool is always below the target 207fffff");
    }

    private static string Key(JsonElement line) =>
        string.Join(' ', ((string[])["worker", "job", "extranonce2", "ntime", "nonce", "hash"]).Select(name => line.GetProperty(name)));

    private static string Key(SeenShare share) =>
        $"{share.User} {share.JobId} {share.Extranonce2} {share.Ntime} {share.Nonce} {share.Hash.ToString("x64")[^64..]}";

    private static IEnumerable<JsonElement> Events(MemoryStream output) =>
        System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement);

    private static int Closed()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
