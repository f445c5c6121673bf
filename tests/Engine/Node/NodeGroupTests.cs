using System.Text;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>Choosing among nodes: health, failover, the way back.</summary>
internal sealed class NodeGroupTests
{
    private static readonly NodePacing QuickBack = new() { FailbackMs = 50, LagMs = 50 };

    [Test]
    public async Task The_first_healthy_node_in_order_is_chosen()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = new TestPool(first, second);
        pool.Group.Start();

        await pool.UntilCondition(second, NodeCondition.Up);
        await pool.UntilCondition(first, NodeCondition.Up);

        await pool.UntilActive(first);
        Assert.That(pool.Metrics.Text(), Does.Contain($"viddhana_node_up{{pool=\"test\",node=\"{first.Name}\"}} 1"));
        Assert.That(pool.Metrics.Text(), Does.Contain($"viddhana_node_height{{pool=\"test\",node=\"{first.Name}\"}} 100"));
        Assert.That(pool.Group.BestHeight, Is.EqualTo(100));
    }

    [Test]
    public async Task A_dead_node_is_left_for_the_next_and_taken_back_when_it_has_been_well_for_a_while()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = new TestPool(QuickBack, "bitcoin", first.Config(), second.Config());
        pool.Group.Start();
        await pool.UntilActive(first);

        first.Kill();
        await pool.UntilActive(second);
        await pool.UntilCondition(first, NodeCondition.Down);
        Assert.That(pool.Metrics.Text(), Does.Contain($"viddhana_node_up{{pool=\"test\",node=\"{first.Name}\"}} 0"));
        Assert.That(pool.Metrics.Text(), Does.Contain($"viddhana_node_active{{pool=\"test\",node=\"{second.Name}\"}} 1"));

        first.ComeBack();
        await pool.UntilActive(first);
    }

    [Test]
    public async Task A_node_that_has_just_come_back_is_not_taken_back_at_once()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = new TestPool(new NodePacing { FailbackMs = 3_600_000 }, "bitcoin", first.Config(), second.Config());
        first.Kill();
        pool.Group.Start();
        await pool.UntilActive(second);

        first.ComeBack();
        await pool.UntilCondition(first, NodeCondition.Up);
        var checks = second.CountOf("getblockchaininfo");
        await Eventually.True(() => second.CountOf("getblockchaininfo") > checks + 3, "a few more checks were made");

        Assert.That(pool.Group.Active!.Name, Is.EqualTo(second.Name));
    }

    [Test]
    public async Task A_node_on_another_network_is_refused_for_good()
    {
        await using var node = new FakeNode { Chain = "main" };
        await using var pool = new TestPool(node);
        pool.Group.Start();
        await pool.UntilCondition(node, NodeCondition.WrongNetwork);
        await pool.UntilLogged("it is on 'main', but network 'regtest' means 'regtest'");

        node.Chain = "regtest";
        pool.Of(node).CheckNow.Set();
        await Task.Delay(200);

        Assert.That(pool.Of(node).Condition, Is.EqualTo(NodeCondition.WrongNetwork));
        Assert.That(pool.Group.Active, Is.Null);
        Assert.That(pool.Group.BestHeight, Is.EqualTo(-1), "the height of another network means nothing");
        Assert.That(pool.Group.Health()[0].Ok, Is.False);
    }

    [Test]
    public async Task A_node_of_another_coin_is_refused_although_its_network_has_the_same_name()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(new NodePacing(), "litecoin", node.Config());
        pool.Group.Start();

        await pool.UntilCondition(node, NodeCondition.WrongNetwork);
        await pool.UntilLogged("it is a node of another coin than litecoin");
    }

    [Test]
    public async Task A_node_that_does_not_tell_its_first_block_is_used()
    {
        await using var node = new FakeNode();
        node.On("getblockhash", _ => FakeReply.Error(-32601, "Method not found", 404));
        await using var pool = new TestPool(node);
        pool.Group.Start();

        await pool.UntilActive(node);
    }

    [Test]
    public async Task A_node_that_synchronises_is_not_chosen_until_it_is_done()
    {
        await using var node = new FakeNode { Syncing = true, Headers = 500 };
        await using var pool = new TestPool(node);
        pool.Group.Start();
        await pool.UntilCondition(node, NodeCondition.Syncing);
        Assert.That(pool.Of(node).Detail, Does.Contain("100 of 500"));

        node.Syncing = false;

        await pool.UntilActive(node);
    }

    [Test]
    public async Task A_test_network_that_stands_still_is_no_reason_to_wait()
    {
        await using var node = new FakeNode { Syncing = true };
        await using var pool = new TestPool(node);
        pool.Group.Start();

        await pool.UntilActive(node);
    }

    [TestCase(-9, "Litecoin Core is not connected!", NodeCondition.NoTemplate, "no peers")]
    [TestCase(-10, "is in initial sync and waiting for blocks...", NodeCondition.Syncing, "initial block download")]
    [TestCase(-8, "getblocktemplate must be called with the segwit rule set", NodeCondition.NoTemplate, "template_rules")]
    [TestCase(-1, "CreateNewBlock: TestBlockValidity failed: bad-txns-vin-empty, (code 16)", NodeCondition.NoTemplate, "peg-in")]
    [TestCase(-32601, "Method not found", NodeCondition.NoTemplate, "full node")]
    public async Task A_node_without_templates_is_explained_and_used_when_it_has_them(
        int code, string message, object condition, string advice)
    {
        await using var node = new FakeNode();
        node.On("getblocktemplate", _ => FakeReply.Error(code, message));
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilCondition(node, (NodeCondition)condition);
        Assert.That(pool.Of(node).Detail, Does.Contain(message).And.Contain(advice));

        node.OnAsync("getblocktemplate", node.TemplateAsync);

        await pool.UntilHeight(101);
    }

    [Test]
    public async Task A_node_that_gives_no_template_is_left_for_one_that_does()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = new TestPool(first, second);
        pool.Watch();
        await pool.UntilActive(first);

        first.On("getblocktemplate", _ => FakeReply.Error(-9, "not connected"));
        first.SetTip(101);

        await pool.UntilActive(second);
    }

    [Test]
    public async Task A_node_that_warms_up_is_said_to_be_warming_up()
    {
        await using var node = new FakeNode();
        node.On("getblockchaininfo", _ => FakeReply.Error(-28, "Loading block index..."));
        await using var pool = new TestPool(node);
        pool.Group.Start();

        await pool.UntilCondition(node, NodeCondition.WarmingUp);
    }

    [Test]
    public async Task A_wrong_password_is_said_once_and_the_node_is_used_when_it_is_right()
    {
        await using var node = new FakeNode { Login = FakeNode.Basic("u:another-word") };
        await using var pool = new TestPool(node);
        pool.Group.Start();
        await pool.UntilCondition(node, NodeCondition.LoggedOut);
        await Eventually.True(() => node.CountOf("getblockchaininfo") > 5, "it was asked some times");
        await pool.UntilLogged("check user and password");
        Assert.That(pool.Logged().Split("check user and password"), Has.Length.EqualTo(2), "one line per change of state");
        Assert.That(pool.Logged(), Does.Not.Contain("secret-word"));

        node.Login = null;

        await pool.UntilActive(node);
    }

    [Test]
    public async Task A_node_that_lags_behind_another_is_left_for_it()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = new TestPool(QuickBack, "bitcoin", first.Config(), second.Config());
        pool.Group.Start();
        await pool.UntilActive(first);

        second.SetTip(103);
        await pool.UntilActive(second);
        await pool.UntilLogged("lags");

        first.SetTip(103);
        await pool.UntilActive(first);
    }

    [Test]
    public async Task A_hung_node_delays_no_other()
    {
        await using var first = new FakeNode();
        first.OnAsync("getblockchaininfo", async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return FakeReply.Result("1");
        });
        await using var second = new FakeNode();
        await using var pool = new TestPool(first, second);
        pool.Group.Start();

        await pool.UntilActive(second);
    }

    [Test]
    public async Task Two_nodes_behind_one_address_get_names_of_their_own()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(new NodePacing(), "bitcoin", node.Config(), node.Config());

        Assert.That(pool.Group.Links.Select(link => link.Name), Is.EqualTo(new[] { node.Name, node.Name + "#2" }));
    }

    [Test]
    public async Task A_proposal_brings_the_nodes_objection_and_is_not_made_again_where_it_is_unknown()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        var proposed = new List<string>();
        var answer = FakeReply.Result("\"bad-txnmrklroot\"");
        node.OnAsync("getblocktemplate", (p, stop) =>
        {
            if (!p[0].TryGetProperty("mode", out var mode)) return node.TemplateAsync(p, stop);
            proposed.Add($"{mode.GetString()} {p[0].GetProperty("data").GetString()} {p[0].GetProperty("rules")[0].GetString()}");
            return Task.FromResult(answer);
        });
        pool.Group.Start();
        await pool.UntilActive(node);
        var block = Encoding.ASCII.GetBytes("0011");

        Assert.That(await pool.Group.ProposeAsync(block), Is.EqualTo("bad-txnmrklroot"));
        Assert.That(proposed, Is.EqualTo(new[] { "proposal 0011 segwit" }));
        answer = FakeReply.Result("null");
        Assert.That(await pool.Group.ProposeAsync(block), Is.Null);
        answer = FakeReply.Error(-22, "Block decode failed");
        Assert.That(await pool.Group.ProposeAsync(block), Does.Contain("Block decode failed"));
        answer = FakeReply.Error(-1, "Invalid mode");
        Assert.That(await pool.Group.ProposeAsync(block), Is.Null);
        Assert.That(await pool.Group.ProposeAsync(block), Is.Null);
        Assert.That(proposed, Has.Count.EqualTo(4), "the fifth was not made");
    }

    [Test]
    public async Task Templates_are_asked_for_with_the_rules_of_the_coin()
    {
        await using var node = new FakeNode { Genesis = "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9" };
        var rules = "";
        node.On("getblocktemplate", p =>
        {
            rules = p[0].GetProperty("rules").GetRawText();
            return FakeReply.Result(node.Template());
        });
        await using var pool = new TestPool(new NodePacing(), "litecoin", node.Config());
        pool.Group.Start();
        await pool.UntilActive(node);

        Assert.That(rules, Does.Contain("\"segwit\"").And.Contain("\"mweb\""));
    }
}
