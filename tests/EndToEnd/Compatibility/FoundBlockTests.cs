using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>
/// A block is on its way to the nodes before the miner is answered, whatever the pool thinks of the share. Here the node closes every
/// connection that brings it a block: what was handed over lies as a candidate until the node takes it.
/// </summary>
public sealed class FoundBlockTests : ShareFixture
{
    /// <summary>A block takes two hashes; no share is harder than a block, so every share is one.</summary>
    private protected override EngineSetup Setup => new() { Bits = "207fffff", Transactions = 1 };

    [SetUp]
    public Task HoldBlocks() => Engine.Chain.Drop("submitblock", true);

    [TearDown]
    public Task LetBlocksIn() => Engine.Chain.Drop("submitblock", false);

    [Test]
    [Category("a63")]
    public async Task A_block_is_handed_over_before_the_answer_and_the_answer_waits_for_no_node()
    {
        using var client = await Engine.ConnectOnTip();
        var blocks = new List<MinedShare>();
        for (var i = 0ul; i < 20; i++)
        {
            var block = MinedShare.Find(client, i, share => share.IsBlock);
            Assert.That(await client.Ask(block.Submit("4", User)), Is.EqualTo(Accepted));
            AssertHandedOver(block);
            blocks.Add(block);
        }

        await LetBlocksIn();
        await AssertNodeGets(blocks);
    }

    [Test]
    [Category("a63")]
    public async Task Every_form_of_submit_makes_the_block_that_the_miner_hashed()
    {
        using var client = await Connect();
        await client.Ask(Configure);
        await client.LogIn(User);
        using var onTip = await Engine.ConnectOnTip();
        await client.WaitForJob(job => job.PrevHash == onTip.Job!.PrevHash);
        var plain = MinedShare.Find(client, 1, share => share.IsBlock);
        var rolled = MinedShare.Find(client, 2, share => share.IsBlock, version: 0x2abcc000);
        var later = MinedShare.Find(client, 3, share => share.IsBlock, ntime: Hex8(Time(client) + 5));
        Assert.That(await client.Ask(plain.Submit("4", User)), Is.EqualTo(Accepted));
        Assert.That(await client.Ask(rolled.Submit("4", User, "0abcc000")), Is.EqualTo(Accepted));
        Assert.That(await client.Ask(later.Submit("4", User)), Is.EqualTo(Accepted));
        await LetBlocksIn();
        await AssertNodeGets([plain, rolled, later]);
    }

    [Test]
    [Category("a63")]
    public async Task A_block_on_stale_work_is_handed_over_before_the_answer()
    {
        using var client = await Engine.ConnectOnTip();
        var old = client.Job!;
        await Engine.Chain.OtherMinersFind(1);
        await client.WaitForJob(job => job.PrevHash != old.PrevHash);
        var block = MinedShare.Find(client, 1, share => share.IsBlock, old);
        Assert.That(
            await client.Ask(block.Submit("4", User)), Is.EqualTo(Refused(21, "Stale share")));
        AssertHandedOver(block);
        await LetBlocksIn();
        await AssertNodeGets([block]);
    }

    [Test]
    [Category("a63")]
    public async Task A_block_with_a_time_that_the_pool_refuses_is_handed_over_before_the_answer()
    {
        using var client = await Engine.ConnectOnTip();
        foreach (var time in (uint[])[Time(client) + 20_000, 0, 1])
        {
            var block = MinedShare.Find(client, time, share => share.IsBlock, ntime: Hex8(time));
            Assert.That(
                await client.Ask(block.Submit("4", User)), Is.EqualTo(Refused(20, "Time out of range")));
            AssertHandedOver(block);
        }
    }

    [Test]
    [Category("a63")]
    public async Task A_block_with_version_bits_that_the_pool_refuses_is_handed_over_before_the_answer()
    {
        using var client = await Engine.ConnectOnTip();
        var block = MinedShare.Find(client, 1, share => share.IsBlock, version: 0x20002000);
        Assert.That(
            await client.Ask(block.Submit("4", User, "00002000")),
            Is.EqualTo(Refused(20, "Version bits not allowed")));
        AssertHandedOver(block);
        await LetBlocksIn();
        await AssertNodeGets([block]);
    }

    [Test]
    [Category("a63")]
    public async Task A_block_of_a_worker_that_did_not_log_in_is_handed_over_before_the_answer()
    {
        using var client = await Engine.ConnectOnTip();
        var block = MinedShare.Find(client, 1, share => share.IsBlock);
        Assert.That(
            await client.Ask(block.Submit("4", "someone.else")),
            Is.EqualTo(Refused(24, "Unauthorized worker")));
        AssertHandedOver(block);
        await LetBlocksIn();
        await AssertNodeGets([block]);
    }

    [Test]
    [Category("a63")]
    public async Task A_block_that_is_sent_twice_is_handed_over_once_and_stays_so()
    {
        using var client = await Engine.ConnectOnTip();
        var block = MinedShare.Find(client, 1, share => share.IsBlock);
        Assert.That(await client.Ask(block.Submit("4", User)), Is.EqualTo(Accepted));
        for (var i = 0; i < 3; i++)
        {
            Assert.That(
                await client.Ask(block.Submit("4", User)), Is.EqualTo(Refused(22, "Duplicate share")));
            AssertHandedOver(block);
        }

        await LetBlocksIn();
        await AssertNodeGets([block]);
    }

    // No wait: it has to be so at the moment the answer was read.
    private void AssertHandedOver(MinedShare block)
    {
        var files = Directory.GetFiles(Engine.Candidates, $"*-{block.BlockId}.candidate");
        Assert.That(files, Has.Length.EqualTo(1), $"candidates of {block.BlockId}");
        Assert.That(File.ReadAllLines(files[0])[1], Does.StartWith(block.Header));
    }

    private Task<bool> AssertNodeGets(IReadOnlyCollection<MinedShare> blocks) => Eventually.Holds(
        $"the node has {blocks.Count} blocks",
        async () =>
        {
            foreach (var block in blocks)
                if ((await Engine.Chain.Rpc.Try("getblockheader", block.BlockId)).Error is not null) return false;
            return true;
        });

    private static uint Time(WireClient client) => Convert.ToUInt32(client.Job!.Ntime, 16);
}
