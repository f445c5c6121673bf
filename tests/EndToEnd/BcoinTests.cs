using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>SHA-256d on a real node whose dialect differs from Bitcoin Core's: template, job, share, block, credit.</summary>
public sealed class BcoinTests
{
    private const string PoolAddress = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    private const string Miner = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
    private const int SegwitHeight = 432;

    [Test]
    public async Task Blocks_found_before_and_after_the_activation_of_segwit_are_accepted_and_credited()
    {
        await using var node = await BcoinNode.Start();
        await using var pool = await RunningPool.Start(new PoolSetup { Address = PoolAddress, Nodes = [node.Url], StartDifficulty = "1" });
        using var client = await StratumClient.Connect(pool.Setup.StratumPort, Miner + ".rig");
        var finder = new BlockFinder(client, node.Rpc, header => StratumHeader.Sha256d(header), StratumHeader.BitcoinDifficultyOne);

        // The first heights are pushed as one-byte numbers (BIP 34), the seventeenth as two.
        for (var height = 1; height <= 18; height++) Assert.That(await finder.Find(Miner + ".rig"), Is.EqualTo(height));
        await node.Mine(SegwitHeight - 3 - 18);
        for (var found = 0; found < 6; found++) await finder.Find(Miner + ".rig");
        Assert.That(await node.Rpc.Height(), Is.GreaterThan(SegwitHeight));

        var books = new Books(pool);
        await Eventually.Get(
            "every block is credited",
            () => books.Scalar<long>("SELECT count(*) FROM blocks WHERE state IN ('immature', 'confirmed')"), count => count == 24);
        var owed = await books.Scalar<long>(
            "SELECT sum(l.balance)::bigint FROM ledger_accounts l JOIN accounts a USING (account_id) WHERE a.name = @Miner", new { Miner });
        var rewards = await books.Query<long>("SELECT reward FROM blocks WHERE state IN ('immature', 'confirmed')");
        Assert.That(owed, Is.EqualTo(rewards.Sum(r => r - (r / 100))), "the one miner gets everything but the fee");
        await books.AssertBalanced();
    }
}
