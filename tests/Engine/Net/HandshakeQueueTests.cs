using System.Collections.Concurrent;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

public sealed class HandshakeQueueTests
{
    private const int PatienceMs = 60_000;

    [Test]
    public void Handshakes_wait_while_the_processors_have_enough_to_do_and_begin_in_order()
    {
        var busy = true;
        using var looked = new ManualResetEventSlim();
        var begun = new ConcurrentQueue<int>();
        using var queue = new HandshakeQueue("tls test", () =>
        {
            looked.Set();
            return Volatile.Read(ref busy);
        });
        for (var i = 0; i < 100; i++)
        {
            var number = i;
            queue.TryPost(() => begun.Enqueue(number));
        }

        Assert.That(looked.Wait(PatienceMs));
        Assert.That(begun, Is.Empty);

        Volatile.Write(ref busy, false);
        Assert.That(() => begun.Count, Is.EqualTo(100).After(PatienceMs, 5));
        Assert.That(begun, Is.Ordered);
    }

    [Test]
    public void At_the_end_all_that_wait_are_begun_so_that_none_is_left_open()
    {
        var begun = 0;
        var queue = new HandshakeQueue("tls test", () => true);
        for (var i = 0; i < 100; i++) queue.TryPost(() => begun++);
        queue.Dispose();

        Assert.That(begun, Is.EqualTo(100));
    }
}
