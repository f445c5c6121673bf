using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;

namespace Viddhana.Tests.Backoffice.Engines;

/// <summary>Bans from an operator's word to the document that engines read.</summary>
public sealed class BansApiTests
{
    private const string Path = "/api/v1/admin/bans";
    private const string Address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private OperatorScene _scene = null!;

    [OneTimeSetUp]
    public async Task Start() => _scene = await OperatorScene.StartAsync(config => config.Pools[0].Ports =
    [
        new PortConfig { Port = 3333, ProxyFrom = ["198.51.100.0/28", "2001:db8:ff::1"] },
    ]);

    [OneTimeTearDown]
    public async Task Stop() => await _scene.DisposeAsync();

    [TestCase("address", "203.0.113.7", "203.0.113.7")]
    [TestCase("address", "203.0.112.0/24", "203.0.112.0/24")]
    [TestCase("address", "203.0.111.7/32", "203.0.111.7")]
    [TestCase("address", "::ffff:203.0.110.7", "203.0.110.7")]
    [TestCase("address", "2001:DB8::/48", "2001:db8::/48")]
    [TestCase("account", "BCRT1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KYGT080", Address)]
    [TestCase("account", "Alice", "alice")]
    [TestCase("account", "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8", "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8")]
    [TestCase("worker", "Alice.Rig7", "alice.Rig7")]
    [TestCase("worker", Address + ".a.b~c", Address + ".a.b~c")]
    public async Task A_ban_is_published_in_the_form_that_engines_compare(string kind, string target, string published)
    {
        using var made = await _scene.Operator.PostAsJsonAsync(Path, new { kind, target, reason = "floods" });
        var text = await made.Content.ReadAsStringAsync();
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created), text);
        var ban = JsonDocument.Parse(text).RootElement;
        Assert.That(ban.GetProperty("target").GetString(), Is.EqualTo(published));
        Assert.That(ban.GetProperty("state").GetString(), Is.EqualTo("active"));
        Assert.That((await _scene.PublishAsync()).Bans.Select(one => one.Target), Does.Contain(published));

        var again = _scene.Operator.PostAsJsonAsync(Path, new { kind, target, reason = "again" });
        Assert.That(await CodeOf(again), Is.EqualTo("409 ban-exists"));
        var id = ban.GetProperty("id").GetInt64();
        Assert.That((await _scene.Operator.DeleteAsync($"{Path}/{id}")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await CodeOf(_scene.Operator.DeleteAsync($"{Path}/{id}")), Is.EqualTo("409 ban-ended"));
        Assert.That((await _scene.PublishAsync()).Bans.Select(one => one.Target), Does.Not.Contain(published));
        Assert.That(await Audited(), Is.SupersetOf(new[] { $"ban.added {kind} {published}", $"ban.lifted {kind} {published}" }));
    }

    [TestCase("planet", "mars", "x", null, "400 ban-kind")]
    [TestCase(null, "mars", "x", null, "400 ban-kind")]
    [TestCase("address", "203.0.113.7", "", null, "400 ban-reason")]
    [TestCase("address", "203.0.113.7", null, null, "400 ban-reason")]
    [TestCase("address", "203.0.113.7", "say \"no\"", null, "400 ban-reason")]
    [TestCase("address", "203.0.113.7", "<img src=x onerror=alert(1)>\n", null, "400 ban-reason")]
    [TestCase("address", "203.0.113.7", "\u001b[2J", null, "400 ban-reason")]
    [TestCase("address", "203.0.113.7", "x", 0L, "400 ban-expiry")]
    [TestCase("address", "203.0.113.7", "x", -5L, "400 ban-expiry")]
    [TestCase("address", "203.0.113.7", "x", 9_999_999_999L, "400 ban-expiry")]
    [TestCase("address", "203.0.113.7/24", "x", null, "400 ban-target")]
    [TestCase("address", "example.com", "x", null, "400 ban-target")]
    [TestCase("address", "", "x", null, "400 ban-target")]
    [TestCase("address", "0.0.0.0/0", "x", null, "400 ban-too-wide")]
    [TestCase("address", "2000::/3", "x", null, "400 ban-too-wide")]
    [TestCase("address", "198.51.100.3", "x", null, "400 ban-of-balancer")]
    [TestCase("address", "198.51.100.0/28", "x", null, "400 ban-of-balancer")]
    [TestCase("address", "2001:db8:ff::1", "x", null, "400 ban-of-balancer")]
    [TestCase("account", "alice.rig", "x", null, "400 ban-target")]
    [TestCase("account", "al ice", "x", null, "400 ban-target")]
    [TestCase("account", "'; DROP TABLE bans;--", "x", null, "400 ban-target")]
    [TestCase("worker", "alice", "x", null, "400 ban-target")]
    [TestCase("worker", "alice.", "x", null, "400 ban-target")]
    [TestCase("worker", ".rig", "x", null, "400 ban-target")]
    public async Task What_is_wrong_is_told_with_what_is_allowed(string? kind, string target, string? reason, long? seconds, string code) =>
        Assert.That(await CodeOf(_scene.Operator.PostAsJsonAsync(Path, new { kind, target, reason, seconds })), Is.EqualTo(code));

    [Test]
    public async Task A_range_around_a_balancer_may_be_banned_for_the_balancer_is_let_in_all_the_same()
    {
        using var made = await _scene.Operator.PostAsJsonAsync(Path, new { kind = "address", target = "198.51.0.0/16", reason = "x" });
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task Seconds_and_a_time_are_not_given_both_and_a_time_lies_ahead()
    {
        var now = _scene.Host.Clock.GetUtcNow();
        foreach (var wrong in (object[])
            [
                new { kind = "account", target = "carol", reason = "x", seconds = 5, expiresAt = now.AddHours(1) },
                new { kind = "account", target = "carol", reason = "x", expiresAt = now },
                new { kind = "account", target = "carol", reason = "x", expiresAt = now.AddYears(11) },
            ]) Assert.That(await CodeOf(_scene.Operator.PostAsJsonAsync(Path, wrong)), Is.EqualTo("400 ban-expiry"));
    }

    [Test]
    public async Task A_ban_ends_by_itself_and_its_target_may_be_banned_again()
    {
        await using var scene = await OperatorScene.StartAsync();
        var order = new { kind = "account", target = "dave", reason = "x", seconds = 60 };
        using var made = await scene.Operator.PostAsJsonAsync(Path, order);
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        var published = (await scene.PublishAsync()).Bans.Single();
        Assert.That(published.ExpiresUtcMs, Is.EqualTo(scene.Host.Clock.GetUtcNow().AddSeconds(60).ToUnixTimeMilliseconds()));

        scene.Host.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.That(await CodeOf(scene.Operator.PostAsJsonAsync(Path, order)), Is.EqualTo("409 ban-exists"));
        scene.Host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await scene.PublishAsync()).Bans, Is.Empty);
        var ended = (await scene.GetAsync($"{Path}?state=ended")).GetProperty("items")[0];
        Assert.That(ended.GetProperty("state").GetString(), Is.EqualTo("expired"));
        Assert.That((await scene.GetAsync(Path)).GetProperty("items").GetArrayLength(), Is.Zero);
        using var again = await scene.Operator.PostAsJsonAsync(Path, order);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Created));

        var all = (await scene.GetAsync($"{Path}?state=all&limit=1")).GetProperty("next").GetString();
        var second = await scene.GetAsync($"{Path}?state=all&limit=1&cursor={all}");
        Assert.That(second.GetProperty("items")[0].GetProperty("endedBy").GetString(), Is.EqualTo("expiry"));
    }

    [Test]
    public async Task Support_reads_and_an_operator_changes()
    {
        Assert.That((await _scene.Nobody.GetAsync(Path)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((await _scene.Support.GetAsync(Path)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var order = new { kind = "account", target = "erin", reason = "x" };
        Assert.That((await _scene.Support.PostAsJsonAsync(Path, order)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await _scene.Support.DeleteAsync($"{Path}/1")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await CodeOf(_scene.Operator.DeleteAsync($"{Path}/999999")), Is.EqualTo("404 ban-unknown"));
        Assert.That(await CodeOf(_scene.Support.GetAsync($"{Path}?state=x")), Is.EqualTo("400 bad-state"));
        Assert.That(await CodeOf(_scene.Support.GetAsync($"{Path}?kind=x")), Is.EqualTo("400 ban-kind"));
        Assert.That(await CodeOf(_scene.Support.GetAsync($"{Path}?limit=1000")), Is.EqualTo("400 bad-limit"));
    }

    [Test]
    public async Task More_than_engines_take_are_refused()
    {
        await using var scene = await OperatorScene.StartAsync();
        await using (var connection = await scene.Host.Database.OpenConnectionAsync())
            await connection.RunAsync(
                """
                INSERT INTO bans (kind, target, reason, created_at, created_by)
                SELECT 'account', 'a' || i, 'x', now(), 'test' FROM generate_series(1, $1) AS i
                """,
                [PublishedDirectory.BansMax],
                CancellationToken.None);
        var code = await CodeOf(scene.Operator.PostAsJsonAsync(Path, new { kind = "account", target = "more", reason = "x" }));
        Assert.That(code, Is.EqualTo("409 ban-limit"));
        Assert.That((await scene.PublishAsync()).Bans, Has.Count.EqualTo(PublishedDirectory.BansMax));

        // What somebody wrote into the table by hand and no line can hold.
        await using (var connection = await scene.Host.Database.OpenConnectionAsync())
            await connection.RunAsync("UPDATE bans SET target = 'a b', reason = 'two' || chr(10) || 'lines' WHERE ban_id = 1", [], default);
        Assert.That((await scene.PublishAsync()).Bans, Has.Count.EqualTo(PublishedDirectory.BansMax - 1));
    }

    [Test]
    public async Task Names_that_logins_made_are_published_and_addresses_are_not()
    {
        await using var scene = await OperatorScene.StartAsync();
        Assert.That((await scene.PublishAsync()).Names, Is.Empty);
        var (_, loginId, _) = await scene.Host.SignInAsync(Viddhana.Backoffice.Accounts.Role.Miner);
        await scene.Host.ClaimAsync(loginId, "alice", isMade: true);
        await scene.Host.ClaimAsync(loginId, Address);
        Assert.That((await scene.PublishAsync()).Names, Is.EqualTo(new[] { "alice" }));
        await scene.Host.ClaimAsync(loginId, "bob2", isMade: true);
        Assert.That((await scene.PublishAsync()).Names, Is.EqualTo(new[] { "alice", "bob2" }));

        File.Delete(scene.PublishedPath);
        Assert.That((await scene.PublishAsync()).Names, Has.Count.EqualTo(2), "what somebody took away is put back");
    }

    private async Task<List<string>> Audited() => await _scene.Host.Database.RowsAsync(
        "SELECT action || ' ' || subject FROM audit_entries", [], row => row.GetString(0), CancellationToken.None);

    private static async Task<string> CodeOf(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var text = await answer.Content.ReadAsStringAsync();
        var code = text.Length > 0 && JsonDocument.Parse(text).RootElement.TryGetProperty("code", out var word) ? word.GetString() : text;
        return $"{(int)answer.StatusCode} {code}";
    }
}
