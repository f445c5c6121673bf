using System.Text.RegularExpressions;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>Logins in any order, what workers and sessions leave behind, several workers, a fresh extranonce1.</summary>
public sealed class SessionTests(Wire wire) : EveryWireFixture(wire)
{
    // About half and a quarter of all hashes are shares.
    private const string Easy = "0.0000000005";
    private const string Harder = "0.000000001";
    private const string Accepted = """{"id":4,"result":true,"error":null}""";

    private const string Subscribe = """{"id":1,"method":"mining.subscribe","params":["wire/1.0"]}""";

    private const string ExtranonceSubscribe = """{"id":8,"method":"mining.extranonce.subscribe","params":[]}""";

    private string Authorize => $$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}""";

    private protected override EngineSetup Setup => new()
    {
        StartDifficulty = Easy,
        Bits = "1a010000",   // sixteen million times difficulty 1: handed out is never harder than a block
        MorePorts =
        [
            $"difficulty: {{start: {Easy}, min: \"0.0000000001\"}}",
            "difficulty: {start: 1024, min: 16, max: 1000000}",
        ],
    };

    [Test]
    [Category("a12")]
    public async Task Authorize_before_subscribe_is_taken_and_work_comes_after_subscribe()
    {
        using var client = await Connect();
        Assert.That(await client.AnswersBeforeProbe(Authorize), Is.EqualTo(new[] { """{"id":2,"result":true,"error":null}""" }));
        Assert.That(client.Notifications, Is.Empty);
        await client.Ask(Subscribe);
        await client.WaitForJob(job => job.Clean);
    }

    [Test]
    [Category("a13")]
    public async Task A_difficulty_suggested_before_subscribe_is_the_first_one()
    {
        using var client = await Connect();
        await client.Ask("""{"id":3,"method":"mining.suggest_difficulty","params":[0.0000000007]}""");
        await client.Ask(Subscribe);
        await client.Ask(Authorize);
        Assert.That((await client.WaitForJob(_ => true)).Difficulty, Is.EqualTo("0.0000000007"));
        Assert.That(Methods(client), Is.EqualTo(new[] { "mining.set_difficulty", "mining.notify" }));
    }

    [Test]
    [Category("a14")]
    [Category("a15")]
    public async Task BFGMiners_requests_with_id_null_get_no_answer()
    {
        using var client = await Connect();
        var answers = await client.AnswersBeforeProbe(
            $$"""{"id":null,"method":"mining.suggest_target","params":["00000000ffff{{new string('0', 52)}}"]}""",
            """{"id":null,"method":"mining.capabilities","params":[{"notify":[],"set_difficulty":{},"set_goal":[],"malgo":{}}]}""");
        Assert.That(answers, Is.Empty);
        Assert.That(client.Notifications, Is.Empty);
        await client.LogIn(User);
        Assert.That(client.Job!.Difficulty, Is.EqualTo("1"), "and the target is remembered");
    }

    [Test]
    [Category("a16")]
    public async Task A_second_subscribe_gives_the_same_extranonce1_and_the_work_stays_good()
    {
        using var client = await ConnectAndLogIn();
        var (extranonce1, job) = (client.Extranonce1, client.Job);
        await client.Ask("""{"id":1,"method":"mining.subscribe","params":["wire/1.0","5e55104000000001"]}""");
        Assert.That(client.Extranonce1, Is.EqualTo(extranonce1));
        Assert.That(await Share(client, 1), Is.EqualTo(Accepted));
        Assert.That(client.Job, Is.SameAs(job), "nothing new was sent");
    }

    [Test]
    [Category("a20")]
    [Category("a60")]
    public async Task Shares_are_credited_to_every_worker_of_the_connection_and_refused_for_others()
    {
        await using var journal = new KeptJournal(Path.Combine(Engine.Data, "journal"));
        using var client = await Connect();
        var (first, second) = (Engine.Miner + ".first", Engine.Miner + ".second");
        await client.LogIn(first);
        await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{second}}","x"]}""");
        Assert.That(await Share(client, 1, first), Is.EqualTo(Accepted));
        Assert.That(await Share(client, 2, second), Is.EqualTo(Accepted));
        Assert.That(await Share(client, 3, Engine.Miner), Is.EqualTo(Accepted), "the account of the first worker: credited to that one");
        Assert.That(await Share(client, 4, Engine.Miner + ".third"), Is.EqualTo(Accepted), "also under a name not announced");
        const string Refused = """{"id":4,"result":null,"error":[24,"Unauthorized worker",null]}""";
        Assert.That(await Share(client, 5, "somebody"), Is.EqualTo(Refused));
        Assert.That(await Share(client, 6, WireEngine.PoolAddress + ".rig"), Is.EqualTo(Refused), "another account");
        Assert.That(await Share(client, 7, second), Is.EqualTo(Accepted));
        var credited = journal.Read().Shares.Values.CountBy(share => share.Worker).ToDictionary();
        Assert.That((credited[first], credited[second]), Is.EqualTo((3, 2)));
        Assert.That(credited.Keys, Has.None.EndsWith(".third"));
    }

    [Test]
    [Category("a53")]
    public async Task A_worker_that_comes_again_starts_at_its_last_difficulty()
    {
        string first;
        using (var client = await Move("remembered", Harder)) first = client.Job!.Difficulty;
        Assert.That(first, Is.EqualTo(Harder));
        await Eventually.Holds("the engine has seen the connection end", async () =>
        {
            using var client = await WireClient.Connect(Engine.MorePort(0));
            await client.LogIn(Engine.Miner + ".remembered");
            return client.Job!.Difficulty == Harder;
        });
        using var other = await WireClient.Connect(Engine.MorePort(0));
        await other.LogIn(Engine.Miner + ".unknown");
        Assert.That(other.Job!.Difficulty, Is.EqualTo(Easy));
    }

    [Test]
    public async Task A_broken_connection_is_resumed_with_its_extranonce1_and_the_share_found_meanwhile_counts_once()
    {
        byte[] extranonce1;
        string id;
        MinedShare found, old;
        using (var client = await Connect())
        {
            id = SessionId(await client.Ask(Subscribe));
            await client.Ask(Authorize);
            await client.WaitForJob(_ => true);
            extranonce1 = client.Extranonce1;
            old = MinedShare.Find(client, 1, share => share.IsShare);
            Assert.That(await client.Ask(old.Submit("4", User)), Is.EqualTo(Accepted));
            found = MinedShare.Find(client, 2, share => share.IsShare);
        }

        using var again = await Resume(id, extranonce1);
        Assert.That((await again.WaitForJob(_ => true)).Id, Is.Not.EqualTo(found.Job.Id), "never the same work");
        Assert.That(await again.Ask(found.Submit("4", User)), Is.EqualTo(Accepted));
        const string Duplicate = """{"id":4,"result":null,"error":[22,"Duplicate share",null]}""";
        Assert.That(await again.Ask(found.Submit("4", User)), Is.EqualTo(Duplicate));
        Assert.That(await again.Ask(old.Submit("4", User)), Is.EqualTo(Duplicate), "from before as well");
    }

    [Test]
    public async Task Session_ids_cannot_be_guessed_from_the_extranonce1_or_from_each_other()
    {
        var ids = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            using var client = await Connect();
            var id = SessionId(await client.Ask(Subscribe));
            Assert.That(id, Does.Match("^[0-9a-f]{16}$").And.Not.Contains(Convert.ToHexStringLower(client.Extranonce1)));
            ids.Add(id);
        }

        Assert.That(ids, Has.Count.EqualTo(20));
        Assert.That(ids.Select(id => id[..6]).Distinct().Count(), Is.GreaterThan(18), "nor do they count up");
    }

    [Test]
    public async Task An_operator_gives_a_worker_a_fresh_extranonce1_with_new_work()
    {
        using var client = await Connect();
        await client.LogIn(Engine.Miner + ".moved");
        await client.Ask(ExtranonceSubscribe);
        using var other = await Connect();
        await other.LogIn(Engine.Miner + ".moved");
        var (before, old) = (client.Job!, MinedShare.Find(client, 1, share => share.IsShare));

        Assert.That(await Engine.Command("move", "--worker", Engine.Miner + ".moved"), Does.EndWith(
            "1 connections have a fresh extranonce1, 1 cannot follow and keep theirs"));
        await client.WaitForJob(job => job.Id != before.Id && job.Clean);
        Assert.That(Methods(client)[^2..], Is.EqualTo(new[] { "mining.set_extranonce", "mining.notify" }));

        Assert.That(await client.Ask(old.Submit("4", User)), Is.EqualTo(Accepted), "what was found before counts");
        Assert.That(await Share(client, 3), Is.EqualTo(Accepted));
        Assert.That(await Share(other, 3), Is.EqualTo(Accepted));
    }

    private static string[] Methods(WireClient client) =>
        [.. client.Notifications.Select(line => Regex.Match(line, "\"method\":\"([^\"]+)\"").Groups[1].Value)];

    private static string SessionId(string subscribed) => Regex.Match(subscribed, "\"mining\\.notify\",\"([^\"]+)\"").Groups[1].Value;

    private Task<string> Share(WireClient client, ulong counter, string? user = null) =>
        client.Ask(MinedShare.Find(client, counter, share => share.IsShare).Submit("4", user ?? User));

    // Suggests a difficulty and finds a share at it: now it is known of the worker.
    private async Task<WireClient> Move(string worker, string difficulty)
    {
        var client = await WireClient.Connect(Engine.MorePort(0));
        await client.LogIn($"{Engine.Miner}.{worker}");
        await client.Ask($$"""{"id":3,"method":"mining.suggest_difficulty","params":[{{difficulty}}]}""");
        await client.WaitForJob(job => job.Difficulty == difficulty);
        Assert.That(await Share(client, 1, $"{Engine.Miner}.{worker}"), Is.EqualTo(Accepted));
        return client;
    }

    // The engine may not yet have seen that the old connection is gone: then its number is not free.
    private async Task<WireClient> Resume(string id, byte[] extranonce1)
    {
        WireClient? resumed = null;
        await Eventually.Holds("the session is resumed", async () =>
        {
            var client = await Connect();
            await client.Ask($$"""{"id":1,"method":"mining.subscribe","params":["wire/1.0","{{id}}"]}""");
            if (client.Extranonce1.AsSpan().SequenceEqual(extranonce1)) resumed = client;
            else client.Dispose();
            return resumed is not null;
        });
        await resumed!.Ask(Authorize);
        return resumed;
    }

    [TestCase("x", "wire/1.0", "1024")]
    [TestCase("d=2048", "wire/1.0", "2048")]
    [TestCase("d=2048,md=512", "wire/1.0", "2048")]
    [TestCase("md=2048;d=512", "wire/1.0", "2048")]
    [TestCase("diff=2048", "wire/1.0", "2048")]
    [TestCase("x,d=0.5", "wire/1.0", "16", Description = "the port's minimum")]
    [TestCase("fd=4096,d=512", "wire/1.0", "4096")]
    [TestCase("id=5", "wire/1.0", "1024")]
    [TestCase("d=abc", "wire/1.0", "1024")]
    [TestCase("x", "NiceHash/1.0.0", "524288")]
    [TestCase("d=600000", "NiceHash/1.0.0", "600000")]
    [TestCase("d=99999999", "NiceHash/1.0.0", "1000000")]
    [Category("a50")]
    [Category("a52")]
    public async Task The_first_difficulty_follows_the_documented_order(string password, string userAgent, string expected)
    {
        using var client = await WireClient.Connect(Engine.MorePort(1));
        await client.Ask($$"""{"id":1,"method":"mining.subscribe","params":["{{userAgent}}"]}""");
        await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{User}}","{{password}}"]}""");
        await client.WaitForJob(_ => true);
        Assert.That(client.Notifications[0], Is.EqualTo($$"""{"id":null,"method":"mining.set_difficulty","params":[{{expected}}]}"""));
    }
}
