using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Net;

/// <summary>Real sockets on loopback against the loop, once on each transport.</summary>
[TestFixture(false, TestName = "Loop on epoll")]
[TestFixture(true, TestName = "Loop on the runtime's socket events")]
public sealed class LoopTests(bool portable)
{
    [Test]
    public async Task A_handshake_and_a_share_over_a_real_socket()
    {
        using var engine = NewEngine();
        engine.NewJob();
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.LoginAsync();

        var answer = await client.ShareAsync(1);

        Assert.That(answer.GetProperty("result").GetBoolean(), Is.True, answer.ToString());
        Assert.That(engine.Pool.Recorded, Is.EqualTo(1));

        // Counted when the round is over, which is after its answers have gone out.
        const string Counted = "stratum_shares_processed_total{pool=\"test\",result=\"valid\"} 1\n";
        Assert.That(() => engine.Metrics.Text(), Does.Contain(Counted).After(30_000, 20));
    }

    [Test]
    public async Task Five_hundred_connections_each_have_their_own_work_and_get_each_job()
    {
        using var engine = NewEngine();
        engine.NewJob();
        var port = engine.Listen();
        var clients = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => TestClient.ConnectAsync(port)));
        await Task.WhenAll(clients.Select(client => client.LoginAsync()));

        var answers = await Task.WhenAll(clients.Select(client => client.ShareAsync(1)));
        Assert.That(answers.Count(answer => answer.GetProperty("result").ToString() == "True"), Is.EqualTo(500));
        Assert.That(clients.Select(client => client.Extranonce1).Distinct().Count(), Is.EqualTo(500));

        var before = clients[0].JobId;
        engine.NewJob(tip: 2);
        var jobs = await Task.WhenAll(clients.Select(client => client.NextJobAsync(before)));
        Assert.That(jobs.Distinct().Count(), Is.EqualTo(1));

        foreach (var client in clients) client.Dispose();
        Assert.That(() => engine.Connections, Is.Zero.After(30_000, 20));
        Assert.That(engine.Setup.Admission.Count, Is.Zero);
    }

    [Test]
    public async Task A_broadcast_ends_when_every_loop_has_sent_it_or_has_a_newer_one()
    {
        using var engine = NewEngine();
        await engine.NewJob().Sent.WaitAsync(RunningProgram.WaitMax);
        var port = engine.Listen();
        var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => TestClient.ConnectAsync(port)));
        await Task.WhenAll(clients.Select(client => client.LoginAsync()));

        // Each was handed over when its broadcast has ended: the lines are there to be read.
        var before = clients[0].JobId;
        await engine.NewJob(tip: 2).Sent.WaitAsync(RunningProgram.WaitMax);
        var jobs = await Task.WhenAll(clients.Select(client => client.NextJobAsync(before)));
        Assert.That(jobs.Distinct().Count(), Is.EqualTo(1));

        var broadcasts = Enumerable.Range(3, 50).Select(tip => engine.NewJob(tip).Sent).ToList();
        await Task.WhenAll(broadcasts).WaitAsync(RunningProgram.WaitMax);
        foreach (var client in clients) client.Dispose();
    }

    [Test]
    public async Task Bytes_that_come_one_by_one_make_the_same_conversation()
    {
        using var engine = NewEngine();
        engine.NewJob();
        using var client = await TestClient.ConnectAsync(engine.Listen());
        foreach (var c in "{\"id\":1,\"method\":\"mining.ping\",\"params\":[]}\n") await client.SendAsync(c.ToString());
        Assert.That((await client.ReadAsync()).GetProperty("id").GetInt32(), Is.EqualTo(1));

        await client.LoginAsync();
        var line = client.ShareLine(1, out var id);
        foreach (var c in line) await client.SendAsync(c.ToString());
        Assert.That((await client.AnswerAsync(id)).GetProperty("result").GetBoolean(), Is.True);
    }

    [Test]
    public async Task Thousands_of_pipelined_shares_are_answered_in_order()
    {
        using var engine = NewEngine();
        engine.NewJob();
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.LoginAsync();
        var lines = new StringBuilder();
        var ids = new List<int>();
        for (var i = 1UL; i <= 3_000; i++)
        {
            lines.Append(client.ShareLine(i, out var id));
            ids.Add(id);
        }

        var sending = client.SendAsync(lines.ToString());
        foreach (var id in ids) Assert.That((await client.AnswerAsync(id)).GetProperty("result").GetBoolean(), Is.True);
        await sending;
        Assert.That(engine.Pool.Recorded, Is.EqualTo(3_000));
        Assert.That(engine.Pool.Rounds, Is.LessThan(3_000), "shares that come together share a round");
    }

    [Test]
    public async Task Nobody_is_told_true_while_the_journal_refuses()
    {
        using var engine = NewEngine();
        engine.NewJob();
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.LoginAsync();
        engine.Pool.CanRecord = false;

        var answer = await client.ShareAsync(1);

        Assert.That(answer.GetProperty("error")[0].GetInt32(), Is.EqualTo(20), answer.ToString());
        Assert.That(
            engine.Metrics.Text,   // counted when the round's answers are out
            Does.Contain("{pool=\"test\",result=\"unavailable\"} 1\n").And.Contain("result=\"valid\"} 0\n").After(60_000, 5));
    }

    [Test]
    public async Task A_miner_that_comes_before_the_first_template_gets_its_job_when_there_is_one()
    {
        using var engine = NewEngine();
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.LoginAsync(expectJob: false);

        engine.NewJob();

        Assert.That(await client.NextJobAsync(""), Has.Length.EqualTo(16));
    }

    [Test]
    public async Task A_reader_that_does_not_read_is_cut_off_and_others_flow()
    {
        using var engine = NewEngine(new LimitsConfig { SendQueueBytes = 16 << 10, MessagesPerSecond = 1_000_000 });
        engine.NewJob();
        var port = engine.Listen();
        using var slow = await TestClient.ConnectAsync(port);
        using var other = await TestClient.ConnectAsync(port);
        await slow.LoginAsync();
        await other.LoginAsync();

        var pings = string.Concat(Enumerable.Repeat("{\"id\":1,\"method\":\"mining.ping\",\"params\":[]}\n", 1_000));
        var flooding = Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++) await slow.SendAsync(pings);   // never reads an answer
        });
        for (var i = 1UL; i <= 50; i++) Assert.That((await other.ShareAsync(i)).GetProperty("result").GetBoolean(), Is.True);

        Assert.That(() => engine.Closed("slow_reader"), Is.EqualTo(1).After(60_000, 20));
        Assert.That(async () => await flooding, Throws.InstanceOf<IOException>());
        Assert.That((await other.ShareAsync(51)).GetProperty("result").GetBoolean(), Is.True);
    }

    [Test]
    public async Task A_line_without_end_is_cut_off()
    {
        using var engine = NewEngine();
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.SendAsync("{\"id\":1,\"method\":\"" + new string('x', engine.Limits.LineBytes));

        Assert.That(await client.IsClosedAsync());
        Assert.That(() => engine.Connections, Is.Zero.After(30_000, 20));
    }

    [Test]
    public async Task Too_many_messages_are_cut_off()
    {
        using var engine = NewEngine(new LimitsConfig { MessagesPerSecond = 10 });
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.SendAsync(string.Concat(Enumerable.Repeat("{\"id\":1,\"method\":\"mining.ping\",\"params\":[]}\n", 1_000)));

        Assert.That(await client.IsClosedAsync());
    }

    [Test]
    public async Task Who_does_not_log_in_and_who_falls_silent_is_cut_off()
    {
        using var engine = NewEngine(new LimitsConfig { LoginSeconds = 1, IdleSeconds = 2 });
        engine.NewJob();
        var port = engine.Listen();
        using var mute = await TestClient.ConnectAsync(port);
        using var silent = await TestClient.ConnectAsync(port);
        await silent.LoginAsync();

        Assert.That(await mute.IsClosedAsync());
        Assert.That(await silent.IsClosedAsync());
    }

    [Test]
    public async Task A_slow_algorithm_keeps_the_order_and_holds_up_nobody_who_asks_something_else()
    {
        using var engine = NewEngine(isSlow: true);
        engine.NewJob();
        var port = engine.Listen();
        using var hashing = await TestClient.ConnectAsync(port);
        using var other = await TestClient.ConnectAsync(port);
        await hashing.LoginAsync();
        engine.Pool.Gate.Reset();
        var lines = new StringBuilder();
        var ids = new List<int>();
        for (var i = 1UL; i <= 300; i++)
        {
            lines.Append(hashing.ShareLine(i, out var id));
            ids.Add(id);
        }

        await hashing.SendAsync(lines.ToString());
        await other.LoginAsync();   // while the workers are at it

        engine.Pool.Gate.Set();
        foreach (var id in ids) Assert.That((await hashing.AnswerAsync(id)).GetProperty("result").GetBoolean(), Is.True);
        Assert.That(engine.Pool.Recorded, Is.EqualTo(300));
    }

    [Test]
    public async Task More_slow_rounds_than_there_are_come_out_whole()
    {
        using var engine = NewEngine(isSlow: true);
        engine.NewJob();
        var port = engine.Listen();
        var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => TestClient.ConnectAsync(port)));
        await Task.WhenAll(clients.Select(client => client.LoginAsync()));
        engine.Pool.Gate.Reset();

        var answers = clients.Select(async client =>
        {
            for (var i = 1UL; i <= 20; i++) Assert.That((await client.ShareAsync(i)).GetProperty("result").GetBoolean(), Is.True);
        }).ToList();
        engine.Pool.Gate.Set();
        await Task.WhenAll(answers);

        Assert.That(engine.Pool.Recorded, Is.EqualTo(2_000));
        foreach (var client in clients) client.Dispose();
    }

    [Test]
    public async Task A_drain_answers_what_was_read_says_goodbye_and_ends()
    {
        using var engine = NewEngine(isSlow: true);
        engine.NewJob();
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.LoginAsync();
        engine.Pool.Gate.Reset();
        await client.SendAsync(client.ShareLine(1, out var id));
        Assert.That(() => engine.Pool.Validating, Is.EqualTo(1).After(30_000, 20));

        var draining = Task.Run(() => engine.Drain());
        engine.Pool.Gate.Set();

        Assert.That(await draining, Is.True);
        Assert.That((await client.AnswerAsync(id)).GetProperty("result").GetBoolean(), Is.True);
        Assert.That((await client.ReadAsync()).GetProperty("method").GetString(), Is.EqualTo("client.reconnect"));
        Assert.That(await client.IsClosedAsync());
    }

    private TestEngine NewEngine(LimitsConfig? limits = null, bool isSlow = false) => new(limits, isSlow: isSlow, portable: portable);
}
