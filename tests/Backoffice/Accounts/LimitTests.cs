using System.Net;
using Viddhana.Backoffice.Accounts;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>Requests a minute, addresses behind proxies, headers of every answer, other origins.</summary>
public sealed class LimitTests
{
    [Test]
    public async Task A_hundred_requests_a_minute_and_then_the_time_to_wait()
    {
        await using var host = await TestHost.StartAsync(config => config.Backoffice.Access = new AccessConfig());
        var nobody = host.As();
        for (var i = 0; i < 100; i++)
            Assert.That((await nobody.Get("/api/v1/pools")).Status, Is.EqualTo(HttpStatusCode.OK), $"request {i}");
        var refused = await nobody.Get("/api/v1/pools");
        Assert.That((refused.Status, refused.Code), Is.EqualTo((HttpStatusCode.TooManyRequests, "rate-limited")));
        Assert.That(refused.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(1)));
        foreach (var path in (string[])["/health", "/ready", "/metrics"])
            Assert.That((await nobody.Get(path)).Status, Is.Not.EqualTo(HttpStatusCode.TooManyRequests), path);
        Assert.That((await nobody.Get("/api/nonsense")).Status, Is.EqualTo(HttpStatusCode.TooManyRequests), "what is not there counts too");
        Assert.That((await nobody.Post("/api/v1/auth/login", new { name = "a", password = "b" })).Code, Is.EqualTo("rate-limited"));

        var me = host.As(await host.TokenAsync(Role.Miner));
        Assert.That((await me.Get("/api/v1/me")).Status, Is.EqualTo(HttpStatusCode.OK), "a login has its own allowance");
        Assert.That(
            (await host.As("vk_" + new string('A', 43)).Get("/api/v1/me")).Code,
            Is.EqualTo("rate-limited"), "a made-up key has none");
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await nobody.Get("/api/v1/pools")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await nobody.Get("/api/v1/pools")).Code, Is.EqualTo("rate-limited"));
    }

    [Test]
    public void Who_does_not_stop_waits_longer_and_who_stops_is_forgiven()
    {
        var (limits, clock) = New(new AccessConfig());
        var address = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < 100; i++) Assert.That(limits.Take(address), Is.Null);
        var longest = TimeSpan.Zero;
        for (var i = 0; i < 200; i++)
        {
            var wait = limits.Take(address);
            Assert.That(wait, Is.GreaterThan(TimeSpan.Zero));
            if (wait > longest) longest = wait!.Value;
        }

        Assert.That(longest, Is.EqualTo(TimeSpan.FromSeconds(64.6)));
        clock.Advance(TimeSpan.FromSeconds(60));
        var told = limits.Take(address);
        Assert.That(told, Is.Not.Null, "the bucket is full, and the wait is not over");
        clock.Advance(told!.Value);
        Assert.That(limits.Take(address), Is.Null);
        for (var i = 0; i < 99; i++) Assert.That(limits.Take(address), Is.Null);
        Assert.That(limits.Take(address), Is.LessThan(TimeSpan.FromSeconds(1)), "forgiven");
    }

    [Test]
    public void One_customer_of_IPv6_counts_once_and_monitoring_not_at_all()
    {
        var (limits, _) = New(new AccessConfig { RequestsPerMinute = 1, UnlimitedFrom = ["192.0.2.0/24"] });
        Assert.That(limits.Take(IPAddress.Parse("2001:db8:1:2::1")), Is.Null);
        Assert.That(limits.Take(IPAddress.Parse("2001:db8:1:2:ffff::9")), Is.Not.Null, "the same /64");
        Assert.That(limits.Take(IPAddress.Parse("2001:db8:1:3::1")), Is.Null);
        for (var i = 0; i < 9; i++) Assert.That(limits.Take(IPAddress.Parse("192.0.2.7")), Is.Null);
        Assert.That(limits.Take(7), Is.Null);
        var (none, _) = New(new AccessConfig { RequestsPerMinute = 0 });
        for (var i = 0; i < 1_000; i++) Assert.That(none.Take(IPAddress.Loopback), Is.Null);
    }

    [Test]
    public async Task Only_a_trusted_proxy_says_who_asks_and_over_what()
    {
        static void Proxied(ViddhanaConfig config) =>
            config.Backoffice.Access = new AccessConfig { RequestsPerMinute = 2, TrustedProxies = ["127.0.0.1", "10.0.0.0/8"] };

        await using var host = await TestHost.StartAsync(Proxied);
        async Task<HttpStatusCode> As(string forwarded) =>
            (await host.As().Send(HttpMethod.Get, "/api/v1/pools", null, ("X-Forwarded-For", forwarded))).Status;

        Assert.That(await As("192.0.2.1"), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await As("203.0.113.9, 192.0.2.1"), Is.EqualTo(HttpStatusCode.OK), "what stands before it is the client's invention");
        Assert.That(await As("192.0.2.1, 10.1.2.3"), Is.EqualTo(HttpStatusCode.TooManyRequests), "through two proxies");
        Assert.That(await As("192.0.2.2"), Is.EqualTo(HttpStatusCode.OK));
        var secure = await host.As().Send(
            HttpMethod.Get, "/api/v1/pools", null, ("X-Forwarded-For", "192.0.2.3"), ("X-Forwarded-Proto", "https"));
        Assert.That(secure.Message.Headers.GetValues("Strict-Transport-Security").Single(), Does.StartWith("max-age="));

        await using var bare = await TestHost.StartAsync(config => config.Backoffice.Access = new AccessConfig { RequestsPerMinute = 2 });
        var seen = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            var answer = await bare.As().Send(
                HttpMethod.Get, "/api/v1/pools", null, ("X-Forwarded-For", $"192.0.2.{i}"), ("X-Forwarded-Proto", "https"));
            seen.Add(answer.Status);
            Assert.That(answer.Message.Headers.Contains("Strict-Transport-Security"), Is.False, "nobody is believed");
        }

        Assert.That(seen[^1], Is.EqualTo(HttpStatusCode.TooManyRequests));
    }

    [Test]
    public async Task Every_answer_has_its_headers_and_other_origins_read_only_where_allowed()
    {
        await using var host = await TestHost.StartAsync(config =>
            config.Backoffice.Access = new AccessConfig { RequestsPerMinute = 0, Origins = ["https://status.example.com"] });
        foreach (var path in (string[])["/", "/api/v1/pools", "/api/v1/me", "/api/v1/pools/nonsense/stats", "/nonsense", "/health"])
        {
            var headers = (await host.As().Get(path)).Message.Headers;
            Assert.That(headers.GetValues("X-Content-Type-Options").Single(), Is.EqualTo("nosniff"), path);
            Assert.That(headers.GetValues("X-Frame-Options").Single(), Is.EqualTo("DENY"), path);
            Assert.That(headers.GetValues("Referrer-Policy").Single(), Is.EqualTo("no-referrer"), path);
            Assert.That(headers.Contains("Strict-Transport-Security"), Is.False, path);
            var policy = headers.GetValues("Content-Security-Policy").Single();
            Assert.That(policy, Does.StartWith("default-src 'none'").And.Contain("frame-ancestors 'none'"), path);
            Assert.That(policy, Does.Not.Contain("unsafe").And.Not.Contain("*").And.Not.Contain("data:"), path);
        }

        foreach (var (origin, isAllowed) in new[] { ("https://status.example.com", true), ("https://evil.example", false) })
        {
            var read = await host.As().Send(HttpMethod.Get, "/api/v1/pools", null, ("Origin", origin));
            Assert.That(read.Message.Headers.Contains("Access-Control-Allow-Origin"), Is.EqualTo(isAllowed), origin);
            Assert.That(read.Message.Headers.Contains("Access-Control-Allow-Credentials"), Is.False, origin);
            var ask = await host.As().Send(
                HttpMethod.Options, "/api/v1/me/keys", null, ("Origin", origin), ("Access-Control-Request-Method", "POST"));
            Assert.That(
                ask.Message.Headers.TryGetValues("Access-Control-Allow-Methods", out var methods) && methods.Any(m => m.Contains("POST")),
                Is.False,
                "reading alone");
        }
    }

    private static (RequestLimits Limits, TestClock Clock) New(AccessConfig access)
    {
        var (clock, config) = (new TestClock(), new ViddhanaConfig());
        config.Backoffice.Access = access;
        return (new RequestLimits(config, clock), clock);
    }
}
