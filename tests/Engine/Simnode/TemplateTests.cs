using System.Text.Json;
using Viddhana.Simnode.Mempool;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>What a template says must be true of its own bytes.</summary>
public sealed class TemplateTests
{
    [Test]
    public async Task Ids_weights_and_commitment_follow_from_the_data()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings(transactions: 300));
        var template = await node.Template();
        var block = new BlockMaker(template);
        var legacy = 0;
        foreach (var (said, (raw, txid, wtxid)) in template.GetProperty("transactions").EnumerateArray().Zip(block.Transactions))
        {
            var isSegwit = raw[4] == 0;
            if (!isSegwit) legacy++;
            Assert.That(BlockMaker.DoubleSha(raw), Is.EqualTo(wtxid));
            Assert.That(isSegwit ? !txid.SequenceEqual(wtxid) : txid.SequenceEqual(wtxid));
            Assert.That(
                said.GetProperty("weight").GetInt32(), isSegwit ? Is.InRange(raw.Length, 4 * raw.Length) : Is.EqualTo(4 * raw.Length));
        }

        Assert.That(block.Transactions, Has.Count.EqualTo(300));
        Assert.That(legacy, Is.InRange(1, 299));
        Assert.That(block.Commitment, Is.EqualTo(block.CommitmentNow()));
    }

    [Test]
    public async Task The_members_are_those_of_a_node()
    {
        await using var node = StartedSimnode.Start();
        var template = await node.Template();
        Assert.That(template.EnumerateObject().Select(member => member.Name), Is.EqualTo((string[])
        [
            "capabilities", "version", "rules", "vbavailable", "vbrequired", "previousblockhash", "transactions", "coinbaseaux",
            "coinbasevalue",
            "longpollid", "target", "mintime", "mutable", "noncerange", "sigoplimit", "sizelimit", "weightlimit", "curtime", "bits",
            "height",
            "default_witness_commitment",
        ]));
        Assert.That(template.GetProperty("rules").GetRawText(), Is.EqualTo("""["csv","!segwit","taproot"]"""));
        Assert.That(template.GetProperty("target").GetString(), Is.EqualTo("7fffff" + new string('0', 58)));
        Assert.That(template.GetProperty("bits").GetString(), Is.EqualTo("207fffff"));
        Assert.That(template.GetProperty("coinbaseaux").GetRawText(), Is.EqualTo("{}"));
    }

    [Test]
    public async Task Four_thousand_transactions_make_a_block_within_the_limits()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings(transactions: 4000));
        var block = await node.Maker();
        Assert.That(block.Transactions, Has.Count.EqualTo(4000));
        Assert.That(await node.Submit(block), Is.Null);
        Assert.That((await node.Rpc.Call("getblock", block.HashText)).GetProperty("nTx").GetInt32(), Is.EqualTo(4001));
    }

    [Test]
    public async Task More_transactions_than_fit_are_left_for_later()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings(transactions: 8000));
        var block = await node.Maker();
        Assert.That(block.Transactions, Has.Count.LessThan(8000));
        Assert.That(await node.Submit(block), Is.Null);
    }

    [Test]
    public void The_same_seed_makes_the_same_transactions_and_another_seed_others()
    {
        var one = new SyntheticSource(7).Range(100, 0, 50);
        var same = new SyntheticSource(7).Range(100, 0, 50);
        var other = new SyntheticSource(8).Range(100, 0, 50);
        Assert.That(same.Select(entry => entry.Transaction.Wtxid), Is.EqualTo(one.Select(entry => entry.Transaction.Wtxid)));
        Assert.That(same.Select(entry => entry.Fee), Is.EqualTo(one.Select(entry => entry.Fee)));
        Assert.That(other.Select(entry => entry.Transaction.Wtxid).Intersect(one.Select(entry => entry.Transaction.Wtxid)), Is.Empty);
    }

    [Test]
    public async Task A_call_without_the_segwit_rule_is_refused_as_Core_does()
    {
        await using var node = StartedSimnode.Start();
        Assert.That(Code(await node.Rpc.Try("getblocktemplate")), Is.EqualTo(-1));
        Assert.That(Code(await node.Rpc.Try("getblocktemplate", new { })), Is.EqualTo(-8));
        Assert.That(Code(await node.Rpc.Try("getblocktemplate", new { rules = new[] { "csv" } })), Is.EqualTo(-8));
        Assert.That(Code(await node.Rpc.Try("getblocktemplate", new { mode = "x", rules = new[] { "segwit" } })), Is.EqualTo(-8));
        Assert.That(Code(await node.Rpc.Try("getblocktemplate", new { mode = "proposal" })), Is.EqualTo(-3));
        Assert.That(Code(await node.Rpc.Try("getblocktemplate", new { mode = "proposal", data = "00" })), Is.EqualTo(-22));
        Assert.That(Code(await node.Rpc.Try("getblocktemplate", "segwit")), Is.EqualTo(-3));
    }

    [Test]
    public async Task A_longpoll_wakes_at_a_new_tip()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings() with { LongpollMempoolSeconds = 600 });
        var first = await node.Template();
        var waiting = Enumerable.Range(0, 8).Select(_ => node.Template(first.GetProperty("longpollid").GetString())).ToList();
        await Task.Delay(300);
        Assert.That(waiting.Any(each => each.IsCompleted), Is.False);

        var tip = await node.MineOthers(1);
        foreach (var template in await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(60)))
            Assert.That(template.GetProperty("previousblockhash").GetString(), Is.EqualTo(tip));
    }

    [Test]
    public async Task A_longpoll_of_an_old_tip_answers_at_once_and_a_strange_id_is_an_error()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings() with { LongpollMempoolSeconds = 600 });
        var old = (await node.Template()).GetProperty("longpollid").GetString();
        await node.MineOthers(1);
        await node.Template(old).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That(Code(await node.Rpc.Try("getblocktemplate", new { rules = new[] { "segwit" }, longpollid = "x" })), Is.EqualTo(-8));
    }

    [Test]
    public async Task A_longpoll_wakes_when_the_mempool_has_grown()
    {
        var settings = StartedSimnode.Settings() with { LongpollMempoolSeconds = 0.5, Mempool = new MempoolShape(5, 20, 0) };
        await using var node = StartedSimnode.Start(settings);
        var first = await node.Template();
        var second = await node.Template(first.GetProperty("longpollid").GetString()).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That(second.GetProperty("previousblockhash").GetString(), Is.EqualTo(first.GetProperty("previousblockhash").GetString()));
        Assert.That(
            second.GetProperty("transactions").GetArrayLength(), Is.GreaterThan(first.GetProperty("transactions").GetArrayLength()));
        Assert.That(await node.Submit(new BlockMaker(second)), Is.Null);
    }

    private static int Code((JsonElement Result, JsonElement? Error) answer) => answer.Error!.Value.GetProperty("code").GetInt32();
}
