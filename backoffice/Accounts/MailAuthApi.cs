using System.Text.RegularExpressions;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Accounts;

/// <summary>
/// Accounts with an e-mail address: registration, confirmation, a new password. The answers tell nobody who has an account.
/// </summary>
internal static partial class MailAuthApi
{
    private const int EmailMax = 254;
    private const string Atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private const string Label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";

    private static readonly DoneAnswer Sent =
        new("if this address can have an account here, a mail is on its way to it; look into the spam folder too");

    public static void MapMailAuth(this RouteGroupBuilder auth)
    {
        auth.MapPost("/register", Register).Produces<DoneAnswer>(202).WithSummary("Make an account with an e-mail address");
        auth.MapPost("/confirm", ConfirmAsync).Produces(204).WithSummary("Confirm the address by the link's token");
        auth.MapPost("/password/forgot", Forgot).Produces<DoneAnswer>(202).WithSummary("A mail with a link to a new password");
        auth.MapPost("/password/reset", ResetAsync).Produces(204).WithSummary("Set a new password by the link's token");
    }

    private static async Task<IResult> Register(
        RegisterRequest body, HttpContext context, Passwords passwords, MailLinks links, SignIns signIns, ViddhanaConfig config)
    {
        if (!config.Backoffice.Access.Registration)
            return Problems.Of(403, "registration-closed", "this pool makes no new accounts by e-mail; an address needs none");
        if (links.Problem() is { } missing) return missing;
        if (!TryEmail(body.Email, out var email)) return Problems.Of(400, "email-invalid", "this is not an e-mail address");
        if (Passwords.Problem(body.Password, email) is { } weak) return Problems.Of(400, "password-weak", weak);
        if (signIns.Hold(context, Asking(context)) is { } hold) return hold;

        signIns.Asked(Asking(context));
        // Hashed before anything is looked up: an address that is known takes as long as one that is not.
        links.Register(email, await passwords.HashAsync(body.Password!, context.RequestAborted), AuditActorOf(context));
        return Results.Json(Sent, statusCode: 202);
    }

    private static async Task<IResult> ConfirmAsync(ConfirmRequest body, HttpContext context, NpgsqlDataSource database, MailLinks links)
    {
        var isDone = await database.InTransactionAsync(
            connection => links.ConfirmAsync(connection, body.Token, context, context.RequestAborted), context.RequestAborted);
        return isDone ? Results.NoContent() : BadLink();
    }

    private static IResult Forgot(ForgotRequest body, HttpContext context, MailLinks links, SignIns signIns)
    {
        if (links.Problem() is { } missing) return missing;
        if (!TryEmail(body.Email, out var email)) return Problems.Of(400, "email-invalid", "this is not an e-mail address");
        if (signIns.Hold(context, Asking(context)) is { } hold) return hold;

        signIns.Asked(Asking(context));
        links.Forgot(email);
        return Results.Json(Sent, statusCode: 202);
    }

    private static async Task<IResult> ResetAsync(
        ResetRequest body, HttpContext context, NpgsqlDataSource database, Passwords passwords, MailLinks links)
    {
        var cancel = context.RequestAborted;
        await using var connection = await database.OpenConnectionAsync(cancel);
        if (await links.NameOfAsync(connection, body.Token, "reset", cancel) is not { } name) return BadLink();
        if (Passwords.Problem(body.Password, name) is { } weak) return Problems.Of(400, "password-weak", weak);

        var hash = await passwords.HashAsync(body.Password!, cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var isDone = await links.ResetAsync(connection, body.Token, hash, context, cancel);
        await transaction.CommitAsync(cancel);
        return isDone ? Results.NoContent() : BadLink();
    }

    private static string Asking(HttpContext context) => $"mail:{SignIns.Place(context.ClientAddress())}";

    private static AuditActor AuditActorOf(HttpContext context) => new(null, "nobody", context.ClientAddress().ToString());

    private static IResult BadLink() =>
        Problems.Of(400, "token-invalid", "this link is used, too old, or not whole: ask for another");

    /// <summary>One address, in small letters; what a mail server would take as several, or as a command, is none.</summary>
    private static bool TryEmail(string? text, out string email)
    {
        email = LoginStore.Normal(text is { Length: <= EmailMax } ? text : "");
        return EmailShape().IsMatch(email) && email.Split('@')[0].Length <= 64;
    }

    [GeneratedRegex($@"\A{Atom}(\.{Atom})*@{Label}(\.{Label})+\z", RegexOptions.None, matchTimeoutMilliseconds: 200)]
    private static partial Regex EmailShape();
}
