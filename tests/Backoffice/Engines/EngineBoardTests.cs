using Microsoft.Extensions.Logging.Abstractions;
using Viddhana.Backoffice.Engines;

namespace Viddhana.Tests.Backoffice.Engines;

/// <summary>Whether engines live, told by what they say and by the clock here alone.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EngineBoardTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly HandStatus _source = new();
    private readonly EngineBoard _board;

    public EngineBoardTests() => _board = new EngineBoard(_source, _clock, NullLogger<EngineBoard>.Instance);

    public void Dispose() => _board.Dispose();

    [Test]
    public async Task An_engine_whose_document_changes_lives_and_one_whose_does_not_is_silent()
    {
        for (var number = 1; number <= 10; number++)
        {
            _source.Tell(StatusText.Sample(number: number));
            Assert.That(await LookAfter(2), Is.EqualTo(EngineLife.Ok), $"document {number}");
        }

        Assert.That(await LookAfter(10), Is.EqualTo(EngineLife.Ok));
        Assert.That(await LookAfter(1), Is.EqualTo(EngineLife.Silent));
        Assert.That(_board.Engines[0].LastSeen, Is.EqualTo(_clock.GetUtcNow().AddSeconds(-11)));
        _source.Tell(StatusText.Sample(number: 11));
        Assert.That(await LookAfter(1), Is.EqualTo(EngineLife.Ok));
    }

    [Test]
    public async Task A_restart_is_something_new_although_its_numbers_begin_again()
    {
        _source.Tell(StatusText.Sample(number: 5));
        await LookAfter(0);
        _source.Tell(StatusText.Sample(number: 5).Change(json => json["processStart"] = 4));
        Assert.That(await LookAfter(60), Is.EqualTo(EngineLife.Ok));
    }

    [Test]
    public async Task Five_intervals_count_where_that_is_longer()
    {
        _source.Tell(StatusText.Sample().Change(json => json["intervalMs"] = 30_000));
        Assert.That(await LookAfter(150), Is.EqualTo(EngineLife.Ok));
        Assert.That(await LookAfter(1), Is.EqualTo(EngineLife.Silent));
    }

    [TestCase(-3_600_000, EngineLife.Silent, Description = "left behind an hour ago")]
    [TestCase(3_600_000, EngineLife.Ok, Description = "a clock that is an hour ahead")]
    public async Task What_was_there_before_us_is_as_old_as_it_says_unless_that_is_in_the_future(long offMs, EngineLife life)
    {
        _source.Tell(StatusText.Sample().Change(json => json["at"] = StatusText.NowMs + offMs));
        Assert.That(await LookAfter(0), Is.EqualTo(life));
        _source.Tell(StatusText.Sample(number: 2).Change(json => json["at"] = StatusText.NowMs + offMs));
        Assert.That(await LookAfter(2), Is.EqualTo(EngineLife.Ok), "whatever its clock says, it changed");
        Assert.That(await LookAfter(11), Is.EqualTo(EngineLife.Silent));
    }

    [Test]
    public async Task One_that_said_that_it_stops_is_stopped_however_long_ago()
    {
        _source.Tell(StatusText.Sample().Change(json => json["state"] = "stopped"));
        Assert.That(await LookAfter(0), Is.EqualTo(EngineLife.Stopped));
        Assert.That(await LookAfter(9_999), Is.EqualTo(EngineLife.Stopped));
    }

    [Test]
    public async Task A_Redis_that_is_away_is_no_engines_silence()
    {
        _source.Tell(StatusText.Sample());
        await LookAfter(0);
        _source.Failure = new IOException("connection refused");
        Assert.That(await LookAfter(600), Is.EqualTo(EngineLife.Ok));
        Assert.That(_board.Trouble, Is.EqualTo("connection refused"));

        _source.Failure = null;
        _source.Documents.Clear();
        Assert.That(await LookAfter(1), Is.EqualTo(null), "it came back empty, and the engine has been away for ten minutes");
        Assert.That(_board.Trouble, Is.Null);
    }

    [Test]
    public async Task A_document_that_is_gone_for_a_moment_is_not_forgotten_and_one_that_stays_away_is()
    {
        _source.Tell(StatusText.Sample());
        await LookAfter(0);
        _source.Documents.Clear();
        Assert.That(await LookAfter(5), Is.EqualTo(EngineLife.Ok));
        Assert.That(await LookAfter(26), Is.Null);
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{\"format\":0}")]
    [TestCase("null")]
    [TestCase("{\"format\":1,\"engine\":\"zero\"}")]
    [TestCase("{\"format\":1,\"pools\":null}")]
    [TestCase("{\"format\":1,\"pools\":[null]}")]
    [TestCase("{\"format\":1,\"pools\":[{\"id\":\"btc\"}]}")]
    [TestCase("{\"format\":1,\"startedAt\":9223372036854775807}")]
    public async Task What_is_no_document_is_told_and_hides_no_other(string text)
    {
        _source.Documents[7] = System.Text.Encoding.UTF8.GetBytes(text);
        _source.Tell(StatusText.Sample());
        Assert.That(await LookAfter(0), Is.EqualTo(EngineLife.Ok));
        Assert.That(_board.Trouble, Does.StartWith("the status of engine 7 cannot be read"));
        _source.Documents[7] = new byte[EngineStatus.BytesMax + 1];
        await LookAfter(0);
        Assert.That(_board.Trouble, Does.Contain("longer than"));
    }

    private async Task<EngineLife?> LookAfter(int seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        await _board.LookAsync(CancellationToken.None);
        return _board.Engines.Count == 0 ? null : _board.Engines[0].Life;
    }
}
