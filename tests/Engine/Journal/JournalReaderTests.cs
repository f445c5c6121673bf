using Viddhana.Contracts;

namespace Viddhana.Tests.Engine.Journal;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class JournalReaderTests
{
    private readonly JournalFixture _it = new();

    [TearDown]
    public void CleanUp() => _it.Dispose();

    [Test]
    public void Without_a_journal_there_is_nothing()
    {
        var reader = new JournalReader(_it.JournalPath);

        Assert.That(reader.TryOpen(), Is.False);
        Assert.That(reader.ReadFrom(0, 1_000), Is.Empty);
    }

    [Test]
    public void It_follows_what_is_written_over_many_segments()
    {
        _it.Config.SegmentBytes = 400;
        var reader = new JournalReader(_it.JournalPath);
        using var journal = _it.Open(instanceId: 3);
        var read = new List<ulong>();
        for (var i = 0; i < 40; i++)
        {
            _it.AppendAccepted(journal, 1 + (i % 4));
            if (i % 3 == 0) read.AddRange(JournalFixture.Read(reader, read.LastOrDefault()).Select(entry => entry.Header.LastSequence));
        }

        Assert.That((reader.Epoch, reader.EngineId), Is.EqualTo((journal.Epoch, 3)));
        Assert.That(read, Is.EqualTo(_it.Entries().Select(entry => entry.Header.LastSequence)));
        Assert.That(read[^1], Is.EqualTo(100));
    }

    [Test]
    public void Any_place_can_be_asked_for_and_the_first_entry_may_begin_before_it()
    {
        _it.Config.SegmentBytes = 400;
        using var journal = _it.Open();
        for (var i = 0; i < 20; i++) _it.AppendAccepted(journal, 3);
        var reader = new JournalReader(_it.JournalPath);

        for (var after = 60ul; after < 61; after--)
        {
            var entries = JournalFixture.Read(reader, after);
            Assert.That(
                entries.Select(entry => entry.Header.FirstSequence),
                Is.EqualTo(Enumerable.Range(0, 20).Select(i => (ulong)(3 * i) + 1).Where(first => first + 2 > after)),
                $"after {after}");
        }
    }

    [Test]
    public void The_limit_is_kept_but_one_entry_always_comes()
    {
        using var journal = _it.Open();
        for (var i = 0; i < 5; i++) _it.AppendAccepted(journal);
        var reader = new JournalReader(_it.JournalPath);
        var size = reader.ReadFrom(0, 1).Single().Length;

        Assert.That(reader.ReadFrom(0, 3 * size), Has.Count.EqualTo(3));
        Assert.That(reader.ReadFrom(3, 3 * size), Has.Count.EqualTo(2));
        Assert.That(reader.ReadFrom(0, 9 * size, upTo: 2), Has.Count.EqualTo(2));
        Assert.That(reader.ReadFrom(2, 9 * size, upTo: 2), Is.Empty);
        Assert.That(reader.ReadFrom(2, 9 * size, upTo: 4), Has.Count.EqualTo(2));
    }

    [Test]
    public void A_write_in_progress_is_not_read_at_any_length()
    {
        using (var journal = _it.Open())
            for (var i = 0; i < 2; i++) _it.AppendAccepted(journal);
        var path = _it.SegmentPaths().Single();
        var whole = File.ReadAllBytes(path);
        var first = whole.Length / 2;

        for (var length = first; length < whole.Length; length++)
        {
            var reader = new JournalReader(_it.JournalPath);
            File.WriteAllBytes(path, whole[..length]);
            Assert.That(reader.ReadFrom(0, 10_000), Has.Count.EqualTo(1), $"length {length}");
            File.WriteAllBytes(path, whole);
            Assert.That(reader.ReadFrom(1, 10_000), Has.Count.EqualTo(1), $"length {length}");
        }
    }

    [Test]
    public void Damage_is_told_with_file_and_offset()
    {
        _it.Config.SegmentBytes = 400;
        using (var journal = _it.Open())
            for (var i = 0; i < 12; i++) _it.AppendAccepted(journal);
        var path = _it.SegmentPaths()[1];
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);

        Assert.That(
            () => JournalFixture.Read(new JournalReader(_it.JournalPath)),
            Throws.TypeOf<JournalException>().With.Message.Contains($"{path} is damaged at offset"));
    }

    [Test]
    public void Deleted_segments_are_a_gap_that_the_caller_sees()
    {
        _it.Config.SegmentBytes = 400;
        using var journal = _it.Open();
        for (var i = 0; i < 12; i++) _it.AppendAccepted(journal);
        var reader = new JournalReader(_it.JournalPath);
        reader.ReadFrom(0, 1);
        var segments = JournalFiles.Segments(_it.JournalPath);
        journal.DeleteCommitted(segments[2].First - 1);

        Assert.That(JournalFixture.Read(reader, 1)[0].Header.FirstSequence, Is.EqualTo(segments[2].First));
    }
}
