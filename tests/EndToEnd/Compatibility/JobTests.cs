using System.Globalization;
using System.Text.Json;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>What work looks like, which ids it has, and when it ends.</summary>
public sealed class JobTests : ShareFixture
{
    private const string Tag = "/the longest tag of 32 letters!/";

    // Without the tag a coinbase here has 151 or 152 bytes, with it 184 or 185.
    private protected override EngineSetup Setup => new()
    {
        Bits = "1f00ffff",
        StartDifficulty = "0.000003",
        Transactions = 700,
        Pool = $"refresh_seconds: 5\ntag: {Tag}",
        Engine = """
            coinbase:
              profiles:
                - {name: small, max_bytes: 160, user_agents: [small]}
                - {name: tiny, max_bytes: 120, user_agents: ["*tiny"]}
            """,
    };

    [Test]
    [Category("a38")]
    [Category("a39")]
    public async Task Every_field_of_work_has_its_form_and_its_full_length()
    {
        using var client = await Engine.ConnectOnTip();
        await client.Send("""{"id":null,"method":"mining.suggest_difficulty","params":[0.000004]}""");
        var first = client.Job!.Id;
        await client.WaitForJob(job => job.Id != first);
        foreach (var line in client.Notifications.Where(line => line.Contains("mining.notify", StringComparison.Ordinal)))
        {
            var p = JsonDocument.Parse(line).RootElement.GetProperty("params");
            Assert.That(p.GetArrayLength(), Is.EqualTo(9), line);
            Assert.That(p[0].GetString(), Does.Match("^[!-~]{1,16}$"));
            Assert.That(p[1].GetString(), Does.Match("^[0-9a-f]{64}$"));
            Assert.That(p[2].GetString(), Does.Match("^([0-9a-f]{2})+$"));
            Assert.That(p[3].GetString(), Does.Match("^([0-9a-f]{2})+$"));
            Assert.That(p[4].GetArrayLength(), Is.EqualTo(10), "700 transactions and the coinbase");
            foreach (var branch in p[4].EnumerateArray()) Assert.That(branch.GetString(), Does.Match("^[0-9a-f]{64}$"));
            for (var word = 5; word <= 7; word++) Assert.That(p[word].GetString(), Does.Match("^[0-9a-f]{8}$"));
            Assert.That(p[8].ValueKind, Is.AnyOf(JsonValueKind.True, JsonValueKind.False));
        }

        var best = (await Engine.Chain.Rpc.Call("getbestblockhash")).GetString()!;
        Assert.That(client.Job!.PrevHash, Is.EqualTo(StratumHeader.AsInNotify(best)), "words turned round");
    }

    [Test]
    [Category("a40")]
    public async Task Work_without_transactions_has_no_branches_is_good_and_is_counted()
    {
        await using var engine = await WireEngine.Start(Setup with { Transactions = 0 });
        using var client = await engine.ConnectAndLogIn();
        Assert.That(client.Job!.Branches, Is.Empty);
        var share = MinedShare.Find(client, 1, found => found.IsShare && !found.IsBlock);
        Assert.That(await client.Ask(share.Submit("4", engine.Miner + ".rig")), Is.EqualTo(Accepted));
        Assert.That(await engine.Metrics(), Does.Match("""stratum_jobs_empty_total\{pool="main"\} [1-9]"""));
        Assert.That(await Engine.Metrics(), Does.Contain("""stratum_jobs_empty_total{pool="main"} 0"""));
    }

    [Test]
    [Category("a41")]
    public async Task The_coinbase_is_a_transaction_that_the_device_can_read_or_there_is_none()
    {
        var whole = await CoinbaseOf("wire/1.0");
        var bare = await CoinbaseOf("small/1.0");
        var nerdMiner = await CoinbaseOf("NerdMinerV2/1");
        Assert.That(whole, Has.Length.InRange(184, 185));
        Assert.That(Convert.ToHexStringLower(whole), Does.Contain(Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(Tag))));
        Assert.That(bare, Has.Length.EqualTo(whole.Length - Tag.Length - 1).And.Length.LessThanOrEqualTo(160));
        Assert.That(nerdMiner, Has.Length.EqualTo(whole.Length).And.Length.LessThanOrEqualTo(255));
        foreach (var coinbase in (byte[][])[whole, bare, nerdMiner]) AssertIsTransaction(coinbase);

        using var refused = await Connect();
        await refused.Ask("""{"id":1,"method":"mining.subscribe","params":["a tiny miner"]}""");
        Assert.That(await refused.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}"""), Is.EqualTo(
            """{"id":2,"result":false,"error":[24,"The coinbase is too large for this device",null]}"""));
        Assert.That(await Engine.Metrics(), Does.Contain("""stratum_coinbase_bytes{pool="main",profile="tiny"} 0"""));
        Assert.That(Engine.Program.Output, Does.Contain("profile tiny can read"));
    }

    [Test]
    [Category("a41")]
    public async Task A_share_on_the_smaller_coinbase_is_as_good_and_its_block_is_one()
    {
        using var client = await Connect();
        await client.LogIn(User, userAgent: "small/1.0");
        var block = MinedShare.Find(client, 1, share => share.IsBlock);
        Assert.That(await client.Ask(block.Submit("4", User)), Is.EqualTo(Accepted));
        var tip = StratumHeader.AsInNotify(block.BlockId);
        Assert.That((await client.WaitForJob(job => job.PrevHash == tip)).Clean);
    }

    [Test]
    [Category("a44")]
    public async Task With_a_new_block_earlier_work_is_stale_at_once_but_still_looked_at_for_a_block()
    {
        using var client = await Engine.ConnectOnTip();
        var old = client.Job!;
        var share = MinedShare.Find(client, 1, found => found.IsShare && !found.IsBlock);
        var block = MinedShare.Find(client, 2, found => found.IsBlock);
        await Engine.Chain.OtherMinersFind(1);
        var newer = await client.WaitForJob(job => job.PrevHash != old.PrevHash);
        Assert.That(newer.Clean);

        var before = await BlocksFound();
        Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo(Refused(21, "Stale share")));
        Assert.That(await client.Ask(block.Submit("4", User)), Is.EqualTo(Refused(21, "Stale share")));
        Assert.That(await BlocksFound(), Is.EqualTo(before + 1));
    }

    [Test]
    [Category("a38")]
    [Category("a45")]
    [Category("a46")]
    public async Task No_id_ever_stands_for_other_work_and_no_work_comes_under_two_ids()
    {
        var works = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var one = await Engine.ConnectOnTip())
        using (var other = await Engine.ConnectOnTip())
        {
            // The template stays the same for two refreshes, and its transactions too.
            var first = one.Job!;
            var second = await one.WaitForJob(job => job.Id != first.Id);
            await one.Send("""{"id":null,"method":"mining.suggest_difficulty","params":[0.000004]}""");
            await one.WaitForJob(job => job.Id != second.Id);
            await Engine.Chain.OtherMinersFind(1);
            await one.WaitForJob(job => job.PrevHash != first.PrevHash);
            await other.WaitForJob(job => job.PrevHash != first.PrevHash);
            TakeAll(one, works);
            TakeAll(other, works);
        }

        using var later = await Engine.ConnectAndLogIn();
        TakeAll(later, works);
        Assert.That(works.Values.ToHashSet(), Has.Count.EqualTo(works.Count), "the same work under two ids");
        Assert.That(works, Has.Count.GreaterThanOrEqualTo(4));
    }

    [Test]
    [Category("a38")]
    public async Task No_id_comes_again_after_the_engine_was_started_anew()
    {
        await using var engine = await WireEngine.Start(new EngineSetup());
        var works = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var before = await engine.ConnectAndLogIn()) TakeAll(before, works);
        await engine.Program.Terminate();
        await engine.Start();
        using var after = await engine.ConnectAndLogIn();
        Assert.That(works.ContainsKey(after.Job!.Id), Is.False);
        TakeAll(after, works);
        Assert.That(works.Values.ToHashSet(), Has.Count.EqualTo(works.Count), "nor does its work");
    }

    private static void TakeAll(WireClient client, Dictionary<string, string> works)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in client.Notifications.Where(line => line.Contains("mining.notify", StringComparison.Ordinal)))
        {
            var p = JsonDocument.Parse(line).RootElement.GetProperty("params");
            var id = p[0].GetString()!;
            var work = string.Join(' ', p.EnumerateArray().Skip(1).Take(7).Select(value => value.GetRawText()));
            Assert.That(own.Add(id), $"{id} twice on one connection");
            Assert.That(!works.TryGetValue(id, out var known) || known == work, $"{id} for other work");
            works[id] = work;
        }
    }

    private async Task<long> BlocksFound()
    {
        const string name = "stratum_blocks_found_total{pool=\"main\"} ";
        var line = (await Engine.Metrics()).Split('\n').Single(text => text.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }

    private async Task<byte[]> CoinbaseOf(string userAgent)
    {
        using var client = await Connect();
        await client.LogIn(User, userAgent: userAgent);
        return
        [
            .. Convert.FromHexString(client.Job!.Coinbase1), .. client.Extranonce1, .. new byte[client.Extranonce2Size],
            .. Convert.FromHexString(client.Job.Coinbase2),
        ];
    }

    // Version, one input of nothing with a script of at most 100 bytes, outputs, time: to the last byte.
    private static void AssertIsTransaction(byte[] bytes)
    {
        Assert.That(bytes[4], Is.EqualTo(1));
        Assert.That(bytes[5..37], Is.All.Zero);
        Assert.That(bytes[41], Is.InRange(2, 100));
        var at = 42 + bytes[41] + 4;
        for (var outputs = bytes[at++]; outputs > 0; outputs--) at += 8 + 1 + bytes[at + 8];
        Assert.That(at + 4, Is.EqualTo(bytes.Length));
    }
}
