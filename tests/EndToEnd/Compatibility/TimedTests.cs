using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>What happens by itself after a while, with the whiles set small; and the farewell.</summary>
public sealed class TimedTests : PlainWireFixture
{
    private const string Start = "0.0000000005";
    private const string Accepted = """{"id":4,"result":true,"error":null}""";

    private protected override EngineSetup Setup => new()
    {
        StartDifficulty = Start,
        Bits = "1a010000",
        Pool = "refresh_seconds: 600",
        Engine = """
            sessions:
              keep_alive_seconds: 1
              resume_seconds: 1
              remember_seconds: 1
            """,
        MorePorts = [$"difficulty: {{start: {Start}, min: \"0.0000000001\"}}", "drain_to: \"pool2.example.com:3333\""],
    };

    [Test]
    [Category("a42")]
    public async Task Work_comes_again_and_again_though_nothing_has_changed()
    {
        using var client = await ConnectAndLogIn();
        var first = client.Job!;
        var known = new HashSet<string> { first.Id };
        for (var i = 0; i < 3; i++)
        {
            var job = await client.WaitForJob(job => !known.Contains(job.Id));
            known.Add(job.Id);
            Assert.That(job.Id[..12], Is.EqualTo(first.Id[..12]), "the same job");
            Assert.That(job.Coinbase1 + job.Coinbase2, Is.Not.EqualTo(first.Coinbase1 + first.Coinbase2), "other work");
            Assert.That(job.Clean, Is.False);
        }

        var old = MinedShare.Find(client, 1, share => share.IsShare, first);
        Assert.That(await client.Ask(old.Submit("4", User)), Is.EqualTo(Accepted), "and what was there stays good");
    }

    [Test]
    [Category("a53")]
    public async Task A_worker_that_stayed_away_for_too_long_starts_at_the_ports_start()
    {
        const string Harder = "0.000000001";
        using (var client = await WireClient.Connect(Engine.MorePort(0)))
        {
            await client.LogIn(User);
            await client.Ask($$"""{"id":3,"method":"mining.suggest_difficulty","params":[{{Harder}}]}""");
            await client.WaitForJob(job => job.Difficulty == Harder);
            Assert.That(await client.Ask(MinedShare.Find(client, 1, share => share.IsShare).Submit("4", User)), Is.EqualTo(Accepted));
        }

        await Eventually.Holds("it is forgotten", async () =>
        {
            using var again = await WireClient.Connect(Engine.MorePort(0));
            await again.LogIn(User);
            return again.Job!.Difficulty == Start;
        });
    }

    [Test]
    [Category("a65")]
    [Category("a66")]
    public async Task A_stop_sends_clients_back_or_on_and_says_so_to_those_that_show_it()
    {
        using var cgminer = await LogIn(Engine.Port(), "cgminer/4.11.1");
        using var bitaxe = await LogIn(Engine.Port(), "bitaxe/BM1370/v2.9");
        using var moved = await LogIn(Engine.MorePort(1), "bitaxe/BM1370/v2.9");
        await Engine.Program.Terminate();
        try
        {
            const string Reconnect = """{"id":null,"method":"client.reconnect","params":[]}""";
            const string Message = """
                {"id":null,"method":"client.show_message","params":["The pool restarts for maintenance, please reconnect"]}
                """;
            Assert.That((await cgminer.ReadToEnd())[^2..], Is.EqualTo(new[] { Message, Reconnect }));
            var told = await bitaxe.ReadToEnd();
            Assert.That(told[^1], Is.EqualTo(Reconnect));
            Assert.That(told, Has.None.Contains("show_message"));
            const string Elsewhere = """{"id":null,"method":"client.reconnect","params":["pool2.example.com",3333,0]}""";
            Assert.That((await moved.ReadToEnd())[^1], Is.EqualTo(Elsewhere));
        }
        finally
        {
            await Engine.Start();
        }
    }

    [Test]
    [Category("a66")]
    public async Task A_refusal_is_shown_to_cgminer_before_its_answer([Values("cgminer/4.11.1", "NerdMinerV2/1.8.3")] string userAgent)
    {
        using var client = await Connect();
        await client.Ask($$"""{"id":1,"method":"mining.subscribe","params":["{{userAgent}}"]}""");
        Assert.That(await client.Ask("""{"id":2,"method":"mining.authorize","params":["nobody","x"]}"""), Does.Contain("[24,"));
        var shown = client.Notifications.Count(line => line.Contains("client.show_message", StringComparison.Ordinal));
        Assert.That(shown, Is.EqualTo(userAgent.StartsWith("cgminer", StringComparison.Ordinal) ? 1 : 0));
    }

    private async Task<WireClient> LogIn(int port, string userAgent)
    {
        var client = await WireClient.Connect(port);
        await client.Ask($$"""{"id":1,"method":"mining.subscribe","params":["{{userAgent}}"]}""");
        await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}""");
        await client.WaitForJob(_ => true);
        return client;
    }
}

/// <summary>Fresh templates, often.</summary>
public sealed class RefreshTests(Wire wire) : EveryWireFixture(wire)
{
    private protected override EngineSetup Setup => new()
    {
        StartDifficulty = "0.0000000005",
        Bits = "1a010000",
        Pool = "refresh_seconds: 1",
        Engine = "sessions: {keep_alive_seconds: 60}",
    };

    [Test]
    [Category("a43")]
    public async Task A_fresh_template_is_not_clean_and_earlier_jobs_of_the_tip_stay_good()
    {
        using var client = await ConnectAndLogIn();
        var first = client.Job!;
        var old = MinedShare.Find(client, 1, share => share.IsShare);
        for (var i = 0; i < 3; i++)
        {
            var before = client.Job!.Id;
            var job = await client.WaitForJob(job => job.Id != before);
            Assert.That(job.Clean, Is.False);
            Assert.That(job.Id[..12], Is.Not.EqualTo(before[..12]), "another job");
            Assert.That(job.PrevHash, Is.EqualTo(first.PrevHash));
        }

        Assert.That(await client.Ask(old.Submit("4", User)), Is.EqualTo("""{"id":4,"result":true,"error":null}"""));
    }

    [Test]
    [Category("a47")]
    [Category("a48")]
    [Category("a49")]
    [Category("a51")]
    public async Task A_new_difficulty_comes_once_with_new_work_and_each_share_is_judged_by_its_own()
    {
        using var client = await ConnectAndLogIn();
        var (easy, harder) = (client.Job!, "0.000000002");
        var suggestion = $$"""{"id":3,"method":"mining.suggest_difficulty","params":[{{harder}}]}""";
        for (var i = 0; i < 5; i++) await client.Ask(suggestion);
        var hard = await client.WaitForJob(job => job.Difficulty == harder);
        Assert.That(hard.Id, Is.Not.EqualTo(easy.Id));
        Assert.That(hard.Coinbase1 + hard.Coinbase2, Is.Not.EqualTo(easy.Coinbase1 + easy.Coinbase2));

        var between = MinedShare.Find(client, 1, share => share.IsShare && !IsWithin(share, harder), easy);
        Assert.That(await client.Ask(between.Submit("4", User)), Is.EqualTo("""{"id":4,"result":true,"error":null}"""), "old work");
        var tooEasy = MinedShare.Find(client, 2, share => !share.IsShare, hard);
        Assert.That(
            await client.Ask(tooEasy.Submit("4", User)), Is.EqualTo("""{"id":4,"result":null,"error":[23,"Low difficulty share",null]}"""));
        Assert.That(client.Notifications.Count(line => line.Contains("set_difficulty", StringComparison.Ordinal)), Is.EqualTo(2));
        for (var i = 1; i < client.Notifications.Count; i++)
        {
            var isDifficulty = client.Notifications[i - 1].Contains("set_difficulty", StringComparison.Ordinal);
            if (isDifficulty) Assert.That(client.Notifications[i], Does.Contain("mining.notify"), "each with new work");
        }
    }

    [Test]
    [Category("a4")]
    public async Task A_minimum_difficulty_holds_from_the_next_work_on_and_may_be_changed()
    {
        using var client = await Connect();
        await client.Ask(Minimum("0.000000003"));
        await client.LogIn(User);
        Assert.That(client.Job!.Difficulty, Is.EqualTo("0.000000003"));
        await client.Ask(Minimum("0.000000004"));
        await client.WaitForJob(job => job.Difficulty == "0.000000004");
        Assert.That(await client.Ask(Minimum("0")), Does.Contain("\"minimum-difficulty\":true"));
    }

    private static string Minimum(string value) =>
        $$"""{"id":7,"method":"mining.configure","params":[["minimum-difficulty"],{"minimum-difficulty.value":{{value}}}]}""";

    private static bool IsWithin(MinedShare share, string difficulty) =>
        share.Hash <= StratumHeader.ShareTarget(difficulty, StratumHeader.BitcoinDifficultyOne);
}
