using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>Channels, rules and labels by the API: each owner's own, proven before use, whatever text is put into them.</summary>
public sealed partial class ChannelApiTests
{
    private const string Nasty = "<img src=x onerror=alert(1)>'; DROP TABLE workers;--{{7*7}}";

    private TestHost _host = null!;
    private HookServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = new HookServer();
        _host = await TestHost.StartAsync(config => config.Backoffice.Notices = SenderTests.Config(_server, allowPrivate: true));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _host.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task A_channel_is_used_when_its_code_was_given_back_and_not_before()
    {
        var me = _host.As(await _host.TokenAsync(Role.Miner));
        var body = new { kind = "webhook", name = Nasty[..40], target = _server.Url + "/a?b=c" };
        var made = await me.PostAsJsonAsync("/api/v1/me/channels", body);
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        var channel = await Json(made);
        var id = channel.GetProperty("id").GetInt64();
        Assert.That(channel.GetProperty("secret").GetString(), Has.Length.EqualTo(64));
        Assert.That(channel.GetProperty("target").GetString(), Is.EqualTo(_server.Url + "/…"), "it may hold a secret");
        Assert.That((await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/test", new { })).StatusCode, Is.EqualTo(HttpStatusCode.Conflict));

        var code = CodeOf(_server.Requests.Last().Body);
        var wrong = code == "00000000" ? "00000001" : "00000000";
        await Refused(400, "code-invalid", await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/verify", new { code = wrong }));
        var verified = await Json(await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/verify", new { code }));
        Assert.That(verified.GetProperty("state").GetString(), Is.EqualTo("ok"));
        Assert.That(verified.GetProperty("secret").ValueKind, Is.EqualTo(JsonValueKind.Null), "shown once");
        Assert.That((await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/test", new { })).StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That((await Json(await me.GetAsync("/api/v1/me/notices"))).GetProperty("items").GetArrayLength(), Is.EqualTo(1));

        var other = _host.As(await _host.TokenAsync(Role.Miner));
        await Refused(404, "no-channel", await other.PostAsJsonAsync($"/api/v1/me/channels/{id}/test", new { }));
        await Refused(404, "no-channel", await other.DeleteAsync($"/api/v1/me/channels/{id}"));
        Assert.That((await me.DeleteAsync($"/api/v1/me/channels/{id}")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    [Test]
    public async Task A_code_can_be_guessed_five_times_and_asked_for_once_a_minute()
    {
        var me = _host.As(await _host.TokenAsync(Role.Miner));
        var made = await Json(await me.PostAsJsonAsync("/api/v1/me/channels", new { kind = "telegram", target = "123" }));
        var id = made.GetProperty("id").GetInt64();
        var code = CodeOf(_server.Requests.Last().Body);
        var wrong = code == "11111111" ? "11111112" : "11111111";
        for (var i = 0; i < 5; i++)
            await Refused(400, "code-invalid", await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/verify", new { code = wrong }));
        await Refused(400, "code-invalid", await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/verify", new { code }));
        await Refused(429, "too-soon", await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/send-code", new { }));
        _host.Clock.Advance(TimeSpan.FromMinutes(1));
        var sent = await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/send-code", new { });
        Assert.That(sent.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        var fresh = CodeOf(_server.Requests.Last().Body);
        await using (var connection = await _host.Database.OpenConnectionAsync())
            await connection.RunAsync("UPDATE notice_channels SET code_until = $1", [_host.Clock.GetUtcNow()], CancellationToken.None);
        await Refused(400, "code-invalid", await me.PostAsJsonAsync($"/api/v1/me/channels/{id}/verify", new { code = fresh }));
    }

    [TestCase("email", "a@example.org", "kind-not-configured")]
    [TestCase("pigeon", "a", "kind-not-configured")]
    [TestCase("webhook", "file:///etc/passwd", "target-invalid")]
    [TestCase("webhook", "https://user:pass@example.org/", "target-invalid")]
    [TestCase("webhook", "gopher://example.org", "target-invalid")]
    [TestCase("webhook", "https://example.org/\r\nX: y", "target-invalid")]
    [TestCase("telegram", "1; DROP", "target-invalid")]
    [TestCase("discord", "https://discord.com/api/webhooks/123456/../../x", "target-invalid")]
    [TestCase("discord", "https://discord.com/api/webhooks/123456/short", "target-invalid")]
    public async Task What_cannot_be_a_channel_is_refused(string kind, string target, string code)
    {
        var me = _host.As(await _host.TokenAsync(Role.Miner));
        await Refused(400, code, await me.PostAsJsonAsync("/api/v1/me/channels", new { kind, target }));
    }

    [Test]
    public async Task An_operator_sees_which_channels_fail_and_not_where_they_lead()
    {
        await using (var connection = await _host.Database.OpenConnectionAsync())
            await connection.RunAsync(
                """
                INSERT INTO notice_channels (login_id, kind, name, target, failures, last_error, created_at)
                VALUES (1, 'discord', 'n', '123/TOKEN', 3, 'answers 404', now())
                """,
                [],
                CancellationToken.None);
        var answer = await (_host.As(await _host.TokenAsync(Role.Operator))).GetAsync("/api/v1/admin/channels");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(text, Does.Contain("answers 404").And.Not.Contain("TOKEN"));
        var support = _host.As(await _host.TokenAsync(Role.Support));
        Assert.That((await support.GetAsync("/api/v1/admin/channels")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task Rules_are_of_own_accounts_and_own_channels()
    {
        var (token, loginId, _) = await _host.SignInAsync(Role.Miner);
        var me = _host.As(token);
        await Refused(404, "no-account", await me.PostAsJsonAsync("/api/v1/me/alerts", new { kind = "worker-off" }));
        await _host.ClaimAsync(loginId, "rules-account");
        await Refused(400, "kind-unknown", await me.PostAsJsonAsync("/api/v1/me/alerts", new { kind = "rain" }));
        await Refused(400, "minutes-invalid", await me.PostAsJsonAsync("/api/v1/me/alerts", new { kind = "worker-off", minutes = 1 }));
        var foreign = new { kind = "worker-off", channels = new[] { 999 } };
        await Refused(400, "no-channel", await me.PostAsJsonAsync("/api/v1/me/alerts", foreign));
        var made = await me.PostAsJsonAsync("/api/v1/me/alerts", new { kind = "worker-low", percent = 60, label = Nasty[..40] });
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        var id = (await Json(made)).GetProperty("id").GetInt64();
        var changed = await Json(await me.PutAsJsonAsync($"/api/v1/me/alerts/{id}", new { on = false, minutes = 30 }));
        Assert.That(
            (changed.GetProperty("kind").GetString(), changed.GetProperty("on").GetBoolean(), changed.GetProperty("minutes").GetInt32()),
            Is.EqualTo(("worker-low", false, 30)));
        var other = _host.As(await _host.TokenAsync(Role.Miner));
        await Refused(404, "no-alert", await other.PutAsJsonAsync($"/api/v1/me/alerts/{id}", new { on = true }));
        await Refused(404, "no-alert", await other.DeleteAsync($"/api/v1/me/alerts/{id}"));
        Assert.That((await me.DeleteAsync($"/api/v1/me/alerts/{id}")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    [Test]
    public async Task Many_workers_are_labelled_at_once_with_any_text_and_found_by_it()
    {
        var (token, loginId, _) = await _host.SignInAsync(Role.Miner);
        var me = _host.As(token);
        var account = await _host.ClaimAsync(loginId, "labels-account");
        await using (var connection = await _host.Database.OpenConnectionAsync())
            await connection.RunAsync(
                "INSERT INTO workers (account_id, name) SELECT $1, 'rig' || g FROM generate_series(1, 300) g",
                [account],
                CancellationToken.None);
        const string Workers = "/api/v1/me/accounts/labels-account/workers";
        var label = Nasty[..48];
        var names = Enumerable.Range(1, 120).Select(i => $"rig{i}").Append("ghost").ToArray();
        var answer = await Json(await me.PutAsJsonAsync($"{Workers}/labels", new { items = new[] { new { workers = names, label } } }));
        Assert.That(answer.GetProperty("changed").GetInt32(), Is.EqualTo(120));
        Assert.That(answer.GetProperty("unknown")[0].GetString(), Is.EqualTo("ghost"));
        var labels = await Json(await me.GetAsync($"{Workers}/labels"));
        Assert.That(labels.GetProperty("items")[0].GetProperty("label").GetString(), Is.EqualTo(label));

        var (found, cursor) = (0, "");
        while (true)
        {
            var page = await Json(await me.GetAsync($"{Workers}?label={Uri.EscapeDataString(label)}&limit=50{cursor}"));
            found += page.GetProperty("items").GetArrayLength();
            if (page.GetProperty("next").GetString() is not { } next) break;
            cursor = $"&cursor={next}";
        }

        Assert.That(found, Is.EqualTo(120));
        var search = await Json(await me.GetAsync($"{Workers}?search=RIG30"));
        Assert.That(search.GetProperty("items").GetArrayLength(), Is.EqualTo(2), "rig30 and rig300");
        Assert.That((await me.GetAsync($"{Workers}?search=%00")).IsSuccessStatusCode);
        await me.PutAsJsonAsync($"{Workers}/labels", new { items = new[] { new { workers = names, label = (string?)null } } });
        Assert.That((await Json(await me.GetAsync($"{Workers}/labels"))).GetProperty("items").GetArrayLength(), Is.Zero);
        foreach (var bad in (string[])["", new string('x', 49), "a\u202eb", "a\nb"])
        {
            var wrong = new { items = new[] { new { workers = names, label = bad } } };
            await Refused(400, "label-invalid", await me.PutAsJsonAsync($"{Workers}/labels", wrong));
        }

        await Refused(400, "labels-invalid", await me.PutAsJsonAsync($"{Workers}/labels", new { items = Array.Empty<object>() }));
        var other = _host.As(await _host.TokenAsync(Role.Miner));
        await Refused(404, "no-account", await other.GetAsync(Workers));
    }

    private static string CodeOf(string body) => Code().Match(body).Groups[1].Value;

    private static async Task Refused(int status, string code, HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), text);
        Assert.That(JsonDocument.Parse(text).RootElement.GetProperty("code").GetString(), Is.EqualTo(code));
    }

    private static async Task<JsonElement> Json(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, $"{answer.RequestMessage?.RequestUri}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    [GeneratedRegex("Code: ([0-9]{8})")]
    private static partial Regex Code();
}
