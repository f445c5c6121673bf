using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>The caller's own login: <c>/api/v1/me</c>. What an intruder would change first is not changed by an API key.</summary>
internal static class MeApi
{
    public static void MapMe(this IEndpointRouteBuilder routes)
    {
        var me = routes.MapGroup("/api/v1/me").WithTags("My login").NeedsLogin();
        me.MapGet("/", MeAsync).Produces<MeAnswer>().WithSummary("My login");
        me.MapPut("/password", PasswordAsync).NeedsLogin(sessionOnly: true).Produces(204)
            .WithSummary("Change my password; my other sessions end");
        me.MapGet("/sessions", SessionsAsync).NeedsLogin(sessionOnly: true).Produces<Page<SessionAnswer>>()
            .WithSummary("Devices that are signed in");
        me.MapDelete("/sessions/{id:long}", EndOneAsync).NeedsLogin(sessionOnly: true).Produces(204).WithSummary("Sign a device out");
        me.MapDelete("/sessions", EndOthersAsync).NeedsLogin(sessionOnly: true).Produces(204).WithSummary("Sign all other devices out");
        me.MapGet("/keys", KeysAsync).NeedsLogin(sessionOnly: true).Produces<Page<KeyAnswer>>().WithSummary("My API keys");
        me.MapPost("/keys", MakeKeyAsync).NeedsLogin(sessionOnly: true).Produces<KeyAnswer>(201).WithSummary("Make an API key; shown once");
        me.MapDelete("/keys/{id:long}", RevokeKeyAsync).NeedsLogin(sessionOnly: true).Produces(204).WithSummary("Revoke an API key");
        me.MapMyAccounts();
        me.MapTotp();
    }

    private static async Task<IResult> MeAsync(HttpContext context, NpgsqlDataSource database, SignIns signIns)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var login = (await LoginStore.FindAsync(connection, caller.LoginId, cancel))!;
        var codes = await connection.ScalarAsync<long>(
            "SELECT count(*) FROM backup_codes WHERE login_id = $1 AND used_at IS NULL", [caller.LoginId], cancel);
        return Results.Ok(new MeAnswer(
            login.LoginId,
            login.Name,
            login.Kind,
            login.Role.Text(),
            login.Kind == LoginStore.Email ? login.Name : null,
            login.CreatedAt,
            login.HasSecondFactor,
            signIns.Describe(login).SecondFactorRequired,
            (int)codes,
            caller.Scopes.Words(),
            caller.IsApiKey));
    }

    private static async Task<IResult> PasswordAsync(
        PasswordRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        Passwords passwords,
        Sessions sessions,
        AuditLog audit,
        SignIns signIns)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        if (signIns.Hold(context, $"login:{caller.Name}") is { } hold) return hold;
        await using var connection = await database.OpenConnectionAsync(cancel);
        var login = (await LoginStore.FindAsync(connection, caller.LoginId, cancel))!;
        if (login.PasswordHash is null) return Problems.Of(409, "no-password", "this login signs in with its wallet and has no password");
        if (!await passwords.IsRightAsync(login.PasswordHash, body.Current, cancel))
        {
            signIns.Fail(context, caller.Name);
            return Problems.Of(403, "password-refused", "the current password is wrong");
        }

        if (Passwords.Problem(body.Password, login.Name) is { } weak) return Problems.Of(400, "password-weak", weak);
        var hash = await passwords.HashAsync(body.Password!, cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var refusal = await signIns.SecondFactorAsync(context, connection, login, body.Code, cancel);
        if (refusal is null)
        {
            await LoginStore.SetPasswordAsync(connection, login.LoginId, hash, cancel);
            await sessions.EndAsync(connection, login.LoginId, "password", sessionId: null, cancel, exceptId: caller.SessionId);
            await audit.AppendAsync(connection, context.Actor(), "login.password.changed", login.Name, cancel: cancel);
        }

        await transaction.CommitAsync(cancel);
        return refusal ?? Results.NoContent();
    }

    private static async Task<IResult> SessionsAsync(HttpContext context, NpgsqlDataSource database, Sessions sessions)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        await using var connection = await database.OpenConnectionAsync(cancel);
        var all = await sessions.OfAsync(connection, caller.LoginId, cancel);
        return Results.Ok(new Page<SessionAnswer>(
            [
                .. all.Select(s => new SessionAnswer(
                    s.SessionId, s.CreatedAt, s.LastUsedAt, s.ExpiresAt, s.Address, s.UserAgent, s.SessionId == caller.SessionId)),
            ],
            null));
    }

    private static Task<IResult> EndOneAsync(long id, HttpContext context, NpgsqlDataSource database, Sessions sessions, AuditLog audit) =>
        EndAsync(id, context, database, sessions, audit, exceptId: null);

    private static Task<IResult> EndOthersAsync(HttpContext context, NpgsqlDataSource database, Sessions sessions, AuditLog audit) =>
        EndAsync(null, context, database, sessions, audit, context.SignedIn().SessionId);

    private static async Task<IResult> EndAsync(
        long? id, HttpContext context, NpgsqlDataSource database, Sessions sessions, AuditLog audit, long? exceptId)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        return await database.InTransactionAsync(
            async connection =>
            {
                var ended = await sessions.EndAsync(connection, caller.LoginId, "revoked", id, cancel, exceptId);
                if (ended == 0 && id is not null) return Problems.Of(404, "no-session", "there is no such session of yours");
                var details = new { session = id, sessions = ended, why = "revoked" };
                await audit.AppendAsync(connection, context.Actor(), "login.session.ended", caller.Name, details, cancel);
                return Results.NoContent();
            },
            cancel);
    }

    private static async Task<IResult> KeysAsync(HttpContext context, NpgsqlDataSource database, ApiKeys keys)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        await using var connection = await database.OpenConnectionAsync(cancel);
        return Results.Ok(new Page<KeyAnswer>([.. (await keys.OfAsync(connection, caller.LoginId, cancel)).Select(k => Answer(k))], null));
    }

    private static async Task<IResult> MakeKeyAsync(
        KeyRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        ApiKeys keys,
        AuditLog audit,
        SignIns signIns,
        TimeProvider time)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        if (body.Name is not { Length: > 0 and <= 60 } name || name.Any(char.IsControl))
            return Problems.Of(400, "name-invalid", "a key's name has 1 to 60 characters");
        if (!Roles.TryParse(body.Scopes, out var scopes)) return Problems.Of(400, "scopes-invalid", "scopes are read, write, or both");
        var now = time.GetUtcNow();
        if (body.ExpiresInDays is < 1 or > 3_650) return Problems.Of(400, "expiry-invalid", "expiresInDays is from 1 to 3650");
        var expiresAt = body.ExpiresAt?.ToUniversalTime() ?? (body.ExpiresInDays is { } days ? now.AddDays(days) : null);
        if (expiresAt <= now || expiresAt > now.AddYears(10))
            return Problems.Of(400, "expiry-invalid", "expiresAt lies ahead, by ten years at most");
        if (signIns.Hold(context, $"login:{caller.Name}") is { } hold) return hold;

        return await database.InTransactionAsync(
            async connection =>
            {
                var login = (await LoginStore.FindAsync(connection, caller.LoginId, cancel))!;
                if (await signIns.SecondFactorAsync(context, connection, login, body.Code, cancel) is { } refusal) return refusal;
                if (await keys.MakeAsync(connection, caller.LoginId, name, scopes, expiresAt, cancel) is not var (key, made))
                    return Problems.Of(409, "too-many-keys", $"a login has at most {ApiKeys.KeysMax} keys: revoke one");
                var details = new { key = made.KeyId, name, scopes = scopes.Words(), expiresAt };
                await audit.AppendAsync(connection, context.Actor(), "login.key.made", caller.Name, details, cancel);
                return Results.Created($"/api/v1/me/keys/{made.KeyId}", Answer(made, key));
            },
            cancel);
    }

    private static async Task<IResult> RevokeKeyAsync(
        long id, HttpContext context, NpgsqlDataSource database, ApiKeys keys, AuditLog audit)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        return await database.InTransactionAsync(
            async connection =>
            {
                if (!await keys.RevokeAsync(connection, caller.LoginId, id, cancel))
                    return Problems.Of(404, "no-key", "there is no such key of yours");
                await audit.AppendAsync(connection, context.Actor(), "login.key.revoked", caller.Name, new { key = id }, cancel);
                return Results.NoContent();
            },
            cancel);
    }

    private static KeyAnswer Answer(ApiKey key, string? secret = null) => new(
        key.KeyId, key.Name, key.Prefix, key.Scopes.Words(), key.CreatedAt, key.ExpiresAt, key.LastUsedAt, secret);
}
