using Viddhana.Backoffice.Shares;
using Viddhana.Contracts;

namespace Viddhana.Tests.Backoffice.Shares;

/// <summary>Every sequence is applied once and in order, whatever way it arrives.</summary>
public sealed class ShareIntakeTests
{
    private static readonly (string, ulong)[] ThreeShares = [("a", 1), ("a", 1), ("a", 1)];

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void Any_reordering_repetition_and_cutting_of_the_stream_applies_every_sequence_once(int seed)
    {
        var random = new Random(seed);
        TestEngine[] engines = [new(0, 0xA), new(0, 0xB), new(5, 0xA)];
        for (var i = 0; i < 40; i++) engines[random.Next(3)].Shares(
            "p", i, [.. Enumerable.Repeat(("a", 1UL), random.Next(1, 5))], random.Next(2) == 0 ? [] : [("a", RejectReason.Stale, 1u)]);

        var once = engines.SelectMany(engine => engine.Entries).ToList();
        byte[][] entries = [.. once, .. once.Where(_ => random.Next(2) == 0)];
        random.Shuffle(entries);
        var intake = new ShareIntake();
        var applied = new List<(SourceKey, ulong)>();
        for (var at = 0; at < entries.Length;)
        {
            var count = Math.Min(random.Next(1, 6), entries.Length - at);
            Assert.That(intake.Add(new Delivery($"{at}", [.. entries.Skip(at).Take(count).SelectMany(bytes => bytes)])));
            at += count;
            if (random.Next(2) == 0) applied.AddRange(Sequences(intake.Take()));
        }

        applied.AddRange(Sequences(intake.Take()));
        foreach (var engine in engines)
        {
            var source = new SourceKey(engine.Id, engine.Epoch);
            var expected = Enumerable.Range(1, (int)engine.NextSequence - 1).Select(sequence => (ulong)sequence);
            Assert.That(applied.Where(entry => entry.Item1 == source).Select(entry => entry.Item2), Is.EqualTo(expected));
        }

        Assert.That((intake.WaitingBytes, intake.Gaps.Count), Is.EqualTo((0L, 0)));
        Assert.That(intake.TakeDone().Count, Is.GreaterThan(0));
        Assert.That(intake.TakeDone(), Is.Empty);
    }

    [Test]
    public void What_overlaps_the_mark_is_applied_from_the_mark_on_also_inside_an_entry()
    {
        var engine = new TestEngine();
        var entry = engine.Shares("p", 1, ThreeShares, [("a", RejectReason.Stale, 9)]);
        var intake = new ShareIntake();
        intake.SetMark(new SourceKey(0, 0xE0), 2);
        intake.Add(new Delivery("1", entry));
        Assert.That(intake.Take().Single().FromSequence, Is.EqualTo(3UL));
        intake.Add(new Delivery("2", entry));
        Assert.That(intake.Take(), Is.Empty, "the whole entry again");
    }

    [Test]
    public void A_gap_waits_and_is_told_and_only_what_does_not_wait_is_done()
    {
        var engine = new TestEngine();
        byte[][] entries = [engine.Shares("p", 1, ThreeShares), engine.Shares("p", 2, ThreeShares), engine.Shares("p", 3, ThreeShares)];
        var intake = new ShareIntake();
        intake.Add(new Delivery("1", entries[0]));
        intake.Add(new Delivery("3", entries[2]));
        Assert.That(Sequences(intake.Take()).Count(), Is.EqualTo(3));
        Assert.That(intake.Gaps, Is.EqualTo(new[] { new SequenceGap(new SourceKey(0, 0xE0), 4, 6) }));
        Assert.That(intake.TakeDone().Select(delivery => delivery.Id), Is.EqualTo(new[] { "1" }));

        intake.Add(new Delivery("2", entries[1]));
        Assert.That(Sequences(intake.Take()).Select(entry => entry.Item2), Is.EqualTo(new ulong[] { 4, 5, 6, 7, 8, 9 }));
        Assert.That(intake.TakeDone().Select(delivery => delivery.Id), Is.EquivalentTo(new[] { "3", "2" }));
        Assert.That(intake.Gaps, Is.Empty);
    }

    [Test]
    public void A_skip_by_the_operator_lets_the_waiting_entries_through()
    {
        var engine = new TestEngine();
        engine.Shares("p", 1, ThreeShares);
        var second = engine.Shares("p", 2, ThreeShares);
        var intake = new ShareIntake();
        intake.Add(new Delivery("2", second));
        Assert.That(intake.Take(), Is.Empty);
        intake.SetMark(new SourceKey(0, 0xE0), 3);
        Assert.That(Sequences(intake.Take()).Select(entry => entry.Item2), Is.EqualTo(new ulong[] { 4, 5, 6 }));
    }

    [Test]
    public void What_waits_is_bounded_and_comes_again_by_a_rewind()
    {
        var engine = new TestEngine();
        byte[][] entries = [.. Enumerable.Range(0, 100).Select(i => engine.Shares("p", i, ThreeShares))];
        var intake = new ShareIntake(waitingBytesMax: 10 * entries[0].Length);
        for (var i = 1; i < 100; i++) intake.Add(new Delivery($"{i}", entries[i]));
        Assert.That(intake.WaitingBytes, Is.LessThanOrEqualTo(10 * entries[0].Length));
        Assert.That(intake.NeedsRewind, Is.False, "the gap is open");
        Assert.That(intake.TakeDone(), Is.Empty, "nothing is acknowledged that is not applied");

        intake.Add(new Delivery("0", entries[0]));
        var applied = Sequences(intake.Take()).Count();
        Assert.That(intake.NeedsRewind);
        intake.Forget();
        for (var i = 0; i < 100; i++) intake.Add(new Delivery($"{i}", entries[i]));
        applied += Sequences(intake.Take()).Count();
        Assert.That(applied, Is.EqualTo(300));
        Assert.That(intake.TakeDone().Count, Is.EqualTo(100));
        Assert.That(intake.NeedsRewind, Is.False);
    }

    [Test]
    public void Bytes_that_are_no_entry_are_told_and_the_whole_entries_before_them_count()
    {
        var engine = new TestEngine();
        var good = engine.Shares("p", 1, ThreeShares);
        var intake = new ShareIntake();
        Assert.That(intake.Add(new Delivery("1", [.. good, 1, 2, 3])), Is.False);
        Assert.That(Sequences(intake.Take()).Count(), Is.EqualTo(3));

        var absurd = EntryWriter.Write(new Entry
        {
            Header = new EntryHeader(EntryKind.Shares, "p", 0, 0xE0, 4, 1, long.MaxValue, 0, 0),
            Names = ["a"],
            Shares = [new ShareRecord(0, 0, 1, 0)],
        });
        Assert.That(intake.Add(new Delivery("2", absurd)), Is.False, "a time that no calendar has");
    }

    private static IEnumerable<(SourceKey, ulong)> Sequences(IEnumerable<ReadyEntry> entries)
    {
        foreach (var ready in entries)
        {
            var header = ready.Header;
            for (var sequence = ready.FromSequence; sequence <= header.LastSequence; sequence++)
                yield return (new SourceKey(header.EngineId, header.Epoch), sequence);
        }
    }
}
