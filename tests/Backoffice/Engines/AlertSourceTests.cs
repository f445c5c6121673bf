using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Viddhana.Backoffice.Engines;
using Viddhana.Backoffice.Storage;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Engines;

/// <summary>Each thing that can be wrong is found, and nothing is where all is well.</summary>
public sealed class AlertSourceTests
{
    // What is wrong here in any case: no node, no consumer that runs.
    private static readonly string[] Always = ["tracker-node-down", "shares-stand", "payouts-off", "dependency-down"];

    private OperatorScene _scene = null!;
    private int _number = 1;

    [OneTimeSetUp]
    public async Task Start() => _scene = await OperatorScene.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _scene.DisposeAsync();

    private static IEnumerable<TestCaseData> Wrongs()
    {
        yield return Case("", (_, _) => { });
        yield return Case("engine-stopped", (json, _) => json["state"] = "stopped");
        yield return Case("engine-hangs", (json, _) => json["loopSilentMs"] = 10_001);
        yield return Case("port-closed", (json, _) => json["listeners"]![0]!["trouble"] = "no descriptor");
        yield return Case("journal-filling", (json, _) => json["journal"]!["bytes"] = 800);
        yield return Case("", (json, _) => json["journal"]!["bytes"] = 799);
        yield return Case("journal-failing", (json, _) => json["journal"]!["trouble"] = "disk full");
        yield return Case("journal-slow", (json, _) => json["journal"]!["fsyncWorstMs"] = 1_000);
        yield return Case("redis-down", (json, _) => json["redis"] = Redis("down", ok: false));
        yield return Case("", (json, _) => json["redis"] = Redis("shipping", ok: true));
        yield return Case("certificate-expiring", (json, now) => json["tls"] = Tls(now, days: 13));
        yield return Case("", (json, now) => json["tls"] = Tls(now, days: 15));
        yield return Case("certificate-refused", (json, now) => json["tls"] = Tls(now, days: 15).Change(tls => tls["trouble"] = "no key"));
        yield return Case("directory-refused", (json, _) => json["directory"]!["trouble"] = "damaged");
        yield return Case("connections-nearly-full", (json, _) => json["connections"] = 90);
        yield return Case("connections-full", (json, _) => json["limits"]!["refused_full"] = 1);
        yield return Case("session-faults", (json, _) => json["limits"]!["closed_fault"] = 1);
        yield return Case("no-node,node-down", (json, _) => json.Node().Change(node => (node["state"], node["active"]) = ("down", false)));
        yield return Case("node-down", (json, _) => json.Pool()["nodes"]!.AsArray().Add(Second("syncing")));
        yield return Case("", (json, _) => json.Pool()["nodes"]!.AsArray().Add(Second("starting")));
        yield return Case("node-behind", (json, _) => json.Node()["lags"] = true);
        yield return Case("job-old", (json, _) => json.Pool()["jobs"]!["templateAgeSeconds"] = 121);
        yield return Case("", (json, _) => json.Pool()["jobs"]!["templateAgeSeconds"] = 120);
        yield return Case("no-job", (json, _) => json.Pool()["jobs"]!.AsObject().Remove("job"));
        yield return Case("template-refused", (json, _) => json.Pool()["jobs"]!["templateError"] = "unknown rule");
        yield return Case("job-refused", (json, now) => Refused(json, now, minutesAgo: 59));
        yield return Case("", (json, now) => Refused(json, now, minutesAgo: 61));
        yield return Case("no-node,node-down,block-waiting", (json, _) =>
        {
            json.Node().Change(node => (node["state"], node["active"]) = ("down", false));
            json.Pool()["blocksWaiting"] = 1;
        });
    }

    [TestCaseSource(nameof(Wrongs))]
    public async Task What_a_document_tells_is_found(string kinds, Action<JsonObject, long> change)
    {
        await _scene.TellAsync(StatusText.Sample(0, ++_number));
        await _scene.FindAsync();
        var nowMs = _scene.Host.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await _scene.TellAsync(StatusText.Sample(0, ++_number).Change(json => change(json, nowMs)));
        var found = await _scene.FindAsync();
        Assert.That(
            found.Select(finding => finding.Kind).Where(kind => !Always.Contains(kind)),
            Is.EquivalentTo(kinds.Split(',', StringSplitOptions.RemoveEmptyEntries)));
        foreach (var finding in found)
            Assert.That(new[] { finding.Subject, finding.What, finding.Do }, Has.None.Empty, $"{finding.Kind} says what and what to do");
        _scene.Host.Clock.Advance(TimeSpan.FromMinutes(6));   // what has risen is over for the next case
        await _scene.TellAsync(StatusText.Sample(0, ++_number));
    }

    [Test]
    public async Task A_silent_engine_is_found_until_it_is_released()
    {
        await using var scene = await OperatorScene.StartAsync();
        await scene.TellAsync(StatusText.Sample(3));
        scene.Host.Clock.Advance(TimeSpan.FromSeconds(11));
        await scene.TellAsync();
        Assert.That((await scene.FindAsync()).Select(finding => finding.Kind), Does.Contain("engine-silent"));

        await Execute(
            scene, "INSERT INTO sources (engine_id, epoch, last_commit_at, released_at) VALUES (3, '00000000000000e3', now(), now())");
        Assert.That((await scene.FindAsync()).Select(finding => finding.Kind), Has.None.StartsWith("engine-"));
    }

    [Test]
    public async Task An_engine_that_commits_and_does_not_tell_how_it_is_is_found()
    {
        await using var scene = await OperatorScene.StartAsync();
        await Execute(scene, $"""
            INSERT INTO sources (engine_id, epoch, last_commit_at) VALUES
            (4, '00000000000000e4', to_timestamp({StatusText.NowMs / 1_000 - 3_600})),
            (5, '00000000000000e5', to_timestamp({StatusText.NowMs / 1_000 - 8 * 86_400}))
            """);
        Assert.That(
            (await scene.FindAsync()).Where(finding => finding.Kind == "engine-unknown").Select(finding => finding.Subject),
            Is.EqualTo(new[] { "engine 4" }));
    }

    [Test]
    public async Task Payouts_that_do_not_go_on_and_books_that_do_not_balance_are_found()
    {
        await using var scene = await OperatorScene.StartAsync();
        var lease = scene.Host.Services.GetRequiredService<ActiveLease>();
        await ((IHostedService)lease).StartAsync(CancellationToken.None);
        await lease.WaitAsync(CancellationToken.None);
        await Execute(scene, $"""
            INSERT INTO payouts (pool_id, state, state_reason, marker, fee_from, total, is_stuck, created_at)
            SELECT pool_id, s.state, s.why, s.marker, 'pool', 1000, s.stuck, to_timestamp({StatusText.NowMs / 1_000} - s.age)
            FROM pools, (VALUES ('broadcast', 'low fee', 'a', true, 60), ('prepared', 'the wallet is short', 'b', false, 3601),
                ('prepared', '', 'c', false, 3599), ('broadcast', '', 'd', false, 9999), ('failed', '', 'e', true, 9999))
                AS s(state, why, marker, stuck, age)
            """);
        await Execute(scene, "INSERT INTO ledger_accounts (pool_id, kind, balance) SELECT pool_id, 'fee_immature', 5 FROM pools");
        var found = await Eventually.Get(
            "the audit ends", scene.FindAsync, findings => findings.Exists(finding => finding.Kind == "ledger-broken"));
        Assert.That(
            from finding in found
            where finding.Kind.StartsWith("payout-", StringComparison.Ordinal)
            select (finding.Kind, finding.Subject),
            Is.EqualTo(new[] { ("payout-stuck", "pool btc, payout 1"), ("payout-waiting", "pool btc, payout 2") }));
        await ((IHostedService)lease).StopAsync(CancellationToken.None);
    }

    [Test]
    public async Task What_lasts_is_shown_with_what_to_do()
    {
        await using var scene = await OperatorScene.StartAsync();
        var board = scene.Host.Services.GetRequiredService<AlertBoard>();
        for (var number = 1; number < 4; number++)
        {
            await scene.TellAsync(StatusText.Sample(0, number).Change(json => json["journal"]!["bytes"] = 900));
            await board.LookAsync(CancellationToken.None);
            scene.Host.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        var alerts = (await scene.GetAsync("/api/v1/admin/alerts")).GetProperty("items").EnumerateArray().ToList();
        var journal = alerts.Single(alert => alert.GetProperty("kind").GetString() == "journal-filling");
        Assert.That(journal.GetProperty("severity").GetString(), Is.EqualTo("critical"));
        Assert.That(journal.GetProperty("subject").GetString(), Is.EqualTo("engine 0"));
        Assert.That(journal.GetProperty("since").GetDateTimeOffset().ToUnixTimeMilliseconds(), Is.EqualTo(StatusText.NowMs));
        Assert.That(journal.GetProperty("what").GetString(), Does.Contain("90"));
        Assert.That(journal.GetProperty("do").GetString(), Does.Contain("max_bytes"));
    }

    private static TestCaseData Case(string kinds, Action<JsonObject, long> change) =>
        new TestCaseData(kinds, change).SetArgDisplayNames(kinds.Length == 0 ? "nothing" : kinds);

    private static JsonObject Redis(string state, bool ok) =>
        new() { ["state"] = state, ["ok"] = ok, ["detail"] = "refused", ["lag"] = 5, ["messages"] = 1, ["resends"] = 0 };

    private static JsonObject Tls(long nowMs, int days) => new()
    {
        ["sha256"] = new string('a', 64),
        ["notAfter"] = nowMs + 86_400_000L * days + 43_200_000,
        ["subject"] = "CN=pool",
        ["trouble"] = null,
    };

    private static JsonNode Second(string state) => StatusText.Sample().Node().DeepClone().AsObject()
        .Change(node => (node["name"], node["state"], node["active"]) = ("10.0.0.2:8332", state, false));

    private static void Refused(JsonObject json, long nowMs, int minutesAgo)
    {
        var jobs = json.Pool()["jobs"]!;
        (jobs["refused"], jobs["lastRefusal"], jobs["lastRefusalAt"]) = (1, "bad-txns", nowMs - (60_000L * minutesAgo));
    }

    private static async Task Execute(OperatorScene scene, string sql)
    {
        await using var connection = await scene.Host.Database.OpenConnectionAsync();
        await connection.RunAsync(sql, [], CancellationToken.None);
    }
}
