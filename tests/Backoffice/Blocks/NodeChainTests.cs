using System.Text.Json.Nodes;
using Viddhana.Backoffice.Blocks;
using Viddhana.Backoffice.Node;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Shares;
using Viddhana.Tests.Shared;
using NodeRpc = Viddhana.Backoffice.Node.NodeRpc;

namespace Viddhana.Tests.Backoffice.Blocks;

/// <summary>The tracker over a real node that reorganises.</summary>
public sealed class NodeChainTests
{
    [Test]
    public async Task Blocks_of_a_real_node_mature_are_orphaned_and_come_back()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(3);
        using var rpc = NodeRpc.Of(new NodeConfig { Url = node.Url });
        var chain = new NodeChain([rpc], "regtest");
        var pool = new PoolConfig { Id = "ltc", Coin = "litecoin", Network = "regtest" };
        await using var scene = await TrackerScene.NewAsync(chain, pool);
        var engine = new TestEngine();
        await scene.SharesAsync(engine, TrackerScene.StartMs, ("alice", 10));
        var hash = await node.BestHash();
        await scene.FoundAsync(engine, TrackerScene.StartMs, "alice", hash, 3, 5_000_000_000, 100);
        var never = new string('7', 64);
        await scene.FoundAsync(engine, TrackerScene.StartMs, "alice", never, 3, 5_000_000_000, 100);
        var future = new string('8', 64);
        await scene.FoundAsync(engine, TrackerScene.StartMs, "alice", future, 4, 5_000_000_000, 100);

        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(hash), Is.EqualTo("immature"));
        Assert.That(await scene.StateAsync(never), Is.EqualTo("orphaned"), "unknown, and another block is at its height");
        Assert.That(await scene.StateAsync(future), Is.EqualTo("found"), "unknown, and the chain has not come to its height");

        await node.Reorganise(depth: 1, length: 2);
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(hash), Is.EqualTo("orphaned"));
        Assert.That(await scene.BalancesAsync(), Is.Empty);

        await node.Rpc.Call("invalidateblock", (await node.Rpc.Call("getblockhash", 3)).GetString());
        await node.Mine(100, seed: 0x33);
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(hash), Is.EqualTo("confirmed"));
        Assert.That((await scene.BalancesAsync())["user_confirmed alice"], Is.EqualTo(4_950_000_000));
    }

    /// <summary>bcoin counts confirmations of blocks on side branches too.</summary>
    [TestCase("ours", 5, ChainPlace.InChain)]
    [TestCase("other", 5, ChainPlace.NotInChain)]
    [TestCase("ours", -1, ChainPlace.NotInChain)]
    public async Task A_block_is_in_the_chain_only_while_it_is_the_one_at_its_height(string atHeight, int confirmations, ChainPlace place)
    {
        await using var node = new RpcServer((method, parameters) => method switch
        {
            "getblockchaininfo" => (new JsonObject { ["chain"] = "regtest", ["bestblockhash"] = "tip", ["blocks"] = 104 }, null),
            "getblockheader" when (string)parameters[0]! == "ours" => (new JsonObject { ["confirmations"] = confirmations }, null),
            "getblockhash" when (long)parameters[0]! == 100 => (atHeight, null),
            _ => (null, RpcServer.Error(-8, $"not expected: {method}")),
        });
        using var rpc = NodeRpc.Of(new NodeConfig { Url = node.Url });
        var chain = new NodeChain([rpc], "regtest");
        var answer = await chain.LookAsync("ours", 100, await chain.TipAsync(default), default);
        Assert.That((answer.Place, answer.Confirmations), Is.EqualTo((place, place == ChainPlace.InChain ? confirmations : 0)));
    }

    [Test]
    public async Task The_next_node_answers_when_the_first_is_away_or_on_another_chain()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(2);
        using var away = NodeRpc.Of(new NodeConfig { Url = $"http://u:p@127.0.0.1:{FreePorts.Take(1)[0]}" });
        using var wrongPassword = NodeRpc.Of(new NodeConfig { Url = $"http://u:wrong@{node.Name}" });
        using var good = NodeRpc.Of(new NodeConfig { Url = $"http://u@{node.Name}", Password = node.Password });
        var chain = new NodeChain([away, wrongPassword, good], "regtest");
        Assert.That((await chain.TipAsync(default)).Height, Is.EqualTo(2));
        Assert.That(chain.Current, Is.EqualTo(node.Name));

        var elsewhere = new NodeChain([away, wrongPassword, good], "main");
        Assert.That(
            () => elsewhere.TipAsync(default),
            Throws.TypeOf<NodeUnreachableException>().With.Message.Contains("refused").And.Message.Contains("password")
                .And.Message.Contains("is on chain regtest, the pool on main"));
    }

    [Test]
    public async Task A_cookie_file_is_read_anew_after_the_node_has_restarted()
    {
        await using var node = await LitecoinNode.Start(password: null);
        using var rpc = NodeRpc.Of(new NodeConfig { Url = node.Url, CookieFile = node.CookieFile });
        Assert.That((await rpc.CallAsync("getblockcount", default)).GetInt32(), Is.Zero);
        await node.Stop();
        Assert.That(() => rpc.CallAsync("getblockcount", default), Throws.TypeOf<NodeUnreachableException>());
        await node.Begin();
        Assert.That((await rpc.CallAsync("getblockcount", default)).GetInt32(), Is.Zero);
        Assert.That(() => rpc.CallAsync("getblock", default, "00"), Throws.TypeOf<NodeRpcException>().With.Property("Code").EqualTo(-8));
    }
}
