using System.Numerics;
using System.Text.Json;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>The whole pool on a real litecoind.</summary>
public sealed class LitecoinTests
{
    private const int Window = 200;
    private const int MwebHeight = 432;
    private const int StartHeight = 126;
    private const int Shares = 520;

    /// <summary>Expected hashes of a block at target 7fffff00….</summary>
    private const int WorkOfBlock = 2;

    /// <summary>Difficulty 1 of scrypt in Stratum.</summary>
    private static readonly BigInteger DifficultyOne = new BigInteger(0xffff) << 224;

    [Test]
    public async Task Three_miners_find_blocks_across_the_mweb_activation_and_are_paid_to_their_own_addresses()
    {
        await using var node = await LitecoinNode.Start(mweb: true);
        await using var redis = await RedisServer.Start();
        var (poolAddress, miners) = await MakeWallets(node);
        await using var pool = await RunningPool.Start(Setup(node, poolAddress) with { Window = Window, RedisUrl = redis.Url });
        var finder = await MineThreeToOne(node, pool, miners);

        var books = new Books(pool);
        await Eventually.Get(
            "every block is in the books",
            () => books.Scalar<long>("SELECT count(*) FROM blocks WHERE state <> 'found'"), count => count == Shares);

        // So deep that the first payouts are final; the last hundred blocks stay immature.
        await Eventually.Holds("payouts reach every miner", async () =>
        {
            await node.Mine(1);
            var paid = await books.Query<(string, long)>(
                "SELECT l.address, sum(l.amount)::bigint FROM payout_lines l JOIN payouts p USING (payout_id) WHERE p.state = "
                    + "'confirmed' GROUP BY 1");
            return paid.Count == miners.Length;
        }, TimeSpan.FromMinutes(4));

        await Eventually.Get(
            "what is a hundred deep is confirmed",
            () => books.Scalar<long>("SELECT count(*) FROM blocks WHERE state = 'confirmed'"), count => count > Shares - 150);
        await AssertEveryBlockIsSplitByTheBook(node, books, finder);
        await AssertNodeDatabaseAndApiAgree(node, pool, books, miners);
        await books.AssertBalanced();
    }

    [Test]
    public async Task An_orphaned_block_leaves_the_balances_as_if_it_had_never_been_found_and_counts_again_when_it_comes_back()
    {
        await using var node = await LitecoinNode.Start();
        var (poolAddress, miners) = await MakeWallets(node);
        await using var pool = await RunningPool.Start(Setup(node, poolAddress));
        using var client = await StratumClient.Connect(pool.Setup.StratumPort, [.. miners.Select(m => m + ".rig")]);
        var finder = new BlockFinder(client, node.Rpc, BookScrypt.Hash, DifficultyOne);
        await finder.Find(miners[0] + ".rig");
        var books = new Books(pool);
        var afterOne = await Balances(books, 1);
        await finder.Find(miners[1] + ".rig");
        await finder.Find(miners[2] + ".rig");
        var afterThree = await Balances(books, 3);

        await node.Reorganise(depth: 2, length: 3);
        Assert.That(await Balances(books, 1), Is.EqualTo(afterOne), "two of three are orphaned");
        await books.AssertBalanced();

        var replacement = (await node.Rpc.Call("getblockhash", await node.Rpc.Height() - 2)).GetString()!;
        await node.Rpc.Call("invalidateblock", replacement);
        Assert.That(await Balances(books, 3), Is.EqualTo(afterThree), "they are back");
        await books.AssertBalanced();
    }

    private static PoolSetup Setup(LitecoinNode node, string address) => new()
    {
        Coin = "litecoin",
        Address = address,
        Nodes = [node.Url],
        Wallet = "pool",
        // Harder than the chain: the engine brings it down to the block target, so that every share is a block.
        StartDifficulty = "1",
    };

    /// <summary>
    /// A wallet for the pool, one for the miners, and one with coins for the peg-in; the chain at the height the stories start at.
    /// </summary>
    private static async Task<(string Pool, string[] Miners)> MakeWallets(LitecoinNode node)
    {
        foreach (var wallet in (string[])["pool", "miners", "funder"]) await node.Rpc.Call("createwallet", wallet);
        var funder = (await node.Rpc.Wallet("funder").Call("getnewaddress")).GetString();
        await node.Rpc.Call("generatetoaddress", 2, funder);
        await node.Mine(StartHeight - 2);
        var pool = (await node.Rpc.Wallet("pool").Call("getnewaddress", "", "bech32")).GetString()!;
        var miners = new List<string>();
        foreach (var kind in (string[])["bech32", "legacy", "p2sh-segwit"])
            miners.Add((await node.Rpc.Wallet("miners").Call("getnewaddress", "", kind)).GetString()!);
        return (pool, [.. miners]);
    }

    /// <summary>Shares in the ratio 1 : 2 : 5, each of them a block.</summary>
    private static async Task<BlockFinder> MineThreeToOne(LitecoinNode node, RunningPool pool, string[] miners)
    {
        int[] turns = [0, 1, 1, 2, 2, 2, 2, 2];
        using var client = await StratumClient.Connect(pool.Setup.StratumPort, [.. miners.Select(m => m + ".rig")]);
        var finder = new BlockFinder(client, node.Rpc, BookScrypt.Hash, DifficultyOne);
        for (var i = 0; i < Shares; i++)
        {
            // The first MWEB block needs something to peg in; without it the node has no template, and the engine waits.
            if (await node.Rpc.Height() == MwebHeight - 1) await PegIn(node);
            Assert.That(await finder.Find(miners[turns[i % turns.Length]] + ".rig"), Is.EqualTo(StartHeight + i + 1));
        }

        Assert.That(await node.Rpc.Height(), Is.GreaterThan(MwebHeight));
        return finder;
    }

    private static async Task PegIn(LitecoinNode node)
    {
        var funder = node.Rpc.Wallet("funder");
        var address = (await funder.Call("getnewaddress", "", "mweb")).GetString();
        await funder.Call("sendtoaddress", address, 1);
    }

    private static async Task AssertEveryBlockIsSplitByTheBook(LitecoinNode node, Books books, BlockFinder finder)
    {
        var accounts = await books.Query<(long Id, string Name)>("SELECT account_id, name FROM accounts ORDER BY account_id");
        var order = accounts.Select(a => a.Name).ToList();
        var shares = finder.Accepted.Select(a => (a.Worker.Split('.')[0], a.Work)).ToList();
        Assert.That(shares.Sum(s => (long)s.Work), Is.GreaterThan(WorkOfBlock * Window),
            "the window is filled, so its oldest share is cut off");
        var blocks = await books.Query<(long Id, long Height, string Hash, long Reward, string State)>(
            "SELECT block_id, height, hash, reward, state FROM blocks ORDER BY height");
        Assert.That(blocks, Has.Count.EqualTo(Shares));
        Assert.That(blocks.Count(b => b.State == "confirmed"), Is.GreaterThan(Shares - 150));
        foreach (var block in blocks)
        {
            var i = (int)block.Height - StartHeight - 1;
            Assert.That((await node.Rpc.Call("getblockhash", block.Height)).GetString(), Is.EqualTo(block.Hash), $"height {block.Height}");
            var net = block.Reward - (block.Reward / 100);
            var expected = PplnsReference.Split(shares, i, new BigInteger(WorkOfBlock) * Window, net, order);
            var credits = await books.Query<(string Name, long Amount)>(
                "SELECT a.name, c.amount FROM block_credits c JOIN accounts a USING (account_id) WHERE c.block_id = @Id", new { block.Id });
            Assert.That(credits.ToDictionary(c => c.Name, c => c.Amount), Is.EquivalentTo(expected), $"height {block.Height}");
            Assert.That(credits.Sum(c => c.Amount), Is.EqualTo(net), $"height {block.Height}");
        }
    }

    private static async Task AssertNodeDatabaseAndApiAgree(LitecoinNode node, RunningPool pool, Books books, string[] miners)
    {
        foreach (var miner in miners)
        {
            var paid = await books.Scalar<long>(
                """
                SELECT coalesce(sum(l.amount - l.fee), 0)::bigint FROM payout_lines l JOIN payouts p USING (payout_id)
                WHERE p.state = 'confirmed' AND l.address = @miner
                """,
                new { miner });
            var received = (await node.Rpc.Wallet("miners").Call("getreceivedbyaddress", miner, pool.Setup.PayoutConfirmations))
                .GetDecimal();
            Assert.That((long)(received * 100_000_000m), Is.EqualTo(paid), $"what {miner} received on the chain");
            var api = await pool.Api($"/api/v1/pools/main/miners/{miner}/balances");
            Assert.That(Amount(api.GetProperty("paid")), Is.EqualTo(paid), $"what the API says {miner} was paid");
        }

        var stats = await pool.Api("/api/v1/pools/main/stats");
        Assert.That(stats.GetProperty("blocks").GetProperty("found").GetInt32(), Is.EqualTo(Shares));
        Assert.That(stats.GetProperty("shares").GetProperty("valid").GetInt32(), Is.EqualTo(Shares));
    }

    /// <summary>User balances once so many blocks stand.</summary>
    private static async Task<string> Balances(Books books, int standing)
    {
        await Eventually.Get(
            $"{standing} blocks stand",
            () => books.Scalar<long>("SELECT count(*) FROM blocks WHERE state IN ('immature', 'confirmed')"), count => count == standing);
        var rows = await books.Query<(string Name, string Kind, long Balance)>(
            "SELECT a.name, l.kind, l.balance FROM ledger_accounts l JOIN accounts a USING (account_id) WHERE l.balance <> 0 ORDER BY "
                + "1, 2");
        return string.Join('\n', rows);
    }

    private static long Amount(JsonElement amount) =>
        long.Parse(amount.GetProperty("amount").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
}
