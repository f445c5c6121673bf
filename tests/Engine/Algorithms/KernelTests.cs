using System.Security.Cryptography;
using Viddhana.Core;
using Viddhana.Core.Algorithms;

namespace Viddhana.Tests.Engine.Algorithms;

[TestFixture]
public sealed class KernelTests
{
    private const int CountMax = 40;

    private static IEnumerable<TestCaseData> Sha256dKernels => Kernels("sha256d");

    private static IEnumerable<TestCaseData> ScryptKernels => Kernels("scrypt");

    private static IEnumerable<TestCaseData> AllKernels => Sha256dKernels.Concat(ScryptKernels);

    [Test, Platform("Linux", Reason = "elsewhere the managed twins run")]
    public void The_native_kernels_are_here_and_the_portable_one_always_runs()
    {
        Assert.That(NativeKernels.IsLoaded, NativeKernels.Describe());
        Assert.That(NativeKernels.CanRun(Kernel.Portable));
        Assert.That(NativeKernels.Describe(), Does.StartWith("portable"));
    }

    [Test]
    public void A_kernel_that_this_CPU_lacks_is_refused()
    {
        foreach (var kernel in Enum.GetValues<Kernel>().Where(kernel => !NativeKernels.CanRun(kernel)))
        {
            Assert.That(() => new Sha256d(kernel), Throws.TypeOf<BrokenInvariantException>());
            Assert.That(() => new Scrypt(kernel), Throws.TypeOf<BrokenInvariantException>());
        }
    }

    [TestCaseSource(nameof(Sha256dKernels))]
    public void Sha256d_of_every_length_and_count_equals_two_rounds_of_the_platforms_SHA_256(string kernel, IPowAlgorithm algorithm)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var size = 1; size <= 300; size++)
        {
            var count = 1 + (size * 7 % CountMax);
            SameAsPlatform(algorithm, random, size, count, $"{kernel}, {count} x {size} bytes, seed {seed}");
        }

        for (var count = 1; count <= 2 * CountMax; count++)
        {
            SameAsPlatform(algorithm, random, 80, count, $"{kernel}, {count} headers, seed {seed}");
            SameAsPlatform(algorithm, random, 64, count, $"{kernel}, {count} merkle nodes, seed {seed}");
        }
    }

    [TestCaseSource(nameof(Sha256dKernels))]
    public void One_message_of_any_length_hashes_like_the_platforms(string kernel, IPowAlgorithm algorithm)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var forced = PowAlgorithms.Kernels("sha256d").Single(pair => NativeKernels.Name(pair.Key) == kernel).Key;
        for (var size = 0; size <= 300; size++)
        {
            var message = Bytes(random, size);
            var hash = new byte[32];
            algorithm.Hash(message, hash);
            Assert.That(hash, Is.EqualTo(SHA256.HashData(SHA256.HashData(message))), $"{kernel}, twice, {size} bytes, seed {seed}");

            Sha256d.HashSingle(forced, message, hash);
            Assert.That(hash, Is.EqualTo(SHA256.HashData(message)), $"{kernel}, once, {size} bytes, seed {seed}");
        }
    }

    [Test]
    public void The_static_forms_give_what_the_platform_gives_for_long_messages_too()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        foreach (var size in new[] { 0, 1, 80, 256, 257, 1_000, 100_000 })
        {
            var message = Bytes(random, size);
            var hash = new byte[32];
            Sha256d.Hash(message, hash);
            Assert.That(hash, Is.EqualTo(SHA256.HashData(SHA256.HashData(message))), $"{size} bytes, seed {seed}");
            Sha256d.HashSingle(message, hash);
            Assert.That(hash, Is.EqualTo(SHA256.HashData(message)), $"{size} bytes, seed {seed}");
        }
    }

    [TestCaseSource(nameof(ScryptKernels))]
    public void Scrypt_of_every_count_equals_the_managed_twin(string kernel, IPowAlgorithm algorithm)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var headers = Bytes(random, CountMax * Scrypt.HeaderSize);
        var expected = new byte[CountMax * 32];
        new Scrypt(Kernel.Managed).HashMany(headers, Scrypt.HeaderSize, expected);
        for (var count = 1; count <= CountMax; count++)
        {
            var hashes = Guarded(count);
            var size = count * 32;
            algorithm.HashMany(headers.AsSpan(0, count * Scrypt.HeaderSize), Scrypt.HeaderSize, hashes.AsSpan(0, size));
            Assert.That(hashes.AsSpan(0, size).SequenceEqual(expected.AsSpan(0, size)), $"{kernel}, {count} headers, seed {seed}");
            Assert.That(hashes.AsSpan(count * 32).IndexOfAnyExcept((byte)0xA5), Is.EqualTo(-1), $"{kernel} wrote past {count} hashes");
        }
    }

    [Test]
    public void The_managed_scrypt_equals_one_built_from_the_platforms_PBKDF2()
    {
        var seed = Environment.TickCount;
        var header = Bytes(new Random(seed), Scrypt.HeaderSize);
        var hash = new byte[32];
        new Scrypt(Kernel.Managed).Hash(header, hash);
        Assert.That(hash, Is.EqualTo(PlainScrypt.Hash(header)), $"seed {seed}");
    }

    [TestCaseSource(nameof(AllKernels))]
    public void Threads_do_not_disturb_each_other(string kernel, IPowAlgorithm algorithm)
    {
        const int Count = 20;
        var seed = Environment.TickCount;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            var headers = Bytes(new Random(seed + thread), Count * 80);
            var together = new byte[Count * 32];
            var single = new byte[32];
            algorithm.HashMany(headers, 80, together);
            for (var i = 0; i < Count; i++)
            {
                algorithm.Hash(headers.AsSpan(i * 80, 80), single);
                Assert.That(together.AsSpan(i * 32, 32).SequenceEqual(single), $"{kernel}, thread {thread}, header {i}, seed {seed}");
            }
        });
    }

    [TestCaseSource(nameof(AllKernels))]
    public void Hashing_allocates_nothing(string kernel, IPowAlgorithm algorithm)
    {
        var headers = Bytes(new Random(1), CountMax * 80);
        var hashes = new byte[CountMax * 32];
        for (var i = 0; i < 2; i++) Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 3; i++) Run();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero, kernel);

        void Run()
        {
            algorithm.HashMany(headers, 80, hashes);
            algorithm.Hash(headers.AsSpan(0, 80), hashes);
        }
    }

    [TestCaseSource(nameof(AllKernels))]
    public void Sizes_that_do_not_fit_are_refused_and_none_is_nothing(string kernel, IPowAlgorithm algorithm)
    {
        Assert.That(() => algorithm.Hash(new byte[80], new byte[31]), Throws.TypeOf<BrokenInvariantException>(), kernel);
        Assert.That(() => algorithm.HashMany(new byte[160], 80, new byte[63]), Throws.TypeOf<BrokenInvariantException>());
        Assert.That(() => algorithm.HashMany(new byte[159], 80, new byte[64]), Throws.TypeOf<BrokenInvariantException>());
        Assert.That(() => algorithm.HashMany(new byte[160], 0, new byte[64]), Throws.TypeOf<BrokenInvariantException>());
        var shared = new byte[160];
        Assert.That(() => algorithm.HashMany(shared, 80, shared.AsSpan(8)), Throws.TypeOf<BrokenInvariantException>());
        Assert.That(() => algorithm.HashMany([], 80, []), Throws.Nothing);
    }

    private static IEnumerable<TestCaseData> Kernels(string name) => PowAlgorithms.Kernels(name)
        .Select(pair => new TestCaseData(NativeKernels.Name(pair.Key), pair.Value).SetArgDisplayNames(name, NativeKernels.Name(pair.Key)));

    private static void SameAsPlatform(IPowAlgorithm algorithm, Random random, int size, int count, string what)
    {
        var messages = Bytes(random, size * count);
        var hashes = Guarded(count);
        algorithm.HashMany(messages, size, hashes.AsSpan(0, count * 32));
        for (var i = 0; i < count; i++)
        {
            var expected = SHA256.HashData(SHA256.HashData(messages.AsSpan(i * size, size)));
            Assert.That(hashes.AsSpan(i * 32, 32).SequenceEqual(expected), $"message {i}: {what}");
        }

        Assert.That(hashes.AsSpan(count * 32).IndexOfAnyExcept((byte)0xA5), Is.EqualTo(-1), $"wrote past the hashes: {what}");
    }

    private static byte[] Guarded(int count)
    {
        var hashes = new byte[(count * 32) + 256];
        Array.Fill(hashes, (byte)0xA5);
        return hashes;
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
