using Viddhana.Contracts;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Contracts;

public sealed class EntryTests
{
    private const ulong Epoch = 0x0123456789abcdef;

    private static readonly Entry Shares = new()
    {
        Header = Header(EntryKind.Shares, count: 4),
        Names = ["bc1qexample.rig", "ünï"],
        Shares =
        [
            new ShareRecord(0, 0, 4_295_032_833, 0),
            new ShareRecord(7, 1, ulong.MaxValue, ShareRecord.SolvesBlock),
            new ShareRecord(uint.MaxValue, 0, 1, 0),
        ],
        Rejects = [new RejectCount(1, RejectReason.Stale, 3), new RejectCount(0, RejectReason.Invalid, uint.MaxValue)],
        Best = [1.5e23, ShareRecord.BestMax],
    };

    private static readonly Entry Found = new()
    {
        Header = Header(EntryKind.BlockFound, count: 1),
        Found = new BlockFound
        {
            Hash = "00000000" + new string('a', 56),
            Height = 840_000,
            PrevHash = "00000000" + new string('b', 56),
            CoinbaseTxid = new string('c', 64),
            Reward = 312_500_000,
            NetworkWork = ((UInt128)1 << 80) + 5,
            Worker = "bc1qexample.rig",
            ShareSequence = 17,
            ShareUtcMs = 1_800_000_000_123,
            ShareWork = 4_295_032_833,
        },
    };

    private static readonly Entry Verdict = new()
    {
        Header = Header(EntryKind.BlockVerdict, count: 1),
        Verdict = new BlockVerdict("00000000" + new string('a', 56), Accepted: false, "high-hash", "127.0.0.1:8332"),
    };

    private static IEnumerable<TestCaseData> Golden()
    {
        yield return new TestCaseData("shares-2", Shares).SetArgDisplayNames("shares-2");
        yield return new TestCaseData("found-1", Found).SetArgDisplayNames("found-1");
        yield return new TestCaseData("verdict-1", Verdict).SetArgDisplayNames("verdict-1");
    }

    [TestCaseSource(nameof(Golden))]
    public void The_bytes_are_frozen_and_read_back_the_same(string name, Entry entry)
    {
        var golden = GoldenBytes(name);
        Assert.That(
            Convert.ToHexStringLower(EntryWriter.Write(entry)),
            Is.EqualTo(Convert.ToHexStringLower(golden)),
            "a changed form needs a new version byte");
        Assert.That(EntryReader.TryRead(golden, out var read, out var consumed), Is.EqualTo(EntryStatus.Ok));
        Assert.That(consumed, Is.EqualTo(golden.Length));
        AssertSame(read!, entry);
    }

    [Test]
    public void Shares_of_version_1_are_still_read_and_tell_of_no_best_hashes()
    {
        var golden = GoldenBytes("shares-1");
        Assert.That(EntryReader.TryRead(golden, out var read, out var consumed), Is.EqualTo(EntryStatus.Ok));
        Assert.That(consumed, Is.EqualTo(golden.Length));
        AssertSame(read!, Shares with { Best = [] });
    }

    [Test]
    public void Of_each_name_the_best_hash_is_written_whatever_the_order()
    {
        var writer = new EntryWriter();
        writer.BeginShares(Shares.Header);
        var (a, b, none) = (writer.AddName("a"u8), writer.AddName("b"u8), writer.AddName("none"u8));
        foreach (var (name, achieved) in new[] { (a, 5.0), (b, 1e30), (a, 7.0), (b, 2.0), (a, 6.0) })
            writer.AddShare(new ShareRecord(0, name, 1, 0), achieved);
        writer.AddReject(new RejectCount(none, RejectReason.Stale, 1));
        writer.EndShares();
        writer.BeginShares(Shares.Header);
        writer.AddShare(new ShareRecord(0, writer.AddName("c"u8), 1, 0), 3);
        writer.EndShares();

        Assert.That(EntryReader.TryRead(writer.Written.Span, out var first, out var length), Is.EqualTo(EntryStatus.Ok));
        Assert.That(first!.Best, Is.EqualTo(new[] { 7.0, 1e30, 0 }));
        Assert.That(EntryReader.TryRead(writer.Written.Span[length..], out var second, out _), Is.EqualTo(EntryStatus.Ok));
        Assert.That(second!.Best, Is.EqualTo(new[] { 3.0 }), "nothing is left of the entry before");
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    [TestCase(-1.0)]
    [TestCase(-0.0)]
    [TestCase(ShareRecord.BestMax * 2)]
    public void A_best_hash_that_cannot_be_is_damage(double best)
    {
        var bytes = EntryWriter.Write(Shares);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4 - 8), best);
        Seal(bytes);
        Assert.That(EntryReader.TryRead(bytes, out _, out _), Is.EqualTo(EntryStatus.Damaged));
    }

    [Test]
    public void The_checksum_is_CRC_32C()
    {
        // RFC 3720, appendix B.4.
        Assert.That(Crc32C.Of(new byte[32]), Is.EqualTo(0x8a9136aa));
        Assert.That(Crc32C.Of(Enumerable.Repeat((byte)0xff, 32).ToArray()), Is.EqualTo(0x62a8ab43));
        Assert.That(Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]), Is.EqualTo(0x46dd794e));
        // The check value of the CRC catalogue: an odd length.
        Assert.That(Crc32C.Of("123456789"u8), Is.EqualTo(0xe3069283));
    }

    [Test]
    public void Several_entries_lie_one_after_another()
    {
        byte[] bytes = [.. EntryWriter.Write(Shares), .. EntryWriter.Write(Verdict), .. EntryWriter.Write(Found)];
        var kinds = new List<EntryKind>();
        for (var at = 0; at < bytes.Length;)
        {
            Assert.That(EntryReader.TryRead(bytes.AsSpan(at), out var entry, out var consumed), Is.EqualTo(EntryStatus.Ok));
            kinds.Add(entry!.Header.Kind);
            at += consumed;
        }

        Assert.That(kinds, Is.EqualTo(new[] { EntryKind.Shares, EntryKind.BlockVerdict, EntryKind.BlockFound }));
    }

    [TestCaseSource(nameof(Golden))]
    public void Every_cut_asks_for_more(string name, Entry entry)
    {
        var bytes = EntryWriter.Write(entry);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.That(
                EntryReader.TryRead(bytes.AsSpan(0, length), out var read, out var consumed),
                Is.EqualTo(EntryStatus.NeedMore),
                $"{name} cut at {length}");
            Assert.That((read, consumed), Is.EqualTo(((Entry?)null, 0)));
        }
    }

    [TestCaseSource(nameof(Golden))]
    public void Every_flipped_bit_is_noticed(string name, Entry entry)
    {
        var bytes = EntryWriter.Write(entry);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(EntryReader.TryRead(bytes, out _, out _), Is.Not.EqualTo(EntryStatus.Ok), $"{name} bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Test, Category(Fuzz.Category)]
    public void Random_damage_never_throws_and_is_never_accepted()
    {
        var random = new Random(20261121);
        var golden = Golden().Select(data => EntryWriter.Write((Entry)data.Arguments[1]!)).ToArray();
        for (var round = 0; round < Fuzz.Rounds(50_000); round++)
        {
            var original = golden[round % golden.Length];
            var bytes = (byte[])original.Clone();
            for (var n = random.Next(1, 8); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (bytes.AsSpan().SequenceEqual(original)) continue;

            Assert.That(EntryReader.TryRead(bytes, out _, out _), Is.Not.EqualTo(EntryStatus.Ok), $"seed 20261121, round {round}");
        }
    }

    [Test, Category(Fuzz.Category)]
    public void Wrong_contents_under_a_right_checksum_never_throw()
    {
        var random = new Random(20261121);
        var golden = Golden().Select(data => EntryWriter.Write((Entry)data.Arguments[1]!)).ToArray();
        var accepted = 0;
        for (var round = 0; round < Fuzz.Rounds(50_000); round++)
        {
            var bytes = (byte[])golden[round % golden.Length].Clone();
            for (var n = random.Next(1, 4); n > 0; n--) bytes[random.Next(12, bytes.Length - 4)] = (byte)random.Next(256);
            Seal(bytes);

            var status = EntryReader.TryRead(bytes, out var entry, out _);
            if (status != EntryStatus.Ok) continue;
            accepted++;
            Assert.That(entry!.Shares.All(share => share.NameIndex < entry.Names.Length), Is.True, $"round {round}");
            Assert.That(entry.Rejects.All(reject => reject.NameIndex < entry.Names.Length), Is.True, $"round {round}");
            Assert.That(entry.Best.All(best => best is >= 0 and <= ShareRecord.BestMax), Is.True, $"round {round}");
        }

        Assert.That(accepted, Is.Positive, "most numbers may have any value");
    }

    [TestCase(EntryFormat.VersionAt, 0)]
    [TestCase(EntryFormat.VersionAt, 1)]
    [TestCase(EntryFormat.VersionAt, 3)]
    [TestCase(EntryFormat.KindAt, 0)]
    [TestCase(EntryFormat.KindAt, 4)]
    [TestCase(EntryFormat.EngineAt + 1, 4)]
    [TestCase(EntryFormat.PoolAt, 0)]
    [TestCase(EntryFormat.PoolAt, 33)]
    [TestCase(EntryFormat.PoolAt + 1, (byte)'B')]
    [TestCase(EntryFormat.CountAt, 5)]
    [TestCase(EntryFormat.PoolAt + 1 + 3, 200)]
    public void A_header_that_cannot_be_is_damage(int at, byte value)
    {
        var bytes = EntryWriter.Write(Shares);
        bytes[at] = value;
        Seal(bytes);

        Assert.That(EntryReader.TryRead(bytes, out _, out _), Is.EqualTo(EntryStatus.Damaged));
    }

    [Test]
    public void An_entry_never_grows_above_a_stream_message()
    {
        var writer = new EntryWriter();
        var name = new byte[191];
        writer.BeginShares(Shares.Header);
        while (writer.HasRoom(name.Length)) writer.AddShare(new ShareRecord(0, writer.AddName(name), 1, 0), 1);
        var shares = writer.ShareCount;
        var count = writer.EndShares();

        Assert.That(writer.Written.Length, Is.LessThanOrEqualTo(Streams.MessageMax).And.GreaterThan(Streams.MessageMax - 256));
        Assert.That(count, Is.EqualTo(shares));
        Assert.That(EntryReader.TryRead(writer.Written.Span, out var entry, out _), Is.EqualTo(EntryStatus.Ok));
        Assert.That(entry!.Shares, Has.Length.EqualTo(shares));
    }

    [Test]
    public void An_empty_entry_is_not_written()
    {
        var writer = new EntryWriter();
        writer.BeginShares(Shares.Header);

        Assert.That((writer.EndShares(), writer.Written.Length), Is.EqualTo((0u, 0)));
    }

    [Test]
    public void Long_words_of_a_node_are_cut_at_a_character()
    {
        var bytes = EntryWriter.Write(Verdict with { Verdict = Verdict.Verdict! with { Reason = new string('é', 300) } });

        Assert.That(EntryReader.TryRead(bytes, out var read, out _), Is.EqualTo(EntryStatus.Ok));
        Assert.That(read!.Verdict!.Reason, Is.EqualTo(new string('é', 127)));
    }

    [Test]
    public void A_block_of_the_shares_version_is_damage()
    {
        var bytes = EntryWriter.Write(Found);
        bytes[EntryFormat.VersionAt] = EntryFormat.SharesVersion;
        Seal(bytes);
        Assert.That(EntryReader.TryRead(bytes, out _, out _), Is.EqualTo(EntryStatus.Damaged));
    }

    private static byte[] GoldenBytes(string name)
    {
        var path = Path.Combine(TestContext.CurrentContext.TestDirectory, $"Vectors/contracts/{name}.hex");
        return Convert.FromHexString(File.ReadAllText(path).Replace("\n", ""));
    }

    private static EntryHeader Header(EntryKind kind, uint count) =>
        new(kind, "btc", 5, Epoch, 42, count, 1_800_000_000_000, 0x1d00ffff, 840_000);

    /// <summary>Puts the right checksum under changed bytes.</summary>
    private static void Seal(byte[] bytes) =>
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), Crc32C.Of(bytes.AsSpan(0, bytes.Length - 4)));

    private static void AssertSame(Entry read, Entry entry)
    {
        Assert.That(read.Header, Is.EqualTo(entry.Header));
        Assert.That(read.Names, Is.EqualTo(entry.Names));
        Assert.That(read.Shares, Is.EqualTo(entry.Shares));
        Assert.That(read.Rejects, Is.EqualTo(entry.Rejects));
        Assert.That(read.Best, Is.EqualTo(entry.Best));
        Assert.That(read.Found, Is.EqualTo(entry.Found));
        Assert.That(read.Verdict, Is.EqualTo(entry.Verdict));
    }
}
