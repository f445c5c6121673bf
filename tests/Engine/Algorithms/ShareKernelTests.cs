using System.Security.Cryptography;
using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Jobs;

namespace Viddhana.Tests.Engine.Algorithms;

public sealed class ShareKernelTests
{
    private const int HeaderSize = ShareKernels.HeaderSize;
    private const int HashSize = Sha256d.HashSize;
    private const int CountMax = 70;

    private static IEnumerable<Kernel> Kernels => ShareKernels.All.Where(NativeKernels.CanRun).Append(Sha256d.Default).Distinct();

    [TestCaseSource(nameof(Kernels))]
    public void Batches_of_every_size_over_any_mix_of_jobs_equal_the_textbook(Kernel kernel)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var count = 1; count <= CountMax; count++)
        {
            var works = Works(random, (Mix)(count % 4));
            var shares = new KernelShare[count];
            var expected = new byte[count][];
            for (var i = 0; i < count; i++) (shares[i], expected[i]) = works[random.Next(works.Length)].Share(random);
            Equal(kernel, shares, expected, $"{kernel}, {count} shares, seed {seed}");
            GC.KeepAlive(works);
        }
    }

    // Goal: no length of coinbase, place of the extranonces or number of branches is special. Method: walk all, two shares each.
    [TestCaseSource(nameof(Kernels))]
    public void Every_place_of_the_extranonces_equals_the_textbook(Kernel kernel)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var before = 0; before <= 130; before++)
        {
            var after = before * 7 % 131;
            var work = new TestWork(random, before, 4 + (before % 5), after, TestJob.Random(random, before % 17));
            var (one, oneHeader) = work.Share(random);
            var (two, twoHeader) = work.Share(random);
            Equal(kernel, [one, two], [oneHeader, twoHeader], $"{kernel}, {before} bytes before, {after} after, seed {seed}");
            GC.KeepAlive(work);
        }
    }

    [TestCaseSource(nameof(Kernels))]
    public void The_largest_coinbase_that_a_chain_may_make_equals_the_textbook_beside_small_ones(Kernel kernel)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var job = TestJob.Random(random, 12);
        TestWork[] works =
        [
            new(random, 60, 8, Job.CoinbaseSizeMax - 60 - 12, job), new(random, Job.CoinbaseSizeMax - 40 - 8, 4, 40, job),
            new(random, 60, 8, 100, job),
        ];
        var shares = new KernelShare[33];
        var expected = new byte[shares.Length][];
        for (var i = 0; i < shares.Length; i++) (shares[i], expected[i]) = works[i % works.Length].Share(random);
        Equal(kernel, shares, expected, $"{kernel}, seed {seed}");
        GC.KeepAlive(works);
    }

    [TestCaseSource(nameof(Kernels))]
    public void Headers_and_hashes_come_out_alone_too_and_nothing_is_written_past_them(Kernel kernel)
    {
        const int seed = 5;
        var random = new Random(seed);
        var works = Works(random, Mix.Jobs);
        foreach (var count in new[] { 1, 2, 3, 5, 9, 17, 33 })
        {
            var shares = new KernelShare[count];
            for (var i = 0; i < count; i++) (shares[i], _) = works[random.Next(works.Length)].Share(random);
            byte[] headers = [.. new byte[count * HeaderSize], .. Guard], hashes = [.. new byte[count * HashSize], .. Guard];
            ShareKernels.Hash(kernel, shares, headers, hashes);

            byte[] onlyHeaders = [.. new byte[count * HeaderSize], .. Guard], onlyHashes = [.. new byte[count * HashSize], .. Guard];
            ShareKernels.Hash(kernel, shares, onlyHeaders, []);
            ShareKernels.Hash(kernel, shares, [], onlyHashes);
            Assert.That(onlyHeaders, Is.EqualTo(headers), $"{kernel}, {count}");
            Assert.That(onlyHashes, Is.EqualTo(hashes), $"{kernel}, {count}");
            Assert.That(headers[^Guard.Length..], Is.EqualTo(Guard), $"{kernel}, {count}");
            Assert.That(hashes[^Guard.Length..], Is.EqualTo(Guard), $"{kernel}, {count}");
        }

        GC.KeepAlive(works);
    }

    [Test]
    public void Room_that_does_not_fit_is_refused_and_no_share_is_nothing()
    {
        var shares = new KernelShare[2];
        Assert.That(() => ShareKernels.Hash(Kernel.Managed, shares, new byte[159], []), Throws.TypeOf<BrokenInvariantException>());
        Assert.That(() => ShareKernels.Hash(Kernel.Managed, shares, [], new byte[63]), Throws.TypeOf<BrokenInvariantException>());
        foreach (var kernel in Kernels) Assert.That(() => ShareKernels.Hash(kernel, [], [], []), Throws.Nothing);
    }

    [Test]
    public void Words_stay_where_they_are_while_the_collector_moves_everything_else()
    {
        const int seed = 11;
        var random = new Random(seed);
        var works = Works(random, Mix.Jobs);
        var (share, header) = works[0].Share(random);
        for (var i = 0; i < 3; i++)
        {
            GC.KeepAlive(new byte[100_000]);
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        }

        Equal(Kernel.Managed, [share], [header], $"seed {seed}");
        GC.KeepAlive(works);
    }

    private static byte[] Guard { get; } = [.. Enumerable.Repeat((byte)0xA5, 64)];

    private static void Equal(Kernel kernel, KernelShare[] shares, byte[][] expected, string what)
    {
        var headers = new byte[shares.Length * HeaderSize];
        var hashes = new byte[shares.Length * HashSize];
        ShareKernels.Hash(kernel, shares, headers, hashes);
        for (var i = 0; i < shares.Length; i++)
        {
            Assert.That(headers.AsSpan(i * HeaderSize, HeaderSize).SequenceEqual(expected[i]), $"header {i}: {what}");
            var hash = SHA256.HashData(SHA256.HashData(expected[i]));
            Assert.That(hashes.AsSpan(i * HashSize, HashSize).SequenceEqual(hash), $"hash {i}: {what}");
        }
    }

    private enum Mix
    {
        One,
        Variants,
        Jobs,
        JobsOfOneShape,
    }

    private static TestWork[] Works(Random random, Mix mix)
    {
        var first = Work(TestJob.Random(random, random.Next(17)));
        return mix switch
        {
            Mix.One => [first],
            Mix.Variants => [first, Work(first.Job), Work(first.Job)],
            Mix.Jobs => [first, Work(TestJob.Random(random, random.Next(17))), Work(TestJob.Random(random, random.Next(17)))],
            _ => [first, first.Like(random, TestJob.Random(random, first.Job.Depth)), first.Like(random, first.Job)],
        };

        TestWork Work(TestJob job) => new(random, random.Next(40, 1_000), random.Next(4, 9), random.Next(40, 1_000), job);
    }

    private sealed record TestJob(byte[] PrevHash, byte[] Branches, uint Nbits, JobWords Words)
    {
        public int Depth => Branches.Length / HashSize;

        public static TestJob Random(Random random, int depth)
        {
            var (prevHash, branches, nbits) = (Bytes(random, HashSize), Bytes(random, depth * HashSize), (uint)random.Next());
            return new TestJob(prevHash, branches, nbits, new JobWords(prevHash, nbits, branches));
        }
    }

    /// <summary>A coinbase of random bytes, and shares of it with the header that the textbook gives.</summary>
    private sealed unsafe class TestWork(Random random, int before, int extranonce2Size, int after, TestJob job)
    {
        private readonly byte[] _before = Bytes(random, before);
        private readonly byte[] _after = Bytes(random, after);
        private CoinbaseWords? _words;

        public TestJob Job => job;

        public TestWork Like(Random other, TestJob anyJob) => new(other, before, extranonce2Size, after, anyJob);

        public (KernelShare Share, byte[] Header) Share(Random values)
        {
            _words ??= new CoinbaseWords(job.Words, _before, extranonce2Size, _after);
            var extranonce2 = Bytes(values, extranonce2Size);
            Span<byte> eight = stackalloc byte[8];
            extranonce2.CopyTo(eight);
            var share = new KernelShare
            {
                Work = _words.Pointer,
                Extranonce1 = (uint)values.NextInt64(1L << 32),
                Extranonce2 = BitConverter.ToUInt64(eight),
                Version = (uint)values.NextInt64(1L << 32),
                Ntime = (uint)values.NextInt64(1L << 32),
                Nonce = (uint)values.NextInt64(1L << 32),
            };
            return (share, Header(share, [.. _before, .. BitConverter.GetBytes(share.Extranonce1), .. extranonce2, .. _after]));
        }

        private byte[] Header(KernelShare share, byte[] coinbase)
        {
            var root = SHA256.HashData(SHA256.HashData(coinbase));
            foreach (var branch in job.Branches.Chunk(HashSize)) root = SHA256.HashData(SHA256.HashData([.. root, .. branch]));
            return
            [
                .. BitConverter.GetBytes(share.Version), .. job.PrevHash, .. root, .. BitConverter.GetBytes(share.Ntime),
                .. BitConverter.GetBytes(job.Nbits), .. BitConverter.GetBytes(share.Nonce),
            ];
        }
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
