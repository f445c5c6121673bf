using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Shares;

namespace Viddhana.Tests.Backoffice.Blocks;

/// <summary>Blocks through the chain and back, and what the ledger says meanwhile.</summary>
public sealed class BlockTrackerTests
{
    private const int Maturity = 100;
    private const long Start = TrackerScene.StartMs;

    private static readonly string BlockA = new('a', 64);
    private static readonly string BlockB = new('b', 64);

    [Test]
    public async Task A_block_goes_from_found_over_immature_to_confirmed_and_is_final_in_the_end()
    {
        var chain = new FakeChain();
        await using var scene = await TrackerScene.NewAsync(chain);
        await OneBlockAsync(scene, chain);
        chain.Unknown.Add(BlockA);
        await scene.TrackAsync();
        Assert.That((await scene.StateAsync(BlockA), await scene.BalancesAsync()), Is.EqualTo(("found", new Dictionary<string, long>())));

        chain.Unknown.Clear();
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("immature"));
        Assert.That(await scene.BalancesAsync(), Is.EqualTo(new Dictionary<string, long>
        {
            ["block_reward"] = -10_000,
            ["fee_immature"] = 100,
            ["user_immature alice"] = 7_425,
            ["user_immature bob"] = 2_475,
        }));

        chain.Height += Maturity - 2;
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("immature"), "99 confirmations");
        chain.Height++;
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("confirmed"), "100 confirmations");
        Assert.That(await scene.BalancesAsync(), Is.EqualTo(new Dictionary<string, long>
        {
            ["block_reward"] = -10_000,
            ["pool_fee"] = 100,
            ["user_confirmed alice"] = 7_425,
            ["user_confirmed bob"] = 2_475,
        }));

        chain.Height += 100;
        await scene.TrackAsync();
        chain.Has.Clear();
        chain.Events++;
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("confirmed"), "nobody looks any more");
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(Maturity)]
    [TestCase(Maturity + 50)]
    public async Task An_orphaned_block_leaves_the_ledger_as_if_it_had_never_been_found(int depth)
    {
        var chain = new FakeChain();
        await using var scene = await TrackerScene.NewAsync(chain);
        await OneBlockAsync(scene, chain);
        if (depth > 0)
        {
            chain.Height += depth - 1;
            await scene.TrackAsync();
        }

        chain.Has.Clear();
        chain.Height++;
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("orphaned"));
        Assert.That(await scene.BalancesAsync(), Is.Empty);

        chain.Has.Add(BlockA);
        chain.Height++;
        await scene.TrackAsync();
        Assert.That(
            (await scene.BalancesAsync()).Where(
                balance => balance.Key.EndsWith("alice", StringComparison.Ordinal)).Sum(balance => balance.Value), Is.EqualTo(7_425));
    }

    [Test]
    public async Task A_block_that_was_paid_out_and_then_orphaned_leaves_the_debt()
    {
        var chain = new FakeChain();
        await using var scene = await TrackerScene.NewAsync(chain);
        await OneBlockAsync(scene, chain);
        chain.Height += Maturity;
        await scene.TrackAsync();
        await PayAsync(scene, "alice", 7_425);

        chain.Has.Clear();
        chain.Height++;
        await scene.TrackAsync();
        Assert.That(
            await scene.BalancesAsync(), Is.EqualTo(new Dictionary<string, long> { ["user_confirmed alice"] = -7_425, ["paid"] = 7_425 }));
    }

    [Test]
    public async Task The_same_block_found_twice_is_credited_once()
    {
        var chain = new FakeChain();
        await using var scene = await TrackerScene.NewAsync(chain);
        await OneBlockAsync(scene, chain);
        var other = new TestEngine(1, 0xF);
        await scene.SharesAsync(other, Start + 50, ("carol", 40));
        await scene.FoundAsync(other, Start + 50, "carol", BlockA, 1_000, 10_000, 100);
        await scene.TrackAsync();
        Assert.That((await scene.BalancesAsync())["block_reward"], Is.EqualTo(-10_000));
    }

    [Test]
    public async Task The_split_waits_for_engines_that_are_behind_and_takes_in_what_they_bring()
    {
        var chain = new FakeChain();
        await using var scene = await TrackerScene.NewAsync(chain);
        var late = new TestEngine(7, 0xF);
        await scene.SharesAsync(late, Start - 10_000, ("carol", 1));
        await OneBlockAsync(scene, chain);
        await scene.TrackAsync();
        var provisional = await scene.BalancesAsync();
        chain.Height += Maturity;
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("immature"));
        Assert.That(await scene.ReasonAsync(BlockA), Does.Contain("engine 7 (epoch 000000000000000f)").And.Contain("engine release"));

        await scene.SharesAsync(late, Start - 5, ("carol", 100));
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("immature"), "carol's engine is still before the winning share");
        await scene.SharesAsync(late, Start + 60_000, ("carol", 5));
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("confirmed"));

        var expected = await scene.ExpectedSplitAsync(0);
        var settled = await scene.BalancesAsync();
        Assert.That(settled["user_confirmed carol"], Is.EqualTo(expected["carol"]).And.GreaterThan(provisional["user_immature carol"]));
        Assert.That(settled["user_confirmed alice"], Is.EqualTo(expected["alice"]));
        Assert.That(settled.Keys, Has.None.Contains("immature"));
    }

    [Test]
    public async Task An_operator_releases_an_engine_that_is_gone()
    {
        var chain = new FakeChain();
        await using var scene = await TrackerScene.NewAsync(chain);
        await scene.SharesAsync(new TestEngine(7, 0xF), Start - 10_000, ("carol", 1));
        await OneBlockAsync(scene, chain);
        chain.Height += Maturity;
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("immature"));
        Assert.That(await EngineCommands.ReleaseAsync(scene.Database, 7, default), Is.EqualTo(new[] { "000000000000000f" }));
        await scene.TrackAsync();
        Assert.That(await scene.StateAsync(BlockA), Is.EqualTo("confirmed"));
    }

    [Test]
    public async Task Solo_pays_the_finder_alone()
    {
        var chain = new FakeChain();
        var rewards = new RewardsConfig { Scheme = "solo", FeePercent = 0.0001m };
        var pool = new PoolConfig { Id = "s", Coin = "bitcoin", Network = "regtest", Rewards = rewards };
        await using var scene = await TrackerScene.NewAsync(chain, pool);
        await OneBlockAsync(scene, chain, 5_000_000_000);
        await scene.TrackAsync();
        Assert.That(await scene.BalancesAsync(), Is.EqualTo(new Dictionary<string, long>
        {
            ["block_reward"] = -5_000_000_000,
            ["fee_immature"] = 5_000,
            ["user_immature bob"] = 4_999_995_000,
        }));
    }

    [FsCheck.NUnit.Property(MaxTest = 12)]
    public void Any_sequence_of_events_ends_where_an_independent_model_ends(int seed) =>
        RunRandomAsync(new Random(seed)).GetAwaiter().GetResult();

    /// <summary>Alice has worked three times what Bob has, and Bob finds a block of 10,000 at the tip.</summary>
    private static async Task OneBlockAsync(TrackerScene scene, FakeChain chain, long reward = 10_000)
    {
        var engine = new TestEngine();
        await scene.SharesAsync(engine, Start - 1_500, ("alice.1", 40), ("alice.2", 35));
        await scene.SharesAsync(engine, Start, ("bob", 25));
        await scene.FoundAsync(engine, Start, "bob", BlockA, chain.Height, reward, 100);
        chain.Has.Add(BlockA);
    }

    private static async Task PayAsync(TrackerScene scene, string account, long amount)
    {
        await using var connection = await scene.Database.OpenConnectionAsync();
        var id = await connection.ScalarAsync<long>("SELECT account_id FROM accounts WHERE name = $1", [account], default);
        await using var transaction = await connection.BeginTransactionAsync();
        var posting = new LedgerPosting
        {
            PoolId = scene.Pool.PoolId,
            Cause = "payout:1",
            Lines = [new(LedgerKind.UserConfirmed, id, -amount), new(LedgerKind.Paid, null, amount)],
        };
        Assert.That(await Ledger.PostAsync(connection, posting, default));
        await transaction.CommitAsync();
    }

    private static async Task RunRandomAsync(Random random)
    {
        var chain = new FakeChain();
        await using var scene = await TrackerScene.NewAsync(chain, sliceMs: random.Next(2) == 0 ? 1_000 : 70);
        TestEngine[] engines = [new(0, 0xA), new(1, 0xB)];
        var ms = Start;
        for (var step = 0; step < 40; step++)
        {
            switch (random.Next(8))
            {
                case 0 or 1 or 2:
                    await scene.SharesAsync(
                        engines[random.Next(2)],
                        ms += random.Next(400),
                        [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Share(random))]);
                    ms += 10;
                    break;
                case 3:
                    await FindAsync(scene, chain, engines[random.Next(2)], ms += 10, random);
                    break;
                case 4:
                    chain.Height += random.Next(1, 60);
                    break;
                case 5 when scene.Blocks.Count > 0:
                    chain.Has.Remove(scene.Blocks[random.Next(scene.Blocks.Count)].Hash);
                    break;
                case 6 when scene.Blocks.Count > 0:
                    chain.Has.Add(scene.Blocks[random.Next(scene.Blocks.Count)].Hash);
                    break;
                default:
                    await scene.TrackAsync(random.Next(1, 4));
                    break;
            }

            chain.Events++;
            // Final blocks are not looked at any more; the model has no such thing.
            if (chain.Height > 1_170) chain.Height = 1_170;
        }

        foreach (var engine in engines) await scene.SharesAsync(engine, ms + 100_000, ("last", 1));
        await scene.TrackAsync(3);
        Assert.That(await scene.BalancesAsync(), Is.EqualTo(await ModelAsync(scene, chain)));
    }

    private static (string, ulong) Share(Random random) => ($"m{random.Next(6)}.{random.Next(2)}", (ulong)random.Next(1, 1_000));

    private static async Task FindAsync(TrackerScene scene, FakeChain chain, TestEngine engine, long ms, Random random)
    {
        await scene.SharesAsync(engine, ms, Share(random));
        var hash = $"{scene.Blocks.Count:x64}";
        await scene.FoundAsync(
            engine, ms, $"m{random.Next(6)}", hash, chain.Height, random.NextInt64(0, 10_000_000_000), (UInt128)random.Next(1, 5_000));
        if (random.Next(4) > 0) chain.Has.Add(hash);
    }

    /// <summary>What should stand in the ledger, from the chain and the shares alone: no states, no history.</summary>
    private static async Task<Dictionary<string, long>> ModelAsync(TrackerScene scene, FakeChain chain)
    {
        var balances = new Dictionary<string, long>();
        for (var i = 0; i < scene.Blocks.Count; i++)
        {
            var (hash, height, terms, _) = scene.Blocks[i];
            if (!chain.Has.Contains(hash)) continue;
            var isMature = chain.Height - height + 1 >= Maturity;
            var split = await scene.ExpectedSplitAsync(i);
            foreach (var (account, amount) in split) Add($"{(isMature ? "user_confirmed" : "user_immature")} {account}", amount);
            Add(isMature ? "pool_fee" : "fee_immature", terms.Reward - split.Values.Sum());
            Add("block_reward", -terms.Reward);
        }

        return balances.Where(balance => balance.Value != 0).ToDictionary();

        void Add(string name, long amount) => balances[name] = balances.GetValueOrDefault(name) + amount;
    }
}
