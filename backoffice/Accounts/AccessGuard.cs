using Viddhana.Backoffice.Pools;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Finds the caller of each request and turns away who may not have what it asks for, before the endpoint runs.</summary>
internal sealed class AccessGuard(RequestDelegate next, AccessTokens tokens, Callers callers, ViddhanaConfig config)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        var state = await IdentifyAsync(context);
        if (Access.NeedOf(context.GetEndpoint(), context.Request) is { } need && Refuse(context, need, state) is { } refusal)
        {
            context.Response.Headers.CacheControl = "no-store";
            if (context.Caller() is null) context.Response.Headers.WWWAuthenticate = "Bearer";
            await refusal.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private async Task<TokenState> IdentifyAsync(HttpContext context)
    {
        var text = context.Request.Headers.Authorization.ToString();
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return TokenState.Broken;

        text = text[Scheme.Length..].Trim();
        var state = TokenState.Good;
        Caller? caller;
        if (text.StartsWith(ApiKeys.Mark, StringComparison.Ordinal))
        {
            caller = await callers.OfKeyAsync(text, context.RequestAborted);
        }
        else
        {
            state = tokens.Read(text, out var token);
            caller = state == TokenState.Good ? await callers.OfSessionAsync(token, context.RequestAborted) : null;
        }

        if (caller is null) return state == TokenState.Expired ? state : TokenState.Broken;
        context.SetCaller(caller);
        return TokenState.Good;
    }

    private IResult? Refuse(HttpContext context, AccessNeed need, TokenState state)
    {
        if (context.Caller() is not { } caller)
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
        if (need is { Role: > Role.Miner } && need.Scopes.HasFlag(Scopes.Write) && config.Backoffice.Access.StaffNeedsTotp
            && !caller.HasSecondFactor)
            return Problems.Of(403, "second-factor-required", "staff changes things only with a second factor: set one up first");
        return null;
    }
}
