using System.Collections.Concurrent;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>Against real litecoind: what a fake node only claims.</summary>
internal sealed class LitecoinTests
{
    private static readonly NodePacing QuickBack = new() { FailbackMs = 200, LagMs = 200 };

    private readonly Solver _solver = new("litecoin");
    private readonly List<TemporaryFolder> _folders = [];

    [TearDown]
    public void RemoveFolders() => _folders.ForEach(folder => folder.Dispose());

    private static NodeConfig Config(LitecoinNode node) =>
        new() { Url = node.Url, PollMs = 100, CookieFile = node.Password is null ? node.CookieFile : null };

    private static TestPool PoolOf(params LitecoinNode[] nodes) => new(QuickBack, "litecoin", [.. nodes.Select(Config)]);

    private static Task UntilActive(TestPool pool, LitecoinNode node) =>
        Eventually.True(() => pool.Group.Active?.Name == node.Name, $"{node.Name} was chosen");

    private (BlockSubmitter Submitter, ConcurrentQueue<BlockVerdict> Verdicts) Open(TestPool pool, string? folder = null)
    {
        if (folder is null) _folders.Add(new TemporaryFolder());
        var verdicts = new ConcurrentQueue<BlockVerdict>();
        return (new BlockSubmitter(folder ?? _folders[^1].Path, pool.Group, verdicts.Enqueue), verdicts);
    }

    [Test]
    public async Task Templates_become_jobs_blocks_and_the_nodes_new_tip_and_the_long_poll_brings_the_next()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(3);
        await using var pool = PoolOf(node);
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;
        pool.Watch();
        await pool.UntilHeight(4);

        // Heights 4 to 24 cross the edge between one-byte and two-byte heights in the coinbase.
        for (var height = 4; height < 25; height++)
        {
            var candidate = _solver.Solve(pool.Last!.Json);
            Assert.That(await pool.Group.ProposeAsync(candidate.BlockHex), Is.Null, $"height {height}");
            submitter.Submit(candidate);
            await pool.UntilHeight(height + 1);
            Assert.That(await node.BestHash(), Is.EqualTo(candidate.Found.Hash), "the node works on our block");
        }

        await Eventually.True(() => submitter.Pending == 0, "every candidate was settled");
        Assert.That(verdicts, Has.Count.EqualTo(21));
        Assert.That(verdicts.Select(v => (v.Accepted, v.Reason)), Is.All.EqualTo((true, "accepted")));

        // A block that is not ours: only the long poll or polling can tell.
        await node.Mine(1);
        await pool.UntilHeight(26);
        Assert.That(pool.Last!.PrevHash, Is.EqualTo(await node.BestHash()));
    }

    [Test]
    public async Task Every_verdict_of_the_node_is_understood()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(3);
        await using var pool = PoolOf(node);
        pool.Watch();
        await pool.UntilHeight(4);
        var client = pool.Group.Links[0].Client;
        async Task<SubmitVerdict> Submit(byte[] hex)
        {
            using var reply = await client.SubmitBlockAsync(hex, 60_000, CancellationToken.None);
            return SubmitVerdict.Of(reply);
        }

        var candidate = _solver.Solve(pool.Last!.Json);
        var sibling = _solver.Solve(pool.Last!.Json);
        var wrong = (byte[])candidate.BlockHex.Clone();
        wrong[^3] ^= 1;   // the locktime of the coinbase: another transaction than the merkle root says

        Assert.That((await Submit(wrong)).Outcome, Is.EqualTo(SubmitOutcome.Rejected));
        var garbage = await Submit("00ff"u8.ToArray());
        Assert.That(garbage.Outcome, Is.EqualTo(SubmitOutcome.Rejected));
        Assert.That(garbage.Reason, Does.Contain("decode"));
        Assert.That(await Submit(candidate.BlockHex), Is.EqualTo(new SubmitVerdict(SubmitOutcome.Accepted, "accepted")));
        Assert.That(await Submit(candidate.BlockHex), Is.EqualTo(new SubmitVerdict(SubmitOutcome.Accepted, "duplicate")));
        Assert.That(await Submit(sibling.BlockHex), Is.EqualTo(new SubmitVerdict(SubmitOutcome.Stored, "inconclusive")));

        var unsolved = (byte[])sibling.BlockHex.Clone();
        Encoding.ASCII.GetBytes("ffff001d").CopyTo(unsolved, 144);   // other bits: far more work than was done
        Assert.That((await Submit(unsolved)).Outcome, Is.EqualTo(SubmitOutcome.Rejected));

        var orphan = (byte[])sibling.BlockHex.Clone();
        for (var nonce = 0; ; nonce++)
        {
            // An unknown previous block; a few nonces, because the work is checked first.
            Encoding.ASCII.GetBytes(new string('5', 64)).CopyTo(orphan, 8);
            Encoding.ASCII.GetBytes($"{nonce:x2}000000").CopyTo(orphan, 152);
            var verdict = await Submit(orphan);
            if (verdict.Reason == "high-hash" && nonce < 60) continue;
            Assert.That(verdict.Outcome, Is.EqualTo(SubmitOutcome.Retry), verdict.Reason);
            break;
        }
    }

    [Test]
    public async Task A_fresh_chain_without_blocks_or_peers_is_waited_for()
    {
        await using var node = await LitecoinNode.Start();
        await using var pool = PoolOf(node);
        pool.Watch();
        await pool.UntilLogged("initial block download");
        Assert.That(pool.Templates, Is.Empty);

        await node.Mine(1);

        await pool.UntilHeight(2);
    }

    [Test]
    public async Task Killing_the_node_in_use_moves_the_work_to_the_other_and_back()
    {
        await using var first = await LitecoinNode.Start();
        await using var second = await LitecoinNode.Start();
        await second.Rpc.Call("addnode", first.PeerAddress, "add");
        await first.Mine(5);
        await Eventually.Holds("the second node has the chain of the first", async () => await second.BestHash() == await first.BestHash());
        await using var pool = PoolOf(first, second);
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;
        pool.Watch();
        await pool.UntilHeight(6);
        await UntilActive(pool, first);

        await first.Kill();
        await UntilActive(pool, second);
        submitter.Submit(_solver.Solve(pool.Last!.Json));
        await pool.UntilHeight(7);
        Assert.That(pool.Last!.Node, Is.EqualTo(second.Name));
        Assert.That(verdicts.Single().Accepted);
        Assert.That(submitter.Pending, Is.EqualTo(1), "the dead node is still to get the block");

        // It was killed before it had flushed anything: it must fetch the chain again before it can take our block.
        await first.Begin();
        await second.Rpc.Call("addnode", first.PeerAddress, "onetry");
        await Eventually.True(() => submitter.Pending == 0, "the first node got the block too");
        Assert.That(await first.BestHash(), Is.EqualTo(await second.BestHash()));
        await UntilActive(pool, first);
        Assert.That(pool.Templates.Select(t => t.Height), Is.Ordered);
    }

    [Test]
    public async Task A_node_that_restarts_midway_is_taken_up_again_with_its_new_cookie()
    {
        await using var node = await LitecoinNode.Start(password: null);
        await node.Mine(2);
        await using var pool = PoolOf(node);
        pool.Watch();
        await pool.UntilHeight(3);
        var cookie = await File.ReadAllTextAsync(node.CookieFile);

        await node.Stop();
        await Eventually.True(() => pool.Group.Active is null, "the node was given up");
        await node.Begin();
        await node.Mine(1);
        await pool.UntilHeight(4);

        Assert.That(await File.ReadAllTextAsync(node.CookieFile), Is.Not.EqualTo(cookie));
        Assert.That(pool.Logged(), Does.Not.Contain(cookie[11..]));
    }

    [Test]
    public async Task A_wrong_password_is_explained()
    {
        await using var node = await LitecoinNode.Start();
        var config = new NodeConfig { Url = $"http://u:not-the-one@{node.Name}" };
        await using var pool = new TestPool(QuickBack, "litecoin", config);
        pool.Watch();

        await pool.UntilLogged("check user and password");
        Assert.That(pool.Group.Links[0].Condition, Is.EqualTo(NodeCondition.LoggedOut));
        Assert.That(pool.Logged(), Does.Not.Contain("not-the-one"));
    }

    [Test]
    public async Task A_node_on_another_network_is_refused()
    {
        await using var node = await LitecoinNode.Start(network: "testnet");
        await using var pool = PoolOf(node);
        pool.Watch();

        await pool.UntilLogged("it is on 'test', but network 'regtest' means 'regtest'");
        Assert.That(pool.Group.Links[0].Condition, Is.EqualTo(NodeCondition.WrongNetwork));
        Assert.That(pool.Templates, Is.Empty);
    }

    [Test]
    public async Task The_p2p_port_is_no_rpc_port()
    {
        await using var node = await LitecoinNode.Start();
        using var client = new NodeClient(new NodeConfig { Url = $"http://u:p4ssw0rd@{node.PeerAddress}", TimeoutMs = 5_000 });

        using var reply = await client.CallAsync("getblockchaininfo", null, CancellationToken.None);

        Assert.That(reply.Error!.Kind, Is.Not.EqualTo(RpcErrorKind.Rpc).And.Not.EqualTo(RpcErrorKind.Unauthorized));
        Assert.That(reply.Error!.Message, Does.Contain(node.PeerAddress).And.Not.Contain("p4ssw0rd"));
    }

    [Test]
    public async Task A_candidate_reaches_the_node_after_both_were_down()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(2);
        await using var pool = PoolOf(node);
        var (submitter, verdicts) = Open(pool);
        pool.Watch();
        await pool.UntilHeight(3);
        var candidate = _solver.Solve(pool.Last!.Json);
        await node.Stop();
        submitter.Submit(candidate);
        await pool.UntilLogged("is submitted again");
        await submitter.DisposeAsync();
        Assert.That(verdicts, Is.Empty);

        await node.Begin();
        var (next, nextVerdicts) = Open(pool, _folders[^1].Path);
        await using var dispose = next;
        await Eventually.True(() => next.Pending == 0, "the candidate was settled");

        Assert.That(nextVerdicts.Single().Accepted);
        Assert.That(await node.BestHash(), Is.EqualTo(candidate.Found.Hash));
    }

    [Test]
    public async Task A_reorg_is_followed_even_to_a_lower_height()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(10);
        await using var pool = PoolOf(node);
        pool.Watch();
        await pool.UntilHeight(11);

        await node.Reorganise(3, 4);
        await pool.UntilHeight(12);
        Assert.That(pool.Last!.PrevHash, Is.EqualTo(await node.BestHash()));

        var tip = await node.BestHash();
        await node.Rpc.Call("invalidateblock", (await node.Rpc.Call("getblockhash", 5)).GetString());
        await node.Mine(1, seed: 0x44);
        await Eventually.Holds("templates follow", async () => pool.Last!.PrevHash == await node.BestHash());
        Assert.That(pool.Last!.PrevHash, Is.Not.EqualTo(tip));
        Assert.That(pool.Last!.Height, Is.LessThan(12));
        await pool.UntilLogged("is invalid to it");
    }

    [Test]
    public async Task Mweb_activates_with_a_peg_in_and_its_blocks_are_accepted()
    {
        await using var node = await LitecoinNode.Start(mweb: true);
        await node.Rpc.Call("createwallet", "w");
        var wallet = node.Rpc.Wallet("w");
        var address = (await wallet.Call("getnewaddress", "", "bech32")).GetString();
        await wallet.Call("generatetoaddress", 431, address);
        await using var pool = PoolOf(node);
        var (submitter, verdicts) = Open(pool);
        await using var dispose = submitter;
        pool.Watch();

        // The first block with MWEB would have no input without a peg-in: the node gives no template until there is one.
        await pool.UntilLogged("bad-txns-vin-empty");
        await pool.UntilLogged("needs a peg-in");
        Assert.That(pool.Templates, Is.Empty);
        var stealth = (await wallet.Call("getnewaddress", "", "mweb")).GetString();
        await wallet.Call("sendtoaddress", stealth, 1);
        await pool.UntilHeight(432);

        for (var height = 432; height < 440; height++)
        {
            if (height == 435) await wallet.Call("sendtoaddress", address, 0.5);
            var template = await Fresh(pool, height);
            Assert.That(template, Does.Contain("\"mweb\""));
            var candidate = _solver.Solve(template);
            Assert.That(await pool.Group.ProposeAsync(candidate.BlockHex), Is.Null, $"height {height}");
            submitter.Submit(candidate);
            await pool.UntilHeight(height + 1);
            Assert.That(await node.BestHash(), Is.EqualTo(candidate.Found.Hash));
        }

        await Eventually.True(() => submitter.Pending == 0, "every candidate was settled");
        Assert.That(verdicts.Select(v => v.Reason), Is.All.EqualTo("accepted").And.Exactly(8).Items);

        async Task<string> Fresh(TestPool from, int height)
        {
            using var reply = await from.Group.Active!.Client.CallAsync(from.Group.Calls.Template, CancellationToken.None);
            Assert.That(reply.Error, Is.Null, $"height {height}");
            return Encoding.UTF8.GetString(reply.Result);
        }
    }
}
