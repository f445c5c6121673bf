using System.Text.Json;
using Viddhana.Simnode.Chain;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>Blocks that strangers send, right and wrong, and the words a node answers.</summary>
public sealed class SubmitTests
{
    // Accepted by Bitcoin Core 30.99 on a fresh regtest: height 1, nonce 1.
    private const string CoreHeader =
        "0000002006226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f"
        + "24b6e2d9e28c983862e71c5e09a2a4143b48253f81cc8e1aa467c428f505499744d3006b"
        + "ffff7f2001000000";

    private const string CoreCoinbase =
        "020000000100000000000000000000000000000000000000000000000000000000000000"
        + "00ffffffff1b5108b3f3e4474759cb79102f7669646468616e612d70726f62652fffffffff"
        + "0200f2052a010000001600143556a1f07f96ddce4ef934ce86dda29a5c4372a100000000"
        + "00000000266a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48beb"
        + "d836974e8cf900000000";

    private const string CoreBlockId = "0f48b7de78016bada6f506a86110aa4364b8593e4db6a84ad668779e7634bbaa";

    private StartedSimnode _node = null!;

    [SetUp]
    public void Start() => _node = StartedSimnode.Start();

    [TearDown]
    public async Task Stop() => await _node.DisposeAsync();

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return Case("high-hash", block => block.Solve = false);
        yield return Case("bad-txnmrklroot", block => block.MerkleRoot = new byte[32]);
        yield return Case("bad-cb-amount", block => block.Value++);
        yield return Case("bad-cb-height", block => block.Height++);
        yield return Case("bad-cb-height", block =>
            block.CoinbaseScript = [1, (byte)block.Height, .. block.Extra], "a height below 17 as a push of one byte");
        yield return Case("bad-cb-length", block => block.Extra = new byte[100]);
        yield return Case("bad-cb-length", block => block.CoinbaseScript = [0x52], "a coinbase script of one byte");
        yield return Case("prev-blk-not-found", block => block.Previous = new byte[32]);
        yield return Case("bad-diffbits", block => block.Bits = 0x207FFFFE);
        yield return Case("time-too-old", block => block.Time = block.MinTime - 1);
        yield return Case("time-too-new", block => block.Time += 7300);
        yield return Case("bad-version(0x00000003)", block => block.Version = 3);
        yield return Case("bad-witness-merkle-match", block => block.Commitment![10] ^= 1);
        yield return Case(
            "bad-witness-merkle-match", block => block.Reserved = [.. Enumerable.Repeat((byte)1, 32)], "another reserved value");
        yield return Case("bad-witness-nonce-size", block => block.Reserved = new byte[31]);
        yield return Case("unexpected-witness", block => block.Commitment = null);
        yield return Case("bad-txns-nonfinal", block => (block.LockTime, block.Sequence) = (1000, 0));
        yield return Case("bad-txns-inputs-missingorspent", block => AddSpend(block, prevout: 7));
        yield return Case("bad-txns-vout-toolarge", block => AddSpend(block, prevout: 7, value: 2_100_000_000_000_001));
        yield return Case("bad-txns-vout-negative", block => AddSpend(block, prevout: 7, value: -1));
        yield return Case("bad-txns-prevout-null", block => AddSpend(block, prevout: 0, inputs: 2));
        yield return Case("bad-txns-inputs-duplicate", block => AddSpend(block, prevout: 7, inputs: 2, same: true));
        yield return Case("bad-cb-missing", block => block.CoinbasePrevout = [.. Enumerable.Repeat((byte)1, 32)]);
        yield return Case("bad-cb-multiple", block => AddSpend(block, prevout: 0, index: uint.MaxValue));
        yield return Case("bad-blk-length", block => AddBig(block, 1_100_000));
        yield return Case("bad-blk-sigops", block => AddBig(block, 70_000, fill: 0xac));
        yield return Case("bad-txns-duplicate", Duplicate, "the last pair of transactions twice");
        yield return Case("bad-txns-inputs-missingorspent", RepeatOne, "a synthetic transaction twice");
        yield return Case("bad-txns-inputs-missingorspent", TamperWitness, "a synthetic transaction that was changed");
    }

    [TestCaseSource(nameof(Wrong))]
    public async Task A_wrong_block_gets_the_word_of_a_real_node(string word, Action<BlockMaker> spoil)
    {
        await _node.MineOthers(1);   // the coinbase of height 2: one byte of height
        var block = await _node.Maker();
        spoil(block);
        var before = await _node.Rpc.Height();

        Assert.That(await _node.Submit(block), Is.EqualTo(word));
        Assert.That(await _node.Rpc.Height(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_block_made_from_the_template_is_accepted_once()
    {
        var block = await _node.Maker();
        Assert.That(await _node.Submit(block), Is.Null);
        Assert.That((await _node.Rpc.Call("getbestblockhash")).GetString(), Is.EqualTo(block.HashText));
        Assert.That(await _node.Submit(block), Is.EqualTo("duplicate"));
    }

    [Test]
    public async Task Blocks_follow_each_other_over_every_form_of_height_push()
    {
        for (var height = 1; height <= 18; height++) Assert.That(await _node.Submit(await _node.Maker()), Is.Null, $"height {height}");

        await _node.MineOthers(108);
        for (var height = 127; height <= 129; height++) Assert.That(await _node.Submit(await _node.Maker()), Is.Null, $"height {height}");
        Assert.That(await _node.Rpc.Height(), Is.EqualTo(129));
    }

    [Test]
    public async Task The_sample_that_Bitcoin_Core_accepted_is_accepted_here()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings() with { UnixTime = () => 0x6B00D344 });
        var withWitness = CoreCoinbase[..8] + "0001" + CoreCoinbase[8..^8] + "0120" + new string('0', 64) + "00000000";
        Assert.That((await node.Rpc.Call("submitblock", CoreHeader + "01" + withWitness)).ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That((await node.Rpc.Call("getbestblockhash")).GetString(), Is.EqualTo(CoreBlockId));
    }

    [Test]
    public async Task A_coinbase_without_witness_is_completed_by_submitblock_but_not_in_a_proposal()
    {
        var block = await _node.Maker();
        block.Reserved = null;
        Assert.That(await _node.Propose(block), Is.EqualTo("bad-witness-nonce-size"));
        Assert.That(await _node.Submit(block), Is.Null);
    }

    [Test]
    public async Task Bytes_after_the_block_are_ignored_and_half_a_block_is_none()
    {
        var hex = (await _node.Maker()).Build();
        foreach (var broken in new[] { "", "zz", hex[..^2], hex[..160], hex[1..] })
        {
            var (_, error) = await _node.Rpc.Try("submitblock", broken);
            Assert.That(error!.Value.GetProperty("code").GetInt32(), Is.EqualTo(-22));
            Assert.That(error.Value.GetProperty("message").GetString(), Is.EqualTo("Block decode failed"));
        }

        Assert.That((await _node.Rpc.Call("submitblock", hex + "00ff")).ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Every_rolled_version_bit_is_allowed()
    {
        var block = await _node.Maker();
        block.Version |= 0x1FFFE000;
        Assert.That(await _node.Submit(block), Is.Null);
    }

    [Test]
    public async Task A_sibling_of_the_tip_is_inconclusive_and_known_afterwards()
    {
        var first = await _node.Maker();
        var second = await _node.Maker();
        Assert.That(await _node.Submit(first), Is.Null);
        Assert.That(await _node.Submit(second), Is.EqualTo("inconclusive"));
        Assert.That(await _node.Submit(second), Is.EqualTo("duplicate"));
        Assert.That((await _node.Rpc.Call("getbestblockhash")).GetString(), Is.EqualTo(first.HashText));
        Assert.That((await _node.Rpc.Call("getblock", second.HashText)).GetProperty("confirmations").GetInt32(), Is.EqualTo(-1));
    }

    [Test]
    public async Task A_block_that_broke_a_rule_and_what_lies_on_it_stay_out()
    {
        var bad = await _node.Maker();
        bad.Value++;
        Assert.That(await _node.Submit(bad), Is.EqualTo("bad-cb-amount"));
        Assert.That(await _node.Submit(bad), Is.EqualTo("duplicate-invalid"));

        var child = await _node.Maker();
        child.Previous = bad.Hash;
        child.Height++;
        Assert.That(await _node.Submit(child), Is.EqualTo("bad-prevblk"));
    }

    [Test]
    public async Task A_mutated_copy_does_not_condemn_the_block()
    {
        var block = await _node.Maker();
        var right = block.Build();
        block.Reserved = [.. Enumerable.Repeat((byte)9, 32)];
        Assert.That(await _node.Submit(block), Is.EqualTo("bad-witness-merkle-match"));
        Assert.That((await _node.Rpc.Call("submitblock", right)).ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task A_proposal_needs_no_work_but_the_tip()
    {
        var block = await _node.Maker();
        block.Solve = false;
        Assert.That(await _node.Propose(block), Is.Null);
        block.Value++;
        Assert.That(await _node.Propose(block), Is.EqualTo("bad-cb-amount"));

        var old = await _node.Maker();
        await _node.MineOthers(1);
        Assert.That(await _node.Propose(old), Is.EqualTo("inconclusive-not-best-prevblk"));
    }

    [Test]
    public async Task The_subsidy_halves_every_150_blocks_and_fees_come_on_top()
    {
        var fees = (await _node.Template()).GetProperty("transactions").EnumerateArray().Sum(each => each.GetProperty("fee").GetInt64());
        Assert.That((await _node.Maker()).Value, Is.EqualTo((50 * ChainRules.Coin) + fees));
        await _node.MineOthers(149);
        var block = await _node.Maker();
        fees = (await _node.Template()).GetProperty("transactions").EnumerateArray().Sum(each => each.GetProperty("fee").GetInt64());
        Assert.That(block.Value, Is.EqualTo((25 * ChainRules.Coin) + fees));
        block.Value++;
        Assert.That(await _node.Submit(block), Is.EqualTo("bad-cb-amount"));
    }

    [Test]
    public async Task An_empty_block_is_a_block()
    {
        var block = await _node.Maker();
        block.Transactions.Clear();
        block.Commitment = null;
        block.Reserved = null;
        block.Value = 50 * ChainRules.Coin;
        Assert.That(await _node.Submit(block), Is.Null);
    }

    private static TestCaseData Case(string word, Action<BlockMaker> spoil, string? how = null) =>
        new TestCaseData(word, spoil).SetArgDisplayNames(how ?? word);

    private static void AddSpend(BlockMaker block, byte prevout, long value = 1000, int inputs = 1, bool same = false, uint index = 0)
    {
        byte[] tx = [2, 0, 0, 0, (byte)inputs];
        for (var i = 0; i < inputs; i++)
        {
            var isNull = prevout == 0 && (i > 0 || index == uint.MaxValue);
            var txid = new byte[32];
            if (!isNull) Array.Fill(txid, prevout == 0 ? (byte)5 : prevout);
            tx = [.. tx, .. txid, .. BitConverter.GetBytes(isNull ? uint.MaxValue : same ? 0 : (uint)i), 2, 0x51, 0x51, 255, 255, 255, 255];
        }

        AddRaw(block, [.. tx, 1, .. BitConverter.GetBytes(value), 1, 0x51, 0, 0, 0, 0]);
    }

    private static void AddBig(BlockMaker block, int size, byte fill = 0x6a)
    {
        var script = new byte[size];
        Array.Fill(script, fill);
        byte[] txid = [.. Enumerable.Repeat((byte)7, 32)];
        AddRaw(block, [2, 0, 0, 0, 1, .. txid, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1, .. new byte[8], 0xFE, .. BitConverter.GetBytes(size),
            .. script, 0, 0, 0, 0]);
    }

    private static void AddRaw(BlockMaker block, byte[] raw)
    {
        var txid = BlockMaker.DoubleSha(raw);
        block.Add(raw, txid, txid);
        block.Commitment = block.CommitmentNow();
    }

    // Coinbase and five transactions: the last two once more give the same merkle root.
    private static void Duplicate(BlockMaker block) => block.Transactions.AddRange(block.Transactions[^2..]);

    private static void RepeatOne(BlockMaker block)
    {
        block.Transactions.RemoveRange(3, 2);
        block.Transactions.Add(block.Transactions[1]);
        block.Commitment = block.CommitmentNow();
    }

    private static void TamperWitness(BlockMaker block)
    {
        var at = block.Transactions.FindIndex(each => !each.Txid.SequenceEqual(each.Wtxid));
        var raw = (byte[])block.Transactions[at].Raw.Clone();
        raw[^10] ^= 1;
        block.Transactions[at] = (raw, block.Transactions[at].Txid, BlockMaker.DoubleSha(raw));
        block.Commitment = block.CommitmentNow();
    }
}
