using Viddhana.Backoffice.Rewards;
using Viddhana.Backoffice.Shares;
using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Shares;

/// <summary>Single shares come back as they were, to the last bit, or not at all.</summary>
public sealed class ShareChunkTests
{
    private const long DayMs = 86_400_000;
    private const long Day = 1_790_000_000_000 / DayMs * DayMs;

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void What_is_written_is_read_whatever_the_times_gaps_and_works(int seed)
    {
        var random = new Random(seed);
        WorkerEntry[] workers = [.. Enumerable.Range(0, 5).Select(_ => new WorkerEntry(Any(random), Any(random)))];
        var written = new List<WindowShare>();
        var (sequence, ms) = ((ulong)random.NextInt64(1, long.MaxValue / 2), Day + random.NextInt64(DayMs));
        var first = sequence;
        ShareChunk? chunk = null;
        for (var i = random.Next(1, 3_000); i > 0; i--)
        {
            chunk ??= new ShareChunk(1, 2, sequence, ms);
            var worker = workers[random.Next(5)];
            var share = new ShareRecord(0, 0, random.Next(3) == 0 ? ulong.MaxValue : (ulong)random.Next(3), (byte)random.Next(2));
            Assert.That(chunk.Takes(ms));
            chunk.Add(ms, sequence, worker, share);
            written.Add(new WindowShare(new ShareKey(ms, 7, 9, sequence), worker.AccountId, share.Work));
            sequence += random.Next(4) == 0 ? (ulong)random.NextInt64(1, 1L << random.Next(1, 40)) : 1;
            // Mostly the same millisecond or the next; now and then anywhere in the day, also back.
            ms = random.Next(50) == 0 ? Day + random.NextInt64(DayMs) : Math.Min(ms + random.Next(2), Day + DayMs - 1);
        }

        var page = new SharePage().Begin(7, 9);
        ShareChunk.Read(chunk!.ToBytes(), first, 0, long.MaxValue, page);
        Assert.That(Shares(page), Is.EqualTo(written), $"seed {seed}");
        Assert.That((chunk.FirstMs, chunk.LastMs), Is.EqualTo((written.Min(s => s.Key.Ms), written.Max(s => s.Key.Ms))));

        var (from, to) = (written[random.Next(written.Count)].Key.Ms, written[random.Next(written.Count)].Key.Ms);
        ShareChunk.Read(chunk.ToBytes(), first, from, to, page.Begin(7, 9));
        Assert.That(Shares(page), Is.EqualTo(written.Where(s => s.Key.Ms >= from && s.Key.Ms < to)), $"seed {seed}");
    }

    [Test]
    public void A_changed_byte_is_noticed_wherever_it_is()
    {
        var chunk = new ShareChunk(1, 2, 3, Day);
        for (var i = 0ul; i < 20; i++) chunk.Add(Day + (long)i, 3 + i, new WorkerEntry(1, 1), new ShareRecord(0, 0, i, 0));
        var bytes = chunk.ToBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x10;
            Assert.That(
                () => ShareChunk.Read(bytes, 3, 0, long.MaxValue, new SharePage()),
                Throws.InvalidOperationException.With.Message.Contains("sequence 3"));
            bytes[i] ^= 0x10;
        }
    }

    [Test]
    public void A_chunk_ends_with_its_day_and_when_it_is_large()
    {
        var chunk = new ShareChunk(1, 2, 1, Day + DayMs - 1);
        Assert.That(chunk.Takes(Day + DayMs), Is.False);
        var worker = new WorkerEntry(1, 1);
        var sequence = 1ul;
        while (chunk.Takes(Day)) chunk.Add(Day, sequence++, worker, new ShareRecord(0, 0, sequence, 0));
        Assert.That(chunk.ToBytes(), Has.Length.InRange(1 << 20, 8 << 20));
    }

    private static long Any(Random random) => random.NextInt64(1, 1L << random.Next(1, 62));

    private static List<WindowShare> Shares(SharePage page)
    {
        var shares = new List<WindowShare>();
        foreach (var share in page.Shares) shares.Add(page[share]);
        return shares;
    }
}
