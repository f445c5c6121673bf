using Npgsql;
using Viddhana.Backoffice.Accounts.Signatures;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Signing in and out: <c>/api/v1/auth</c>. Every refusal looks and takes the same whether a login exists or not.</summary>
internal static class AuthApi
{
    public static void MapAuth(this IEndpointRouteBuilder routes)
    {
        var auth = routes.MapGroup("/api/v1/auth").WithTags("Signing in").AddEndpointFilter(FromOurPages);
        auth.MapPost("/challenge", ChallengeAsync).Produces<ChallengeAnswer>().WithSummary("A text for a wallet to sign");
        auth.MapPost("/wallet", WalletAsync).Produces<TokenAnswer>().WithSummary("Sign in with a signature");
        auth.MapPost("/login", PasswordAsync).Produces<TokenAnswer>().WithSummary("Sign in with a password");
        auth.MapPost("/refresh", RefreshAsync).Produces<TokenAnswer>().WithSummary("Another access token, by the cookie");
        auth.MapPost("/logout", LogoutAsync).Produces(204).WithSummary("End the session of the cookie");
        auth.MapMailAuth();
    }

    /// <summary>A page of another site can neither sign someone in nor out.</summary>
    private static async ValueTask<object?> FromOurPages(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var context = call.HttpContext;
        var path = context.Request.Path.Value ?? "";
        var isByCookie = path.EndsWith("/refresh", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith("/logout", StringComparison.OrdinalIgnoreCase);
        var access = context.RequestServices.GetRequiredService<ViddhanaConfig>().Backoffice.Access;
        return Origins.Refuse(context, access, isByCookie) is { } refusal ? refusal : await next(call);
    }

    private static async Task<IResult> ChallengeAsync(
        ChallengeRequest body, HttpContext context, NpgsqlDataSource database, PoolBook pools, Challenges challenges, ViddhanaConfig config)
    {
        if (!Secp256k1.IsThere)
            return Problems.Of(
                503, "signatures-not-available", $"the pool lacks the library that checks signatures: {Secp256k1.InstallCommand}");
        if (WalletAddress.Parse(body.Address, pools.All, out var error) is not { } address)
            return Problems.Of(400, "address-invalid", error);
        if (address.Formats.Length == 0)
            return Problems.Of(400, "address-cannot-sign", "an address of a script has no single key that could sign; use one of a key");
        if (!Challenges.Purposes.Contains(body.Purpose ?? ""))
            return Problems.Of(400, "purpose-unknown", $"purpose must be one of {string.Join(", ", Challenges.Purposes)}");
        var detail = body.Detail ?? "";
        if (detail.Length > Challenges.DetailMax || detail.Any(c => c is < ' ' or > '~'))
            return Problems.Of(400, "detail-invalid", $"detail has at most {Challenges.DetailMax} printable ASCII characters");
        if (body.Purpose == "payout-settings" == (detail.Length == 0))
            return Problems.Of(400, "detail-invalid", "purpose payout-settings needs a detail, the others have none");

        await using var connection = await database.OpenConnectionAsync(context.RequestAborted);
        var made = await challenges.MakeAsync(
            connection, Origins.Domain(context, config.Backoffice.Access), address, body.Purpose!, detail, context.RequestAborted);
        return Results.Ok(new ChallengeAnswer(made.ChallengeId, made.Message, made.ExpiresAt, made.Formats));
    }

    private static async Task<IResult> WalletAsync(
        WalletRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        Challenges challenges,
        LoginStore logins,
        Claims claims,
        PoolBook pools,
        SignIns signIns)
    {
        var cancel = context.RequestAborted;
        if (signIns.Hold(context, SignIns.PlaceOf(context)) is { } hold) return hold;
        // The try is counted whatever becomes of the rest: not in its transaction.
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            var result = await challenges.CheckAsync(connection, body.ChallengeId, body.Signature, "login", "", cancel);
            if (result.Verdict != ChallengeVerdict.Good)
            {
                signIns.Fail(context, name: null);
                return result.Verdict == ChallengeVerdict.Gone
                    ? Problems.Of(401, "challenge-expired", "the challenge is used, too old, or was tried too often: ask for another")
                    : Problems.Of(401, "signature-refused", $"this is not a signature of that text by {result.Address}");
            }
        }

        return await database.InTransactionAsync(
            connection => FinishWalletAsync(context, connection, body, challenges, logins, claims, pools, signIns), cancel);
    }

    private static async Task<IResult> FinishWalletAsync(
        HttpContext context,
        NpgsqlConnection connection,
        WalletRequest body,
        Challenges challenges,
        LoginStore logins,
        Claims claims,
        PoolBook pools,
        SignIns signIns)
    {
        var cancel = context.RequestAborted;
        var name = (await connection.ScalarAsync<string>(
            "SELECT address FROM challenges WHERE challenge_id = $1 FOR UPDATE", [body.ChallengeId], cancel))!;
        await logins.MakeAsync(connection, LoginStore.Wallet, name, Role.Miner, passwordHash: null, isConfirmed: true, cancel);
        var login = (await LoginStore.FindAsync(connection, LoginStore.Wallet, name, cancel))!;
        if (login.IsLocked) return Problems.Of(401, "login-refused", "this login is locked: ask the pool's operator");
        if (signIns.Hold(context, $"login:{name}") is { } hold) return hold;
        if (await signIns.SecondFactorAsync(context, connection, login, body.Code, cancel) is { } refusal) return refusal;
        if (!await challenges.UseAsync(connection, body.ChallengeId!, cancel))
            return Problems.Of(401, "challenge-expired", "the challenge was used a moment ago");

        await claims.AddAddressAsync(connection, login.LoginId, WalletAddress.Parse(name, pools.All, out _)!, cancel);
        return await signIns.BeginAsync(context, connection, login, "signature", cancel);
    }

    private static async Task<IResult> PasswordAsync(
        LoginRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        Passwords passwords,
        AuditLog audit,
        SignIns signIns,
        BackgroundWork work)
    {
        var cancel = context.RequestAborted;
        if (body.Name is not { Length: > 0 and <= 254 } || body.Password is not { Length: > 0 and <= Passwords.LengthMax })
            return Problems.Of(400, "bad-request", "name and password are missing or too long");
        var name = LoginStore.Normal(body.Name).Replace('\0', '\uFFFD');
        if (signIns.Hold(context, SignIns.PlaceOf(context), $"login:{name}") is { } hold) return hold;

        await using var connection = await database.OpenConnectionAsync(cancel);
        var login = await LoginStore.FindByPasswordNameAsync(connection, name, cancel);
        var isRight = await passwords.IsRightAsync(login?.PasswordHash, body.Password, cancel);
        if (!isRight || login is not { IsConfirmed: true, IsLocked: false })
        {
            signIns.Fail(context, name);
            if (login is not null)
            {
                var actor = SignIns.ActorOf(context, login);
                work.Add(later => audit.AppendAsync(null, actor, "login.refused", login.Name, cancel: later));
            }

            return Problems.Of(401, "login-refused", "name or password is wrong, or the login is not confirmed or is locked");
        }

        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var answer = await signIns.SecondFactorAsync(context, connection, login, body.Code, cancel)
            ?? await signIns.BeginAsync(context, connection, login, "password", cancel);
        await transaction.CommitAsync(cancel);
        return answer;
    }

    private static async Task<IResult> RefreshAsync(
        HttpContext context, NpgsqlDataSource database, Sessions sessions, AuditLog audit, SignIns signIns)
    {
        var cancel = context.RequestAborted;
        if (context.Request.Cookies[SignIns.Cookie] is not { Length: > 0 and <= 100 } token)
            return Problems.Of(401, "refresh-missing", "there is no cookie of a session: sign in");
        return await database.InTransactionAsync(
            async connection =>
            {
                var refreshed = await sessions.RefreshAsync(connection, token, context.ClientAddress().ToString(), cancel);
                var login = await LoginStore.FindAsync(connection, refreshed.LoginId, cancel);
                if (refreshed.Verdict == RefreshVerdict.Good)
                    return signIns.Answer(context, login!, refreshed.SessionId, refreshed.Token);

                signIns.DropCookie(context);
                if (refreshed.Verdict == RefreshVerdict.Gone)
                    return Problems.Of(401, "refresh-expired", "the session has ended: sign in again");
                await audit.AppendAsync(
                    connection,
                    SignIns.ActorOf(context, login!),
                    "login.session.reused",
                    login!.Name,
                    new { session = refreshed.SessionId },
                    cancel);
                return Problems.Of(
                    401, "refresh-reused", "this token was used before, so someone has a copy: the session has been ended, sign in again");
            },
            cancel);
    }

    private static async Task<IResult> LogoutAsync(
        HttpContext context, NpgsqlDataSource database, Sessions sessions, AuditLog audit, SignIns signIns)
    {
        var cancel = context.RequestAborted;
        signIns.DropCookie(context);
        var token = context.Request.Cookies[SignIns.Cookie];
        await database.InTransactionAsync(
            async connection =>
            {
                var found = token is { Length: > 0 and <= 100 } ? await Sessions.FindAsync(connection, token, cancel) : null;
                if (found is null && context.Caller() is { SessionId: { } id } caller) found = (caller.LoginId, id);
                if (found is not { } session) return 0;
                if (await sessions.EndAsync(connection, session.LoginId, "logout", session.SessionId, cancel) == 0) return 0;
                var login = await LoginStore.FindAsync(connection, session.LoginId, cancel);
                await audit.AppendAsync(
                    connection,
                    SignIns.ActorOf(context, login!),
                    "login.session.ended",
                    login!.Name,
                    new { session = session.SessionId, why = "logout" },
                    cancel);
                return 1;
            },
            cancel);
        return Results.NoContent();
    }
}
