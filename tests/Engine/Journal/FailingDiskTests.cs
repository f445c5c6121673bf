using Viddhana.Contracts;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Journal;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FailingDiskTests
{
    private readonly JournalFixture _it = new();
    private readonly FailingDisk _disk = new();

    [TearDown]
    public void CleanUp() => _it.Dispose();

    [Test]
    public void A_write_that_fails_at_any_byte_records_nothing_of_it_and_the_next_goes_on_cleanly()
    {
        using var journal = _it.Open(files: _disk.Open);
        _it.AppendAccepted(journal);
        var size = (int)new FileInfo(_it.SegmentPaths().Single()).Length;

        var expected = 1ul;
        for (var bytes = 0; bytes < size; bytes += 7)
        {
            _disk.FailsAfterBytes = bytes;
            Assert.That(_it.AppendAccepted(journal), Is.False);
            Assert.That((journal.IsWritable, journal.Health().Ok), Is.EqualTo((false, false)));
            Assert.That(_it.AppendAccepted(journal), Is.False, "nothing is written until the torn end is cut");
            journal.Tick(_it.Now);
            Assert.That(journal.IsWritable, Is.False, "the disk still fails");

            _disk.FailsAfterBytes = null;
            journal.Tick(_it.Now);
            Assert.That(_it.AppendAccepted(journal), Is.True);
            Assert.That(_it.Entries()[^1].Header.FirstSequence, Is.EqualTo(++expected), $"failed after {bytes} bytes");
        }
    }

    [Test]
    public void A_torn_end_that_cannot_be_cut_stops_writing()
    {
        using var journal = _it.Open(files: _disk.Open);
        _disk.FailsAfterBytes = 10;
        Assert.That(_it.AppendAccepted(journal), Is.False);
        (_disk.FailsAfterBytes, _disk.FailsToTruncate) = (null, true);
        journal.Tick(_it.Now);

        Assert.That(_it.AppendAccepted(journal), Is.False);
        _disk.FailsToTruncate = false;
        journal.Tick(_it.Now);
        Assert.That(_it.AppendAccepted(journal), Is.True);
        Assert.That(_it.Entries(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Whole_entries_of_a_failed_write_keep_their_sequences_since_a_reader_may_have_seen_them()
    {
        using var journal = _it.Open(files: _disk.Open);
        var shares = Enumerable.Range(0, 600).Select(i => ((Worker?)JournalFixture.NewWorker($"{i:d191}"), ShareResult.Accepted)).ToArray();
        _disk.FailsAfterBytes = Streams.MessageMax + 100;
        Assert.That(_it.Append(journal, shares), Is.False);
        var seen = _it.Entries().Single();

        _disk.FailsAfterBytes = null;
        journal.Tick(_it.Now);
        _it.AppendAccepted(journal);

        Assert.That(_it.Entries().Select(entry => entry.Header.FirstSequence), Is.EqualTo(new[] { 1ul, seen.Header.LastSequence + 1 }));
    }

    [Test]
    public void A_full_journal_refuses_shares_until_segments_are_committed()
    {
        _it.Config.MaxBytes = 400_000;
        _it.Config.SegmentBytes = 1 << 20;
        using var journal = _it.Open();
        var appended = 0;
        while (_it.AppendAccepted(journal, 100)) appended++;

        Assert.That(journal.Health().Detail, Does.Contain("the journal is full"));
        Assert.That(_it.Entries(), Has.Count.EqualTo(appended), "all that was answered true is there");
        journal.Tick(_it.Now);
        Assert.That(_it.AppendAccepted(journal), Is.False);

        journal.DeleteCommitted(journal.LastSequence);
        journal.Tick(_it.Now);
        Assert.That(_it.AppendAccepted(journal), Is.True);
        journal.Dispose();
        var log = _it.LogText();
        Assert.That(
            log, Does.Contain("the journal is 80 % full").And.Contain("the journal is full").And.Contain("shares are recorded again"));
        Assert.That(log.Split('\n'), Has.Length.LessThan(8), "one line per change");
    }

    [Test]
    public void A_block_found_while_nothing_can_be_written_is_recorded_first_when_it_can()
    {
        using var journal = _it.Open(files: _disk.Open);
        var round = JournalFixture.RoundOf((JournalFixture.NewWorker("a.b"), ShareResult.SolvesBlock));
        round.Blocks.Add(new SolvedBlock(0, [], []));
        _disk.FailsAfterBytes = 0;
        Assert.That(journal.Append("btc", 9, 7, round, [JournalFixture.Found("aa")], _it.Now), Is.False);
        Assert.That(journal.Append("btc", new BlockVerdict(new string('a', 64), true, "", "n"), _it.Now), Is.False);

        _disk.FailsAfterBytes = null;
        journal.Tick(_it.Now);

        var found = _it.Entries().Single().Found!;
        Assert.That((found.Hash, found.ShareSequence, found.ShareWork), Is.EqualTo((JournalFixture.Found("aa").Hash, 0ul, 0ul)));
    }

    [Test]
    public void With_fsync_always_a_failed_flush_is_no_success_and_is_repeated_from_memory()
    {
        _it.Config.FsyncMs = 0;
        using var journal = _it.Open(files: _disk.Open);
        Assert.That(_it.AppendAccepted(journal), Is.True);
        _disk.FailsToSync = true;

        Assert.That(_it.AppendAccepted(journal), Is.False);
        Assert.That(_it.AppendAccepted(journal), Is.False);
        Assert.That((journal.SyncedSequence, journal.IsWritable), Is.EqualTo((1ul, false)));

        _disk.FailsToSync = false;
        journal.Tick(_it.Now);
        Assert.That(_it.AppendAccepted(journal), Is.True);
        Assert.That((journal.SyncedSequence, journal.LastSequence), Is.EqualTo((3ul, 3ul)));
        Assert.That(_it.Entries(), Has.Count.EqualTo(3));
    }

    [Test]
    public void By_default_an_append_does_not_wait_for_the_disk_and_a_flush_comes_by_itself()
    {
        _it.Config.FsyncMs = 20;
        using var journal = _it.Open(files: _disk.Open);
        _it.AppendAccepted(journal);

        Assert.That(() => journal.SyncedSequence, Is.EqualTo(1).After(30_000, 10));
        Assert.That(_disk.Syncs, Is.Positive);
    }
}
