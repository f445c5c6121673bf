using Microsoft.AspNetCore.Mvc;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>The caller's second factor: <c>/api/v1/me/totp</c>. Offered, then proven by a code, then in force.</summary>
internal static class TotpApi
{
    public static void MapTotp(this RouteGroupBuilder me)
    {
        me.MapPost("/totp", OfferAsync).NeedsLogin(sessionOnly: true).Produces<TotpAnswer>()
            .WithSummary("A secret for an authenticator app");
        me.MapPut("/totp", EnableAsync).NeedsLogin(sessionOnly: true).Produces<BackupCodesAnswer>()
            .WithSummary("Put it in force by a code; the backup codes are shown once");
        me.MapDelete("/totp", DisableAsync).NeedsLogin(sessionOnly: true).Produces(204).WithSummary("Take it away, by a code");
        me.MapPost("/totp/codes", RenewAsync).NeedsLogin(sessionOnly: true).Produces<BackupCodesAnswer>()
            .WithSummary("New backup codes in place of the old, by a code");
    }

    private static async Task<IResult> OfferAsync(
        TotpRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        Passwords passwords,
        SecondFactor second,
        SignIns signIns)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        if (signIns.Hold(context, $"login:{caller.Name}") is { } hold) return hold;
        await using var connection = await database.OpenConnectionAsync(cancel);
        var login = (await LoginStore.FindAsync(connection, caller.LoginId, cancel))!;
        if (login.HasSecondFactor) return Problems.Of(409, "second-factor-there", "a second factor is in force: take it away first");
        if (login.PasswordHash is not null && !await passwords.IsRightAsync(login.PasswordHash, body.Password, cancel))
        {
            signIns.Fail(context, caller.Name);
            return Problems.Of(403, "password-refused", "the password is wrong");
        }

        var secret = Totp.ToBase32(await second.OfferAsync(connection, caller.LoginId, cancel));
        var label = Uri.EscapeDataString($"Viddhana:{login.Name}");
        return Results.Ok(new TotpAnswer(secret, $"otpauth://totp/{label}?secret={secret}&issuer=Viddhana&digits=6&period=30"));
    }

    private static Task<IResult> EnableAsync(
        CodeRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        SecondFactor second,
        Sessions sessions,
        AuditLog audit,
        SignIns signIns) =>
        InTransactionAsync(context, database, signIns, async (connection, login, cancel) =>
        {
            if (login.HasSecondFactor) return Problems.Of(409, "second-factor-there", "a second factor is in force already");
            if (!await second.EnableAsync(connection, login.LoginId, body.Code, cancel))
            {
                signIns.Fail(context, login.Name);
                return Problems.Of(
                    403, "second-factor-refused", "the code is not of the secret that was offered: is the device's clock right?");
            }

            var codes = await second.RenewBackupCodesAsync(connection, login.LoginId, cancel);
            // Sessions that were begun without a code must not count as begun with one.
            await sessions.EndAsync(
                connection, login.LoginId, "second-factor", sessionId: null, cancel, exceptId: context.SignedIn().SessionId);
            await audit.AppendAsync(connection, context.Actor(), "login.totp.enabled", login.Name, cancel: cancel);
            return Results.Ok(new BackupCodesAnswer(codes));
        });

    private static Task<IResult> DisableAsync(
        [FromBody] CodeRequest body, HttpContext context, NpgsqlDataSource database, AuditLog audit, SignIns signIns) =>
        InTransactionAsync(context, database, signIns, async (connection, login, cancel) =>
        {
            if (await NeedCodeAsync(context, connection, login, body, signIns, cancel) is { } refusal) return refusal;
            await SecondFactor.DisableAsync(connection, login.LoginId, cancel);
            await audit.AppendAsync(connection, context.Actor(), "login.totp.disabled", login.Name, cancel: cancel);
            return Results.NoContent();
        });

    private static Task<IResult> RenewAsync(
        CodeRequest body, HttpContext context, NpgsqlDataSource database, SecondFactor second, AuditLog audit, SignIns signIns) =>
        InTransactionAsync(context, database, signIns, async (connection, login, cancel) =>
        {
            if (await NeedCodeAsync(context, connection, login, body, signIns, cancel) is { } refusal) return refusal;
            var codes = await second.RenewBackupCodesAsync(connection, login.LoginId, cancel);
            await audit.AppendAsync(connection, context.Actor(), "login.totp.codes.renewed", login.Name, cancel: cancel);
            return Results.Ok(new BackupCodesAnswer(codes));
        });

    private static Task<IResult?> NeedCodeAsync(
        HttpContext context, NpgsqlConnection connection, Login login, CodeRequest body, SignIns signIns, CancellationToken cancel) =>
        login.HasSecondFactor
            ? signIns.SecondFactorAsync(context, connection, login, body.Code, cancel)
            : Task.FromResult<IResult?>(Problems.Of(409, "second-factor-missing", "there is no second factor in force"));

    private static async Task<IResult> InTransactionAsync(
        HttpContext context,
        NpgsqlDataSource database,
        SignIns signIns,
        Func<NpgsqlConnection, Login, CancellationToken, Task<IResult>> work)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        if (signIns.Hold(context, $"login:{caller.Name}") is { } hold) return hold;
        return await database.InTransactionAsync(
            async connection => await work(connection, (await LoginStore.FindAsync(connection, caller.LoginId, cancel))!, cancel), cancel);
    }
}
