using Viddhana.Backoffice.Rewards;

namespace Viddhana.Tests.Backoffice.Rewards;

/// <summary>What holds for every scheme, and what PPLNS is.</summary>
public sealed class RewardSchemeTests
{
    private static IEnumerable<string> Names => RewardSchemes.ByName.Keys;

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Every_scheme_splits_the_reward_exactly_and_never_below_zero(int seed)
    {
        foreach (var name in Names)
        {
            var (shares, block) = Scene(new Random(seed));
            var split = Split(name, shares, block, sliceMs: 1_000);
            Assert.That(split.Fee + split.Credits.Sum(credit => credit.Amount), Is.EqualTo(block.Reward), name);
            Assert.That(split.Fee, Is.EqualTo((long)((Int128)block.Reward * block.FeePpm / 1_000_000)), name);
            Assert.That(split.Credits.Where(credit => credit.Amount < 0), Is.Empty, name);
            Assert.That(split.Credits.Select(credit => credit.AccountId), Is.Unique, name);
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void Pplns_equals_the_naive_reference_whatever_the_slices(int seed)
    {
        var random = new Random(seed);
        var (shares, block) = Scene(random);
        var expected = NaivePplns.Split(shares, block);
        foreach (var sliceMs in (int[])[1, 7, 100, 1_000, 60_000])
            Assert.That(Amounts(Split("pplns", shares, block, sliceMs)), Is.EqualTo(expected), $"slices of {sliceMs} ms");
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void The_order_of_arrival_plays_no_part(int seed)
    {
        var random = new Random(seed);
        var (shares, block) = Scene(random);
        var shuffled = shares.ToArray();
        random.Shuffle(shuffled);
        Assert.That(Amounts(Split("pplns", shuffled, block, 100)), Is.EqualTo(Amounts(Split("pplns", shares, block, 100))));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Doubling_all_work_changes_nothing(int seed)
    {
        var (shares, block) = Scene(new Random(seed));
        var doubled = shares.Select(share => share with { Work = share.Work * 2 }).ToList();
        Assert.That(
            Amounts(Split("pplns", doubled, block with { NetworkWork = block.NetworkWork * 2, WindowTenThousandths = 20_000 }, 100)),
            Is.EqualTo(Amounts(Split("pplns", shares, block with { WindowTenThousandths = 20_000 }, 100))));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Cutting_shares_into_pieces_moves_nobody_by_more_than_one_unit(int seed)
    {
        var random = new Random(seed);
        var (shares, block) = Scene(random);
        var pieces = shares.SelectMany(share => Pieces(share, random.Next(1, 5))).ToList();
        var winner = block.Winner with { Sequence = (block.Winner.Sequence * 10) + 9 };
        var whole = Amounts(Split("pplns", shares, block, 100));
        var cut = Amounts(Split("pplns", pieces, block with { Winner = winner }, 100));
        Assert.That(cut.Keys, Is.EquivalentTo(whole.Keys));
        Assert.That(whole.Where(credit => Math.Abs(credit.Value - cut[credit.Key]) > 1), Is.Empty);
    }

    [Test]
    public void The_oldest_share_is_cut_and_the_winning_one_counts()
    {
        WindowShare[] shares = [Share(1, 1, 100), Share(2, 2, 100), Share(3, 3, 50), Share(4, 4, 100)];
        var block = Block(networkWork: 100, window: 2, reward: 2_000, winner: shares[3].Key);
        // 100 of the winner, 50 before it, and 50 of the 100 before that.
        Assert.That(
            Amounts(Split("pplns", shares, block, 1_000)), Is.EqualTo(new Dictionary<long, long> { [2] = 500, [3] = 500, [4] = 1_000 }));
    }

    [Test]
    public void Shares_after_the_winning_one_do_not_count_even_in_its_millisecond()
    {
        var winner = new ShareKey(5, 3, 7, 10);
        WindowShare[] shares =
        [
            new(winner, 1, 10), new(winner with { Sequence = 11 }, 2, 10), new(winner with { Epoch = 8 }, 3, 10),
            new(winner with { EngineId = 4 }, 4, 10),
            new(winner with { EngineId = 2, Epoch = 99, Sequence = 99 }, 5, 10), new(winner with { Epoch = 6, Sequence = 99 }, 6, 10),
        ];
        Assert.That(Amounts(Split("pplns", shares, Block(1_000, 1, 300, winner), 1_000)).Keys, Is.EquivalentTo(new[] { 1L, 5L, 6L }));
    }

    [Test]
    public void A_window_that_is_not_full_is_divided_by_what_is_in_it()
    {
        WindowShare[] shares = [Share(1, 1, 30), Share(2, 2, 10)];
        var split = Split("pplns", shares, Block(networkWork: 1_000_000, window: 2, reward: 4_000, winner: shares[1].Key), 1_000);
        Assert.That(Amounts(split), Is.EqualTo(new Dictionary<long, long> { [1] = 3_000, [2] = 1_000 }));
    }

    [Test]
    public void Without_any_share_in_the_window_the_finder_gets_it()
    {
        var split = Split("pplns", [], Block(100, 2, 1_000, new ShareKey(1, 0, 1, 1)), 1_000);
        Assert.That(Amounts(split), Is.EqualTo(new Dictionary<long, long> { [77] = 1_000 }));
    }

    [Test]
    public void Single_shares_that_do_not_add_up_to_their_sums_stop_the_split()
    {
        var shares = new List<WindowShare> { Share(1, 1, 100), Share(5_000, 2, 10) };
        var block = Block(networkWork: 50, window: 1, reward: 100, winner: shares[1].Key);
        var history = new BrokenHistory(shares, 1_000);
        Assert.That(
            () => RewardSchemes.ByName["pplns"].SplitAsync(block, history, CancellationToken.None), Throws.InvalidOperationException);
    }

    private static (List<WindowShare> Shares, RewardTerms Block) Scene(Random random)
    {
        var shares = new List<WindowShare>();
        var counters = new ulong[3];
        // Small numbers meet the edges of windows and spans, large ones the width of the arithmetic.
        var bits = new[] { 1, 3, 40 }[random.Next(3)];
        long ms = 1_000;
        for (var i = random.Next(0, 200); i > 0; i--)
        {
            ms += random.Next(4) == 0 ? random.Next(500) : 0;
            var engine = random.Next(3);
            var key = new ShareKey(ms, engine, (ulong)(engine + 10), ++counters[engine]);
            shares.Add(new WindowShare(key, random.Next(1, 8), (ulong)random.NextInt64(1, 1L << random.Next(1, bits + 1))));
        }

        var winner = shares.Count == 0 ? new ShareKey(ms, 0, 10, 1) : shares[random.Next(shares.Count)].Key;
        var networkWork = (UInt128)random.NextInt64(1, 1L << random.Next(1, bits + 5));
        return (shares, new RewardTerms(
            1, random.NextInt64(0, 21_000_000_00000000), random.Next(0, 1_000_001), networkWork, random.Next(1, 100_000), winner, 77));
    }

    private static IEnumerable<WindowShare> Pieces(WindowShare share, int count)
    {
        var left = share.Work;
        for (var i = 0; i < count; i++)
        {
            var work = i == count - 1 ? left : left / 2;
            left -= work;
            yield return share with { Key = share.Key with { Sequence = (share.Key.Sequence * 10) + (ulong)i }, Work = work };
        }
    }

    private static WindowShare Share(long ms, long account, ulong work) => new(new ShareKey(ms, 0, 1, (ulong)ms), account, work);

    private static RewardTerms Block(ulong networkWork, int window, long reward, ShareKey winner) =>
        new(1, reward, 0, networkWork, window * 10_000, winner, 77);

    private static RewardSplit Split(string scheme, IReadOnlyList<WindowShare> shares, RewardTerms block, int sliceMs) =>
        RewardSchemes.ByName[scheme].SplitAsync(block, new MemoryHistory(shares, sliceMs), CancellationToken.None).GetAwaiter().GetResult();

    private static Dictionary<long, long> Amounts(RewardSplit split) =>
        split.Credits.ToDictionary(credit => credit.AccountId, credit => credit.Amount);

    /// <summary>Its single shares were dropped, its sums are still there.</summary>
    private sealed class BrokenHistory(IReadOnlyList<WindowShare> shares, int sliceMs) : IShareHistory
    {
        private readonly MemoryHistory _whole = new(shares, sliceMs);
        private readonly MemoryHistory _rest = new([.. shares.Skip(1)], sliceMs);

        public IAsyncEnumerable<WorkSpan> SpansAsync(int poolId, long untilMs, CancellationToken cancel) =>
            _whole.SpansAsync(poolId, untilMs, cancel);

        public Task<Dictionary<long, UInt128>> WorkByAccountAsync(int poolId, long startMs, long endMs, CancellationToken cancel) =>
            _whole.WorkByAccountAsync(poolId, startMs, endMs, cancel);

        public IAsyncEnumerable<SharePage> SharesAsync(int poolId, long startMs, long endMs, CancellationToken cancel) =>
            _rest.SharesAsync(poolId, startMs, endMs, cancel);
    }
}
