using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Tests.Engine.Jobs;

namespace Viddhana.Tests.Engine.Shares;

public sealed class DuplicateFilterTests
{
    // One job for each tip.
    private static readonly Job[] Jobs = [.. Enumerable.Range(0, 101).Select(tip => PlainJob.Make((uint)tip))];

    [Test]
    public void A_hash_is_first_once_and_again_for_ever()
    {
        var filter = new DuplicateFilter();
        Assert.That(filter.See(Jobs[1], Number(5)), Is.EqualTo(Sighting.First));
        Assert.That(filter.See(Jobs[1], Number(5)), Is.EqualTo(Sighting.Again));
        Assert.That(filter.See(Jobs[1], Number(5)), Is.EqualTo(Sighting.Again));
        Assert.That(filter.See(Jobs[1], UInt256.Zero), Is.EqualTo(Sighting.First));
        Assert.That(filter.See(Jobs[1], UInt256.Zero), Is.EqualTo(Sighting.Again));
    }

    [Test]
    public void All_256_bits_count()
    {
        var filter = new DuplicateFilter();
        Assert.That(filter.See(Jobs[1], UInt256.Zero), Is.EqualTo(Sighting.First));
        for (var bit = 0; bit < 256; bit++)
        {
            var hash = UInt256.FromBigInteger(System.Numerics.BigInteger.One << bit);
            Assert.That(filter.See(Jobs[1], hash), Is.EqualTo(Sighting.First), $"bit {bit}");
            Assert.That(filter.See(Jobs[1], hash), Is.EqualTo(Sighting.Again), $"bit {bit}");
        }
    }

    [Test]
    public void It_agrees_with_a_set_while_it_grows_from_nothing()
    {
        const int seed = 3;
        var random = new Random(seed);
        var filter = new DuplicateFilter(hashesAtStart: 0, seed0: 12345, seed1: 67890);
        var set = new HashSet<UInt256>();
        for (var i = 0; i < 60_000; i++)
        {
            var hash = Number((ulong)random.Next(40_000));
            var expected = set.Add(hash) ? Sighting.First : Sighting.Again;
            Assert.That(filter.See(Jobs[9], hash), Is.EqualTo(expected), $"seed {seed}, {i}");
        }
    }

    [Test]
    public void A_new_tip_empties_it_and_an_old_tip_is_refused()
    {
        var filter = new DuplicateFilter();
        for (var i = 0ul; i < 1_000; i++) filter.See(Jobs[1], Number(i));

        Assert.That(filter.See(Jobs[2], Number(5)), Is.EqualTo(Sighting.First));
        Assert.That(filter.See(Jobs[2], Number(5)), Is.EqualTo(Sighting.Again));
        for (var i = 0ul; i < 1_000; i++) Assert.That(filter.See(Jobs[1], Number(i)), Is.EqualTo(Sighting.OldTip), $"{i}");
        for (var i = 6ul; i < 1_000; i++) Assert.That(filter.See(Jobs[2], Number(i)), Is.EqualTo(Sighting.First), $"{i}");
    }

    [Test]
    public void At_its_limit_it_refuses_and_forgets_nothing_and_new_work_makes_room()
    {
        var filter = new DuplicateFilter(hashesMax: 64 * 16, hashesAtStart: 0);
        var known = new List<UInt256>();
        var next = 0ul;
        while (!filter.NeedsNewWork)
        {
            known.Add(Number(next++));
            Assert.That(filter.See(Jobs[1], known[^1]), Is.EqualTo(Sighting.First), "room is left when it asks for new work");
        }

        for (var i = 0; i < 100_000; i++)
        {
            var hash = Number(next++);
            var sighting = filter.See(Jobs[1], hash);
            Assert.That(sighting, Is.AnyOf(Sighting.First, Sighting.Full));
            if (sighting == Sighting.First) known.Add(hash);
        }

        Assert.That(known, Has.Count.EqualTo(64 * 16), "exactly as many as the limit says");
        foreach (var hash in known) Assert.That(filter.See(Jobs[1], hash), Is.EqualTo(Sighting.Again));

        Assert.That(filter.See(PlainJob.Make(tip: 2), Number(0)), Is.EqualTo(Sighting.First));
    }

    [Test]
    public void It_asks_for_new_work_until_that_is_published()
    {
        var filter = new DuplicateFilter(hashesMax: 64 * 8, hashesAtStart: 0);
        var (first, second) = (PlainJob.Make(tip: 1), PlainJob.Make(tip: 1));
        Assert.That(filter.NeedsNewWork, Is.False);
        for (var i = 0ul; i < 1_000; i++) filter.See(first, Number(i));
        Assert.That(filter.NeedsNewWork, Is.True);

        first.Retire(0);
        Assert.That(filter.NeedsNewWork, Is.False, "no share is needed to tell it");
        filter.See(second, Number(0));
        Assert.That(filter.NeedsNewWork, Is.True, "only one job of the tip had expired");

        second.Retire(0);
        filter.See(PlainJob.Make(tip: 2), Number(0));
        Assert.That(filter.NeedsNewWork, Is.False);
    }

    [Test]
    public void Of_two_threads_with_the_same_hash_at_the_same_time_one_is_first()
    {
        const int count = 50_000;
        var filter = new DuplicateFilter(hashesAtStart: 0);
        var hashes = Enumerable.Range(0, count).Select(i => Number((ulong)i)).ToArray();
        var firsts = new int[count];
        var arrivals = 0;

        InParallel(2, () =>
        {
            for (var i = 0; i < count; i++)
            {
                // Both wait for each other before every hash.
                var spin = default(SpinWait);
                Interlocked.Increment(ref arrivals);
                while (Volatile.Read(ref arrivals) < 2 * (i + 1)) spin.SpinOnce(sleep1Threshold: -1);

                if (filter.See(Jobs[1], hashes[i]) == Sighting.First) Interlocked.Increment(ref firsts[i]);
            }
        });
        Assert.That(firsts, Is.All.EqualTo(1));
    }

    [Test]
    public void Threads_on_different_tips_never_credit_a_hash_of_one_tip_twice()
    {
        const int tips = 100;
        const int count = 2_000;
        var filter = new DuplicateFilter(hashesAtStart: 0);
        var hashes = Enumerable.Range(0, count).Select(i => Number((ulong)i)).ToArray();
        var firsts = new int[(tips + 1) * count];

        InParallel(4, () =>
        {
            for (var tip = 1; tip <= tips; tip++)
            {
                for (var i = 0; i < count; i++)
                {
                    if (filter.See(Jobs[tip], hashes[i]) == Sighting.First) Interlocked.Increment(ref firsts[(tip * count) + i]);
                }
            }
        });
        Assert.That(firsts.Count(n => n > 1), Is.Zero);
        Assert.That(firsts[(tips * count)..], Is.All.EqualTo(1), "the last tip had room for all");
    }

    [Test]
    public void Within_its_room_it_allocates_nothing()
    {
        var filter = new DuplicateFilter(hashesAtStart: 40_000);
        var hashes = Enumerable.Range(0, 20_000).Select(i => Number((ulong)i)).ToArray();
        for (var i = 0; i < 100; i++) filter.See(Jobs[1], hashes[i]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var hash in hashes) filter.See(Jobs[1], hash);
        foreach (var hash in hashes) filter.See(Jobs[2], hash);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_hash_takes_at_most_48_bytes_and_what_a_busy_tip_needed_is_given_back()
    {
        const int busy = 300_000;
        var filter = new DuplicateFilter();
        var atStart = filter.Bytes;
        for (var i = 0ul; i < busy; i++) filter.See(Jobs[1], Number(i));
        Assert.That(filter.Bytes, Is.LessThanOrEqualTo(busy * 48L));

        // The tip after a busy one may be busy too; the one after a quiet one may not.
        for (var tip = 2; tip <= 3; tip++)
        {
            for (var i = 0ul; i < 2_000; i++) Assert.That(filter.See(Jobs[tip], Number(i)), Is.EqualTo(Sighting.First));
        }

        Assert.That(filter.Bytes, Is.EqualTo(atStart));
    }

    [Test]
    public void A_hint_changes_nothing()
    {
        var filter = new DuplicateFilter(hashesAtStart: 0);
        for (var i = 0ul; i < 1_000; i++)
        {
            filter.Expect(Number(i));
            Assert.That(filter.See(Jobs[1], Number(i)), Is.EqualTo(Sighting.First));
            filter.Expect(Number(i));
            Assert.That(filter.See(Jobs[1], Number(i)), Is.EqualTo(Sighting.Again));
        }
    }

    private static void InParallel(int threads, ThreadStart work)
    {
        var running = Enumerable.Range(0, threads).Select(_ => new Thread(work)).ToList();
        running.ForEach(thread => thread.Start());
        running.ForEach(thread => thread.Join());
    }

    // As random as a hash, and reproducible.
    private static UInt256 Number(ulong value)
    {
        Span<byte> hash = stackalloc byte[32];
        System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(value), hash);
        return UInt256.FromLittleEndian(hash);
    }
}
