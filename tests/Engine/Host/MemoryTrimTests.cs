using Viddhana.Engine;

namespace Viddhana.Tests.Engine.Host;

public sealed class MemoryTrimTests
{
    private const long Megabyte = 1 << 20;

    [Test]
    public void Nothing_is_collected_while_allocation_goes_on_and_once_when_it_has_calmed_down()
    {
        var allocated = 0L;
        var collections = 0;
        using var trim = new MemoryTrim(() => allocated, () => collections++);
        for (var look = 0; look < 5; look++)
        {
            allocated += 20 * Megabyte;
            trim.Look();
        }

        Assert.That(collections, Is.Zero, "in the storm");

        for (var look = 0; look < 5; look++) trim.Look();
        Assert.That(collections, Is.EqualTo(1), "after it");

        allocated += 20 * Megabyte;
        trim.Look();
        trim.Look();
        Assert.That(collections, Is.EqualTo(2), "after the next one");
    }

    [Test]
    public void A_little_that_was_allocated_is_not_worth_a_collection()
    {
        var allocated = 0L;
        var collections = 0;
        using var trim = new MemoryTrim(() => allocated, () => collections++);
        for (var look = 0; look < 70; look++)
        {
            allocated += Megabyte / 10;
            trim.Look();
        }

        Assert.That(collections, Is.Zero);
        for (var look = 0; look < 20; look++)
        {
            allocated += Megabyte / 10;
            trim.Look();
        }

        Assert.That(collections, Is.EqualTo(1), "but many a little is");
    }
}
