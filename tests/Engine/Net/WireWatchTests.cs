using System.Net;
using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Core.Stratum;
using Viddhana.Engine.Net;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Net;

public sealed class WireWatchTests
{
    private const string Ping = "{\"id\":1,\"method\":\"mining.ping\",\"params\":[]}\n";

    [Test]
    public async Task Nobody_who_reads_too_slowly_holds_up_a_miner_and_what_he_misses_is_counted()
    {
        using var engine = new TestEngine(new LimitsConfig { MessagesPerSecond = 1_000_000 });
        engine.NewJob();
        using var watch = new WireWatch(IPNetwork.Parse("127.0.0.0/8"), null);
        Assert.That(engine.Setup.WireLog.TryAdd(watch));
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.LoginAsync();
        var pings = string.Concat(Enumerable.Repeat(Ping, 300));
        for (var round = 0; round < 300; round++)
        {
            await client.SendAsync(pings);
            for (var i = 0; i < 300; i++) await client.AnswerAsync(1);
        }

        // Nobody has read a byte of some 6 MB.
        Assert.That(watch.TakeDropped(), Is.Positive);
        var (waiting, entries) = (0L, 0);
        while (watch.TryTake(out var entry, 0, CancellationToken.None))
        {
            waiting += entry.Count;
            entries++;
            entry.Return();
        }

        Assert.That(waiting, Is.InRange(1, WireWatch.WaitingBytesMax));
        Assert.That(entries, Is.LessThanOrEqualTo(WireWatch.WaitingMax));
        Assert.That((await client.ShareAsync(1)).GetProperty("result").GetBoolean(), Is.True);
    }

    [Test]
    public async Task A_watch_sees_what_it_asked_for_from_then_on_and_nothing_once_it_is_removed()
    {
        using var engine = new TestEngine();
        engine.NewJob();
        var port = engine.Listen();
        using var client = await TestClient.ConnectAsync(port);
        await client.LoginAsync();
        Assert.That(engine.Setup.WireLog.IsOn, Is.False);

        using var ours = new WireWatch(IPNetwork.Parse("127.0.0.1/32"), TestPool.Address);
        using var elsewhere = new WireWatch(IPNetwork.Parse("192.0.2.0/24"), null);
        using var nobody = new WireWatch(null, TestPool.Address + ".other");
        foreach (var watch in new[] { ours, elsewhere, nobody }) Assert.That(engine.Setup.WireLog.TryAdd(watch));
        await client.CallAsync("mining.ping", "");
        await client.CallAsync("mining.ping", "");   // its answer shows that the turn of the first is over
        Assert.That(Text(ours), Does.StartWith(
            "in  {\"id\":3,\"method\":\"mining.ping\",\"params\":[]}\nout {\"id\":3,\"result\":\"pong\",\"error\":null}\n"));

        engine.Setup.WireLog.Remove(ours);
        await client.CallAsync("mining.ping", "");
        _ = Text(ours);
        await client.CallAsync("mining.ping", "");
        Assert.That(Text(ours) + Text(elsewhere) + Text(nobody), Is.Empty);
        foreach (var watch in new[] { elsewhere, nobody }) engine.Setup.WireLog.Remove(watch);
        Assert.That(engine.Setup.WireLog.IsOn, Is.False);
    }

    [Test]
    public async Task Who_is_cut_off_is_seen_with_the_reason()
    {
        using var engine = new TestEngine(new LimitsConfig { LineBytes = 1_024 });
        using var watch = new WireWatch(IPNetwork.Parse("127.0.0.0/8"), null);
        Assert.That(engine.Setup.WireLog.TryAdd(watch));
        using var client = await TestClient.ConnectAsync(engine.Listen());
        await client.SendAsync("{\"id\":\"" + new string('x', 2_000));
        Assert.That(await client.IsClosedAsync());
        await Eventually.True(() => engine.Closed("line_too_long") == 1, "it is counted");
        Assert.That(Text(watch), Does.StartWith("in  {\"id\":\"xxx").And.EndWith("closed: line_too_long\n"));
    }

    private static string Text(WireWatch watch)
    {
        var output = new FrameBuffer();
        while (watch.TryTake(out var entry, 0, CancellationToken.None))
        {
            WireText.Append(entry, output);
            entry.Return();
        }

        // Without time, address and connection.
        return string.Concat(Encoding.ASCII.GetString(output.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 4)[3] + "\n"));
    }
}
