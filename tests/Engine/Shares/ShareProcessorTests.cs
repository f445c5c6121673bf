using System.Text.Json.Nodes;
using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Tests.Engine.ChainFamilies;

namespace Viddhana.Tests.Engine.Shares;

public sealed class ShareProcessorTests
{
    private const uint CurTime = 1_790_000_000;
    private const uint MinTime = 1_296_688_603;

    private static readonly DifficultyTable Table = new(UInt256.FromBigEndian(Convert.FromHexString("00000000ffff" + new string('0', 52))));
    private static readonly ShareDifficulty Easy = new(Difficulty.One, Number(1_000), 77);
    private static readonly Worker Worker = new("account.rig"u8.ToArray());

    [Test]
    [Category("a62")]
    public void A_share_at_its_target_is_accepted_and_one_above_is_not()
    {
        var job = NewJob();
        Assert.That(Verdict(job, hash: 1_000), Is.EqualTo(ShareResult.Accepted));
        Assert.That(Verdict(job, hash: 1_001), Is.EqualTo(ShareResult.LowDifficulty));
    }

    [Test]
    public void How_good_each_accepted_hash_was_stands_in_its_round()
    {
        var hash = Number(1_000);
        var round = new Round(2);
        Fill(ref round.Add(), NewJob(), Easy);
        round.Add().Verdict = ShareResult.UnknownJob;
        new ShareProcessor(new FixedPow(hash), new DuplicateFilter()).Process(round, default);
        Assert.That(round.Verdicts.ToArray(), Is.EqualTo(new[] { ShareResult.Accepted, ShareResult.UnknownJob }));
        Assert.That(round.Achieved.ToArray(), Is.EqualTo(new[] { AchievedWork.Of(hash), 0 }));
        Assert.That(round.Achieved[0], Is.GreaterThan(1e7));
    }

    [Test]
    [Category("a62")]
    public void A_hash_at_the_block_target_solves_the_block_and_one_above_does_not()
    {
        var job = NewJob();
        var target = job.BlockTarget;
        var above = UInt256.FromBigInteger(target.ToBigInteger() + 1);
        var any = new ShareDifficulty(Difficulty.One, UInt256.Max, 1);
        Assert.That(Verdict(job, target, any, out var blocks), Is.EqualTo(ShareResult.SolvesBlock));
        Assert.That(blocks, Is.EqualTo(1));
        Assert.That(Verdict(job, above, any, out blocks), Is.EqualTo(ShareResult.Accepted));
        Assert.That(blocks, Is.Zero);
    }

    [TestCase(MinTime, 0, true)]
    [TestCase(MinTime - 1, 0, false)]
    [TestCase(0u, 0, false)]
    [TestCase(CurTime + 7200, 0, true)]
    [TestCase(CurTime + 7201, 0, false)]
    [TestCase(CurTime + 7201, 999, false)]
    [TestCase(CurTime + 7201, 1_000, true)]
    [TestCase(uint.MaxValue, 600_000, false)]
    [Category("a59")]
    public void Time_is_judged_against_the_template_and_its_age(uint ntime, int ageMs, bool isAllowed)
    {
        var verdict = Run(NewJob(), Number(5), Easy, (ref Pending p) => p.Share.Ntime = ntime, out _, new Now(ageMs, 0));
        Assert.That(verdict, Is.EqualTo(isAllowed ? ShareResult.Accepted : ShareResult.TimeOutOfRange));
    }

    [Test]
    public void Refusals_come_in_their_order_and_none_of_them_loses_a_block()
    {
        var job = NewJob(nbits: "207fffff");
        var retired = NewJob(nbits: "207fffff");
        retired.Retire(0);
        var hard = new ShareDifficulty(Difficulty.One, Number(1), 1);

        Assert.That(Run(retired, Number(5), hard, BadVersionAndTime, out var block), Is.EqualTo(ShareResult.TimeOutOfRange));
        Assert.That(block, Is.EqualTo(1));
        Assert.That(Run(retired, Number(5), hard, BadVersion, out block), Is.EqualTo(ShareResult.VersionNotAllowed));
        Assert.That(block, Is.EqualTo(1));
        Assert.That(Run(retired, Number(5), hard, Nothing, out block), Is.EqualTo(ShareResult.Stale));
        Assert.That(block, Is.EqualTo(1));
        Assert.That(Run(job, Number(5), hard, Nothing, out block), Is.EqualTo(ShareResult.LowDifficulty));
        Assert.That(block, Is.EqualTo(1));
        Assert.That(Run(job, Number(5), Easy, Nothing, out block), Is.EqualTo(ShareResult.SolvesBlock));
        Assert.That(block, Is.EqualTo(1));
        Assert.That(Run(job, Number(5), Easy, Unauthorized, out block), Is.EqualTo(ShareResult.Unauthorized));
        Assert.That(block, Is.EqualTo(1));
    }

    [Test]
    public void A_duplicate_block_is_a_duplicate_and_still_a_block()
    {
        var job = NewJob(nbits: "207fffff");
        var processor = new ShareProcessor(new FixedPow(Number(5)), new DuplicateFilter());
        var round = new Round(2);
        Fill(ref round.Add(), job, Easy);
        Fill(ref round.Add(), job, Easy);
        processor.Process(round, default);
        Assert.That(round.Verdicts.ToArray(), Is.EqualTo(new[] { ShareResult.SolvesBlock, ShareResult.Duplicate }));
        Assert.That(round.Blocks.Select(block => block.Index), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void A_refused_share_is_not_remembered()
    {
        var filter = new DuplicateFilter();
        var job = NewJob();
        Assert.That(Run(job, Number(5), Easy, BadTime, out _, filter: filter), Is.EqualTo(ShareResult.TimeOutOfRange));
        Assert.That(Run(job, Number(5), Easy, Nothing, out _, filter: filter), Is.EqualTo(ShareResult.Accepted));
        Assert.That(Run(job, Number(5), Easy, Nothing, out _, filter: filter), Is.EqualTo(ShareResult.Duplicate));
    }

    [Test]
    public void Without_room_to_remember_a_share_it_is_stale()
    {
        var filter = new DuplicateFilter(hashesMax: 64, hashesAtStart: 0);
        var job = NewJob();
        for (var i = 0ul; i < 100_000; i++) filter.See(job, new UInt256(i, i * 31, 0, 0));
        Assert.That(filter.NeedsNewWork, Is.True);
        Assert.That(Run(NewJob(), Number(5), Easy, Nothing, out _, filter: filter), Is.EqualTo(ShareResult.Stale));
        Assert.That(Run(NewJob(tip: 2), Number(5), Easy, Nothing, out _, filter: filter), Is.EqualTo(ShareResult.Accepted));
        Assert.That(Run(NewJob(tip: 1), Number(6), Easy, Nothing, out _, filter: filter), Is.EqualTo(ShareResult.Stale), "its tip is over");
    }

    [Test]
    public void Verdicts_of_the_dialect_stay_and_need_no_assignment()
    {
        var round = new Round(3);
        round.Add().Verdict = ShareResult.UnknownJob;
        Fill(ref round.Add(), NewJob(), Easy);
        round.Add().Verdict = ShareResult.NotSubscribed;
        new ShareProcessor(new FixedPow(Number(5)), new DuplicateFilter()).Process(round, default);
        ShareResult[] expected = [ShareResult.UnknownJob, ShareResult.Accepted, ShareResult.NotSubscribed];
        Assert.That(round.Verdicts.ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void An_extranonce2_of_another_size_is_malformed() =>
        Assert.That(Run(NewJob(), Number(5), Easy, ShortExtranonce2, out _), Is.EqualTo(ShareResult.Malformed));

    [Test]
    public void A_slot_that_nobody_filled_is_malformed()
    {
        var round = new Round(1);
        round.Add();
        new ShareProcessor(new FixedPow(Number(5)), new DuplicateFilter()).Process(round, default);
        Assert.That(round.Verdicts[0], Is.EqualTo(ShareResult.Malformed));
    }

    [TestCase(0x20000000u, 0x1fffe000u, 0x00002000u, 0x20002000u, true)]
    [TestCase(0x20000000u, 0x1fffe000u, 0u, 0x20000000u, true)]
    [TestCase(0x30002000u, 0x0fffc000u, 0x00004000u, 0x30006000u, true)]
    [TestCase(0x20000000u, 0x00006000u, 0x00008000u, 0x20008000u, false, Description = "inside BIP 320, outside the mask")]
    [TestCase(0x20000000u, 0x1fffe000u, 0x20002000u, 0x20002000u, false, Description = "the whole version instead of its bits")]
    [TestCase(0x20000000u, 0x00006000u, 0x10000000u, 0x30000000u, false, Description = "the highest bit of BIP 320")]
    [TestCase(0x20000000u, 0u, 0x00002000u, 0x20002000u, false, Description = "not configured")]
    public void Version_bits_go_where_the_mask_allows(uint version, uint mask, uint bits, uint expected, bool isAllowed)
    {
        var template = TemplateText.Regtest();
        template["version"] = version;
        var job = TemplateText.Job(template);
        var round = new Round(1);
        ref var pending = ref round.Add();
        Fill(ref pending, job, Easy, mask);
        pending.Share.HasVersionBits = true;
        pending.Share.VersionBits = bits;
        new ShareProcessor(new FixedPow(Number(5)), new DuplicateFilter()).Process(round, default);
        Assert.That(round.Verdicts[0], Is.EqualTo(isAllowed ? ShareResult.SolvesBlock : ShareResult.VersionNotAllowed));
        Assert.That(BitConverter.ToUInt32(round.Blocks[0].Header), Is.EqualTo(expected));
    }

    [Test]
    public void Bits_in_the_form_of_xor_and_of_bip_310_give_one_header_for_templates_without_signals_in_the_mask()
    {
        const int seed = 23;
        var random = new Random(seed);
        foreach (var version in new[] { 0x20000000u, 0x20000004u, 0x30000010u, 0x3fffe000u })
        {
            var mask = Job.RollableVersionBits & ~version;
            for (var i = 0; i < 1_000; i++)
            {
                var bits = (uint)random.Next() & mask;
                Assert.That((version & ~mask) | (bits & mask), Is.EqualTo(version ^ bits), $"seed {seed}");
            }
        }
    }

    [Test]
    public void Any_mix_of_shares_is_hashed_as_the_textbook_does()
    {
        const int seed = 29;
        var random = new Random(seed);
        var jobs = Enumerable.Range(0, 5).Select(n => RandomJob(random, n)).ToArray();
        var easiest = Table.Get(Difficulty.Min);
        for (var repeat = 0; repeat < 20; repeat++)
        {
            var round = new Round(400);
            var expected = new List<byte[]>();
            for (var count = random.Next(1, 400); count > 0 && !round.IsFull; count--)
            {
                var job = jobs[random.Next(jobs.Length)];
                ref var pending = ref round.Add();
                Fill(ref pending, job, easiest);
                pending.Work = pending.Work with { Work = job.Variants.Get(job, (ushort)random.Next(3)) };
                pending.Extranonce1 = (uint)random.Next();
                pending.Share.Extranonce2 = (ulong)random.NextInt64() & (ulong.MaxValue >> (64 - (8 * job.Extranonce2Size)));
                pending.Share.Nonce = (uint)random.Next();
                pending.Share.VersionBits = (uint)random.Next() & job.VersionMask;
                pending.Share.HasVersionBits = random.Next(2) == 0;
                if (random.Next(10) == 0) pending.Verdict = ShareResult.Unauthorized;
                expected.Add(Textbook(pending));
                if (random.Next(10) == 0 && !round.IsFull)
                {
                    round.Add().Verdict = ShareResult.UnknownJob;
                    expected.Add([]);
                }
            }

            new ShareProcessor(Sha256d.Instance, new DuplicateFilter()).Process(round, default);

            // Every share here solves its block, so every header comes out.
            var solved = round.Blocks.ToDictionary(block => block.Index, block => block.Header);
            for (var i = 0; i < round.Count; i++)
            {
                if (expected[i].Length == 0) Assert.That(solved.ContainsKey(i), Is.False);
                else Assert.That(solved[i], Is.EqualTo(expected[i]), $"seed {seed}, round {repeat}, share {i}");
            }
        }
    }

    [Test]
    public void A_round_of_shares_allocates_nothing()
    {
        var processor = new ShareProcessor(Sha256d.Instance, new DuplicateFilter(hashesAtStart: 100_000));
        var job = NewJob(transactions: 12);
        var round = new Round(300);
        var nonce = 0u;
        Run(10);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(50);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(round.Blocks, Is.Empty);

        void Run(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                round.Clear();
                while (!round.IsFull)
                {
                    ref var pending = ref round.Add();
                    Fill(ref pending, job, Table.Get(Difficulty.Min));

                    // Every third share is the one before it again.
                    pending.Share.Nonce = nonce++ % 3 == 2 ? nonce - 2 : nonce;
                }

                processor.Process(round, default);
            }
        }
    }

    private static byte[] Textbook(in Pending pending)
    {
        var (job, work) = (pending.Work.Work.Job, pending.Work.Work);
        var root = RawBlock.HashTwice([.. work.Coinbase1, .. BitConverter.GetBytes(pending.Extranonce1),
            .. BitConverter.GetBytes(pending.Share.Extranonce2)[..job.Extranonce2Size], .. work.Coinbase2]);
        root = RawBlock.Climb(root, job.MerkleBranches);

        var version = pending.Share.HasVersionBits ? job.Version | pending.Share.VersionBits : job.Version;
        return [.. BitConverter.GetBytes(version), .. job.PrevHash, .. root, .. BitConverter.GetBytes(pending.Share.Ntime),
            .. BitConverter.GetBytes(job.Nbits), .. BitConverter.GetBytes(pending.Share.Nonce)];
    }

    private static Job RandomJob(Random random, int n)
    {
        var template = WithTransactions(random.Next(0, 9), random);
        template["height"] = random.Next(1, 1_000_000);
        template["bits"] = "2100ffff";
        template.Remove("target");
        return TemplateText.Job(template, TemplateText.Request(4 + (n % 5), new string('x', n)));
    }

    private static Job NewJob(string nbits = "1d00ffff", uint tip = 1, int transactions = 0)
    {
        var template = WithTransactions(transactions, new Random(1));
        template["bits"] = nbits;
        template.Remove("target");
        return TemplateText.Job(template, TemplateText.Request(tip: tip));
    }

    private static JsonObject WithTransactions(int count, Random random)
    {
        var template = TemplateText.Regtest();
        var ids = new byte[32];
        var list = new JsonArray();
        for (; count > 0; count--)
        {
            random.NextBytes(ids);
            var id = Convert.ToHexStringLower(ids);
            list.Add(new JsonObject { ["data"] = "00", ["txid"] = id, ["hash"] = id });
        }

        template["transactions"] = list;
        return template;
    }

    private static ShareResult Verdict(Job job, ulong hash) => Run(job, Number(hash), Easy, Nothing, out _);

    private static ShareResult Verdict(Job job, UInt256 hash, ShareDifficulty difficulty, out int blocks) =>
        Run(job, hash, difficulty, Nothing, out blocks);

    private delegate void EditPending(ref Pending pending);

    private static void Nothing(ref Pending pending)
    {
    }

    // Above the target of bits 1d00ffff, so that a share is just a share.
    private static UInt256 Number(ulong low, ulong top = 1) => new(low, 0, 0, top << 40);

    private static void BadVersion(ref Pending pending)
    {
        pending.Share.HasVersionBits = true;
        pending.Share.VersionBits = 1;
    }

    private static void BadVersionAndTime(ref Pending pending)
    {
        BadVersion(ref pending);
        BadTime(ref pending);
    }

    private static void BadTime(ref Pending pending) => pending.Share.Ntime = 0;

    private static void ShortExtranonce2(ref Pending pending) => pending.Share.Extranonce2Size = 4;

    private static void Unauthorized(ref Pending pending) => pending.Verdict = ShareResult.Unauthorized;

    private static ShareResult Run(
        Job job,
        UInt256 hash,
        ShareDifficulty difficulty,
        EditPending edit,
        out int blocks,
        Now now = default,
        DuplicateFilter? filter = null)
    {
        var round = new Round(1);
        ref var pending = ref round.Add();
        Fill(ref pending, job, difficulty);
        edit(ref pending);
        new ShareProcessor(new FixedPow(hash), filter ?? new DuplicateFilter()).Process(round, now);
        blocks = round.Blocks.Count;
        return round.Verdicts[0];
    }

    private static void Fill(ref Pending pending, Job job, ShareDifficulty difficulty, uint? mask = null)
    {
        pending.Work = new Assignment(job.Variants.Get(job, 0), difficulty, mask ?? job.VersionMask, 0);
        pending.Worker = Worker;
        pending.Session = Worker;
        pending.Share.Extranonce2Size = (byte)job.Extranonce2Size;
        pending.Share.Ntime = CurTime;
    }

    /// <summary>Every header has the same hash: rules can be tested without work.</summary>
    private sealed class FixedPow(UInt256 hash) : IPowAlgorithm
    {
        public string Name => "fixed";

        public bool IsSlow => false;

        public void Hash(ReadOnlySpan<byte> header, Span<byte> to) => hash.WriteLittleEndian(to);

        public void HashMany(ReadOnlySpan<byte> headers, int headerSize, Span<byte> hashes)
        {
            for (var i = 0; i < headers.Length / headerSize; i++) hash.WriteLittleEndian(hashes[(i * 32)..]);
        }
    }
}
