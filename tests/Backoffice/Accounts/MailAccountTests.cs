using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Storage;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>Accounts with an e-mail address: the answers, and what is in the mails.</summary>
public sealed class MailAccountTests
{
    private const string Password = "correct horse battery";

    private readonly PostBox _box = new();
    private TestHost _host = null!;

    private HttpClient Nobody => _host.As();

    [OneTimeSetUp]
    public async Task Start() => _host = await TestHost.StartAsync(
        config => config.Backoffice.Access.PublicUrl = "https://pool.example.com",
        services => services.AddSingleton<IMailer>(_box));

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [SetUp]
    public void Prepare()
    {
        _host.Clock.Advance(TimeSpan.FromHours(2));
        _box.Mails.Clear();
    }

    [Test]
    public async Task An_account_is_made_confirmed_and_names_its_own_stratum_user()
    {
        var asked = await RegisterAsync("Rig@Example.com");
        Assert.That(asked.Status, Is.EqualTo(HttpStatusCode.Accepted));
        var token = await TokenAsync("rig@example.com", "https://pool.example.com/#/confirm?token=");
        Assert.That((await SignInAsync("rig@example.com")).Code, Is.EqualTo("login-refused"), "not confirmed yet");
        Assert.That((await Nobody.Post("/api/v1/auth/confirm", new { token = token[..^1] })).Code, Is.EqualTo("token-invalid"));
        Assert.That((await Nobody.Post("/api/v1/auth/confirm", new { token })).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Nobody.Post("/api/v1/auth/confirm", new { token })).Code, Is.EqualTo("token-invalid"), "good once");

        var signedIn = await SignInAsync("rig@example.com");
        Assert.That(signedIn.CookieLine, Does.Contain("secure").IgnoreCase, "public_url is https");
        var me = _host.As(signedIn["accessToken"]);
        foreach (var name in (string[])["ab", "Rig", "rig.one", "r\u00efg", "admin'--", new string('a', 33)])
            Assert.That((await me.Post("/api/v1/me/accounts", new { name })).Code, Is.EqualTo("name-invalid"), name);
        Assert.That((await me.Post("/api/v1/me/accounts", new { name = "admin" })).Code, Is.EqualTo("name-taken"));
        await SqlAsync("INSERT INTO accounts (name) VALUES ('someone')");
        Assert.That((await me.Post("/api/v1/me/accounts", new { name = "someone" })).Code, Is.EqualTo("name-taken"), "mines already");
        Assert.That((await me.Post("/api/v1/me/accounts", new { name = "garage1" })).Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await me.Send(HttpMethod.Delete, "/api/v1/me/accounts/garage1")).Code, Is.EqualTo("no-account"), "a name stays");
        for (var i = 2; i <= Claims.MadeMax; i++) await me.Post("/api/v1/me/accounts", new { name = $"garage{i}" });
        Assert.That((await me.Post("/api/v1/me/accounts", new { name = "garage9" })).Code, Is.EqualTo("too-many-names"));
        Assert.That(await _host.Services.GetRequiredService<Claims>().MadeNamesAsync(), Does.Contain("garage1").And.Not.Contain("someone"));

        var staff = _host.As(await _host.TokenAsync(Role.Admin));
        Assert.That((await staff.Post("/api/v1/me/accounts", new { name = "mine" })).Code, Is.EqualTo("email-only"));
    }

    [Test]
    public async Task Who_has_an_account_is_told_to_its_owner_alone()
    {
        var first = await RegisterAsync("owner@example.com");
        await Nobody.Post("/api/v1/auth/confirm", new { token = await TokenAsync("owner@example.com", "confirm?token=") });
        _box.Mails.Clear();
        var again = await RegisterAsync("owner@example.com", "another password");
        Assert.That((again.Status, again["detail"]), Is.EqualTo((first.Status, first["detail"])));
        var mail = await _box.NextAsync("owner@example.com");
        Assert.That(mail.Text, Does.Contain("There is one already").And.Not.Contain("token"));
        Assert.That((await SignInAsync("owner@example.com", "another password")).Code, Is.EqualTo("login-refused"));
        Assert.That((await SignInAsync("owner@example.com")).Status, Is.EqualTo(HttpStatusCode.OK));

        _box.Mails.Clear();
        var known = await Nobody.Post("/api/v1/auth/password/forgot", new { email = "owner@example.com" });
        var unknown = await Nobody.Post("/api/v1/auth/password/forgot", new { email = "nobody@example.com" });
        Assert.That((known.Status, known["detail"]), Is.EqualTo((unknown.Status, unknown["detail"])));
        await _box.NextAsync("owner@example.com");
        Assert.That(_box.Mails.Select(sent => sent.To), Has.None.EqualTo("nobody@example.com"));
    }

    [Test]
    public async Task A_new_password_by_mail_ends_all_sessions_and_all_links()
    {
        await RegisterAsync("lost@example.com");
        await Nobody.Post("/api/v1/auth/confirm", new { token = await TokenAsync("lost@example.com", "confirm?token=") });
        var old = await SignInAsync("lost@example.com");
        _box.Mails.Clear();
        await Nobody.Post("/api/v1/auth/password/forgot", new { email = "lost@example.com" });
        var first = await TokenAsync("lost@example.com", "https://pool.example.com/#/reset?token=");
        _box.Mails.Clear();
        await Nobody.Post("/api/v1/auth/password/forgot", new { email = "lost@example.com" });
        var second = await TokenAsync("lost@example.com", "reset?token=");

        Assert.That((await ResetAsync(first, "short")).Code, Is.EqualTo("password-weak"), "and the link stays good");
        Assert.That((await ResetAsync(first, "a better password")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await ResetAsync(first, "a better password")).Code, Is.EqualTo("token-invalid"));
        Assert.That((await ResetAsync(second, "a better password")).Code, Is.EqualTo("token-invalid"));
        Assert.That((await _host.As(old["accessToken"]).Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"));
        Assert.That((await SignInAsync("lost@example.com", "a better password")).Status, Is.EqualTo(HttpStatusCode.OK));

        await Nobody.Post("/api/v1/auth/password/forgot", new { email = "lost@example.com" });
        _box.Mails.Clear();
        await Nobody.Post("/api/v1/auth/password/forgot", new { email = "lost@example.com" });
        var late = await TokenAsync("lost@example.com", "reset?token=");
        _host.Clock.Advance(MailLinks.ResetLifetime);
        Assert.That((await ResetAsync(late, "a better password")).Code, Is.EqualTo("token-invalid"), "too old");
        Assert.That(
            (await Nobody.Post("/api/v1/auth/confirm", new { token = late })).Code,
            Is.EqualTo("token-invalid"), "of another purpose");
    }

    [Test]
    public async Task The_password_in_force_is_that_of_the_link_that_was_followed()
    {
        await RegisterAsync("victim@example.com", "chosen by a stranger");
        await TokenAsync("victim@example.com", "confirm?token=");
        _box.Mails.Clear();
        await RegisterAsync("victim@example.com", "chosen by the owner");
        var token = await TokenAsync("victim@example.com", "confirm?token=");
        await Nobody.Post("/api/v1/auth/confirm", new { token });
        Assert.That((await SignInAsync("victim@example.com", "chosen by a stranger")).Code, Is.EqualTo("login-refused"));
        Assert.That((await SignInAsync("victim@example.com", "chosen by the owner")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Nobodys_mailbox_is_filled_and_nobody_asks_without_end()
    {
        for (var i = 0; i < 5; i++) Assert.That((await RegisterAsync("flooded@example.com")).Status, Is.EqualTo(HttpStatusCode.Accepted));
        _host.Clock.Advance(TimeSpan.FromMinutes(2));
        await RegisterAsync("flooded@example.com");
        var held = await RegisterAsync("flooded@example.com");
        Assert.That((held.Status, held.Code), Is.EqualTo((HttpStatusCode.TooManyRequests, "too-many-attempts")));
        _host.Clock.Advance(held.RetryAfter!.Value);
        await RegisterAsync("after@example.com");
        await _box.NextAsync("after@example.com");
        Assert.That(_box.Mails.Count(mail => mail.To == "flooded@example.com"), Is.EqualTo(3));
    }

    [TestCase("")]
    [TestCase("rig")]
    [TestCase("rig@localhost")]
    [TestCase("a@b.c,d@e.f")]
    [TestCase("a@b.c\r\nBcc: d@e.f")]
    [TestCase("<a@b.c>")]
    [TestCase("a b@c.de")]
    [TestCase("a@b..de")]
    [TestCase("a@-b.de")]
    [TestCase("a@b.de\u0000")]
    public async Task What_is_no_address_gets_no_mail(string email)
    {
        Assert.That((await RegisterAsync(email)).Code, Is.EqualTo("email-invalid"));
        Assert.That((await Nobody.Post("/api/v1/auth/password/forgot", new { email })).Code, Is.EqualTo("email-invalid"));
    }

    [Test]
    public async Task Without_a_mail_server_or_with_closed_doors_it_is_said()
    {
        await using var bare = await TestHost.StartAsync(config => config.Backoffice.Access.Registration = false);
        var body = new { email = "a@example.com", password = Password };
        Assert.That((await bare.As().Post("/api/v1/auth/register", body)).Code, Is.EqualTo("registration-closed"));
        var forgot = await bare.As().Post("/api/v1/auth/password/forgot", new { email = "a@example.com" });
        Assert.That((forgot.Status, forgot.Code), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "mail-not-configured")));
    }

    private Task<Answer> RegisterAsync(string email, string password = Password) =>
        Nobody.Post("/api/v1/auth/register", new { email, password });

    private Task<Answer> SignInAsync(string name, string password = Password) =>
        Nobody.Post("/api/v1/auth/login", new { name, password });

    private Task<Answer> ResetAsync(string token, string password) =>
        Nobody.Post("/api/v1/auth/password/reset", new { token, password });

    private async Task<string> TokenAsync(string email, string before)
    {
        var text = (await _box.NextAsync(email)).Text;
        Assert.That(text, Does.Contain(before));
        return text[(text.IndexOf(before, StringComparison.Ordinal) + before.Length)..].Split('\n')[0].Trim();
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = await _host.Database.OpenConnectionAsync();
        await connection.RunAsync(sql, [], CancellationToken.None);
    }

    private sealed class PostBox : IMailer
    {
        public ConcurrentQueue<Mail> Mails { get; } = new();

        public bool IsConfigured => true;

        public Task QueueAsync(Mail mail, CancellationToken cancel)
        {
            Mails.Enqueue(mail);
            return Task.CompletedTask;
        }

        public async Task<Mail> NextAsync(string to)
        {
            await Eventually.True(() => Mails.Any(mail => mail.To == to), $"a mail to {to}");
            return Mails.First(mail => mail.To == to);
        }
    }
}
