using System.Security.Cryptography;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Accounts;

/// <summary>A login as staff sees it.</summary>
public sealed record LoginListAnswer(
    long Id,
    string Name,
    string Kind,
    string Role,
    string? Email,
    bool Confirmed,
    bool Locked,
    bool SecondFactor,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastSeenAt,
    int Sessions,
    int Keys,
    int Accounts);

/// <summary>A staff login to make.</summary>
public sealed record NewLoginRequest(string? Name, string? Role);

/// <summary>A staff login that was made, with its first password, shown once.</summary>
public sealed record NewLoginAnswer(LoginListAnswer Login, string Password);

/// <summary>What to change of a login; what is not given stays.</summary>
public sealed record LoginChange(string? Role, bool? Locked);

/// <summary>Logins, for staff: <c>/api/v1/admin/logins</c>. Support looks, operators sign out, admins decide.</summary>
internal static class LoginsApi
{
    private const string Columns =
        """
        l.login_id, l.name, l.kind, l.role, l.confirmed_at IS NOT NULL, l.is_locked, l.totp_enabled_at IS NOT NULL, l.created_at,
        l.last_seen_at,
        (SELECT count(*) FROM sessions s WHERE s.login_id = l.login_id AND s.ended_at IS NULL AND s.expires_at > $1),
        (SELECT count(*) FROM api_keys k
         WHERE k.login_id = l.login_id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $1)),
        (SELECT count(*) FROM claims c WHERE c.login_id = l.login_id)
        """;

    public static void MapLogins(this IEndpointRouteBuilder routes)
    {
        var logins = routes.MapGroup("/api/v1/admin/logins").WithTags("Logins").NeedsRole(Role.Support);
        logins.MapGet("/", ListAsync).Produces<Page<LoginListAnswer>>().WithSummary("Logins, newest first");
        logins.MapGet("/{id:long}", OneAsync).Produces<LoginListAnswer>().WithSummary("One login");
        logins.MapPost("/", MakeAsync).NeedsRole(Role.Admin, sessionOnly: true).Produces<NewLoginAnswer>(201)
            .WithSummary("Make a staff login; its password is shown once");
        logins.MapPatch("/{id:long}", ChangeAsync).NeedsRole(Role.Admin, sessionOnly: true).Produces<LoginListAnswer>()
            .WithSummary("Change its role, lock it, unlock it");
        logins.MapDelete("/{id:long}/sessions", SignOutAsync).NeedsRole(Role.Operator).Produces(204)
            .WithSummary("Sign all its devices out");
        logins.MapDelete("/{id:long}/totp", DropTotpAsync).NeedsRole(Role.Admin, sessionOnly: true).Produces(204)
            .WithSummary("Take its second factor away: its owner has lost it");
    }

    private static async Task<IResult> ListAsync(
        string? kind,
        string? role,
        string? search,
        int? limit,
        string? cursor,
        NpgsqlDataSource database,
        TimeProvider time,
        CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        if (kind is not (null or LoginStore.Wallet or LoginStore.Email or LoginStore.Staff))
            return Problems.Of(400, "kind-unknown", "kind must be one of wallet, email, staff");
        if (role is not null && !Roles.TryParse(role, out _))
            return Problems.Of(400, "role-unknown", $"role must be one of {Roles.Allowed}");
        if (search is { Length: > 100 }) return Problems.Of(400, "search-too-long", "search has at most 100 characters");

        var rows = await database.RowsAsync(
            $"""
            SELECT {Columns} FROM logins l
            WHERE ($2::text IS NULL OR l.kind = $2) AND ($3::text IS NULL OR l.role = $3)
              AND ($4::text IS NULL OR position(lower($4) IN lower(l.name)) > 0) AND ($5::bigint IS NULL OR l.login_id < $5)
            ORDER BY l.login_id DESC LIMIT $6
            """,
            [time.GetUtcNow(), kind, role, search?.Replace('\0', '\uFFFD'), key?[0], most],
            Read,
            cancel);
        return Results.Ok(Page.Of(rows, most, row => row, row => row.Id));
    }

    private static async Task<IResult> OneAsync(long id, NpgsqlDataSource database, TimeProvider time, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await FindAsync(connection, id, time, cancel) is { } found ? Results.Ok(found) : NoLogin();
    }

    private static async Task<IResult> MakeAsync(
        NewLoginRequest body,
        HttpContext context,
        NpgsqlDataSource database,
        LoginStore logins,
        Passwords passwords,
        AuditLog audit,
        TimeProvider time)
    {
        var cancel = context.RequestAborted;
        if (!StaffNames.IsOne(body.Name)) return Problems.Of(400, "name-invalid", StaffNames.Rule);
        if (!Roles.TryParse(body.Role, out var role) || role == Role.Miner)
            return Problems.Of(400, "role-unknown", "role must be one of support, operator, admin");

        var password = StaffNames.NewPassword();
        var hash = await passwords.HashAsync(password, cancel);
        return await database.InTransactionAsync(
            async connection =>
            {
                if (await logins.MakeAsync(connection, LoginStore.Staff, body.Name!, role, hash, isConfirmed: true, cancel) is not { } made)
                    return Problems.Of(409, "name-taken", "there is a staff login of that name");
                var details = new { login = made.LoginId, role = role.Text() };
                await audit.AppendAsync(connection, context.Actor(), "login.staff.made", made.Name, details, cancel);
                var answer = (await FindAsync(connection, made.LoginId, time, cancel))!;
                return Results.Created($"/api/v1/admin/logins/{made.LoginId}", new NewLoginAnswer(answer, password));
            },
            cancel);
    }

    private static async Task<IResult> ChangeAsync(
        long id, LoginChange body, HttpContext context, NpgsqlDataSource database, Sessions sessions, AuditLog audit, TimeProvider time)
    {
        var cancel = context.RequestAborted;
        if (body.Role is null && body.Locked is null) return Problems.Of(400, "nothing-to-change", "give role, locked, or both");
        if (body.Role is not null && !Roles.TryParse(body.Role, out _))
            return Problems.Of(400, "role-unknown", $"role must be one of {Roles.Allowed}");

        return await database.InTransactionAsync(
            async connection =>
            {
                // All admins are locked, so that two of them cannot take each other's role at once and leave none.
                await connection.RunAsync("SELECT 1 FROM logins WHERE role = 'admin' OR login_id = $1 FOR UPDATE", [id], cancel);
                if (await LoginStore.FindAsync(connection, id, cancel) is not { } login) return NoLogin();
                var role = body.Role ?? login.Role.Text();
                var isLocked = body.Locked ?? login.IsLocked;
                var isLost = login is { Role: Role.Admin, IsLocked: false } && (role != "admin" || isLocked);
                if (isLost && await AdminsAsync(connection, cancel) < 2)
                    return Problems.Of(409, "last-admin", "this is the last admin: make another first");

                await connection.RunAsync("UPDATE logins SET role = $2, is_locked = $3 WHERE login_id = $1", [id, role, isLocked], cancel);
                if (isLocked && !login.IsLocked) await sessions.EndAsync(connection, id, "locked", sessionId: null, cancel);
                var details = new { login = id, role = new[] { login.Role.Text(), role }, locked = new[] { login.IsLocked, isLocked } };
                await audit.AppendAsync(connection, context.Actor(), "login.changed", login.Name, details, cancel);
                return Results.Ok(await FindAsync(connection, id, time, cancel));
            },
            cancel);
    }

    private static Task<IResult> SignOutAsync(
        long id, HttpContext context, NpgsqlDataSource database, Sessions sessions, AuditLog audit) =>
        AboutAsync(id, context, database, async (connection, login, cancel) =>
        {
            var ended = await sessions.EndAsync(connection, id, "revoked", sessionId: null, cancel);
            var details = new { login = id, sessions = ended };
            await audit.AppendAsync(connection, context.Actor(), "login.session.ended", login.Name, details, cancel);
        });

    private static Task<IResult> DropTotpAsync(long id, HttpContext context, NpgsqlDataSource database, AuditLog audit) =>
        AboutAsync(id, context, database, async (connection, login, cancel) =>
        {
            await SecondFactor.DisableAsync(connection, id, cancel);
            await audit.AppendAsync(connection, context.Actor(), "login.totp.removed", login.Name, new { login = id }, cancel);
        });

    /// <summary>Nobody decides about a login that may more than himself.</summary>
    private static async Task<IResult> AboutAsync(
        long id, HttpContext context, NpgsqlDataSource database, Func<NpgsqlConnection, Login, CancellationToken, Task> work)
    {
        var cancel = context.RequestAborted;
        return await database.InTransactionAsync(
            async connection =>
            {
                if (await LoginStore.FindAsync(connection, id, cancel) is not { } login) return NoLogin();
                if (login.Role > context.SignedIn().Role)
                    return Problems.Of(403, "role-too-low", $"this login is {login.Role.Text()}, you are {context.SignedIn().Role.Text()}");
                await work(connection, login, cancel);
                return Results.NoContent();
            },
            cancel);
    }

    private static Task<long> AdminsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.ScalarAsync<long>("SELECT count(*) FROM logins WHERE role = 'admin' AND NOT is_locked", [], cancel);

    private static async Task<LoginListAnswer?> FindAsync(
        NpgsqlConnection connection, long id, TimeProvider time, CancellationToken cancel) => (await connection.RowsAsync(
        $"SELECT {Columns} FROM logins l WHERE l.login_id = $2", [time.GetUtcNow(), id], Read, cancel)).FirstOrDefault();

    private static IResult NoLogin() => Problems.Of(404, "no-login", "there is no login of that number");

    private static LoginListAnswer Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetString(2) == LoginStore.Email ? row.GetString(1) : null,
        row.GetBoolean(4),
        row.GetBoolean(5),
        row.GetBoolean(6),
        row.GetFieldValue<DateTimeOffset>(7),
        row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8),
        (int)row.GetInt64(9),
        (int)row.GetInt64(10),
        (int)row.GetInt64(11));
}

/// <summary>Names and first passwords of staff.</summary>
internal static class StaffNames
{
    public const string Rule = "a staff name has 3 to 32 of a-z, 0-9, '.', '-' and '_'";

    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789";

    public static bool IsOne(string? name) =>
        name is { Length: >= 3 and <= 32 } && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    /// <summary>24 letters that are not mistaken for each other, about 119 bits.</summary>
    public static string NewPassword() =>
        string.Join('-', RandomNumberGenerator.GetString(Letters, 24).Chunk(6).Select(part => new string(part)));
}
