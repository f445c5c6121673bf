using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Viddhana.Backoffice.Live;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Live;

/// <summary>What viewers get, whatever they do: without a server, each viewer reads from a pipe.</summary>
public sealed partial class LiveHubTests
{
    private readonly HandClock _clock = new();
    private LiveHub _hub = null!;

    [SetUp]
    public void Make() => _hub = new LiveHub(new LiveConfig { ViewersMax = 5, ViewersPerAddressMax = 2 }, _clock);

    [Test]
    public void All_viewers_of_a_pool_get_the_same_bytes_and_others_none_of_it()
    {
        var (all, one, other) = (new Watcher(_hub), new Watcher(_hub, poolId: 1), new Watcher(_hub, poolId: 2));
        var (hello, _, _) = (all.Read(), one.Read(), other.Read());
        _hub.Publish(1, "block", "{\"x\":1}"u8.ToArray());
        var seen = all.Read();
        Assert.That(seen, Does.Match("^id: [0-9a-f]{8}-1\nevent: block\ndata: {\"x\":1}\n\n$"));
        Assert.That(one.Read(), Is.EqualTo(seen));
        Assert.That(other.Read(), Is.Empty);
        Assert.That(hello, Does.Match("^retry: 3000\n\nevent: hello\ndata: {\"resumed\":false,\"process\":\"[0-9a-f]{8}\"}\n\n$"));
    }

    [Test]
    public void Who_comes_back_gets_what_was_missed_and_then_the_newest_figures()
    {
        var first = new Watcher(_hub);
        Tell("a");
        var last = LastId(first.Read());
        first.Leave();
        Tell("b");
        Figures(1, "f1");
        Tell("c");
        Figures(1, "f2");
        Figures(2, "f3");

        var back = new Watcher(_hub, last: last).Read();
        Assert.That(Names(back), Is.EqualTo("hello:true b c f2 f3"));
        var again = new Watcher(_hub, last: LastId(back)).Read();
        Assert.That(Names(again), Is.EqualTo("hello:true f2 f3"), "the last id stands for everything before it");
        Assert.That(Names(new Watcher(_hub, poolId: 2, last: last).Read()), Is.EqualTo("hello:true f3"));
    }

    [Test]
    public void An_id_that_cannot_be_gone_on_from_begins_anew()
    {
        var first = new Watcher(_hub);
        Tell("a");
        var id = LastId(first.Read());
        Figures(1, "f1");
        var another = id with { Process = id.Process + 1 };
        Assert.That(Names(new Watcher(_hub, last: another).Read()), Is.EqualTo("hello:false f1"), "another process");
        Assert.That(Names(new Watcher(_hub, last: id with { Number = 99 }).Read()), Is.EqualTo("hello:false f1"), "not yet given");

        for (var i = 0; i < 300; i++) Tell("x");
        Assert.That(Names(new Watcher(_hub, last: id).Read()), Is.EqualTo("hello:false f1"), "too old");
    }

    [Test]
    public void A_viewer_that_does_not_read_is_let_go_at_once_and_nobody_else_misses_anything()
    {
        var (reads, sleeps) = (new Watcher(_hub), new Watcher(_hub, bufferMax: 600));
        reads.Read();
        var got = "";
        for (var i = 0; i < 40; i++)
        {
            Tell($"event{i}");
            got += reads.Read();
        }

        Assert.That(Names(got).Split(' '), Has.Length.EqualTo(40));
        Assert.That(sleeps.Viewer.Ended.IsCompleted);
        Assert.That(_hub.Slow, Is.EqualTo(1));
        Assert.That(sleeps.Read(), Has.Length.LessThan(800), "nothing was added to a buffer that is full");
        Assert.That(reads.Viewer.Ended.IsCompleted, Is.False);
    }

    [Test]
    public void Nothing_is_written_to_who_has_left_or_whose_connection_is_gone()
    {
        var (left, gone) = (new Watcher(_hub), new Watcher(_hub));
        left.Read();
        left.Leave();
        gone.Hang();
        Tell("a");
        Assert.That(left.Read(), Is.Empty);
        Assert.That(gone.Viewer.Ended.IsCompleted);
    }

    [Test]
    public void Places_are_bounded_in_all_and_by_address_and_come_back()
    {
        var (a, b, c) = (IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"), IPAddress.Parse("2001:db8::1"));
        Assert.That(Admit(a, a, a), Is.EqualTo("Welcome Welcome TooManyFromAddress"));
        Assert.That(Admit(b, b, c, c), Is.EqualTo("Welcome Welcome Welcome Full"));
        _hub.Release(a);
        Assert.That(_hub.Count, Is.EqualTo(4));
        Assert.That(Admit(a, c), Is.EqualTo("Welcome Full"));
        _hub.Close();
        _hub.Release(c);
        Assert.That(Admit(c), Is.EqualTo("Full"), "a server that stops takes nobody in");
    }

    [Test]
    public void Figures_that_did_not_change_are_not_told_again_but_shown_to_who_comes_new()
    {
        var viewer = new Watcher(_hub);
        viewer.Read();
        Figures(1, "f1");
        Figures(1, "f1");
        Assert.That(Names(viewer.Read()), Is.EqualTo("f1"));
        _clock.Advance(60_000);
        Assert.That(Names(new Watcher(_hub).Read()), Is.EqualTo("hello:false f1"));
    }

    [Test]
    public async Task Who_comes_new_asks_for_figures_where_there_are_none_or_old_ones()
    {
        _ = new Watcher(_hub);
        await _hub.WantedAsync(CancellationToken.None);
        Figures(1, "f1");
        _ = new Watcher(_hub);
        using var none = new CancellationTokenSource();
        var wanted = _hub.WantedAsync(none.Token);
        Assert.That(wanted.IsCompleted, Is.False, "these are fresh");
        _clock.Advance(6_000);
        _ = new Watcher(_hub);
        await wanted;
    }

    [Test]
    public void Silence_is_broken_by_a_comment_and_only_for_those_who_heard_nothing()
    {
        var (quiet, lively) = (new Watcher(_hub, poolId: 2), new Watcher(_hub, poolId: 1));
        quiet.Read();
        lively.Read();
        _clock.Advance(10_000);
        Tell("a");
        _clock.Advance(5_000);
        _hub.Beat();
        Assert.That(quiet.Read(), Is.EqualTo(": \n\n"));
        Assert.That(lively.Read(), Does.EndWith("\"a\"\n\n"));
        _hub.Beat();
        Assert.That(quiet.Read(), Is.Empty);
    }

    [TestCase("0000000a-12", 10u, 12)]
    [TestCase("ffffffff-0", uint.MaxValue, 0)]
    public void Ids_are_read_as_they_are_written(string text, uint process, long number)
    {
        Assert.That(LiveId.TryParse(text, out var id));
        Assert.That(id, Is.EqualTo(new LiveId(process, number)));
        Assert.That(id.ToString(), Is.EqualTo(text));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("12")]
    [TestCase("0000000a-")]
    [TestCase("0000000a-+1")]
    [TestCase("0000000a- 1")]
    [TestCase("0000000g-1")]
    [TestCase("0000000a-99999999999999999999")]
    [TestCase("0000000a_1")]
    [TestCase("'; DROP TABLE blocks;--")]
    public void What_is_no_id_is_none(string? text) => Assert.That(LiveId.TryParse(text, out _), Is.False);

    [Test]
    public void The_ring_holds_a_bounded_number_of_events_and_of_bytes_and_knows_what_it_lost()
    {
        var ring = new LiveRing(eventsMax: 3, bytesMax: 100);
        for (var i = 1; i <= 5; i++) ring.Add(new LiveEvent(i * 2, 1, new byte[10]));
        Assert.That(ring.After(0).Select(e => e.Number), Is.EqualTo(new[] { 6, 8, 10 }));
        Assert.That((ring.Reaches(3), ring.Reaches(4), ring.Reaches(10)), Is.EqualTo((false, true, true)));
        ring.Add(new LiveEvent(12, 1, new byte[85]));
        Assert.That(ring.After(0).Select(e => e.Number), Is.EqualTo(new[] { 10, 12 }));
        Assert.That(ring.After(10).Select(e => e.Number), Is.EqualTo(new[] { 12 }));
        ring.Add(new LiveEvent(13, 1, new byte[101]));
        Assert.That((ring.After(0).Any(), ring.Reaches(12), ring.Reaches(13)), Is.EqualTo((false, false, true)), "too large to be kept");
    }

    private static LiveId LastId(string text)
    {
        Assert.That(LiveId.TryParse(Ids().Matches(text)[^1].Groups[1].Value, out var id));
        return id;
    }

    /// <summary>What is in a stream: data that is a JSON string, and for <c>hello</c> whether it goes on.</summary>
    private static string Names(string text) => string.Join(
        ' ', Data().Matches(text).Select(m => m.Groups[2].Success ? $"hello:{m.Groups[2].Value}" : m.Groups[1].Value));

    private void Tell(string what) => _hub.Publish(1, "block", Encoding.UTF8.GetBytes($"\"{what}\""));

    private void Figures(int poolId, string what)
    {
        var data = Encoding.UTF8.GetBytes($"\"{what}\"");
        _hub.PublishSnapshot(poolId, data, data);
    }

    private string Admit(params IPAddress[] addresses) => string.Join(' ', addresses.Select(_hub.TryAdmit));

    [GeneratedRegex("^id: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Ids();

    [GeneratedRegex("^data: (?:\"(.+)\"|{\"resumed\":(true|false).*)$", RegexOptions.Multiline)]
    private static partial Regex Data();

    private sealed class Watcher
    {
        private readonly LiveHub _hub;
        private readonly Pipe _pipe;

        public Watcher(LiveHub hub, int? poolId = null, LiveId? last = null, int bufferMax = 65_536)
        {
            _hub = hub;
            _pipe = new Pipe(new PipeOptions(pauseWriterThreshold: bufferMax, resumeWriterThreshold: 1));
            Viewer = new LiveViewer(_pipe.Writer, IPAddress.Loopback, poolId);
            hub.Join(Viewer, last);
        }

        public LiveViewer Viewer { get; }

        public string Read()
        {
            if (!_pipe.Reader.TryRead(out var result)) return "";
            var text = Encoding.UTF8.GetString(result.Buffer);
            _pipe.Reader.AdvanceTo(result.Buffer.End);
            return text;
        }

        public void Leave() => _hub.Leave(Viewer);

        public void Hang() => _pipe.Reader.Complete();
    }
}
