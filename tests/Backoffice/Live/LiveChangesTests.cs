using Viddhana.Backoffice.Live;

namespace Viddhana.Tests.Backoffice.Live;

/// <summary>What counts as news.</summary>
public sealed class LiveChangesTests
{
    private LiveChanges _changes = null!;

    [SetUp]
    public void Make() => _changes = new LiveChanges();

    [Test]
    public void What_was_there_before_is_no_news_and_what_changes_is_told_once()
    {
        _changes.Begin(5);
        Assert.That(Look(Row(3, "immature", 2), Row(5, "found")), Is.Empty);
        Assert.That(Look(Row(3, "immature", 2), Row(5, "found")), Is.Empty);
        Assert.That(Look(Row(3, "immature", 3), Row(5, "orphaned")), Is.EqualTo("3 immature Progress, 5 orphaned State"));
        Assert.That(Look(Row(3, "immature", 3), Row(5, "orphaned"), Row(6, "found")), Is.EqualTo("6 found State"));
        Assert.That(_changes.Newest, Is.EqualTo(6));
    }

    [Test]
    public void What_is_final_is_told_and_forgotten_also_when_it_was_never_seen_open()
    {
        Look();
        Assert.That(Look(Row(1, "found")), Is.EqualTo("1 found State"));
        Assert.That(_changes.Open, Is.EqualTo(new long[] { 1 }));
        var both = Look(Row(1, "confirmed", 106, isFinal: true), Row(2, "confirmed", 105, isFinal: true));
        Assert.That(both, Is.EqualTo("1 confirmed State, 2 confirmed State"));
        Assert.That(_changes.Open, Is.Empty);
        Assert.That(_changes.Newest, Is.EqualTo(2), "neither is asked for again");
    }

    private static LiveRow Row(long id, string state, int confirmations = 0, bool isFinal = false) =>
        new(id, 1, state, confirmations, isFinal);

    private string Look(params LiveRow[] rows) =>
        string.Join(", ", _changes.Look(rows).Select(change => $"{change.Row.Id} {change.Row.State} {change.Change}"));
}
