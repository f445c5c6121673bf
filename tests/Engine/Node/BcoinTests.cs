using System.Collections.Concurrent;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>Against real bcoin: SHA-256d, and a dialect of its own in more than one answer.</summary>
internal sealed class BcoinTests
{
    private readonly Solver _solver = new("bitcoin");

    [Test]
    public async Task Blocks_are_accepted_before_and_after_segwit_activates()
    {
        await using var node = await BcoinNode.Start();
        await using var pool = new TestPool(new NodePacing(), "bitcoin", new NodeConfig { Url = node.Url, PollMs = 100 });
        using var folder = new TemporaryFolder();
        var verdicts = new ConcurrentQueue<BlockVerdict>();
        await using var submitter = new BlockSubmitter(folder.Path, pool.Group, verdicts.Enqueue);
        pool.Watch();
        await pool.UntilHeight(1);
        Assert.That(pool.Last!.Json, Does.Contain("default_witness_commitment"), "it sends one long before it takes one");

        // From the first height, whose push in the coinbase is a single byte, beyond the edge at 17.
        await MineThrough(1, 20);
        await node.Mine(428 - 20);
        await pool.UntilHeight(429);
        await MineThrough(429, 436);

        await Eventually.True(() => submitter.Pending == 0, "every candidate was settled");
        Assert.That(verdicts.Select(v => v.Reason), Is.All.EqualTo("accepted").And.Exactly(28).Items);

        async Task MineThrough(int from, int to)
        {
            for (var height = from; height <= to; height++)
            {
                var candidate = _solver.Solve(pool.Last!.Json);
                submitter.Submit(candidate);
                await pool.UntilHeight(height + 1);
                Assert.That((await node.Rpc.Call("getbestblockhash")).GetString(), Is.EqualTo(candidate.Found.Hash), $"height {height}");
            }
        }
    }

    [Test]
    public async Task Its_refusals_are_understood()
    {
        await using var node = await BcoinNode.Start();
        await node.Mine(5);
        using var client = new NodeClient(new NodeConfig { Url = node.Url });
        using var template = await client.CallAsync("getblocktemplate", "[{\"rules\":[\"segwit\"]}]", CancellationToken.None);
        Assert.That(template.Error, Is.Null);
        var candidate = _solver.Solve(System.Text.Encoding.UTF8.GetString(template.Result));
        var wrong = (byte[])candidate.BlockHex.Clone();
        wrong[^3] ^= 1;

        Assert.That(await Submit(wrong), Is.EqualTo(new SubmitVerdict(SubmitOutcome.Rejected, "bad-txnmrklroot")));
        Assert.That(await Submit(candidate.BlockHex), Is.EqualTo(new SubmitVerdict(SubmitOutcome.Accepted, "accepted")));
        Assert.That(await Submit(candidate.BlockHex), Is.EqualTo(new SubmitVerdict(SubmitOutcome.Accepted, "duplicate")));
        Assert.That((await Submit("00ff"u8.ToArray())).Outcome, Is.EqualTo(SubmitOutcome.Rejected));

        async Task<SubmitVerdict> Submit(byte[] hex)
        {
            using var reply = await client.SubmitBlockAsync(hex, 60_000, CancellationToken.None);
            return SubmitVerdict.Of(reply);
        }
    }
}
