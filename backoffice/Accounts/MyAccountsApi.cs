using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Accounts that the caller may speak for: <c>/api/v1/me/accounts</c>.</summary>
internal static class MyAccountsApi
{
    /// <summary>Names that would let someone be taken for the pool.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "admin", "administrator", "api", "donate", "donation", "fee", "help", "nobody", "operator", "owner", "pool", "root", "staff",
        "stratum", "support", "system", "viddhana", "worker",
    };

    public static void MapMyAccounts(this RouteGroupBuilder me)
    {
        me.MapGet("/accounts", ListAsync).Produces<Page<AccountAnswer>>().WithSummary("Accounts that I may speak for");
        me.MapPost("/accounts", AddAsync).NeedsLogin(sessionOnly: true).Produces<AccountAnswer>(201)
            .WithSummary("Make a stratum name of my own, or claim an address by its signature");
        me.MapDelete("/accounts/{name}", RemoveAsync).NeedsLogin(sessionOnly: true).Produces(204)
            .WithSummary("Give up the claim to an address");
    }

    private static async Task<IResult> ListAsync(HttpContext context, Claims claims) => Results.Ok(new Page<AccountAnswer>(
        [.. (await claims.OfAsync(context.SignedIn().LoginId, context.RequestAborted)).Select(Answer)], null));

    private static Task<IResult> AddAsync(
        AccountRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        Claims claims,
        Challenges challenges,
        PoolBook pools,
        AuditLog audit) =>
        body.Name is null
            ? ClaimAsync(body, context, database, claims, challenges, pools, audit)
            : MakeAsync(body.Name, context, database, claims, audit);

    private static async Task<IResult> MakeAsync(
        string name, HttpContext context, NpgsqlDataSource database, Claims claims, AuditLog audit)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        if (!IsStratumName(name)) return Problems.Of(400, "name-invalid", "a stratum name has 3 to 32 of a-z and 0-9");
        if (Reserved.Contains(name)) return Problems.Of(409, "name-taken", "this name is taken");
        return await database.InTransactionAsync(
            async connection =>
            {
                // Locked, so that two requests at once do not both find room.
                await connection.RunAsync("SELECT 1 FROM logins WHERE login_id = $1 FOR UPDATE", [caller.LoginId], cancel);
                var login = (await LoginStore.FindAsync(connection, caller.LoginId, cancel))!;
                if (login.Kind != LoginStore.Email)
                    return Problems.Of(409, "email-only", "names of their own are for accounts with an e-mail address");
                if (await Claims.CountAsync(connection, caller.LoginId, "made", cancel) >= Claims.MadeMax)
                    return Problems.Of(409, "too-many-names", $"a login makes at most {Claims.MadeMax} names");
                if (await claims.MakeAsync(connection, caller.LoginId, name, cancel) is not { } made)
                    return Problems.Of(409, "name-taken", "this name is taken");
                await audit.AppendAsync(connection, context.Actor(), "login.account.made", name, cancel: cancel);
                return Results.Created($"/api/v1/me/accounts/{name}", Answer(made));
            },
            cancel);
    }

    private static async Task<IResult> ClaimAsync(
        AccountRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        Claims claims,
        Challenges challenges,
        PoolBook pools,
        AuditLog audit)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        ChallengeResult result;
        await using (var connection = await database.OpenConnectionAsync(cancel))
            result = await challenges.CheckAsync(connection, body.ChallengeId, body.Signature, "claim", "", cancel);
        if (result.Verdict == ChallengeVerdict.Gone)
            return Problems.Of(403, "challenge-expired", "the challenge is used, too old, or not for a claim: ask for another");
        if (result.Verdict == ChallengeVerdict.WrongSignature)
            return Problems.Of(403, "signature-refused", $"this is not a signature of that text by {result.Address}");

        return await database.InTransactionAsync(
            async connection =>
            {
                if (!await challenges.UseAsync(connection, body.ChallengeId!, cancel))
                    return Problems.Of(403, "challenge-expired", "the challenge was used a moment ago");
                await connection.RunAsync("SELECT 1 FROM logins WHERE login_id = $1 FOR UPDATE", [caller.LoginId], cancel);
                var address = WalletAddress.Parse(result.Address, pools.All, out _)!;
                if (await claims.AddAddressAsync(connection, caller.LoginId, address, cancel) is not { } added)
                    return Problems.Of(409, "too-many-accounts", $"a login has at most {Claims.AccountsMax} accounts");
                await audit.AppendAsync(connection, context.Actor(), "login.account.claimed", added.Name, cancel: cancel);
                return Results.Created($"/api/v1/me/accounts/{added.Name}", Answer(added));
            },
            cancel);
    }

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, NpgsqlDataSource database, AuditLog audit)
    {
        var (caller, cancel) = (context.SignedIn(), context.RequestAborted);
        var account = StratumName.Parse(name).Account;
        return await database.InTransactionAsync(
            async connection =>
            {
                var login = (await LoginStore.FindAsync(connection, caller.LoginId, cancel))!;
                var removed = login.Name == account
                    ? 0
                    : await connection.RunAsync(
                        """
                        DELETE FROM claims c USING accounts a
                        WHERE c.login_id = $1 AND a.account_id = c.account_id AND a.name = $2 AND c.how = 'signature'
                        """,
                        [caller.LoginId, account],
                        cancel);
                if (removed == 0)
                    return Problems.Of(404, "no-account", "no claim of yours to an address of that name (your own name stays yours)");
                await audit.AppendAsync(connection, context.Actor(), "login.account.released", account, cancel: cancel);
                return Results.NoContent();
            },
            cancel);
    }

    /// <summary>What engines take for a name of an account: <c>[a-z0-9]{3,32}</c>.</summary>
    private static bool IsStratumName(string name) =>
        name.Length is >= 3 and <= 32 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));

    private static AccountAnswer Answer(ClaimedAccount account) => new(account.Name, account.IsAddress, account.ClaimedAt);
}
