using System.Text;
using System.Text.Json;
using Viddhana.Engine;

namespace Viddhana.Tests.Engine.Host;

public sealed class LogTests
{
    [Test]
    public void An_event_is_one_line_whatever_a_peer_put_into_it()
    {
        var text = Written(json: false, log => log.Info("net", "worker \u001b[2J\nfake line \u202e\0 é closed"));

        Assert.That(text, Does.EndWith("net      worker ?[2J?fake line ?? é closed\n"));
        Assert.That(text.Count(c => c == '\n'), Is.EqualTo(1));
    }

    [Test]
    public void Json_lines_can_be_parsed()
    {
        var text = Written(json: true, log => log.Error("node", "said \"no\""));

        using var line = JsonDocument.Parse(text);
        Assert.That(line.RootElement.GetProperty("level").GetString(), Is.EqualTo("error"));
        Assert.That(line.RootElement.GetProperty("message").GetString(), Is.EqualTo("said \"no\""));
    }

    [Test]
    public void Events_below_the_level_are_left_out()
    {
        var text = Written(json: false, log =>
        {
            log.Debug("a", "hidden");
            log.Warning("a", "shown");
        });

        Assert.That(text, Does.Contain("shown").And.Not.Contain("hidden"));
    }

    [Test]
    public void A_blocked_output_holds_nobody_up_and_the_loss_is_told()
    {
        using var output = new GatedStream();
        using var log = new Log(output);
        for (var i = 0; i < Log.LinesMax + 100; i++) log.Info("a", "line");   // returns although nobody reads
        output.Gate.Set();

        Assert.That(() => output.Text(), Does.Contain("lines were dropped").After(30_000, 20));
    }

    private static string Written(bool json, Action<Log> write)
    {
        using var output = new MemoryStream();
        using (var log = new Log(output, LogLevel.Info, json)) write(log);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private sealed class GatedStream : MemoryStream
    {
        private readonly Lock _lock = new();

        public ManualResetEventSlim Gate { get; } = new();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Gate.Wait();
            lock (_lock) base.Write(buffer);
        }

        public string Text()
        {
            lock (_lock) return Encoding.UTF8.GetString(ToArray());
        }
    }
}
