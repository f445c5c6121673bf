using System.Collections.Concurrent;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>How templates come in, and which are let through.</summary>
internal sealed class NodeWatcherTests
{
    private const int Never = 3_600_000;

    /// <summary>Nothing comes but by the way under test: health checks are rare.</summary>
    private static TestPool PoolOf(NodePacing pacing, params FakeNode[] nodes) =>
        new(pacing, "bitcoin", [.. nodes.Select(node => node.Config())]);

    [Test]
    public async Task The_first_template_is_a_new_tip_and_arrives_as_the_node_sent_it()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        var first = pool.Templates.First();
        Assert.That(first.TipChanged);
        Assert.That(first.Node, Is.EqualTo(node.Name));
        Assert.That(first.PrevHash, Is.EqualTo(node.Tip));
        Assert.That(first.Json, Does.StartWith("{\"version\":536870912,").And.EndsWith("\"height\":101}"));
        Assert.That(pool.Watcher.Health().Ok, Is.True, pool.Watcher.Health().Detail);
    }

    [Test]
    public async Task A_long_poll_brings_the_next_tip()
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Error(-1, "not in this test"));
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);
        for (var height = 101; height < 110; height++)
        {
            node.SetTip(height);
            await pool.UntilHeight(height + 1);
        }

        Assert.That(pool.Templates.Where(t => t.TipChanged).Select(t => t.Height), Is.EqualTo(Enumerable.Range(101, 10)));
    }

    [Test]
    public async Task A_node_without_long_polls_is_polled()
    {
        await using var node = new FakeNode { OffersLongPolls = false };
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        node.SetTip(101);

        await pool.UntilHeight(102);
    }

    [Test]
    public async Task A_node_that_answers_long_polls_at_once_is_not_asked_without_end()
    {
        await using var node = new FakeNode();
        var id = "";
        node.On("getblocktemplate", p =>
        {
            id = $"{node.Tip}1";
            return FakeReply.Result($"{{\"previousblockhash\":\"{node.Tip}\",\"height\":{node.Height + 1},\"longpollid\":\"{id}\"}}");
        });
        await using var pool = new TestPool(node);
        pool.Watch();

        await pool.UntilLogged("does not honour long polls");
        var asked = node.CountOf("getblocktemplate");
        await Eventually.True(() => node.CountOf("getbestblockhash") > 10, "it was polled instead");
        Assert.That(node.CountOf("getblocktemplate"), Is.LessThanOrEqualTo(asked + 1));

        node.SetTip(101);
        await pool.UntilHeight(102);
    }

    [Test]
    public async Task Polling_goes_by_templates_where_getbestblockhash_is_unknown()
    {
        await using var node = new FakeNode { OffersLongPolls = false };
        node.On("getbestblockhash", _ => FakeReply.Error(-32601, "Method not found", 404));
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        node.SetTip(101);

        await pool.UntilHeight(102);
    }

    [Test]
    public async Task An_unchanged_tip_gets_a_fresh_template_after_the_refresh_interval()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        pool.Config.RefreshSeconds = 1;
        pool.Watch();

        await Eventually.True(() => pool.Templates.Count >= 3, "templates were refreshed");

        Assert.That(pool.Templates.Skip(1).Any(t => t.TipChanged), Is.False);
        Assert.That(pool.Templates.Select(t => t.Height), Is.All.EqualTo(101));
    }

    [Test]
    public async Task A_new_tip_is_handed_on_once_however_many_ways_tell_of_it()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = new TestPool(first, second);
        pool.Watch();
        await pool.UntilHeight(101);
        await pool.UntilActive(first);
        await pool.UntilCondition(second, NodeCondition.Up);

        // Long poll, polling, health checks and the other node all tell of each block.
        for (var height = 101; height < 121; height++)
        {
            first.SetTip(height);
            second.SetTip(height);
            await pool.UntilHeight(height + 1);
        }

        var checks = first.CountOf("getblockchaininfo");
        await Eventually.True(() => first.CountOf("getblockchaininfo") > checks + 5, "all ways had their say");
        Assert.That(pool.Templates.Select(t => t.Height), Is.EqualTo(Enumerable.Range(101, 21)));
        Assert.That(pool.Templates.Select(t => t.TipChanged), Is.All.True);
    }

    [Test]
    public async Task A_template_that_the_long_poll_has_brought_is_not_waited_for_a_second_time()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);
        await Eventually.True(() => node.CountOf("getblocktemplate") >= 2, "a long poll waits");

        // The health check tells of the tip; the fetch that it causes gets no answer, the long poll does.
        var fetched = 0;
        node.OnAsync("getblocktemplate", async (parameters, stop) =>
        {
            if (!parameters[0].TryGetProperty("longpollid", out _) && Interlocked.Increment(ref fetched) == 1)
                await Task.Delay(Timeout.Infinite, stop);
            return await node.TemplateAsync(parameters, stop);
        });
        node.On("getblockchaininfo", _ => FakeReply.Result("{\"chain\":\"regtest\",\"blocks\":101,\"headers\":101,"
            + $"\"bestblockhash\":\"{FakeNode.Hash(101)}\",\"initialblockdownload\":false}}"));
        await Eventually.True(() => Volatile.Read(ref fetched) == 1, "the template was asked for");
        node.SetTip(101);
        await pool.UntilHeight(102);

        pool.Watcher.RefreshNow();

        await Eventually.True(() => pool.Templates.Count == 3, "the loop was free to ask again");
        Assert.That(Volatile.Read(ref fetched), Is.EqualTo(2));
    }

    [Test]
    public async Task A_long_poll_is_left_when_its_tip_has_come_another_way()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        var waiting = 0;
        node.OnAsync("getblocktemplate", async (parameters, stop) =>
        {
            if (!parameters[0].TryGetProperty("longpollid", out _)) return await node.TemplateAsync(parameters, stop);
            Interlocked.Increment(ref waiting);
            await Task.Delay(Timeout.Infinite, stop);
            return FakeReply.Raw("");
        });
        pool.Watch();
        await pool.UntilHeight(101);
        for (var height = 101; height < 106; height++)
        {
            await Eventually.True(() => Volatile.Read(ref waiting) >= height - 100, "a long poll waits");
            node.SetTip(height);
            await pool.UntilHeight(height + 1);
        }

        await Eventually.True(() => Volatile.Read(ref waiting) >= 6, "each tip has a long poll of its own");
        Assert.That(pool.Templates.Select(t => t.Height), Is.EqualTo(Enumerable.Range(101, 6)));
    }

    [Test]
    public async Task Bytes_that_are_taken_stay_as_they_are()
    {
        await using var node = new FakeNode();
        var transactions = string.Join(',', Enumerable.Range(0, 400).Select(n => $"{{\"data\":\"{new string('a', 1_000)}{n:d6}\"}}"));
        node.OnAsync("getblocktemplate", (_, _) => Task.FromResult(FakeReply.Result(node.Template(transactions))));
        await using var pool = new TestPool(node);
        await using var watcher = new NodeWatcher(pool.Group);
        var taken = new ConcurrentQueue<(ReadOnlyMemory<byte> Json, IDisposable Bytes, int Height)>();
        _ = watcher.Start(a => taken.Enqueue((a.Json, a.TakeBytes(), a.Height)));
        for (var height = 101; height < 105; height++)
        {
            await Eventually.True(() => taken.LastOrDefault().Height == height, "the next template came");
            node.SetTip(height);
        }

        foreach (var (json, bytes, height) in taken)
        {
            Assert.That(TemplateHead.TryRead(json.Span)?.Height, Is.EqualTo(height));
            bytes.Dispose();
        }
    }

    [Test]
    public async Task Work_that_was_refused_is_replaced_at_once()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        pool.Watcher.RefreshNow();

        await Eventually.True(() => pool.Templates.Count == 2, "another template came");
        Assert.That(pool.Last!.TipChanged, Is.False);
    }

    [Test]
    public async Task A_hint_of_any_node_brings_its_template_at_once()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = PoolOf(new NodePacing { LagMs = Never }, first, second);
        pool.Watch();
        await pool.UntilHeight(101);
        await pool.UntilCondition(second, NodeCondition.Up);
        await pool.UntilActive(first);

        second.SetTip(101);
        await pool.UntilHeight(102);

        var news = pool.Templates.First(t => t.Height == 102);
        Assert.That(news.Node, Is.EqualTo(second.Name));
        Assert.That(news.TipChanged);
    }

    [Test]
    public async Task A_failover_to_a_node_that_is_behind_hands_out_nothing_older()
    {
        await using var first = new FakeNode();
        await using var second = new FakeNode();
        await using var pool = PoolOf(new NodePacing { HoldMs = Never, LagMs = Never }, first, second);
        pool.Config.RefreshSeconds = 1;
        pool.Watch();
        await pool.UntilActive(first);
        first.SetTip(105);
        await pool.UntilHeight(106);

        first.Kill();
        await pool.UntilActive(second);
        await pool.UntilLogged("held back until it catches up");
        Assert.That(pool.Last!.Height, Is.EqualTo(106));

        second.SetTip(104);
        second.SetTip(105);
        await Eventually.True(() => pool.Last!.Node == second.Name, "the other node's template was taken");
        Assert.That(pool.Templates.Select(t => t.Height), Is.Ordered);
        Assert.That(pool.Last!.TipChanged, Is.False, "it is the same tip, so earlier work stays good");
    }

    [TestCase("invalid")]
    [TestCase("valid-fork")]
    public async Task A_reorg_to_a_lower_height_is_followed_when_the_node_proves_it(string status)
    {
        await using var node = new FakeNode();
        await using var pool = PoolOf(new NodePacing { HoldMs = Never }, node);
        pool.Watch();
        await pool.UntilHeight(101);
        node.SetTip(105);
        await pool.UntilHeight(106);
        var old = node.Tip;

        node.On("getchaintips", _ => FakeReply.Result($"[{{\"height\":103,\"hash\":\"{node.Tip}\",\"branchlen\":0,\"status\":\"active\"}},"
            + $"{{\"height\":105,\"hash\":\"{old}\",\"branchlen\":2,\"status\":\"{status}\"}}]"));
        node.SetTip(103, FakeNode.Hash(0xabc));

        await pool.UntilHeight(104);
        Assert.That(pool.Last!.TipChanged);
        Assert.That(pool.Last!.PrevHash, Is.EqualTo(FakeNode.Hash(0xabc)));
    }

    [Test]
    public async Task A_node_that_has_yet_to_validate_the_newer_block_is_behind_and_not_believed()
    {
        await using var node = new FakeNode();
        await using var pool = PoolOf(new NodePacing { HoldMs = Never }, node);
        pool.Watch();
        await pool.UntilHeight(101);
        node.SetTip(105);
        await pool.UntilHeight(106);
        var old = node.Tip;

        node.On("getchaintips", _ => FakeReply.Result($"[{{\"height\":105,\"hash\":\"{old}\",\"status\":\"headers-only\"}}]"));
        node.SetTip(103, FakeNode.Hash(0xabc));
        await Eventually.True(() => node.CountOf("getchaintips") > 3, "proof was asked for a few times");
        Assert.That(pool.Last!.Height, Is.EqualTo(106));
    }

    [Test]
    public async Task A_node_that_stays_at_a_lower_height_is_believed_in_the_end()
    {
        await using var node = new FakeNode();
        await using var pool = PoolOf(new NodePacing { HoldMs = 300 }, node);
        pool.Watch();
        await pool.UntilHeight(101);
        node.SetTip(105);
        await pool.UntilHeight(106);

        node.SetTip(103, FakeNode.Hash(0xabc));

        await pool.UntilHeight(104);
        await pool.UntilLogged("it stays there");
    }

    [Test]
    public async Task A_sibling_of_equal_height_is_followed_on_the_chosen_node()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        node.SetTip(100, FakeNode.Hash(0xabc));

        await Eventually.True(() => pool.Last!.PrevHash == FakeNode.Hash(0xabc), "the sibling was followed");
        Assert.That(pool.Last!.TipChanged);
    }

    [Test]
    public async Task A_node_that_restarts_is_taken_up_again()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        node.Kill();
        await pool.UntilActive(null);
        Assert.That(pool.Watcher.Health().Ok, Is.False);
        node.SetTip(102);
        node.ComeBack();

        await pool.UntilHeight(103);
        await Eventually.True(() => pool.Watcher.Health().Ok, "it was healthy again");
    }

    [Test]
    public async Task A_node_that_comes_back_on_another_network_gives_no_template_to_miners()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        node.Kill();
        await pool.UntilActive(null);
        node.Chain = "test";
        node.SetTip(5_000);
        node.ComeBack();
        await pool.UntilCondition(node, NodeCondition.WrongNetwork);

        Assert.That(pool.Last!.Height, Is.EqualTo(101));
    }

    [Test]
    public async Task After_a_broken_call_nothing_is_taken_before_the_node_was_checked()
    {
        await using var node = new FakeNode { OffersLongPolls = false };
        await using var pool = new TestPool(node);
        pool.Watch();
        await pool.UntilHeight(101);

        // The call breaks, and another network answers at that address; the check takes longer than the next template would.
        node.OnAsync("getblockchaininfo", async (_, stop) =>
        {
            await Task.Delay(300, stop);
            return FakeReply.Result($"{{\"chain\":\"test\",\"blocks\":5000,\"headers\":5000,\"bestblockhash\":\"{node.Tip}\"}}");
        });
        var asked = 0;
        node.On("getblocktemplate", _ => asked++ == 0 ? FakeReply.Raw("") : FakeReply.Result(node.Template()));
        node.SetTip(5_000);
        await pool.UntilCondition(node, NodeCondition.WrongNetwork);

        Assert.That(pool.Last!.Height, Is.EqualTo(101));
    }

    [Test]
    public async Task Failing_templates_are_asked_for_at_a_bounded_rate()
    {
        await using var node = new FakeNode();
        await using var pool = PoolOf(new NodePacing(), node);
        pool.Watch();
        await pool.UntilHeight(101);
        var before = node.CountOf("getblocktemplate");
        var start = Environment.TickCount64;

        node.On("getblocktemplate", _ => FakeReply.Raw(""));
        node.SetTip(101);
        await Eventually.True(() => node.CountOf("getblockchaininfo") > 40, "many checks were made");

        // Checks come each 30 ms here, and each may lead to one or two templates, never to a storm of them.
        var asked = node.CountOf("getblocktemplate") - before;
        Assert.That(asked, Is.LessThan(3 * (Environment.TickCount64 - start) / 10), $"{asked} calls");
    }

    [Test]
    public async Task A_fault_in_the_callback_ends_the_watcher_and_is_not_swallowed()
    {
        await using var node = new FakeNode();
        await using var pool = new TestPool(node);
        await using var watcher = new NodeWatcher(pool.Group);

        var running = watcher.Start(_ => throw new InvalidOperationException("a bug of ours"));

        Assert.That(await Task.WhenAny(running, Task.Delay(RunningProgram.WaitMax)), Is.SameAs(running));
        Assert.That(async () => await running, Throws.InvalidOperationException.With.Message.EqualTo("a bug of ours"));
    }

    [TestCase("{\"previousblockhash\":\"00\",\"height\":5}")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("\"x\"")]
    [TestCase("{\"height\":5}")]
    [TestCase("{\"height\":\"5\",\"previousblockhash\":7}")]
    public async Task Something_that_is_no_template_is_not_handed_on(string result)
    {
        await using var node = new FakeNode();
        node.On("getblocktemplate", _ => FakeReply.Result(result));
        await using var pool = new TestPool(node);
        pool.Watch();

        await Eventually.True(() => node.CountOf("getblocktemplate") > 3, "it was asked a few times");

        Assert.That(pool.Templates, Is.Empty);
        Assert.That(pool.Of(node).IsUp, Is.False);
        Assert.That(pool.Of(node).Detail, Does.Contain("not a template"));
    }
}
