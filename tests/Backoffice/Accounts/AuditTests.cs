using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>The audit log: what is in it, and that tampering shows, where and how.</summary>
public sealed class AuditTests
{
    private TemporaryFolder _folder = null!;
    private NpgsqlDataSource _database = null!;
    private AuditLog _log = null!;
    private AuditChain _chain = null!;

    [SetUp]
    public async Task Start()
    {
        (_folder, _database) = (new TemporaryFolder(), await TestDatabase.NewAsync());
        _log = new AuditLog(_database, new TestClock());
        _chain = new AuditChain(_folder.Path, new TestClock());
        await FillAsync(_log);
    }

    [TearDown]
    public async Task Stop()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task A_whole_log_is_told_whole()
    {
        var report = await VerifyAsync();
        Assert.That((report.IsWhole, report.Entries, report.HeadId, report.BrokenAt), Is.EqualTo((true, 6, 6, (long?)null)));
        Assert.That(report.HeadHash, Has.Length.EqualTo(64));
    }

    [TestCase("UPDATE audit_entries SET subject = 'payout 9' WHERE entry_id = 3", 3)]
    [TestCase("UPDATE audit_entries SET actor = 'bob' WHERE entry_id = 6", 6)]
    [TestCase("UPDATE audit_entries SET at_ms = at_ms + 1 WHERE entry_id = 1", 1)]
    [TestCase("UPDATE audit_entries SET login_id = NULL WHERE entry_id = 2", 2)]
    [TestCase("UPDATE audit_entries SET details = '{}' WHERE entry_id = 4", 4)]
    [TestCase("UPDATE audit_entries SET action = 'payout.froze', subject = 'n' || subject WHERE entry_id = 5", 5)]
    [TestCase("DELETE FROM audit_entries WHERE entry_id = 4", 4)]
    [TestCase("DELETE FROM audit_entries WHERE entry_id = 1", 1)]
    [TestCase("UPDATE audit_entries SET entry_id = 7 WHERE entry_id = 2", 2)]
    public async Task What_was_changed_is_found_at_its_entry(string sql, long entry)
    {
        await TamperAsync(sql);
        var report = await VerifyAsync();
        Assert.That((report.IsWhole, report.BrokenAt), Is.EqualTo((false, entry)));
        Assert.That(report.Detail, Does.StartWith($"entry {entry} "));
        Assert.That(report.HeadId, Is.EqualTo(entry - 1), "good up to there");
    }

    [Test]
    public async Task A_cut_off_end_and_a_log_written_anew_show_by_the_note_outside_of_the_database()
    {
        Assert.That(_chain.Anchor(await VerifyAsync()));
        Assert.That(_chain.Anchor(await VerifyAsync()), Is.False, "noted already");
        await TamperAsync("DELETE FROM audit_entries WHERE entry_id > 4");
        var cut = await VerifyAsync();
        Assert.That((cut.IsWhole, cut.BrokenAt), Is.EqualTo((false, 5L)));
        Assert.That(cut.Detail, Does.Contain("cut off"));
        Assert.That(_chain.Anchor(cut), Is.False, "the note stays");

        for (var i = 5; i <= 8; i++) await _log.AppendAsync(null, AuditActor.Shell(), "payout.frozen", "someone else's");
        var anew = await VerifyAsync();
        Assert.That((anew.IsWhole, anew.BrokenAt), Is.EqualTo((false, 6L)));
        Assert.That(anew.Detail, Does.Contain("written anew"));
    }

    [Test]
    public void The_database_itself_refuses_to_change_or_remove()
    {
        foreach (var sql in (string[])["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"])
            Assert.That(() => SqlAsync(sql), Throws.InstanceOf<PostgresException>().With.Message.Contains("never changed"), sql);
    }

    [Test]
    public async Task An_entry_stands_or_falls_with_what_it_tells()
    {
        await using (var connection = await _database.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await _log.AppendAsync(connection, AuditActor.Shell(), "a.b", "undone");
        }

        Assert.That((await VerifyAsync()).Entries, Is.EqualTo(6));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _log.AppendAsync(null, AuditActor.Program("x"), "a.b", $"{i}")));
        Assert.That((await VerifyAsync()) is { IsWhole: true, Entries: 26 }, "of many at once each has its place");
    }

    [Test]
    public async Task Operators_read_it_in_pages_and_are_told_where_it_is_broken()
    {
        await using var host = await TestHost.StartAsync();
        await FillAsync(host.Services.GetRequiredService<AuditLog>());
        var client = host.As(await host.TokenAsync(Role.Operator));
        var page = await client.Get("/api/v1/admin/audit?limit=4");
        Assert.That(Ids(page), Is.EqualTo(new long[] { 6, 5, 4, 3 }));
        Assert.That(page.Body.GetProperty("chain").GetProperty("isWhole").GetBoolean());
        Assert.That(page.Body.GetProperty("items")[0].GetProperty("details").GetProperty("reason").GetString(), Is.EqualTo("<b>'\u0000"));
        Assert.That(Ids(await client.Get($"/api/v1/admin/audit?limit=4&cursor={page["next"]}")), Is.EqualTo(new long[] { 2, 1 }));
        Assert.That(Ids(await client.Get("/api/v1/admin/audit?subject=payout%203&actor=ANN&action=payout.")), Is.EqualTo(new long[] { 3 }));
        Assert.That(Ids(await client.Get("/api/v1/admin/audit?actor=%27%20OR%201=1--")), Is.Empty);

        await TamperAsync("UPDATE audit_entries SET details = 'no json' WHERE entry_id = 3", host.Database);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        var broken = await client.Get("/api/v1/admin/audit");
        Assert.That(broken.Status, Is.EqualTo(HttpStatusCode.OK), "shown all the same");
        Assert.That(broken.Body.GetProperty("chain").GetProperty("brokenAt").GetInt64(), Is.EqualTo(3));
        Assert.That((await client.Get("/api/v1/admin/audit/verify"))["brokenAt"], Is.EqualTo("3"));
        var ready = await host.As().Get("/ready");
        Assert.That(
            ready.Body.GetProperty("dependencies").GetProperty("audit").GetProperty("ok").GetBoolean(), Is.False, "the operator is told");
    }

    [Test]
    public async Task What_people_do_with_logins_is_in_it_and_no_secret_is()
    {
        await using var host = await TestHost.StartAsync();
        var (token, _, name) = await host.SignInAsync(Role.Admin, hasSecondFactor: false);
        var admin = host.As(token);
        var key = await admin.Post("/api/v1/me/keys", new { name = "k", scopes = new[] { "read" } });
        var made = await admin.Post("/api/v1/admin/logins", new { name = "helper", role = "support" });
        var signedIn = await host.As().Post("/api/v1/auth/login", new { name = "helper", password = made["password"] });
        await host.As().Post("/api/v1/auth/login", new { name = "helper", password = "not the password" });
        // A refusal is written after the answer: who exists is not to be told from how long it takes.
        await Eventually.Holds("the refusal is in it", async () => (await EntriesAsync()).Count == 4);
        await admin.Send(HttpMethod.Delete, $"/api/v1/me/keys/{key["id"]}");

        async Task<List<JsonElement>> EntriesAsync() =>
            [.. (await admin.Get("/api/v1/admin/audit")).Body.GetProperty("items").EnumerateArray()];

        var entries = await EntriesAsync();
        Assert.That(
            entries.Select(entry => entry.GetProperty("action").GetString()).Take(5),
            Is.EqualTo(new[] { "login.key.revoked", "login.refused", "login.session.begun", "login.staff.made", "login.key.made" }));
        Assert.That(entries[3].GetProperty("actor").GetString(), Is.EqualTo(name));
        Assert.That(entries[3].GetProperty("address").GetString(), Is.EqualTo("127.0.0.1"));
        var all = JsonSerializer.Serialize(entries);
        foreach (var secret in (string[])[key["key"], made["password"], signedIn["accessToken"], signedIn.Refresh!, "not the password"])
            Assert.That(all, Does.Not.Contain(secret));
    }

    private Task<AuditReport> VerifyAsync() => _chain.VerifyAsync(_database, CancellationToken.None);

    private static IEnumerable<long> Ids(Answer page) =>
        page.Body.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("id").GetInt64());

    private static async Task FillAsync(AuditLog log)
    {
        for (var i = 1; i <= 6; i++)
        {
            await log.AppendAsync(
                null, new AuditActor(i, "ann", "192.0.2.1"), "payout.frozen", $"payout {i}", new { reason = "<b>'\u0000" });
        }
    }

    private Task TamperAsync(string sql, NpgsqlDataSource? database = null) => SqlAsync(
        $"ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_stay; {sql}; ALTER TABLE audit_entries ENABLE TRIGGER audit_entries_stay",
        database);

    private async Task SqlAsync(string sql, NpgsqlDataSource? database = null)
    {
        await using var connection = await (database ?? _database).OpenConnectionAsync();
        await connection.RunAsync(sql, [], CancellationToken.None);
    }
}
