using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Pools;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>What all ways to sign in have in common: limits of attempts, the second factor, session, cookie.</summary>
internal sealed class SignIns(
    Sessions sessions, AccessTokens tokens, SecondFactor second, AttemptLimits attempts, AuditLog audit, ViddhanaConfig config)
{
    /// <summary>The cookie of refresh tokens.</summary>
    public const string Cookie = "viddhana_refresh";

    private const string CookiePath = "/api/v1/auth";

    /// <summary>Who comes from here waits up to this long.</summary>
    public static readonly TimeSpan AddressWaitMax = TimeSpan.FromMinutes(15);

    /// <summary>Who is meant waits only this long: anyone may fail in another's name.</summary>
    public static readonly TimeSpan LoginWaitMax = TimeSpan.FromMinutes(1);

    /// <summary>The client's address as limits count it: of IPv6 a /64, which is what one customer has.</summary>
    public static string Place(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return $"{new IPAddress(bytes)}/64";
    }

    /// <summary>A refusal while one of the subjects has to wait, with Retry-After; else null.</summary>
    public IResult? Hold(HttpContext context, params ReadOnlySpan<string> subjects)
    {
        if (attempts.Wait(subjects) is not { } wait) return null;
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.Of(429, "too-many-attempts", $"too many attempts: try again in {seconds} s");
    }

    /// <summary>The subject of attempts from the caller's place.</summary>
    public static string PlaceOf(HttpContext context) => $"place:{Place(context.ClientAddress())}";

    /// <summary>Counts a failure of a place, and of a login where one was meant.</summary>
    public void Fail(HttpContext context, string? name)
    {
        attempts.Fail(PlaceOf(context), AddressWaitMax);
        if (name is not null) attempts.Fail($"login:{name}", LoginWaitMax);
    }

    /// <summary>Counts a request that is dear to others: a mail to whoever is named.</summary>
    public void Asked(string subject) => attempts.Fail(subject, AddressWaitMax);

    /// <summary>Null where the login has no second factor, or this is a good code of it.</summary>
    public async Task<IResult?> SecondFactorAsync(
        HttpContext context, NpgsqlConnection connection, Login login, string? code, CancellationToken cancel)
    {
        if (!login.HasSecondFactor) return null;
        if (string.IsNullOrWhiteSpace(code))
            return Problems.Of(401, "second-factor-required", "give the code of your authenticator too, or a backup code");
        if (await second.UseAsync(connection, login.LoginId, code, cancel)) return null;

        Fail(context, login.Name);
        await audit.AppendAsync(
            connection, ActorOf(context, login), "login.code.refused", login.Name, cancel: cancel);
        return Problems.Of(401, "second-factor-refused", "the code is wrong, too old, or was used before");
    }

    /// <summary>Begins a session, in the transaction of the connection. Call it last.</summary>
    public async Task<IResult> BeginAsync(
        HttpContext context, NpgsqlConnection connection, Login login, string how, CancellationToken cancel)
    {
        var (sessionId, refresh) = await sessions.BeginAsync(
            connection, login.LoginId, context.ClientAddress().ToString(), context.Request.Headers.UserAgent.ToString(), cancel);
        await audit.AppendAsync(
            connection, ActorOf(context, login), "login.session.begun", login.Name, new { how, session = sessionId }, cancel);
        attempts.Succeed($"login:{login.Name}");
        return Answer(context, login, sessionId, refresh);
    }

    /// <summary>Both tokens of a session.</summary>
    public IResult Answer(HttpContext context, Login login, long sessionId, string refresh)
    {
        context.Response.Cookies.Append(Cookie, refresh, CookieOptions(context, Sessions.IdleMax));
        return Results.Ok(new TokenAnswer(
            tokens.Issue(login.LoginId, sessionId), (int)AccessTokens.Lifetime.TotalSeconds, Describe(login)));
    }

    /// <summary>Takes the cookie back.</summary>
    public void DropCookie(HttpContext context) => context.Response.Cookies.Delete(Cookie, CookieOptions(context, null));

    /// <summary>A login as the page sees it.</summary>
    public LoginAnswer Describe(Login login) => new(
        login.LoginId,
        login.Name,
        login.Kind,
        login.Role.Text(),
        login.HasSecondFactor,
        config.Backoffice.Access.StaffNeedsTotp && login.Role > Role.Miner && !login.HasSecondFactor);

    /// <summary>A login before it has a session, as the audit log names it.</summary>
    public static AuditActor ActorOf(HttpContext context, Login login) =>
        new(login.LoginId, login.Name, context.ClientAddress().ToString());

    private CookieOptions CookieOptions(HttpContext context, TimeSpan? age) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Path = CookiePath,
        MaxAge = age,
        Secure = context.Request.IsHttps
            || config.Backoffice.Access.PublicUrl?.StartsWith("https://", StringComparison.OrdinalIgnoreCase) == true,
    };
}
