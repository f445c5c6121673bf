using System.Net;
using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Engine;
using Viddhana.Engine.Node;
using Viddhana.Tests.Engine.Net;
using Viddhana.Tests.Engine.Node;
using Viddhana.Tests.Engine.Simnode;
using Viddhana.Tests.Shared;
using TestPool = Viddhana.Tests.Engine.Net.TestPool;

namespace Viddhana.Tests.Engine.Host;

/// <summary>The engine as it runs, against the simulated chain or a node that is played.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MiningEngineTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("viddhana-engine-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Test]
    public async Task A_block_goes_from_a_miner_to_the_chain_and_into_the_journal()
    {
        await using var node = StartedSimnode.Start();
        await using (var engine = await StartedEngine.StartAsync(StartedEngine.Config(Node(node)), _data))
        {
            using var client = await TestClient.ConnectAsync(engine.Port);
            await client.LoginAsync();
            var first = client.JobId;
            Assert.That((await client.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
            await client.NextJobAsync(first);

            Assert.That((await node.Rpc.Call("getblockcount")).GetInt32(), Is.EqualTo(1));
            Assert.That((await engine.ReadyAsync()).Status, Is.EqualTo(200));
            var metrics = await engine.MetricsAsync();
            Assert.That(metrics, Does.Contain("stratum_blocks_found_total{pool=\"btc\"} 1\n"));
            Assert.That(metrics, Does.Contain("stratum_connections_total 1\n"));
            await Eventually.True(() => StartedEngine.Journal(_data).Exists(e => e.Verdict is not null), "the verdict is in the journal");
        }

        var entries = StartedEngine.Journal(_data);
        var shares = entries.Single(e => e.Header.Kind == EntryKind.Shares);
        var found = entries.Single(e => e.Found is not null).Found!;
        Assert.That(shares.Names, Is.EqualTo(new[] { TestPool.Address + ".rig" }));
        Assert.That(found.ShareSequence, Is.EqualTo(shares.Header.FirstSequence));
        Assert.That(found.Hash, Is.EqualTo((await node.Rpc.Call("getbestblockhash")).GetString()));
        Assert.That(entries.Single(e => e.Verdict is not null).Verdict!.Accepted, Is.True);
    }

    [Test]
    public async Task Without_a_node_it_starts_and_waits_and_says_so()
    {
        var port = FreePorts.Take(1)[0];
        var config = StartedEngine.Config(new NodeConfig { Url = $"http://u:p@127.0.0.1:{port}" });
        await using var engine = await StartedEngine.StartAsync(config, _data);
        using var client = await TestClient.ConnectAsync(engine.Port);
        await client.LoginAsync(expectJob: false);
        var (status, body) = await engine.ReadyAsync();
        Assert.That(status, Is.EqualTo(503));
        Assert.That(Entry(body, "job btc").GetProperty("detail").GetString(), Is.EqualTo("no job yet"));
        Assert.That(Entry(body, "journal").GetProperty("ok").GetBoolean(), Is.True);

        await using var node = StartedSimnode.Start(more: settings => settings with { Rpc = new IPEndPoint(IPAddress.Loopback, port) });

        Assert.That(await client.NextJobAsync(""), Has.Length.EqualTo(16));
        Assert.That((await engine.ReadyAsync()).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_full_journal_refuses_shares_but_blocks_still_reach_the_node()
    {
        await using var node = StartedSimnode.Start();
        var config = StartedEngine.Config(Node(node));
        config.Engine.Journal.MaxBytes = 1_500;
        await using var engine = await StartedEngine.StartAsync(config, _data);
        using var client = await TestClient.ConnectAsync(engine.Port);
        await client.LoginAsync();

        var height = 0;
        JsonElement answer;
        do
        {
            var before = client.JobId;
            answer = await client.ShareAsync(1);
            await client.NextJobAsync(before);   // every share is a block, and it was accepted
            Assert.That((await node.Rpc.Call("getblockcount")).GetInt32(), Is.EqualTo(++height));
        }
        while (answer.GetProperty("result").ToString() == "True" && height < 50);

        Assert.That(answer.GetProperty("error")[0].GetInt32(), Is.EqualTo(20), answer.ToString());
        Assert.That(StartedEngine.Journal(_data).Sum(e => e.Shares.Length), Is.EqualTo(height - 1), "what was answered true, and no more");
        Assert.That((await engine.ReadyAsync()).Status, Is.EqualTo(503));
        Assert.That(await engine.MetricsAsync(), Does.Contain("result=\"unavailable\"} 1\n"));
    }

    [Test]
    public async Task Work_of_an_earlier_process_is_unknown_to_the_next()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings() with { Bits = 0x1D00FFFF });
        string line;
        await using (var engine = await StartedEngine.StartAsync(StartedEngine.Config(Node(node)), _data))
        {
            using var client = await TestClient.ConnectAsync(engine.Port);
            await client.LoginAsync();
            line = client.ShareLine(1, out var id);
            await client.SendAsync(line);
            Assert.That((await client.AnswerAsync(id)).GetProperty("result").GetBoolean(), Is.True);
        }

        await using (var engine = await StartedEngine.StartAsync(StartedEngine.Config(Node(node)), _data))
        {
            using var client = await TestClient.ConnectAsync(engine.Port);
            await client.LoginAsync();
            await client.SendAsync(line);
            Assert.That((await client.ReadAsync()).GetProperty("error")[0].GetInt32(), Is.EqualTo(21));
            Assert.That((await client.ShareAsync(2)).GetProperty("result").GetBoolean(), Is.True);
        }

        Assert.That(StartedEngine.Journal(_data).Sum(e => e.Shares.Length), Is.EqualTo(2));
    }

    [Test]
    public async Task A_job_whose_proposal_is_refused_is_withdrawn_and_replaced()
    {
        await using var node = new FakeNode();
        var refusals = 1;
        node.OnAsync("getblocktemplate", async (parameters, stop) =>
        {
            if (parameters[0].TryGetProperty("mode", out _))
                return FakeReply.Result(Interlocked.Decrement(ref refusals) >= 0 ? "\"bad-txns-vin-empty\"" : "null");
            if (parameters[0].TryGetProperty("longpollid", out _)) await Task.Delay(Timeout.Infinite, stop);
            return FakeReply.Result(Template(node));
        });
        using var output = new MemoryStream();
        await using var engine = await StartedEngine.StartAsync(StartedEngine.Config(node.Config()), _data, output);
        using var client = await TestClient.ConnectAsync(engine.Port);
        await client.LoginAsync();
        var refused = client.JobId;

        // The first job may have been replaced before the client came.
        const string Refused = "stratum_jobs_refused_total{pool=\"btc\"} 1\n";
        await Eventually.True(() => engine.MetricsAsync().Result.Contains(Refused, StringComparison.Ordinal), "the refusal is counted");
        await Eventually.True(() => node.CountOf("getblocktemplate") >= 4, "another template was asked for and proposed");
        if (refused.EndsWith("00000001" + "0000", StringComparison.Ordinal)) await client.NextJobAsync(refused);

        Assert.That(client.Job[8].GetBoolean(), Is.True, "miners drop the refused work");
        Assert.That((await client.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
        await Eventually.True(() => engine.ReadyAsync().Result.Status == 200, "it is ready again");
    }

    [Test]
    public async Task A_template_that_cannot_be_mined_makes_it_unready_and_tells_why()
    {
        await using var node = new FakeNode();
        var template = Template(node).Replace("\"csv\"", "\"csv\",\"!moon\"", StringComparison.Ordinal);
        node.On("getblocktemplate", _ => FakeReply.Result(template));
        await using var engine = await StartedEngine.StartAsync(StartedEngine.Config(node.Config()), _data);

        await Eventually.True(
            () => Entry(engine.ReadyAsync().Result.Body, "job btc").ToString().Contains("!moon", StringComparison.Ordinal),
            "the unknown rule is told");
        Assert.That((await engine.ReadyAsync()).Status, Is.EqualTo(503));
    }

    [Test]
    public async Task A_candidate_that_a_crash_left_is_recorded_and_submitted()
    {
        await using var node = StartedSimnode.Start();
        var block = await node.Maker();
        var hex = block.Build();
        var found = new BlockFound
        {
            Hash = new string('a', 64),
            Height = 1,
            PrevHash = new string('b', 64),
            CoinbaseTxid = new string('c', 64),
            Reward = 5_000_000_000,
            NetworkWork = 2,
            Worker = "w",
            ShareSequence = 0,
            ShareUtcMs = 1_700_000_000_000,
            ShareWork = 0,
        };
        new CandidateStore(Path.Combine(_data, "candidates"), "btc").Save(
            new BlockCandidate { Found = found, BlockHex = System.Text.Encoding.ASCII.GetBytes(hex) });

        await using (await StartedEngine.StartAsync(StartedEngine.Config(Node(node)), _data))
            await Eventually.True(() => StartedEngine.Journal(_data).Exists(e => e.Verdict is not null), "the verdict is in the journal");

        var entry = StartedEngine.Journal(_data).Single(e => e.Found is not null);
        Assert.That(entry.Found, Is.EqualTo(found));
        Assert.That(entry.Header.Nbits, Is.EqualTo(0x207FFFFF));
        Assert.That((await node.Rpc.Call("getblockcount")).GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task What_keeps_it_from_starting_is_told_with_the_key()
    {
        var config = StartedEngine.Config(new NodeConfig { Url = "http://u:p@127.0.0.1:1" });
        await using var first = await StartedEngine.StartAsync(config, _data);
        config.Pools[0].Ports[0].Port = first.Port;
        var other = Path.Combine(_data, "other");

        Assert.That(
            async () => await StartedEngine.StartAsync(config, other),
            Throws.TypeOf<StartException>().With.Message.Contains("pool btc").And.Message.Contains("another process listens"));
        Assert.That(
            async () => await StartedEngine.StartAsync(config, _data),
            Throws.TypeOf<StartException>().With.Message.Contains("in use by another engine"));
        File.WriteAllText(Path.Combine(_data, "file"), "");
        Assert.That(
            async () => await StartedEngine.StartAsync(config, Path.Combine(_data, "file", "x")),
            Throws.TypeOf<StartException>().With.Message.Contains("--data"));
        config.Pools[0].Ports[0] = new PortConfig { Listen = "127.0.0.1", Tls = PortTls.On };
        Assert.That(
            async () => await StartedEngine.StartAsync(config, other),
            Throws.TypeOf<StartException>().With.Message.Contains("engine.tls"));
    }

    private static NodeConfig Node(StartedSimnode node) => new() { Url = node.Url, PollMs = 50 };

    private static JsonElement Entry(JsonElement body, string name) =>
        body.GetProperty("entries").EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name);

    private static string Template(FakeNode node) =>
        $$"""
        {"version":536870912,"height":{{node.Height + 1}},"coinbasevalue":5000000000,"mintime":1700000000,"curtime":1700000100,
        "bits":"1d00ffff","target":"00000000ffff0000000000000000000000000000000000000000000000000000",
        "previousblockhash":"{{node.Tip}}","longpollid":"{{node.Tip}}1",
        "rules":["csv","!segwit"],"transactions":[],
        "default_witness_commitment":"6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9"}
        """;
}
