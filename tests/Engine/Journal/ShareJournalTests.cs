using Viddhana.Contracts;
using Viddhana.Core;
using Viddhana.Core.Shares;
using Viddhana.Engine.Journal;

namespace Viddhana.Tests.Engine.Journal;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ShareJournalTests
{
    private readonly JournalFixture _it = new();

    [TearDown]
    public void CleanUp() => _it.Dispose();

    [Test]
    public void A_round_is_in_the_file_when_append_returns()
    {
        var (worker, other) = (JournalFixture.NewWorker("a.b"), JournalFixture.NewWorker("c"));
        using var journal = _it.Open(instanceId: 5);

        Assert.That(
            _it.Append(journal, (worker, ShareResult.Accepted), (other, ShareResult.Accepted), (worker, ShareResult.SolvesBlock)), Is.True);

        var entry = _it.Entries().Single();
        Assert.That(entry.Header, Is.EqualTo(new EntryHeader(EntryKind.Shares, "btc", 5, journal.Epoch, 1, 3, _it.UtcMs, 0x1d00ffff, 7)));
        Assert.That(entry.Names, Is.EqualTo(new[] { "a.b", "c" }));
        Assert.That(entry.Best, Is.EqualTo(new[] { 15e9, 10e9 }));
        Assert.That(entry.Shares.Select(share => (share.NameIndex, share.Work, share.Flags)), Is.EqualTo(new[]
        {
            (0u, 4_295_032_833ul, (byte)0), (1u, 4_295_032_833ul, (byte)0), (0u, 4_295_032_833ul, ShareRecord.SolvesBlock),
        }));
    }

    [Test]
    public void Sequences_epoch_and_time_go_on_after_a_restart_and_starts_are_counted()
    {
        ulong epoch;
        using (var first = _it.Open())
        {
            epoch = first.Epoch;
            Assert.That(first.ProcessStart, Is.EqualTo(1));
            _it.AppendAccepted(first, 3);
        }

        _it.UtcMs -= 5_000;
        using var second = _it.Open();
        _it.AppendAccepted(second, 2);

        Assert.That((second.Epoch, second.ProcessStart, second.LastSequence), Is.EqualTo((epoch, (ushort)2, 5ul)));
        var headers = _it.Entries().Select(entry => entry.Header).ToArray();
        Assert.That(headers.Select(header => header.FirstSequence), Is.EqualTo(new[] { 1ul, 4ul }));
        Assert.That(headers[1].UtcMs, Is.EqualTo(headers[0].UtcMs), "share time never runs backwards");
    }

    [Test]
    public void The_process_start_wraps_after_65535()
    {
        _it.Open().Dispose();
        File.WriteAllText(Path.Combine(_it.JournalPath, JournalFiles.Starts), "65535\n");
        using var journal = _it.Open();

        Assert.That(journal.ProcessStart, Is.Zero);
    }

    [Test]
    public void A_second_engine_is_refused()
    {
        using var journal = _it.Open();

        Assert.That(() => _it.Open(), Throws.TypeOf<JournalException>().With.Message.Contains("in use by another engine"));
    }

    [Test]
    public void Another_instance_id_is_refused()
    {
        _it.Open(instanceId: 1).Dispose();

        Assert.That(
            () => _it.Open(instanceId: 2), Throws.TypeOf<JournalException>().With.Message.Contains("belongs to instance id 1, not 2"));
        Assert.That(() => _it.Open(instanceId: 1).Dispose(), Throws.Nothing);
    }

    [TestCase(JournalFiles.Starts)]
    [TestCase(JournalFiles.Identity)]
    public void A_missing_file_is_told_and_never_made_anew(string file)
    {
        using (var journal = _it.Open()) _it.AppendAccepted(journal);
        File.Delete(Path.Combine(_it.JournalPath, file));

        Assert.That(() => _it.Open(), Throws.TypeOf<JournalException>().With.Message.Contains("restore it"));
    }

    [Test]
    public void A_directory_that_cannot_be_made_is_told_with_its_path()
    {
        File.WriteAllText(_it.JournalPath, "a file");

        Assert.That(() => _it.Open(), Throws.TypeOf<JournalException>().With.Message.Contains(_it.JournalPath));
    }

    [Test]
    public void A_torn_tail_of_any_length_is_cut_and_whole_entries_stay()
    {
        using (var journal = _it.Open())
            for (var i = 0; i < 3; i++) _it.AppendAccepted(journal, i + 1);
        var path = _it.SegmentPaths().Single();
        var whole = File.ReadAllBytes(path);
        var ends = Ends(whole);

        for (var cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(path, whole[..cut]);
            var kept = ends.Count(end => end <= cut);
            var sequence = (ulong)(kept * (kept + 1) / 2);
            using (var journal = _it.Open())
            {
                Assert.That(journal.LastSequence, Is.EqualTo(sequence), $"cut at {cut}");
                Assert.That(_it.AppendAccepted(journal), Is.True);
            }

            var entries = _it.Entries();
            Assert.That(entries, Has.Count.EqualTo(kept + 1), $"cut at {cut}");
            Assert.That(entries[^1].Header.FirstSequence, Is.EqualTo(sequence + 1), $"cut at {cut}");
        }
    }

    [Test]
    public void A_torn_tail_is_logged_once()
    {
        using (var journal = _it.Open()) _it.AppendAccepted(journal);
        File.AppendAllText(_it.SegmentPaths().Single(), "half an entry");
        _it.Open().Dispose();
        _it.Open().Dispose();

        Assert.That(
            _it.LogText().Split('\n').Where(line => line.Contains("a torn tail of 13 bytes")).ToArray(),
            Has.Length.EqualTo(1),
            _it.LogText());
    }

    [Test]
    public void Entries_of_a_newer_program_are_no_torn_tail_and_nothing_of_them_is_cut()
    {
        using (var journal = _it.Open())
            for (var i = 0; i < 2; i++) _it.AppendAccepted(journal);
        var path = _it.SegmentPaths().Single();
        var bytes = File.ReadAllBytes(path);
        var start = Ends(bytes)[0];
        bytes[start + EntryFormat.VersionAt] = EntryFormat.SharesVersion + 1;
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), Crc32C.Of(bytes.AsSpan(start..^4)));
        File.WriteAllBytes(path, bytes);

        Assert.That(
            () => _it.Open(), Throws.TypeOf<JournalException>().With.Message.Contains($"of a newer program from offset {start} on"));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(bytes));
    }

    [Test]
    public void Damage_inside_stops_with_file_and_offset_and_changes_nothing()
    {
        using (var journal = _it.Open())
            for (var i = 0; i < 3; i++) _it.AppendAccepted(journal);
        var path = _it.SegmentPaths().Single();
        var whole = File.ReadAllBytes(path);
        var ends = Ends(whole);

        for (var at = 0; at < ends[1]; at++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x40;
            File.WriteAllBytes(path, damaged);

            var start = at < ends[0] ? 0 : ends[0];
            Assert.That(
                () => _it.Open(),
                Throws.TypeOf<JournalException>()
                    .With.Message.Contains($"{path} is damaged at offset {start} ")
                    .And.Message.Contains("Nothing was changed"),
                $"byte {at}");
            Assert.That(File.ReadAllBytes(path), Is.EqualTo(damaged));
        }
    }

    [Test]
    public void Rejects_are_counted_by_worker_and_reason_and_take_one_sequence()
    {
        var (worker, other) = (JournalFixture.NewWorker("a"), JournalFixture.NewWorker("b"));
        using var journal = _it.Open();
        _it.Append(
            journal,
            (worker, ShareResult.Stale), (worker, ShareResult.UnknownJob), (other, ShareResult.Duplicate), (worker, ShareResult.Accepted),
            (worker, ShareResult.LowDifficulty), (null, ShareResult.Malformed), (other, ShareResult.Unauthorized),
            (other, ShareResult.TimeOutOfRange));
        _it.AppendAccepted(journal);

        var entries = _it.Entries();
        Assert.That(Rejects(entries[0]), Is.EquivalentTo(new[]
        {
            ("a", RejectReason.Stale, 2u), ("a", RejectReason.LowDifficulty, 1u),
            ("b", RejectReason.Duplicate, 1u), ("b", RejectReason.Invalid, 1u),
        }));
        Assert.That(entries[0].Header.SequenceCount, Is.EqualTo(2));
        Assert.That(entries[1].Header.FirstSequence, Is.EqualTo(3));
        Assert.That(entries[1].Rejects, Is.Empty);
    }

    [Test]
    public void Rejects_alone_are_written_at_most_once_a_second_and_by_the_tick_after_ten()
    {
        var worker = JournalFixture.NewWorker("a");
        using var journal = _it.Open();
        _it.Append(journal, (worker, ShareResult.Stale));
        for (var i = 0; i < 50; i++) _it.Append(journal, (worker, ShareResult.Stale));
        Assert.That(_it.Entries(), Has.Count.EqualTo(1), "a flood of rejects is no flood of entries");

        _it.MonotonicMs += 9_999;
        journal.Tick(_it.Now);
        Assert.That(_it.Entries(), Has.Count.EqualTo(1));
        _it.MonotonicMs += 1;
        journal.Tick(_it.Now);

        var last = _it.Entries()[^1];
        Assert.That(Rejects(last), Is.EqualTo(new[] { ("a", RejectReason.Stale, 50u) }));
        Assert.That((last.Header.Nbits, last.Header.Height, last.Shares.Length), Is.EqualTo((0x1d00ffffu, 7u, 0)));
    }

    [Test]
    public void Rejects_of_too_many_names_are_counted_together()
    {
        using var journal = _it.Open();
        for (var i = 0; i < RejectTally.WorkersMax + 500; i++)
            _it.Append(journal, (JournalFixture.NewWorker($"{i:d180}"), ShareResult.Stale));
        journal.Dispose();

        var rejects = _it.Entries().SelectMany(Rejects).ToArray();
        Assert.That(rejects.Sum(reject => reject.Count), Is.EqualTo(RejectTally.WorkersMax + 500));
        Assert.That(rejects.Single(reject => reject.Name.Length == 0).Count, Is.GreaterThanOrEqualTo(499));
    }

    [Test]
    public void A_round_larger_than_an_entry_is_split_and_stays_one_append()
    {
        using var journal = _it.Open();
        var shares = Enumerable.Range(0, 1_000).Select(
            i => ((Worker?)JournalFixture.NewWorker($"{i:d191}"), ShareResult.Accepted)).ToArray();

        Assert.That(_it.Append(journal, shares), Is.True);

        var entries = _it.Entries();
        Assert.That(entries, Has.Count.GreaterThan(1));
        Assert.That(
            entries.SelectMany(entry => entry.Shares.Select(share => entry.Names[share.NameIndex])),
            Is.EqualTo(shares.Select(share => share.Item1!.Name)));
        Assert.That(journal.LastSequence, Is.EqualTo(1_000));
    }

    [Test]
    public void A_found_block_names_its_share()
    {
        var worker = JournalFixture.NewWorker("a.b");
        var round = JournalFixture.RoundOf((worker, ShareResult.Accepted), (worker, ShareResult.Stale), (worker, ShareResult.SolvesBlock));
        round.Blocks.Add(new SolvedBlock(1, [], []));
        round.Blocks.Add(new SolvedBlock(2, [], []));
        using var journal = _it.Open();

        Assert.That(journal.Append("btc", 1, 7, round, [JournalFixture.Found("aa"), JournalFixture.Found("bb")], _it.Now), Is.True);

        var found = _it.Entries().Where(entry => entry.Found is not null).ToArray();
        Assert.That((found[0].Found!.ShareSequence, found[0].Found!.ShareWork), Is.EqualTo((0ul, 0ul)), "stale: no share was credited");
        Assert.That((found[1].Found!.ShareSequence, found[1].Found!.ShareWork), Is.EqualTo((2ul, 4_295_032_833ul)));
        Assert.That(found[1].Found!.ShareUtcMs, Is.EqualTo(_it.UtcMs));
        Assert.That(found.Select(entry => entry.Header.FirstSequence), Is.EqualTo(new[] { 4ul, 5ul }));
    }

    [Test]
    public void A_verdict_is_recorded_and_a_block_on_its_own_too()
    {
        using var journal = _it.Open();
        var verdict = new BlockVerdict(new string('a', 64), Accepted: false, "high-hash", "127.0.0.1:8332");

        Assert.That(journal.Append("btc", verdict, _it.Now), Is.True);
        Assert.That(journal.Append("btc", 1, JournalFixture.Found("cc"), _it.Now), Is.True);

        Assert.That(_it.Entries().Select(entry => (entry.Verdict, entry.Found?.Hash)), Is.EqualTo(new[]
        {
            (verdict, null), ((BlockVerdict?)null, JournalFixture.Found("cc").Hash),
        }));
    }

    [Test]
    public void Segments_are_begun_and_deleted_behind_the_mark_but_never_the_newest()
    {
        _it.Config.SegmentBytes = 300;
        using var journal = _it.Open();
        for (var i = 0; i < 12; i++) _it.AppendAccepted(journal);
        var segments = JournalFiles.Segments(_it.JournalPath);
        Assert.That(segments, Has.Count.GreaterThan(3));

        journal.DeleteCommitted(segments[2].First - 2);
        Assert.That(JournalFiles.Segments(_it.JournalPath)[0].First, Is.EqualTo(segments[1].First), "its last record is not committed");
        journal.DeleteCommitted(segments[2].First - 1);
        Assert.That(JournalFiles.Segments(_it.JournalPath)[0].First, Is.EqualTo(segments[2].First));
        journal.DeleteCommitted(ulong.MaxValue);
        Assert.That(JournalFiles.Segments(_it.JournalPath).Single().First, Is.EqualTo(segments[^1].First));

        journal.Dispose();
        using var again = _it.Open();
        Assert.That(again.LastSequence, Is.EqualTo(12));
    }

    [Test]
    public void A_mark_ahead_of_the_journal_takes_its_sequences()
    {
        using var journal = _it.Open();
        _it.AppendAccepted(journal);

        Assert.That(journal.TryAdvance(100), Is.True);
        _it.AppendAccepted(journal);

        Assert.That(_it.Entries().Select(entry => entry.Header.FirstSequence), Is.EqualTo(new[] { 1ul, 101ul }));
        journal.Dispose();
        using var again = _it.Open();
        Assert.That(again.LastSequence, Is.EqualTo(101));
    }

    [Test]
    public void An_append_allocates_nothing_once_warm()
    {
        var workers = Enumerable.Range(0, 20).Select(i => JournalFixture.NewWorker($"account.rig{i}")).ToArray();
        var round = JournalFixture.RoundOf(
            [.. workers.SelectMany(worker => new[] { ((Worker?)worker, ShareResult.Accepted), (worker, ShareResult.Stale) })]);
        using var journal = _it.Open();
        for (var i = 0; i < 2_000; i++) journal.Append("btc", 1, 7, round, [], new Now(i * 100, i));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 2_000; i < 3_000; i++) journal.Append("btc", 1, 7, round, [], new Now(i * 100, i));

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Appends_from_many_threads_keep_every_share_and_one_order()
    {
        _it.Config.FsyncMs = 0;
        _it.Config.SegmentBytes = 4_000;
        var journal = _it.Open();
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 40; i++) _it.AppendAccepted(journal, 1 + (i % 3), $"t{thread}");
        });
        Assert.That(journal.SyncedSequence, Is.EqualTo(journal.LastSequence), "with fsync_ms 0 an append waits for the disk");
        journal.Dispose();

        var expected = 1ul;
        foreach (var entry in _it.Entries())
        {
            Assert.That(entry.Header.FirstSequence, Is.EqualTo(expected));
            expected = entry.Header.LastSequence + 1;
        }

        Assert.That(expected - 1, Is.EqualTo(8 * (40 + 39)));
    }

    private static IEnumerable<(string Name, RejectReason Reason, uint Count)> Rejects(Entry entry) =>
        entry.Rejects.Select(reject => (entry.Names[reject.NameIndex], reject.Reason, reject.Count));

    /// <summary>Offsets at which entries end.</summary>
    private static List<int> Ends(byte[] bytes)
    {
        var ends = new List<int>();
        for (var at = 0; at < bytes.Length;)
        {
            Assert.That(EntryReader.TryReadHeader(bytes.AsSpan(at), out _, out var length), Is.EqualTo(EntryStatus.Ok));
            ends.Add(at += length);
        }

        return ends;
    }
}
