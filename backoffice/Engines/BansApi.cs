using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;

namespace Viddhana.Backoffice.Engines;

/// <summary>Bans: <c>/api/v1/admin/bans</c>.</summary>
internal static class BansApi
{
    public static void MapBans(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/bans", ListAsync).Produces<Page<BanAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithSummary("Bans, newest first (state: active, ended, all; kind: address, account, worker)");
        admin.MapPost("/bans", AddAsync).NeedsRole(Role.Operator, Scopes.Write).Produces<BanAnswer>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Bans an address, a range, an account or a worker: in force within seconds, on open connections too");
        admin.MapDelete("/bans/{id:long}", LiftAsync).NeedsRole(Role.Operator, Scopes.Write).Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .WithSummary("Lifts a ban");
    }

    private static async Task<IResult> ListAsync(
        BanStore bans, TimeProvider time, string? state, string? kind, int? limit, string? cursor, CancellationToken cancel)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        if (state is not (null or "active" or "ended" or "all"))
            return Problems.Of(400, "bad-state", "state must be one of: active, ended, all");
        if (kind is not null && BanStore.KindOf(kind) is null)
            return Problems.Of(400, "ban-kind", "kind must be one of: address, account, worker");

        bool? isActive = state switch { "all" => null, "ended" => false, _ => true };
        var rows = await bans.PageAsync(isActive, kind, key?[0], most, cancel);
        var now = time.GetUtcNow();
        return Results.Ok(Page.Of(rows, most, row => BanAnswer.Of(row, now), row => row.BanId));
    }

    private static async Task<IResult> AddAsync(
        HttpContext context,
        BanOrder order,
        BanStore bans,
        DirectoryPublisher publisher,
        ViddhanaConfig config,
        TimeProvider time,
        CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (order.Check(config.Pools, now, out var problem) is not { } ban) return problem!;

        var (outcome, row) = await bans.AddAsync(ban, context.Actor(), cancel);
        if (outcome == BanOutcome.Exists)
            return Problems.Of(409, "ban-exists", $"{Problems.Shown(ban.Target)} is banned already; lift that ban first to change it");
        if (outcome == BanOutcome.TooMany)
            return Problems.Of(409, "ban-limit", $"there are {PublishedDirectory.BansMax} bans, the most there may be: lift some");

        publisher.Wake();
        return Results.Created($"/api/v1/admin/bans/{row!.BanId}", BanAnswer.Of(row, now));
    }

    private static async Task<IResult> LiftAsync(
        HttpContext context, long id, BanStore bans, DirectoryPublisher publisher, CancellationToken cancel)
    {
        var outcome = await bans.LiftAsync(id, context.Actor(), cancel);
        if (outcome == BanOutcome.Unknown) return Problems.Of(404, "ban-unknown", $"there is no ban {id}");
        if (outcome == BanOutcome.Ended) return Problems.Of(409, "ban-ended", $"ban {id} is over already");

        publisher.Wake();
        return Results.NoContent();
    }
}

/// <summary>A ban as the API gives it.</summary>
public sealed record BanAnswer(
    long Id,
    string Kind,
    string Target,
    string Reason,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? EndedAt,
    string? EndedBy,
    string State)
{
    internal static BanAnswer Of(BanRow row, DateTimeOffset now)
    {
        var hasExpired = row.EndedBy == "expiry" || (row.EndedAt is null && row.ExpiresAt <= now);
        var state = hasExpired ? "expired" : row.EndedAt is null ? "active" : "lifted";
        return new BanAnswer(
            row.BanId,
            row.Kind,
            row.Target,
            row.Reason,
            row.CreatedAt,
            row.CreatedBy,
            row.ExpiresAt,
            row.EndedAt ?? (hasExpired ? row.ExpiresAt : null),
            row.EndedBy ?? (hasExpired ? "expiry" : null),
            state);
    }
}
