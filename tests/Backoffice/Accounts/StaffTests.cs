using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>Staff logins, roles, the first admin.</summary>
public sealed class StaffTests
{
    private TestHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() => _host = await TestHost.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task Each_role_may_what_is_its_and_no_more()
    {
        var target = await _host.SignInAsync(Role.Miner);
        (string Method, string Path, object? Body, Role Least)[] all =
        [
            ("GET", "/api/v1/admin/logins", null, Role.Support),
            ("GET", $"/api/v1/admin/logins/{target.LoginId}", null, Role.Support),
            ("DELETE", $"/api/v1/admin/logins/{target.LoginId}/sessions", null, Role.Operator),
            ("GET", "/api/v1/admin/audit", null, Role.Operator),
            ("GET", "/api/v1/admin/audit/verify", null, Role.Operator),
            ("PATCH", $"/api/v1/admin/logins/{target.LoginId}", new { locked = false }, Role.Admin),
            ("DELETE", $"/api/v1/admin/logins/{target.LoginId}/totp", null, Role.Admin),
        ];
        foreach (var role in Enum.GetValues<Role>())
        {
            var client = _host.As(await _host.TokenAsync(role));
            foreach (var (method, path, body, least) in all)
            {
                var answer = await client.Send(new HttpMethod(method), path, body);
                if (role >= least) Assert.That((int)answer.Status, Is.InRange(200, 299), $"{role} {method} {path}");
                else
                    Assert.That(
                        (answer.Status, answer.Code),
                        Is.EqualTo((HttpStatusCode.Forbidden, "role-too-low")), $"{role} {method} {path}");
            }
        }
    }

    [Test]
    public async Task What_is_under_admin_or_me_is_guarded_though_nobody_said_so()
    {
        var routes = _host.Services.GetRequiredService<Microsoft.AspNetCore.Routing.EndpointDataSource>().Endpoints;
        Assert.That(routes, Is.Not.Empty);
        var request = new Microsoft.AspNetCore.Http.DefaultHttpContext().Request;
        var bare = new Microsoft.AspNetCore.Http.Endpoint(null, new Microsoft.AspNetCore.Http.EndpointMetadataCollection(), "bare");
        foreach (var (method, path, need) in new (string, string, AccessNeed?)[]
        {
            ("GET", "/api/v1/admin/new", new AccessNeed(Role.Admin, Scopes.Read, false)),
            ("POST", "/API/v1/ADMIN/new", new AccessNeed(Role.Admin, Scopes.Write, false)),
            ("PUT", "/api/v1/me/new", new AccessNeed(Role.Miner, Scopes.Write, false)),
            ("GET", "/api/v1/menu", null),
            ("GET", "/api/v1/pools", null),
        })
        {
            (request.Method, request.Path) = (method, path);
            Assert.That(Access.NeedOf(bare, request), Is.EqualTo(need), $"{method} {path}");
        }

        Assert.That((await _host.As().Get("/api/v1/admin/audit")).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_role_that_is_taken_away_and_a_lock_count_from_the_next_request_on()
    {
        var admin = _host.As(await _host.TokenAsync(Role.Admin));
        var (token, id, _) = await _host.SignInAsync(Role.Operator);
        var staff = _host.As(token);
        var key = await staff.Post("/api/v1/me/keys", new { name = "k", scopes = new[] { "read" }, code = "x" });
        Assert.That(key.Code, Is.EqualTo("second-factor-refused"), "a key needs the second factor too");
        Assert.That((await staff.Get("/api/v1/admin/audit")).Status, Is.EqualTo(HttpStatusCode.OK));
        var changed = await admin.Send(HttpMethod.Patch, $"/api/v1/admin/logins/{id}", new { role = "support" });
        Assert.That(changed["role"], Is.EqualTo("support"));
        Assert.That((await staff.Get("/api/v1/admin/audit")).Code, Is.EqualTo("role-too-low"));
        await admin.Send(HttpMethod.Patch, $"/api/v1/admin/logins/{id}", new { locked = true });
        Assert.That((await staff.Get("/api/v1/admin/logins")).Code, Is.EqualTo("not-signed-in"));
        await admin.Send(HttpMethod.Patch, $"/api/v1/admin/logins/{id}", new { locked = false });
        Assert.That((await staff.Get("/api/v1/admin/logins")).Code, Is.EqualTo("not-signed-in"), "its sessions ended with the lock");
        Assert.That(
            (await admin.Send(HttpMethod.Patch, $"/api/v1/admin/logins/{id}", new { role = "king" })).Code,
            Is.EqualTo("role-unknown"));
        Assert.That(
            (await admin.Send(HttpMethod.Patch, "/api/v1/admin/logins/999999", new { role = "admin" })).Code,
            Is.EqualTo("no-login"));
    }

    [Test]
    public async Task A_locked_login_has_no_living_session_and_no_living_key_whoever_locked_it()
    {
        var (token, id, _) = await _host.SignInAsync(Role.Operator, hasSecondFactor: false);
        var key = (await _host.As(token).Post("/api/v1/me/keys", new { name = "k", scopes = new[] { "read" } }))["key"];
        await using var connection = await _host.Database.OpenConnectionAsync();
        foreach (var (isLocked, status) in new[] { (true, HttpStatusCode.Unauthorized), (false, HttpStatusCode.OK) })
        {
            await connection.RunAsync("UPDATE logins SET is_locked = $2 WHERE login_id = $1", [id, isLocked], CancellationToken.None);
            foreach (var shown in (string[])[token, key])
                Assert.That((await _host.As(shown).Get("/api/v1/me")).Status, Is.EqualTo(status), $"{isLocked}");
        }
    }

    [Test]
    public async Task The_last_admin_stays()
    {
        await using var host = await TestHost.StartAsync();
        var (token, id, _) = await host.SignInAsync(Role.Admin);
        var admin = host.As(token);
        foreach (var change in (object[])[new { role = "operator" }, new { locked = true }])
            Assert.That((await admin.Send(HttpMethod.Patch, $"/api/v1/admin/logins/{id}", change)).Code, Is.EqualTo("last-admin"));
        var (_, second, _) = await host.SignInAsync(Role.Admin);
        Assert.That((await admin.Send(HttpMethod.Patch, $"/api/v1/admin/logins/{second}", new { role = "miner" })).Status,
            Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task An_operator_decides_about_nobody_above_him()
    {
        var (_, admin, _) = await _host.SignInAsync(Role.Admin);
        var client = _host.As(await _host.TokenAsync(Role.Operator));
        Assert.That((await client.Send(HttpMethod.Delete, $"/api/v1/admin/logins/{admin}/sessions")).Code, Is.EqualTo("role-too-low"));
    }

    [Test]
    public async Task Staff_is_made_with_a_password_that_is_shown_once_and_found_by_search()
    {
        var admin = _host.As(await _host.TokenAsync(Role.Admin));
        foreach (var name in (string[])["ab", "A.B", "a b c", "x@y.zz", "<b>", new string('a', 33)])
            Assert.That((await admin.Post("/api/v1/admin/logins", new { name, role = "support" })).Code, Is.EqualTo("name-invalid"), name);
        Assert.That(
            (await admin.Post("/api/v1/admin/logins", new { name = "miner-role", role = "miner" })).Code,
            Is.EqualTo("role-unknown"));
        var made = await admin.Post("/api/v1/admin/logins", new { name = "jane.doe", role = "operator" });
        Assert.That(made.Status, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            (await admin.Post("/api/v1/admin/logins", new { name = "jane.doe", role = "operator" })).Code,
            Is.EqualTo("name-taken"));
        var signedIn = await _host.As().Post("/api/v1/auth/login", new { name = "jane.doe", password = made["password"] });
        Assert.That(signedIn.Body.GetProperty("login").GetProperty("role").GetString(), Is.EqualTo("operator"));

        var found = await admin.Get("/api/v1/admin/logins?search=JANE&kind=staff&role=operator");
        Assert.That(found.Body.GetProperty("items").GetArrayLength(), Is.EqualTo(1));
        Assert.That(found.Body.GetProperty("items")[0].GetProperty("sessions").GetInt32(), Is.EqualTo(1));
        Assert.That(
            (await admin.Get("/api/v1/admin/logins?search=%27%20OR%20%271%27=%271")).Body.GetProperty("items").GetArrayLength(),
            Is.Zero);
        Assert.That((await admin.Get("/api/v1/admin/logins?kind=robot")).Code, Is.EqualTo("kind-unknown"));
        Assert.That((await admin.Get("/api/v1/admin/logins?limit=0")).Code, Is.EqualTo("bad-limit"));
        var first = await admin.Get("/api/v1/admin/logins?limit=1");
        var next = await admin.Get($"/api/v1/admin/logins?limit=1&cursor={first["next"]}");
        Assert.That(Id(next), Is.LessThan(Id(first)));

        static long Id(Answer page) => page.Body.GetProperty("items")[0].GetProperty("id").GetInt64();
    }

    [Test]
    public async Task Where_the_operator_says_so_staff_changes_nothing_without_a_second_factor()
    {
        await using var host = await TestHost.StartAsync(config =>
            config.Backoffice.Access = new AccessConfig { RequestsPerMinute = 0, StaffNeedsTotp = true });
        var (token, id, _) = await host.SignInAsync(Role.Admin, hasSecondFactor: false);
        var admin = host.As(token);
        Assert.That((await admin.Get("/api/v1/admin/logins")).Status, Is.EqualTo(HttpStatusCode.OK), "looking is free");
        Assert.That((await admin.Get("/api/v1/me"))["secondFactorRequired"], Is.EqualTo("True"));
        Assert.That((await admin.Send(HttpMethod.Delete, $"/api/v1/admin/logins/{id}/totp")).Code, Is.EqualTo("second-factor-required"));
        var strong = host.As(await host.TokenAsync(Role.Admin));
        Assert.That((await strong.Send(HttpMethod.Delete, $"/api/v1/admin/logins/{id}/totp")).Status, Is.EqualTo(HttpStatusCode.NoContent));
    }

    [Test]
    public async Task The_first_admin_is_made_once_and_told_to_the_console_or_to_a_file_for_the_program_alone()
    {
        await using var host = await TestHost.StartAsync();
        var (console, say) = (new StringWriter(), new StringWriter());
        await FirstAdmin.EnsureAsync(host.Database, host.DataDirectory, console, say, host.Clock, CancellationToken.None);
        var password = console.ToString().Split("with password ")[1].Split('\n')[0].Trim();
        Assert.That(password, Does.Match("^[a-z2-9]{6}(-[a-z2-9]{6}){3}$"));
        Assert.That((await host.As().Post("/api/v1/auth/login", new { name = "admin", password })).Status, Is.EqualTo(HttpStatusCode.OK));
        await FirstAdmin.EnsureAsync(host.Database, host.DataDirectory, console, say, host.Clock, CancellationToken.None);
        Assert.That(console.ToString().Split("with password "), Has.Length.EqualTo(2), "told once");
        Assert.That(say.ToString(), Is.Empty);

        await using var service = await TestHost.StartAsync();
        await FirstAdmin.EnsureAsync(service.Database, service.DataDirectory, null, say, service.Clock, CancellationToken.None);
        var file = Path.Combine(service.DataDirectory, "keys", "admin-password");
        Assert.That(say.ToString(), Does.Contain(file));
        Assert.That(File.GetUnixFileMode(file), Is.EqualTo((UnixFileMode)0b110_000_000));
        var stored = (await File.ReadAllTextAsync(file)).Trim();
        Assert.That(say.ToString(), Does.Not.Contain(stored));
        Assert.That((await service.As().Post("/api/v1/auth/login", new { name = "admin", password = stored })).Status,
            Is.EqualTo(HttpStatusCode.OK));
        Assert.That(JsonSerializer.Serialize(await AuditAsync(service)), Does.Contain("login.staff.made").And.Not.Contain(stored));
    }

    private static async Task<List<string>> AuditAsync(TestHost host) => await host.Database.RowsAsync(
        "SELECT action || ' ' || subject || ' ' || details FROM audit_entries", [], row => row.GetString(0), CancellationToken.None);
}
