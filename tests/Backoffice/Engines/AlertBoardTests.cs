using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Engines;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Tests.Backoffice.Engines;

/// <summary>What is wrong, since when: what flickers is one alert, what passes is none, and a restart forgets nothing.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AlertBoardTests
{
    private static readonly Finding Down = new("node-down", "node a", Severity.Warning, "is down", "start it");
    private static readonly Finding Broken = new("ledger-broken", "ledger", Severity.Critical, "does not balance", "write to us");

    private readonly TestClock _clock = new();
    private readonly HandSource _source = new();
    private readonly Metrics _metrics = new();
    private NpgsqlDataSource _database = null!;
    private ActiveLease _lease = null!;

    [SetUp]
    public async Task Prepare()
    {
        _database = await TestDatabase.NewAsync();
        _lease = new ActiveLease(_database, NullLogger<ActiveLease>.Instance);
        await _lease.StartAsync(CancellationToken.None);
        await _lease.WaitAsync(CancellationToken.None);
    }

    [TearDown]
    public async Task CleanUp()
    {
        await _lease.StopAsync(CancellationToken.None);
        _lease.Dispose();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task What_passes_is_no_alert_and_what_lasts_is_one_with_the_time_it_began()
    {
        using var board = NewBoard();
        var news = 0;
        board.Changed += () => news++;
        var began = _clock.GetUtcNow();
        Assert.That(await Look(board, 0, Down), Is.Empty);
        Assert.That(await Look(board, 5), Is.Empty);
        Assert.That(await Look(board, 5, Down), Is.Empty, "it began anew");
        Assert.That(await Look(board, 9, Down), Is.Empty);
        Assert.That(await Look(board, 1, Down), Is.EqualTo(new[] { new Alert(Down, began.AddSeconds(10)) }));
        var later = await Look(board, 5, Down with { What = "is still down" });
        Assert.That((later.Count, later[0].Since), Is.EqualTo((1, began.AddSeconds(10))));
        Assert.That(news, Is.EqualTo(2));
        Assert.That(_metrics.Text(), Does.Contain("backoffice_alert{kind=\"node-down\",severity=\"warning\",subject=\"node a\"} 1\n"));
        Assert.That(_metrics.Text(), Does.Contain("backoffice_alerts{severity=\"warning\"} 1\n"));
    }

    [Test]
    public async Task What_flickers_is_one_alert_until_it_stays_away()
    {
        using var board = NewBoard();
        await Look(board, 0, Down);
        var since = (await Look(board, 10, Down))[0].Since;
        Assert.That((await Look(board, 14))[0].Since, Is.EqualTo(since));
        Assert.That((await Look(board, 5, Down))[0].Since, Is.EqualTo(since));
        Assert.That(await Look(board, 14), Has.Count.EqualTo(1));
        Assert.That(await Look(board, 1), Is.Empty);
        Assert.That(_metrics.Text(), Does.Not.Contain("node a"));
    }

    [Test]
    public async Task The_gravest_comes_first_and_of_those_the_oldest()
    {
        using var board = NewBoard();
        await Look(board, 0, Down);
        await Look(board, 1, Down, Broken, Down with { Subject = "node b" });
        var alerts = await Look(board, 30, Down with { Subject = "node b" }, Broken, Down);
        Assert.That(alerts.Select(alert => alert.Finding.Subject), Is.EqualTo(new[] { "ledger", "node a", "node b" }));
    }

    [Test]
    public async Task A_restart_knows_since_when_and_ends_what_is_over_by_then()
    {
        using (var board = NewBoard())
        {
            await Look(board, 0, Down, Broken);
            await Look(board, 10, Down, Broken);
        }

        var began = _clock.GetUtcNow().AddSeconds(-10);
        using var next = NewBoard();
        Assert.That(await Look(next, 3_600, Down), Is.EqualTo(new[] { new Alert(Down, began) }), "at once: it has lasted");
        await Look(next, 15, Down);
        await Look(next, 5, Down);
        Assert.That(await Rows(), Is.EqualTo(new[] { ("ledger-broken", false), ("node-down", true) }));
    }

    [Test]
    public async Task A_source_that_fails_blinds_no_other_and_is_told_of()
    {
        using var board = NewBoard(new FailingSource());
        await Look(board, 0, Down);
        var alerts = await Look(board, 10, Down);
        Assert.That(alerts.Select(alert => alert.Finding.Kind), Is.EquivalentTo(new[] { "node-down", "alerts-blind" }));
    }

    [Test]
    public async Task Without_the_database_there_are_alerts_all_the_same()
    {
        await using var unreachable = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1");
        using var blind = new AlertBoard(
            [_source],
            new AlertHistory(unreachable, _lease, _clock, NullLogger<AlertHistory>.Instance),
            _clock,
            _metrics,
            NullLogger<AlertBoard>.Instance);
        await Look(blind, 0, Broken);
        Assert.That(await Look(blind, 10, Broken), Has.Count.EqualTo(1));
    }

    private AlertBoard NewBoard(params IAlertSource[] others) => new(
        [_source, .. others],
        new AlertHistory(_database, _lease, _clock, NullLogger<AlertHistory>.Instance),
        _clock,
        _metrics,
        NullLogger<AlertBoard>.Instance);

    private async Task<IReadOnlyList<Alert>> Look(AlertBoard board, int afterSeconds, params Finding[] findings)
    {
        _clock.Advance(TimeSpan.FromSeconds(afterSeconds));
        _source.Findings = findings;
        await board.LookAsync(CancellationToken.None);
        return board.Current;
    }

    private Task<List<(string Kind, bool IsOpen)>> Rows() => _database.RowsAsync(
        "SELECT kind, ended_at IS NULL FROM alerts ORDER BY kind",
        [],
        row => (row.GetString(0), row.GetBoolean(1)),
        CancellationToken.None);

    private sealed class HandSource : IAlertSource
    {
        public IReadOnlyList<Finding> Findings { get; set; } = [];

        public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancel) => Task.FromResult(Findings);
    }

    private sealed class FailingSource : IAlertSource
    {
        public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancel) => throw new InvalidOperationException("broken");
    }
}
