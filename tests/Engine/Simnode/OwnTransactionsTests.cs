using System.Text.Json;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>Transactions of the node's own wallet in blocks that miners make: signatures and coins are really checked.</summary>
public sealed class OwnTransactionsTests
{
    private StartedSimnode _node = null!;

    private NodeRpc Rpc => _node.Rpc;

    [SetUp]
    public async Task Start()
    {
        _node = StartedSimnode.Start();
        await Rpc.Call("createwallet", "pool");
        await Rpc.Call("generatetoaddress", 1, (await Rpc.Call("getnewaddress")).GetString());
        await _node.MineOthers(99);
    }

    [TearDown]
    public async Task Stop() => await _node.DisposeAsync();

    [Test]
    public async Task A_payment_and_one_from_its_change_are_mined_from_the_template_in_order()
    {
        await _node.MineOthers(1);
        string[] txids = [await Send(1), await Send(2)];
        var template = await _node.Template();
        var all = template.GetProperty("transactions").EnumerateArray().ToList();
        Assert.That(all[^2..].Select(each => each.GetProperty("txid").GetString()), Is.EqualTo(txids));
        Assert.That(all[^1].GetProperty("depends").GetRawText(), Is.EqualTo($"[{all.Count - 1}]"));
        Assert.That(all[^2].GetProperty("depends").GetRawText(), Is.EqualTo("[]"));

        var block = new BlockMaker(template);
        var swapped = new BlockMaker(template);
        swapped.Transactions.Reverse(swapped.Transactions.Count - 2, 2);
        swapped.Commitment = swapped.CommitmentNow();
        Assert.That(await _node.Submit(swapped), Is.EqualTo("bad-txns-inputs-missingorspent"), "a child before its parent");
        Assert.That(await _node.Submit(block), Is.Null);
        foreach (var txid in txids)
            Assert.That((await Rpc.Call("gettransaction", txid)).GetProperty("blockhash").GetString(), Is.EqualTo(block.HashText));
        Assert.That((await _node.Template()).GetProperty("transactions").GetArrayLength(), Is.EqualTo(5), "they left the mempool");
    }

    [Test]
    public async Task A_changed_signature_or_amount_is_found_in_a_block()
    {
        await _node.MineOthers(1);
        await Send(1);
        var block = await _node.Maker();
        var (raw, txid, _) = block.Transactions[^1];
        var signature = (byte[])raw.Clone();
        signature[^60] ^= 1;
        block.Transactions[^1] = (signature, txid, BlockMaker.DoubleSha(signature));
        block.Commitment = block.CommitmentNow();
        Assert.That(await _node.Submit(block), Does.StartWith("mandatory-script-verify-flag-failed"));
    }

    [Test]
    public async Task A_coin_is_spent_once_on_a_chain_and_not_too_early()
    {
        var coinbase = (await Rpc.Call("getblock", (await Rpc.Call("getblockhash", 1)).GetString())).GetProperty("tx")[0].GetString()!;
        var spend = await Spend(coinbase, 49);
        await Rpc.Call("invalidateblock", (await Rpc.Call("getblockhash", 100)).GetString());
        Assert.That(await SubmitWith(spend), Is.EqualTo("bad-txns-premature-spend-of-coinbase"), "at height 100");
        await _node.MineOthers(1);
        Assert.That(await SubmitWith(await Spend(coinbase, 51)), Is.EqualTo("bad-txns-in-belowout"));
        Assert.That(await SubmitWith(spend), Is.Null, "at height 101");
        Assert.That(await SubmitWith(spend), Is.EqualTo("bad-txns-inputs-missingorspent"));
    }

    private async Task<string> Send(int amount) => (await Rpc.Call("sendtoaddress", StartedSimnode.Stranger, amount)).GetString()!;

    private async Task<JsonElement> Spend(string txid, int amount)
    {
        var draft = await Rpc.Call("createrawtransaction", new[] { new { txid, vout = 0 } }, new Dictionary<string,
            object>
        { [StartedSimnode.Stranger] = amount });
        return await Rpc.Call("signrawtransactionwithwallet", draft.GetString());
    }

    // A block with one more transaction than the template has.
    private async Task<string?> SubmitWith(JsonElement signed)
    {
        var hex = signed.GetProperty("hex").GetString()!;
        var decoded = await Rpc.Call("decoderawtransaction", hex);
        var block = await _node.Maker();
        block.Add(
            Convert.FromHexString(hex), BlockMaker.Reversed(decoded.GetProperty("txid").GetString()!),
                BlockMaker.Reversed(decoded.GetProperty("hash").GetString()!));
        block.Commitment = block.CommitmentNow();
        return await _node.Submit(block);
    }
}
