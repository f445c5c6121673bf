using Viddhana.Backoffice.Pools;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// Counts each request, finds its caller, and turns away who asks too often or for what is not his, before the endpoint runs.
/// </summary>
internal sealed class AccessGuard(
    RequestDelegate next, AccessTokens tokens, Callers callers, RequestLimits limits, ViddhanaConfig config)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        var need = Access.NeedOf(context.GetEndpoint(), context.Request);
        if (need is not null || context.Request.Path.StartsWithSegments("/api/v1/auth", StringComparison.OrdinalIgnoreCase))
            context.Response.Headers.CacheControl = "no-store";

        var text = Bearer(context.Request);
        var state = tokens.Read(text, out var token);
        if (TakeOfAddress(context, state) is { } wait)
        {
            await RequestLimits.Refuse(context, wait).ExecuteAsync(context);
            return;
        }

        if (await FindAsync(context, text, state, token) is { } caller)
        {
            context.SetCaller(caller);
            if (limits.Take(caller.LoginId) is { } loginWait)
            {
                await RequestLimits.Refuse(context, loginWait).ExecuteAsync(context);
                return;
            }
        }

        if (need is not null && Refuse(context.Caller(), need, state) is { } refusal)
        {
            if (context.Caller() is null) context.Response.Headers.WWWAuthenticate = "Bearer";
            await refusal.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private static string Bearer(HttpRequest request)
    {
        var text = request.Headers.Authorization.ToString();
        return text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? text[Scheme.Length..].Trim() : "";
    }

    /// <summary>Who shows a token that we signed counts as that login alone; a balancer's and a scraper's looks are not counted.</summary>
    private TimeSpan? TakeOfAddress(HttpContext context, TokenState state)
    {
        var path = context.Request.Path;
        var isOpen = path.StartsWithSegments("/health") || path.StartsWithSegments("/ready") || path.StartsWithSegments("/metrics");
        return isOpen || state == TokenState.Good ? null : limits.Take(context.ClientAddress());
    }

    private async ValueTask<Caller?> FindAsync(HttpContext context, string text, TokenState state, AccessToken token)
    {
        if (text.StartsWith(ApiKeys.Mark, StringComparison.Ordinal)) return await callers.OfKeyAsync(text, context.RequestAborted);
        return state == TokenState.Good ? await callers.OfSessionAsync(token, context.RequestAborted) : null;
    }

    private IResult? Refuse(Caller? caller, AccessNeed need, TokenState state)
    {
        if (caller is null)
        {
            return state == TokenState.Expired
                ? Problems.Of(401, "token-expired", "the access token has expired: get another with POST /api/v1/auth/refresh")
                : Problems.Of(401, "not-signed-in", "this needs a login: a token or an API key in the header Authorization: Bearer …");
        }

        if (caller.Role < need.Role)
            return Problems.Of(403, "role-too-low", $"this needs the role {need.Role.Text()}, you are {caller.Role.Text()}");
        if ((need.Scopes & ~caller.Scopes) is var missing && missing != Scopes.None)
            return Problems.Of(403, "scope-missing", $"this API key lacks the scope {string.Join(", ", missing.Words())}");
        if (need.IsSessionOnly && caller.IsApiKey)
            return Problems.Of(403, "session-needed", "an API key does not do for this: sign in");
        var isStaffChange = need.Role > Role.Miner && need.Scopes.HasFlag(Scopes.Write);
        if (isStaffChange && config.Backoffice.Access.StaffNeedsTotp && !caller.HasSecondFactor)
            return Problems.Of(403, "second-factor-required", "staff changes things only with a second factor: set one up first");
        return null;
    }
}
