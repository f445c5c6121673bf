using Dapper;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Notices;

/// <summary>A rule of what its owner wants to hear.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Account">About which account.</param>
/// <param name="Kind">worker-off, worker-low, block-found, payout-sent, best-share.</param>
/// <param name="On">False: it rests.</param>
/// <param name="Minutes">worker-off: without a share for so long; worker-low: low for so long.</param>
/// <param name="Percent">worker-low: under this part of the worker's own day.</param>
/// <param name="Label">Only workers with this label; null: all.</param>
/// <param name="Channels">By which channels; null: all.</param>
public sealed record AlertAnswer(
    long Id, string Account, string Kind, bool On, int Minutes, int Percent, string? Label, IReadOnlyList<long>? Channels);

/// <summary>A rule as it is asked for.</summary>
public sealed record AlertBody(
    string? Account, string? Kind, bool? On, int? Minutes, int? Percent, string? Label, IReadOnlyList<long>? Channels);

/// <summary><c>/api/v1/me/alerts</c>.</summary>
internal static class AlertRulesApi
{
    private const int RulesMax = 50;
    private const int StandardMinutes = 15;
    private const int StandardPercent = 50;

    private static readonly string[] Kinds = ["worker-off", "worker-low", "block-found", "payout-sent", "best-share"];

    private const string Columns =
        """
        SELECT r.rule_id AS id, a.name AS account, r.kind, r.is_on AS "on", r.minutes, r.percent, r.label, r.channels
        FROM alert_rules r JOIN accounts a USING (account_id)
        """;

    public static void MapAlertRules(this IEndpointRouteBuilder routes)
    {
        var alerts = routes.MapGroup("/api/v1/me/alerts").WithTags("Notices");
        alerts.MapGet("/", List).Produces<Page<AlertAnswer>>().NeedsLogin().WithSummary("Your rules of what you want to hear");
        alerts.MapPost("/", Add).Produces<AlertAnswer>(201).NeedsLogin(Scopes.Write).WithSummary("Adds a rule");
        alerts.MapPut("/{id:long}", Change).Produces<AlertAnswer>().NeedsLogin(Scopes.Write).WithSummary("Replaces a rule");
        alerts.MapDelete("/{id:long}", Remove).Produces(204).NeedsLogin(Scopes.Write).WithSummary("Removes a rule");
    }

    private static async Task<IResult> List(HttpContext context, NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        var rows = await connection.QueryAsync<AlertRow>(
            $"{Columns} WHERE r.login_id = @LoginId ORDER BY r.rule_id LIMIT @RulesMax", new { context.SignedIn().LoginId, RulesMax });
        return Results.Ok(new Page<AlertAnswer>([.. rows.Select(row => row.Answer())], null));
    }

    private static async Task<IResult> Add(
        AlertBody body, HttpContext context, Claims claims, NpgsqlDataSource database, TimeProvider time, CancellationToken cancel)
    {
        var (rule, problem) = await Read(body, context, claims, database, cancel);
        if (rule is null) return problem!;
        var id = await database.InTransactionAsync(
            async connection =>
            {
                await connection.ExecuteAsync(
                    "SELECT pg_advisory_xact_lock(hashtext('alert_rules'), @key)", new { key = (int)rule.LoginId });
                return await connection.ExecuteScalarAsync<long?>(
                    """
                    INSERT INTO alert_rules (login_id, account_id, kind, is_on, minutes, percent, label, channels, since)
                    SELECT @LoginId, @AccountId, @Kind, @IsOn, @Minutes, @Percent, @Label, @Channels, @now
                    WHERE (SELECT count(*) FROM alert_rules WHERE login_id = @LoginId) < @RulesMax RETURNING rule_id
                    """,
                    new
                    {
                        rule.LoginId,
                        rule.AccountId,
                        rule.Kind,
                        rule.IsOn,
                        rule.Minutes,
                        rule.Percent,
                        rule.Label,
                        rule.Channels,
                        now = time.GetUtcNow(),
                        RulesMax,
                    });
            },
            cancel);
        return id is { } made
            ? Results.Json((await Find(database, rule.LoginId, made))!.Answer(), statusCode: 201)
            : Problems.Of(409, "too-many-alerts", $"at most {RulesMax} rules");
    }

    /// <summary>What a rule knows of workers is forgotten with a change: it begins anew, from now on.</summary>
    private static async Task<IResult> Change(
        long id, AlertBody body, HttpContext context, Claims claims, NpgsqlDataSource database, TimeProvider time, CancellationToken cancel)
    {
        if (await Find(database, context.SignedIn().LoginId, id) is not { } old) return NoRule();
        var asked = body with { Account = body.Account ?? old.Account, Kind = body.Kind ?? old.Kind };
        var (rule, problem) = await Read(asked, context, claims, database, cancel);
        if (rule is null) return problem!;
        await database.InTransactionAsync(
            async connection =>
            {
                await connection.ExecuteAsync("DELETE FROM worker_alerts WHERE rule_id = @id", new { id });
                return await connection.ExecuteAsync(
                    """
                    UPDATE alert_rules SET account_id = @AccountId, kind = @Kind, is_on = @IsOn, minutes = @Minutes, percent = @Percent,
                        label = @Label, channels = @Channels, since = @now, best_work = NULL
                    WHERE rule_id = @id AND login_id = @LoginId
                    """,
                    new
                    {
                        id,
                        rule.LoginId,
                        rule.AccountId,
                        rule.Kind,
                        rule.IsOn,
                        rule.Minutes,
                        rule.Percent,
                        rule.Label,
                        rule.Channels,
                        now = time.GetUtcNow(),
                    });
            },
            cancel);
        return Results.Ok((await Find(database, rule.LoginId, id))!.Answer());
    }

    private static async Task<IResult> Remove(long id, HttpContext context, NpgsqlDataSource database)
    {
        await using var connection = await database.OpenConnectionAsync();
        var removed = await connection.ExecuteAsync(
            "DELETE FROM alert_rules WHERE rule_id = @id AND login_id = @LoginId", new { id, context.SignedIn().LoginId });
        return removed == 1 ? Results.NoContent() : NoRule();
    }

    private static async Task<(Rule? Rule, IResult? Problem)> Read(
        AlertBody body, HttpContext context, Claims claims, NpgsqlDataSource database, CancellationToken cancel)
    {
        var caller = context.SignedIn();
        if (!Kinds.Contains(body.Kind)) return (null, Problems.Of(400, "kind-unknown", $"kind must be one of: {string.Join(", ", Kinds)}"));
        var (minutes, percent) = (body.Minutes ?? StandardMinutes, body.Percent ?? StandardPercent);
        if (minutes is < 5 or > 1_440) return (null, Problems.Of(400, "minutes-invalid", "minutes must be from 5 to 1440"));
        if (percent is < 10 or > 90) return (null, Problems.Of(400, "percent-invalid", "percent must be from 10 to 90"));
        if (body.Label is { } label && !PlainText.IsGood(label, WorkerLabelsApi.LabelMax))
            return (null, Problems.Of(400, "label-invalid", $"a label has 1 to {WorkerLabelsApi.LabelMax} characters"));

        var (account, problem) = await OwnAccount.FindAsync(body.Account, caller, claims, cancel);
        if (account is null) return (null, problem);
        long[]? channels = body.Channels is { } given ? [.. given.Distinct()] : null;
        if (channels is not null && !await AreOwn(database, caller.LoginId, channels))
            return (null, Problems.Of(400, "no-channel", "channels must be numbers of your own channels, or null for all of them"));
        return (new Rule(caller.LoginId, account.AccountId, body.Kind!, body.On ?? true, minutes, percent, body.Label, channels), null);
    }

    private static async Task<bool> AreOwn(NpgsqlDataSource database, long loginId, long[] channels)
    {
        if (channels.Length is 0 or > ChannelBook.ChannelsMax) return false;
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(
            "SELECT count(*) FROM notice_channels WHERE login_id = @loginId AND removed_at IS NULL AND channel_id = ANY(@channels)",
            new { loginId, channels }) == channels.Length;
    }

    private static async Task<AlertRow?> Find(NpgsqlDataSource database, long loginId, long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<AlertRow>(
            $"{Columns} WHERE r.rule_id = @id AND r.login_id = @loginId", new { id, loginId });
    }

    private static IResult NoRule() => Problems.Of(404, "no-alert", "you have no rule of that number");

    private sealed record Rule(
        long LoginId, long AccountId, string Kind, bool IsOn, int Minutes, int Percent, string? Label, long[]? Channels);

    private sealed record AlertRow
    {
        public long Id { get; init; }

        public string Account { get; init; } = "";

        public string Kind { get; init; } = "";

        public bool On { get; init; }

        public int Minutes { get; init; }

        public int Percent { get; init; }

        public string? Label { get; init; }

        public long[]? Channels { get; init; }

        public AlertAnswer Answer() => new(Id, Account, Kind, On, Minutes, Percent, Label, Channels);
    }
}

/// <summary>The account that a request speaks of.</summary>
internal static class OwnAccount
{
    /// <summary>The named one if it is the caller's; without a name the caller's only one. Not his and not there look alike.</summary>
    public static async Task<(ClaimedAccount? Account, IResult? Problem)> FindAsync(
        string? name, Caller caller, Claims claims, CancellationToken cancel)
    {
        if (name is not null)
        {
            return name.Length <= 191 && await claims.FindAsync(caller, name, cancel) is { } found
                ? (found, null)
                : (null, Problems.Of(404, "no-account", "you have no account of that name"));
        }

        var all = await claims.OfAsync(caller.LoginId, cancel);
        return all.Count switch
        {
            1 => (all[0], null),
            0 => (null, Problems.Of(404, "no-account", "you have no account yet")),
            _ => (null, Problems.Of(400, "account-needed", "you have several accounts: say which by 'account'")),
        };
    }
}
