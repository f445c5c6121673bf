using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Viddhana.Miner.Load;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>The load generator against a pool that sees every line it sends. Every hash is good enough there.</summary>
[TestFixture, CancelAfter(60_000)]
public sealed class GeneratorTests
{
    private const string AnyHash = "0.0000000001";

    [TestCase(1, false)]
    [TestCase(16, true)]
    public async Task Shares_of_a_closed_loop_are_all_different_and_their_answers_are_counted(int depth, bool rolls)
    {
        await using var pool = new FakePool { Difficulty = AnyHash };
        var report = await Run(Plan(pool, LoadMode.Submit) with { Connections = 10, Depth = depth, RollsVersion = rolls, Threads = 3 });

        // The pool still reads what the generator has left behind.
        SeenShare[] seen;
        lock (pool.Seen) seen = [.. pool.Seen];
        Assert.That(seen.Select(share => share.Key).ToHashSet(), Has.Count.EqualTo(seen.Length), "the same share twice");
        Assert.That(seen.Where(share => !share.IsMet), Is.Empty, "shares of unknown jobs, or not as the pool wants them");
        Assert.That(seen.Select(share => share.User).Distinct().Count(), Is.EqualTo(10));
        Assert.That(seen.Any(share => share.VersionBits is not (null or "00000000")), Is.EqualTo(rolls));
        Assert.That(Number(report, "accepted"), Is.Positive.And.EqualTo(Number(report, "answers")));
        Assert.That(Number(report, "accepted"), Is.LessThanOrEqualTo(pool.Answered.Count));
        Assert.That(Number(report, "unanswered"), Is.LessThanOrEqualTo(10 * depth));
        Assert.That(Number(report, "disconnects"), Is.Zero);
        Assert.That(report.GetProperty("setup").GetProperty("readyAtEnd").GetInt64(), Is.EqualTo(10));
    }

    [Test]
    public async Task Refusals_are_counted_by_their_code_and_are_not_accepted()
    {
        await using var pool = new FakePool { Difficulty = AnyHash, Answer = _ => "null,\"error\":[22,\"Duplicate share\",null]" };
        var report = await Run(Plan(pool, LoadMode.Submit) with { Connections = 2, Depth = 2 });

        Assert.That(Number(report, "accepted"), Is.Zero);
        Assert.That(report.GetProperty("rejectedByCode").GetProperty("22").GetInt64(), Is.Positive.And.EqualTo(Number(report, "answers")));
    }

    [Test]
    public async Task A_server_that_stalls_is_charged_for_every_share_that_was_due_meanwhile()
    {
        var isStalled = 1;
        await using var pool = new FakePool
        {
            Difficulty = AnyHash,
            AfterShare = (_, _) => Interlocked.Exchange(ref isStalled, 0) == 1 ? Task.Delay(1_000) : Task.CompletedTask,
        };
        var plan = Plan(pool, LoadMode.Submit) with { Connections = 1, Depth = 1, Rate = 100, WarmupSeconds = 0, Seconds = 2 };
        var report = await Run(plan);

        // A closed loop would have seen one slow answer. Here some 50 shares fell due in the first half of the pause.
        var slow = report.GetProperty("latency").GetProperty("histogram").EnumerateArray()
            .Where(bucket => bucket.GetProperty("belowMicros").GetInt64() > 262_144).Sum(bucket => bucket.GetProperty("count").GetInt64());
        Assert.That(slow, Is.GreaterThan(20));
        Assert.That(pool.Seen, Has.Count.LessThanOrEqualTo(202), "no more than the rate allows");
    }

    [Test]
    public async Task Churn_opens_and_closes_whole_conversations()
    {
        await using var pool = new FakePool { Difficulty = AnyHash };
        var report = await Run(Plan(pool, LoadMode.Churn) with { Connections = 4 });

        Assert.That(Number(report, "cycles"), Is.GreaterThan(4).And.LessThanOrEqualTo(pool.Users.Count));
        Assert.That(Number(report, "disconnects") + Number(report, "refused") + Number(report, "connectFailures"), Is.Zero);
        Assert.That(pool.Seen, Is.Empty);
    }

    [Test]
    public async Task A_broadcast_is_timed_from_its_trigger_to_the_last_connection()
    {
        await using var pool = new FakePool { Difficulty = AnyHash };
        using var trigger = new TriggerServer(() => Task.WhenAll(pool.Peers.Select(peer => peer.SendJob(clean: true))));
        var plan = Plan(pool, LoadMode.Broadcast) with
        {
            Connections = 20,
            Rounds = 2,
            IntervalSeconds = 1,
            Trigger = new Trigger("POST", trigger.Url),
        };
        var report = await Run(plan);

        var rounds = report.GetProperty("rounds").EnumerateArray().ToArray();
        Assert.That(rounds.Select(round => Number(round, "connections")), Is.EqualTo(new[] { 20, 20 }));
        Assert.That(rounds.Select(round => round.GetProperty("triggerToFirstMs").GetDouble()), Is.All.Positive);
        Assert.That(rounds.All(r => r.GetProperty("triggerToLastMs").GetDouble() >= r.GetProperty("triggerToFirstMs").GetDouble()));
    }

    [Test]
    public async Task A_pool_that_takes_no_user_is_told_and_gives_no_result()
    {
        await using var pool = new FakePool { RefusesUsers = true };
        var report = await Run(Plan(pool, LoadMode.Idle) with { Connections = 3 });

        Assert.That(Number(report, "refused"), Is.EqualTo(3));
        Assert.That(report.GetProperty("setup").GetProperty("ready").GetInt64(), Is.Zero);
    }

    [Test]
    public async Task The_servers_memory_and_time_are_read_from_the_system()
    {
        await using var pool = new FakePool { Difficulty = AnyHash };
        var report = await Run(Plan(pool, LoadMode.Submit) with { Connections = 2, ServerPids = [Environment.ProcessId] });

        var server = report.GetProperty("server");
        Assert.That(Number(server, "rssSettledBytes"), Is.GreaterThan(1_000_000));
        Assert.That(Number(server, "threads"), Is.Positive);
        Assert.That(server.GetProperty("cpuPerAccepted").GetDouble(), Is.Positive);
    }

    [TestCase("""{"id":17,"result":true,"error":null}""", 17, true, 0)]
    [TestCase("""{"result":true,"error":null,"id":17}""", 17, true, 0)]
    [TestCase("""{"id": 17, "result": true, "error": null}""", 17, true, 0)]
    [TestCase("""{"id":17,"result":null,"error":[23,"Low difficulty share",null]}""", 17, false, 23)]
    [TestCase("""{"error": [ 21, "Job not found", null], "id": 17, "result": null}""", 17, false, 21)]
    [TestCase("""{"id":17,"result":null,"error":{"code":-3,"message":"no"}}""", 17, false, -3)]
    [TestCase("""{"reject-reason":"Stale","result":false,"error":null,"id":17}""", 17, false, 0)]
    public void Answers_are_read_in_every_order(string text, long expectedId, bool isTrue, int code)
    {
        var line = Encoding.UTF8.GetBytes(text);
        Assert.That(ServerLine.TryReadId(line, out var id, out var end));
        Assert.That(id, Is.EqualTo(expectedId));
        Assert.That(ServerLine.IsCall(line, end), Is.False);
        Assert.That(ServerLine.IsTrue(line, end), Is.EqualTo(isTrue));
        Assert.That(ServerLine.ErrorCode(line), Is.EqualTo(code));
    }

    [TestCase("""{"id":null,"method":"mining.notify","params":["j1","00","c1","c2",["aa"],"20000000","17034219","6553f100",true]}""", true)]
    [TestCase("""{"params":["j1","00","c1","c2",[],"20000000","17034219","6553f100", false],"id":null,"method":"mining.notify"}""", false)]
    public void A_job_is_read_from_a_notify(string text, bool isClean)
    {
        var line = Encoding.UTF8.GetBytes(text);
        Assert.That(ServerLine.TryReadId(line, out _, out var end), Is.False);
        Assert.That(ServerLine.IsCall(line, end));
        Assert.That(ServerLine.TryReadJob(line, out var job));
        Assert.That(Encoding.UTF8.GetString(job.Id), Is.EqualTo("j1"));
        Assert.That(Encoding.UTF8.GetString(job.Ntime), Is.EqualTo("6553f100"));
        Assert.That(job.IsClean, Is.EqualTo(isClean));
    }

    [TestCase("""{"id":2,"result":[[["mining.set_difficulty","1"],["mining.notify","1"]],"08000002",8],"error":null}""", 8)]
    [TestCase("""{"error": null, "id": 2, "result": [[["mining.notify", "1"]], "08000002", 4]}""", 4)]
    public void The_size_of_extranonce2_is_read_from_the_answer_to_subscribe(string text, int expected)
    {
        Assert.That(ServerLine.TryReadExtranonce2Size(Encoding.UTF8.GetBytes(text), out var size));
        Assert.That(size, Is.EqualTo(expected));
    }

    private static LoadPlan Plan(FakePool pool, LoadMode mode) => new()
    {
        Mode = mode,
        Target = new IPEndPoint(IPAddress.Loopback, pool.Port),
        Connections = 1,
        User = "addr",
        WarmupSeconds = 0.2,
        SettleSeconds = 0,
        Seconds = 1,
    };

    private static async Task<JsonElement> Run(LoadPlan plan)
    {
        var result = await new LoadGenerator(plan, TextWriter.Null).RunAsync(TestContext.CurrentContext.CancellationToken);
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            LoadReport.Write(json, result);
            json.WriteEndObject();
        }

        return JsonDocument.Parse(output.ToArray()).RootElement;
    }

    private static long Number(JsonElement report, string name) => report.GetProperty(name).GetInt64();

    /// <summary>Answers every request with 200 once something was done.</summary>
    private sealed class TriggerServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public TriggerServer(Func<Task> pull)
        {
            _listener.Start();
            _ = ServeAsync(pull);
        }

        public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/control/block?n=1";

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(Func<Task> pull)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var request = new byte[1_024];
                    var length = await client.GetStream().ReadAsync(request);
                    var isRight = Encoding.ASCII.GetString(request, 0, length)
                        .StartsWith("POST /control/block?n=1 HTTP/1.1\r\n", StringComparison.Ordinal);
                    if (isRight) await pull();
                    var answer = isRight ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 400 Bad Request\r\n\r\n";
                    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
                }
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
