using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>Signing in with a password, the second factor, refresh tokens, sessions and API keys.</summary>
public sealed class PasswordSignInTests
{
    private const string Password = "correct horse battery";
    private static readonly string Hash = new Passwords(iterations: 1_000).Hash(Password);

    private TestHost _host = null!;
    private int _count;

    private HttpClient Nobody => _host.As();

    [OneTimeSetUp]
    public async Task Start() => _host = await TestHost.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [SetUp]
    public void LetFailuresBeForgotten() => _host.Clock.Advance(TimeSpan.FromHours(2));

    [Test]
    public async Task Who_exists_cannot_be_told_from_who_does_not()
    {
        var name = await NewLoginAsync();
        var wrong = await SignInAsync(name, "wrong wrong wrong");
        var unknown = await SignInAsync("nobody@example.com", "wrong wrong wrong");
        var unconfirmed = await SignInAsync(await NewLoginAsync(isConfirmed: false), Password);
        var locked = await NewLoginAsync();
        await SqlAsync("UPDATE logins SET is_locked = true WHERE name = $1", locked);
        var refused = await SignInAsync(locked, Password);
        foreach (var answer in (Answer[])[wrong, unknown, unconfirmed, refused])
        {
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That((answer.Code, answer["detail"]), Is.EqualTo(("login-refused", wrong["detail"])));
        }

        Assert.That((await SignInAsync(name.ToUpperInvariant(), Password)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Guessing_waits_longer_each_time_and_the_owner_waits_a_minute_at_most()
    {
        var name = await NewLoginAsync();
        for (var i = 0; i < 5; i++) Assert.That((await SignInAsync(name, "wrong wrong")).Code, Is.EqualTo("login-refused"));
        Assert.That((await SignInAsync(name, "wrong wrong")).Code, Is.EqualTo("login-refused"), "the sixth begins the waiting");

        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            var held = await SignInAsync(name, Password);
            Assert.That((held.Status, held.Code), Is.EqualTo((HttpStatusCode.TooManyRequests, "too-many-attempts")), "even the right one");
            waits.Add(held.RetryAfter!.Value.TotalSeconds);
            _host.Clock.Advance(held.RetryAfter.Value);
            Assert.That((await SignInAsync(name, "wrong wrong")).Code, Is.EqualTo("login-refused"));
        }

        Assert.That(waits, Is.EqualTo(new double[] { 2, 4, 8, 16, 32, 64, 128, 256 }), "the address waits on");
        var attempts = _host.Services.GetRequiredService<AttemptLimits>();
        Assert.That(attempts.Wait($"login:{name}"), Is.LessThanOrEqualTo(TimeSpan.FromMinutes(1)), "from elsewhere");
        Assert.That(attempts.Wait("place:127.0.0.1"), Is.GreaterThan(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task A_refresh_token_is_good_once_and_its_second_use_ends_the_whole_session()
    {
        var name = await NewLoginAsync();
        var signedIn = await SignInAsync(name, Password);
        var second = await Nobody.WithCookie("/api/v1/auth/refresh", signedIn.Refresh);
        Assert.That(second.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(second.Refresh, Is.Not.EqualTo(signedIn.Refresh).And.Length.EqualTo(43));
        var elsewhere = await SignInAsync(name, Password);

        var stolen = await Nobody.WithCookie("/api/v1/auth/refresh", signedIn.Refresh);
        Assert.That((stolen.Status, stolen.Code, stolen.Refresh), Is.EqualTo((HttpStatusCode.Unauthorized, "refresh-reused", "")));
        Assert.That(
            (await Nobody.WithCookie("/api/v1/auth/refresh", second.Refresh)).Code,
            Is.EqualTo("refresh-expired"), "the newest too");
        Assert.That((await _host.As(second["accessToken"]).Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"), "and the access token");
        Assert.That((await Nobody.WithCookie("/api/v1/auth/refresh", elsewhere.Refresh)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Sessions_end_by_their_time_and_access_tokens_by_theirs()
    {
        var signedIn = await SignInAsync(await NewLoginAsync(), Password);
        var client = _host.As(signedIn["accessToken"]);
        _host.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.That((await client.Get("/api/v1/me")).Status, Is.EqualTo(HttpStatusCode.OK));
        _host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await client.Get("/api/v1/me")).Code, Is.EqualTo("token-expired"));
        Assert.That((await client.Get("/api/v1/pools")).Status, Is.EqualTo(HttpStatusCode.OK), "nobody may look at pools");

        var refreshed = await Nobody.WithCookie("/api/v1/auth/refresh", signedIn.Refresh);
        _host.Clock.Advance(TimeSpan.FromDays(6));
        refreshed = await Nobody.WithCookie("/api/v1/auth/refresh", refreshed.Refresh);
        Assert.That(refreshed.Status, Is.EqualTo(HttpStatusCode.OK), "used within seven days");
        _host.Clock.Advance(TimeSpan.FromDays(7));
        Assert.That((await Nobody.WithCookie("/api/v1/auth/refresh", refreshed.Refresh)).Code, Is.EqualTo("refresh-expired"));
    }

    [Test]
    public async Task The_cookie_is_for_pages_of_this_pool_alone()
    {
        var signedIn = await SignInAsync(await NewLoginAsync(), Password);
        foreach (var origin in (string[])["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"])
        {
            Assert.That(
                (await Nobody.WithCookie("/api/v1/auth/refresh", signedIn.Refresh, origin)).Code,
                Is.EqualTo("origin-refused"), origin);
            Assert.That(
                (await Nobody.WithCookie("/api/v1/auth/logout", signedIn.Refresh, origin)).Code,
                Is.EqualTo("origin-refused"), origin);
        }

        var without = await Nobody.Send(HttpMethod.Post, "/api/v1/auth/refresh", null, ("Cookie", $"viddhana_refresh={signedIn.Refresh}"));
        Assert.That(without.Code, Is.EqualTo("origin-refused"));
        Assert.That((await Nobody.WithCookie("/api/v1/auth/refresh", "")).Code, Is.EqualTo("refresh-missing"));
        Assert.That((await Nobody.WithCookie("/api/v1/auth/refresh", "abc")).Code, Is.EqualTo("refresh-expired"));
        Assert.That((await Nobody.WithCookie("/api/v1/auth/logout", signedIn.Refresh)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await _host.As(signedIn["accessToken"]).Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"));
        var line = signedIn.CookieLine!;
        Assert.That(line, Does.Contain("; path=/api/v1/auth; samesite=strict; httponly").IgnoreCase.And.Not.Contain("secure"));
        Assert.That(signedIn.Message.Headers.CacheControl!.NoStore);
    }

    [Test]
    public async Task A_second_factor_is_proven_then_asked_for_and_a_code_is_good_once()
    {
        var name = await NewLoginAsync();
        var signedIn = await SignInAsync(name, Password);
        var elsewhere = await SignInAsync(name, Password);
        var me = _host.As(signedIn["accessToken"]);
        Assert.That((await me.Post("/api/v1/me/totp", new { password = "wrong" })).Code, Is.EqualTo("password-refused"));
        var offer = await me.Post("/api/v1/me/totp", new { password = Password });
        Assert.That(offer["uri"], Does.StartWith("otpauth://totp/Viddhana%3A").And.Contain($"secret={offer["secret"]}"));
        var secret = FromBase32(offer["secret"]);
        Assert.That((await SignInAsync(name, Password)).Status, Is.EqualTo(HttpStatusCode.OK), "offered is not in force");
        Assert.That((await me.Send(HttpMethod.Put, "/api/v1/me/totp", new { code = "000000" })).Code, Is.EqualTo("second-factor-refused"));

        var enabled = await me.Send(HttpMethod.Put, "/api/v1/me/totp", new { code = CodeOf(secret) });
        Assert.That(enabled.Status, Is.EqualTo(HttpStatusCode.OK), enabled.Body.ToString());
        string[] backup = [.. enabled.Body.GetProperty("backupCodes").EnumerateArray().Select(code => code.GetString()!)];
        Assert.That(backup, Has.Length.EqualTo(10).And.Unique);
        Assert.That((await _host.As(elsewhere["accessToken"]).Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"), "begun without a code");

        Assert.That((await SignInAsync(name, Password)).Code, Is.EqualTo("second-factor-required"));
        Assert.That((await SignInAsync(name, Password, CodeOf(secret))).Code, Is.EqualTo("second-factor-refused"), "this code is used");
        _host.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That((await SignInAsync(name, Password, CodeOf(secret))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await SignInAsync(name, Password, CodeOf(secret))).Code, Is.EqualTo("second-factor-refused"));
        _host.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That((await SignInAsync(name, Password, CodeOf(secret, -2))).Code, Is.EqualTo("second-factor-refused"), "too old");
        Assert.That((await SignInAsync(name, Password, CodeOf(secret, 1))).Status, Is.EqualTo(HttpStatusCode.OK), "a clock that is fast");

        Assert.That((await SignInAsync(name, Password, backup[0].ToLowerInvariant())).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await SignInAsync(name, Password, backup[0])).Code, Is.EqualTo("second-factor-refused"), "good once");
        LetFailuresBeForgotten();
        Assert.That(
            (await SignInAsync(name, Password, backup[1].Replace("-", "", StringComparison.Ordinal))).Status,
            Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_second_factor_goes_by_a_code_and_backup_codes_are_renewed()
    {
        var (name, secret, backup) = await NewWithTotpAsync();
        var me = _host.As((await SignInAsync(name, Password, backup[0]))["accessToken"]);
        Assert.That((await me.Get("/api/v1/me")).Body.GetProperty("backupCodesLeft").GetInt32(), Is.EqualTo(9));
        var renewed = await me.Post("/api/v1/me/totp/codes", new { code = backup[1] });
        Assert.That(renewed.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            (await me.Post("/api/v1/me/totp/codes", new { code = backup[2] })).Code,
            Is.EqualTo("second-factor-refused"), "replaced");
        Assert.That((await me.Send(HttpMethod.Delete, "/api/v1/me/totp", new { code = "123" })).Code, Is.EqualTo("second-factor-refused"));
        _host.Clock.Advance(TimeSpan.FromSeconds(60));
        var gone = await me.Send(HttpMethod.Delete, "/api/v1/me/totp", new { code = CodeOf(secret) });
        Assert.That(gone.Status, Is.EqualTo(HttpStatusCode.NoContent), gone.Body.ToString());
        Assert.That((await SignInAsync(name, Password)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Another_password_ends_the_other_sessions()
    {
        var name = await NewLoginAsync();
        var (here, there) = (await SignInAsync(name, Password), await SignInAsync(name, Password));
        var me = _host.As(here["accessToken"]);
        Task<Answer> Change(string current, string password) =>
            me.Send(HttpMethod.Put, "/api/v1/me/password", new { current, password });

        Assert.That((await Change("wrong", "a new password here")).Code, Is.EqualTo("password-refused"));
        Assert.That((await Change(Password, "short")).Code, Is.EqualTo("password-weak"));
        Assert.That((await Change(Password, "aaaaaaaaaaaaaaa")).Code, Is.EqualTo("password-weak"));
        Assert.That((await Change(Password, "my name is " + name.Split('@')[0])).Code, Is.EqualTo("password-weak"));
        Assert.That((await Change(Password, "a new password here")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await me.Get("/api/v1/me")).Status, Is.EqualTo(HttpStatusCode.OK), "this one stays");
        Assert.That((await _host.As(there["accessToken"]).Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"));
        Assert.That((await SignInAsync(name, Password)).Code, Is.EqualTo("login-refused"));
        Assert.That((await SignInAsync(name, "a new password here")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Sessions_are_listed_and_ended_one_by_one_or_all_but_this()
    {
        var name = await NewLoginAsync();
        var (here, there) = (await SignInAsync(name, Password), await SignInAsync(name, Password));
        var third = await SignInAsync(name, Password);
        var me = _host.As(here["accessToken"]);
        var list = (await me.Get("/api/v1/me/sessions")).Body.GetProperty("items").EnumerateArray().ToList();
        Assert.That(list, Has.Count.EqualTo(3));
        Assert.That(list.Count(session => session.GetProperty("current").GetBoolean()), Is.EqualTo(1));
        Assert.That(list[0].GetProperty("address").GetString(), Is.EqualTo("127.0.0.1"));

        var other = list.First(session => !session.GetProperty("current").GetBoolean()).GetProperty("id").GetInt64();
        var stranger = _host.As(await _host.TokenAsync(Role.Admin));
        Assert.That((await stranger.Send(HttpMethod.Delete, $"/api/v1/me/sessions/{other}")).Code, Is.EqualTo("no-session"));
        Assert.That((await me.Send(HttpMethod.Delete, $"/api/v1/me/sessions/{other}")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await me.Send(HttpMethod.Delete, "/api/v1/me/sessions")).Status, Is.EqualTo(HttpStatusCode.NoContent));
        foreach (var ended in (Answer[])[there, third])
            Assert.That((await _host.As(ended["accessToken"]).Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"));
        Assert.That((await me.Get("/api/v1/me")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task An_API_key_is_shown_once_has_its_scopes_and_ends()
    {
        var (token, loginId, _) = await _host.SignInAsync(Role.Operator, hasSecondFactor: false);
        var me = _host.As(token);
        Assert.That((await me.Post("/api/v1/me/keys", new { name = "x", scopes = new[] { "root" } })).Code, Is.EqualTo("scopes-invalid"));
        Assert.That((await me.Post("/api/v1/me/keys", new { name = "", scopes = new[] { "read" } })).Code, Is.EqualTo("name-invalid"));
        var made = await me.Post("/api/v1/me/keys", new { name = "rig", scopes = new[] { "read" }, expiresInDays = 1 });
        Assert.That(made.Status, Is.EqualTo(HttpStatusCode.Created), made.Body.ToString());
        Assert.That(made["key"], Does.Match("^vk_[A-Za-z0-9_-]{43}$"));
        var listed = (await me.Get("/api/v1/me/keys")).Body.GetProperty("items")[0];
        Assert.That(listed.TryGetProperty("key", out _), Is.False, "never again");
        Assert.That(made["key"], Does.StartWith(listed.GetProperty("prefix").GetString()!));
        Assert.That((await SqlAsync("SELECT count(*) FROM api_keys WHERE position($1 IN encode(secret_hash, 'escape')) > 0", made["key"])),
            Is.Zero);

        var reader = _host.As(made["key"]);
        Assert.That((await reader.Get("/api/v1/me/accounts")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await reader.Get("/api/v1/admin/logins")).Status, Is.EqualTo(HttpStatusCode.OK), "with the role of its login");
        Assert.That((await reader.Send(HttpMethod.Delete, $"/api/v1/admin/logins/{loginId}/sessions")).Code, Is.EqualTo("scope-missing"));
        foreach (var path in (string[])["/api/v1/me/keys", "/api/v1/me/sessions"])
            Assert.That((await reader.Get(path)).Code, Is.EqualTo("session-needed"), path);
        Assert.That((await me.Get("/api/v1/me/keys")).Body.GetProperty("items")[0].GetProperty("lastUsedAt").GetDateTimeOffset(),
            Is.EqualTo(_host.Clock.GetUtcNow()));
        Assert.That((await _host.As(made["key"][..^1] + (made["key"][^1] == 'A' ? 'B' : 'A')).Get("/api/v1/me")).Code,
            Is.EqualTo("not-signed-in"));

        var writer = await me.Post("/api/v1/me/keys", new { name = "w", scopes = new[] { "read", "write" } });
        var ended = await _host.As(writer["key"]).Send(HttpMethod.Delete, $"/api/v1/admin/logins/{loginId}/sessions");
        Assert.That(ended.Status, Is.EqualTo(HttpStatusCode.NoContent), "its sessions ended, the key is none of them");
        Assert.That((await _host.As(writer["key"]).Get("/api/v1/me")).Status, Is.EqualTo(HttpStatusCode.OK));
        _host.Clock.Advance(TimeSpan.FromDays(1));
        Assert.That((await reader.Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"), "expired");
        Assert.That((await _host.As(writer["key"]).Get("/api/v1/me")).Status, Is.EqualTo(HttpStatusCode.OK));
        await SqlAsync("UPDATE api_keys SET revoked_at = now() WHERE name = $1", "w");
        Assert.That((await _host.As(writer["key"]).Get("/api/v1/me")).Code, Is.EqualTo("not-signed-in"), "revoked");
    }

    [Test]
    public async Task Payments_of_an_own_name_are_decided_by_password_and_code()
    {
        var (name, secret, _) = await NewWithTotpAsync();
        var loginId = await SqlAsync("SELECT login_id FROM logins WHERE name = $1", name);
        var accountId = await _host.ClaimAsync(loginId, $"own{loginId}", isMade: true);
        var caller = new Caller(loginId, name, Role.Miner, Scopes.Read | Scopes.Write, false, true);
        var proofs = _host.Services.GetRequiredService<OwnershipProof>();
        var subject = new ProofSubject(accountId, "bitcoin", "regtest");
        Assert.That((await proofs.NeedOfAsync(subject)).Kind, Is.EqualTo("password"));
        async Task<string> TryAsync(string password, string code, Caller by) =>
            (await proofs.CheckAsync(by, subject, new Proof(null, null, password, code), "payout-settings", "x")).Code;

        _host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await TryAsync(Password, "", caller), Is.EqualTo("proof-refused"));
        Assert.That(await TryAsync("wrong", CodeOf(secret), caller), Is.EqualTo("proof-refused"));
        Assert.That(
            await TryAsync(Password, CodeOf(secret), caller with { HasSecondFactor = false }),
            Is.EqualTo("second-factor-required"));
        Assert.That(await TryAsync(Password, CodeOf(secret), caller), Is.Empty, "a wrong password does not use the code up");
        Assert.That(await TryAsync(Password, CodeOf(secret), caller), Is.EqualTo("proof-refused"), "replayed");
        for (var i = 0; i < 5; i++) await TryAsync("wrong", "", caller);
        Assert.That(await TryAsync(Password, CodeOf(secret, 1), caller), Is.EqualTo("too-many-attempts"));
    }

    private async Task<(string Name, byte[] Secret, string[] Backup)> NewWithTotpAsync()
    {
        var name = await NewLoginAsync();
        var me = _host.As((await SignInAsync(name, Password))["accessToken"]);
        var secret = FromBase32((await me.Post("/api/v1/me/totp", new { password = Password }))["secret"]);
        var enabled = await me.Send(HttpMethod.Put, "/api/v1/me/totp", new { code = CodeOf(secret) });
        return (name, secret, [.. enabled.Body.GetProperty("backupCodes").EnumerateArray().Select(code => code.GetString()!)]);
    }

    private async Task<string> NewLoginAsync(bool isConfirmed = true)
    {
        var name = $"miner{Interlocked.Increment(ref _count)}@example.com";
        await using var connection = await _host.Database.OpenConnectionAsync();
        await new LoginStore(_host.Clock).MakeAsync(
            connection, LoginStore.Email, name, Role.Miner, Hash, isConfirmed, CancellationToken.None);
        return name;
    }

    private Task<Answer> SignInAsync(string name, string password, string? code = null) =>
        Nobody.Post("/api/v1/auth/login", new { name, password, code });

    private async Task<long> SqlAsync(string sql, string value)
    {
        await using var connection = await _host.Database.OpenConnectionAsync();
        return await connection.ScalarAsync<long>(sql, [value], CancellationToken.None);
    }

    private string CodeOf(byte[] secret, int steps = 0) => Totp.Code(secret, Totp.Step(_host.Clock.GetUtcNow()) + steps);

    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }
}
