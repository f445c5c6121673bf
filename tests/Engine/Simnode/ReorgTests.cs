namespace Viddhana.Tests.Engine.Simnode;

/// <summary>Branches, and what operators say about them.</summary>
public sealed class ReorgTests
{
    private StartedSimnode _node = null!;

    [SetUp]
    public void Start() => _node = StartedSimnode.Start();

    [TearDown]
    public async Task Stop() => await _node.DisposeAsync();

    [Test]
    public async Task A_longer_branch_takes_over_and_the_old_blocks_have_minus_one_confirmations()
    {
        var mine = await _node.Maker();
        await _node.Submit(mine);
        await _node.MineOthers(2);
        var (_, answer) = await _node.Control("reorg", new { depth = 3, length = 4 });

        Assert.That(answer.GetProperty("height").GetInt32(), Is.EqualTo(4));
        Assert.That(await Confirmations(mine.HashText), Is.EqualTo(-1));
        Assert.That(await Confirmations(answer.GetProperty("blocks")[0].GetString()!), Is.EqualTo(4));
        Assert.That(await Tips(), Is.EqualTo((string[])["4 active", "3 valid-fork"]));
    }

    [Test]
    public async Task A_branch_that_is_not_longer_changes_nothing()
    {
        var tip = await _node.MineOthers(3);
        var (_, answer) = await _node.Control("reorg", new { depth = 2, length = 2 });
        Assert.That(answer.GetProperty("hash").GetString(), Is.EqualTo(tip));
        Assert.That(await Tips(), Is.EqualTo((string[])["3 active", "3 valid-headers"]));
    }

    [Test]
    public async Task A_block_of_a_miner_may_lie_on_a_branch_and_carry_it_to_the_top()
    {
        await _node.MineOthers(1);
        var first = (await _node.Rpc.Call("getblockhash", 1)).GetString()!;
        await _node.Rpc.Call("invalidateblock", first);
        var rival = await _node.Maker();
        Assert.That(await _node.Submit(rival), Is.Null);
        await _node.Rpc.Call("reconsiderblock", first);
        Assert.That(await Best(), Is.EqualTo(first), "first seen");

        await _node.Rpc.Call("preciousblock", rival.HashText);
        Assert.That(await Best(), Is.EqualTo(rival.HashText));
        var second = await _node.Maker();
        Assert.That(await _node.Submit(second), Is.Null);
        Assert.That(await Best(), Is.EqualTo(second.HashText));
    }

    [Test]
    public async Task An_invalidated_block_takes_all_above_it_with_it_and_comes_back()
    {
        var tip = await _node.MineOthers(5);
        var third = (await _node.Rpc.Call("getblockhash", 3)).GetString()!;
        await _node.Rpc.Call("invalidateblock", third);
        Assert.That(await _node.Rpc.Height(), Is.EqualTo(2));
        Assert.That(await Tips(), Is.EqualTo((string[])["5 invalid", "2 active"]));

        await _node.Rpc.Call("reconsiderblock", tip);
        Assert.That(await Best(), Is.EqualTo(tip));
    }

    [Test]
    public async Task A_branch_with_a_wrong_block_is_left_at_that_block()
    {
        var good = await _node.Maker();
        Assert.That(await _node.Submit(good), Is.Null);
        await _node.Rpc.Call("invalidateblock", good.HashText);
        var sibling = await _node.Maker();
        var wrong = await _node.Maker();
        Assert.That(await _node.Submit(sibling), Is.Null);
        await _node.Rpc.Call("reconsiderblock", good.HashText);
        Assert.That(await Best(), Is.EqualTo(good.HashText));

        // On the losing branch nobody looks at the coins yet; when it would win, the chain stays where it was.
        wrong.Previous = sibling.Hash;
        (wrong.Height, wrong.Value, wrong.Time) = (2, wrong.Value + 1, sibling.Time + 1);
        wrong.Transactions.Clear();
        wrong.Commitment = wrong.CommitmentNow();
        Assert.That(await _node.Submit(wrong), Is.EqualTo("bad-cb-amount"));
        Assert.That(await Best(), Is.EqualTo(good.HashText));
        Assert.That(await Tips(), Is.EqualTo((string[])["2 invalid", "1 active"]));
    }

    private async Task<string> Best() => (await _node.Rpc.Call("getbestblockhash")).GetString()!;

    private async Task<int> Confirmations(string hash) => (await _node.Rpc.Call("getblock", hash)).GetProperty("confirmations").GetInt32();

    private async Task<string[]> Tips() => [.. (await _node.Rpc.Call("getchaintips")).EnumerateArray()
        .Select(tip => $"{tip.GetProperty("height").GetInt32()} {tip.GetProperty("status").GetString()}")];
}
