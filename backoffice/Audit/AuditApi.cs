using System.Text.Json;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Audit;

/// <summary>An entry of the audit log.</summary>
public sealed record AuditAnswer(
    long Id,
    DateTimeOffset At,
    string Actor,
    long? LoginId,
    string Address,
    string Action,
    string Subject,
    JsonElement Details,
    string Hash);

/// <summary>A page of the audit log, and whether the log is whole.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">Cursor of the next page.</param>
/// <param name="Chain">At most a minute old; says where the log is broken.</param>
public sealed record AuditPage(IReadOnlyList<AuditAnswer> Items, string? Next, AuditReport Chain);

/// <summary>The audit log, for operators: <c>/api/v1/admin/audit</c>.</summary>
internal static class AuditApi
{
    private static readonly TimeSpan ReportAgeMax = TimeSpan.FromMinutes(1);

    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var audit = routes.MapGroup("/api/v1/admin/audit").WithTags("Audit log").NeedsRole(Role.Operator);
        audit.MapGet("/", ListAsync).Produces<AuditPage>()
            .WithSummary("What was done, by whom, newest first, and whether the log is whole");
        audit.MapGet("/verify", (AuditWatch watch, CancellationToken cancel) => watch.ReportAsync(TimeSpan.FromSeconds(5), cancel))
            .Produces<AuditReport>().WithSummary("Read the whole log and check its chain");
    }

    private static async Task<IResult> ListAsync(
        string? action,
        string? actor,
        string? subject,
        int? limit,
        string? cursor,
        NpgsqlDataSource database,
        AuditWatch watch,
        CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        if (action is { Length: > 100 } || actor is { Length: > 300 } || subject is { Length: > 300 })
            return Problems.Of(400, "search-too-long", "action has at most 100 characters, actor and subject 300");

        var rows = await database.RowsAsync(
            """
            SELECT entry_id, at_ms, login_id, actor, address, action, subject, details, hash FROM audit_entries
            WHERE ($1::bigint IS NULL OR entry_id < $1) AND ($2::text IS NULL OR starts_with(action, $2))
              AND ($3::text IS NULL OR position(lower($3) IN lower(actor)) > 0)
              AND ($4::text IS NULL OR position(lower($4) IN lower(subject)) > 0)
            ORDER BY entry_id DESC LIMIT $5
            """,
            [key?[0], Plain(action), Plain(actor), Plain(subject), most],
            AuditChain.Read,
            cancel);
        var page = Page.Of(rows, most, Answer, row => row.EntryId);
        return Results.Ok(new AuditPage(page.Items, page.Next, await watch.ReportAsync(ReportAgeMax, cancel)));
    }

    /// <summary>PostgreSQL takes no NUL.</summary>
    private static string? Plain(string? text) => text?.Replace('\0', '\uFFFD');

    private static AuditAnswer Answer(AuditEntry entry) => new(
        entry.EntryId,
        DateTimeOffset.FromUnixTimeMilliseconds(entry.AtMs),
        entry.Actor,
        entry.LoginId,
        entry.Address,
        entry.Action,
        entry.Subject,
        Parse(entry.Details),
        Convert.ToHexStringLower(entry.Hash));

    /// <summary>A log that was tampered with must be shown all the same.</summary>
    private static JsonElement Parse(string details)
    {
        try
        {
            return JsonDocument.Parse(details).RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(details);
        }
    }
}
