using Dapper;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;

namespace Viddhana.Backoffice.Notices;

/// <summary>A channel as its owner sees it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Kind">email, webhook, telegram, discord.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="Target">Where it leads; of webhooks only the beginning.</param>
/// <param name="State">unverified, ok, failing.</param>
/// <param name="LastError">What the last message met; null when it was taken.</param>
/// <param name="DigestMinutes">Notices are gathered so long; 0: each at once.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LastSentAt">When it last took a message.</param>
/// <param name="Secret">Signs a webhook's bodies; only in the answer to making it.</param>
public sealed record ChannelAnswer(
    long Id,
    string Kind,
    string Name,
    string Target,
    string State,
    string? LastError,
    int DigestMinutes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastSentAt,
    string? Secret)
{
    internal static ChannelAnswer Of(NoticeChannel channel, bool withSecret = false) => new(
        channel.ChannelId,
        channel.Kind,
        channel.Name,
        channel.Shown,
        channel.State,
        channel.LastError,
        channel.DigestMinutes,
        new DateTimeOffset(channel.CreatedAt),
        channel.LastSentAt is { } sent ? new DateTimeOffset(sent) : null,
        withSecret ? channel.Secret : null);
}

/// <summary>The channels of a login.</summary>
/// <param name="Items">All of them.</param>
/// <param name="Next">Always null.</param>
/// <param name="Kinds">What can be added here.</param>
public sealed record ChannelsAnswer(IReadOnlyList<ChannelAnswer> Items, string? Next, IReadOnlyList<string> Kinds);

/// <summary>A new channel.</summary>
public sealed record ChannelBody(string? Kind, string? Name, string? Target, int? DigestMinutes);

/// <summary>What changes of a channel; null stays.</summary>
public sealed record ChannelChangeBody(string? Name, int? DigestMinutes);

/// <summary>A code that was sent to a channel.</summary>
public sealed record CodeBody(string? Code);

/// <summary>A notice.</summary>
public sealed record NoticeAnswer(
    long Id, string Kind, DateTimeOffset Time, string Title, IReadOnlyList<string> Lines, string? Account);

/// <summary><c>/api/v1/me/channels</c> and <c>/api/v1/me/notices</c>.</summary>
internal static class ChannelsApi
{
    private const int NameMax = 48;
    private const int DigestMax = 1_440;

    public static void MapChannels(this IEndpointRouteBuilder routes)
    {
        var channels = routes.MapGroup("/api/v1/me/channels").WithTags("Notices");
        channels.MapGet("/", List).Produces<ChannelsAnswer>().NeedsLogin().WithSummary("Your channels of notices");
        channels.MapPost("/", Add).Produces<ChannelAnswer>(201).NeedsLogin(Scopes.Write).WithSummary("Adds a channel and sends its code");
        channels.MapPost("/{id:long}/verify", Verify).Produces<ChannelAnswer>().NeedsLogin(Scopes.Write)
            .WithSummary("Gives the code back that was sent to it");
        channels.MapPost("/{id:long}/send-code", SendCode).Produces(202).NeedsLogin(Scopes.Write).WithSummary("Sends a fresh code");
        channels.MapPost("/{id:long}/test", Test).Produces(202).NeedsLogin(Scopes.Write).WithSummary("Sends a notice to this channel");
        channels.MapPatch("/{id:long}", Change).Produces<ChannelAnswer>().NeedsLogin(Scopes.Write).WithSummary("Changes name or digest");
        channels.MapDelete("/{id:long}", Remove).Produces(204).NeedsLogin(Scopes.Write).WithSummary("Removes a channel");
        routes.MapGet("/api/v1/me/notices", Notices).Produces<Page<NoticeAnswer>>().NeedsLogin().WithTags("Notices")
            .WithSummary("What you were told, newest first");
    }

    private static async Task<IResult> List(HttpContext context, ChannelBook book) => Results.Ok(new ChannelsAnswer(
        [.. (await book.OfAsync(context.SignedIn().LoginId)).Select(channel => ChannelAnswer.Of(channel))], null, book.Kinds));

    private static async Task<IResult> Add(ChannelBody body, HttpContext context, ChannelBook book, CancellationToken cancel)
    {
        var kind = body.Kind ?? "";
        if (!book.Kinds.Contains(kind))
            return Problems.Of(
                400, "kind-not-configured", $"'{Problems.Shown(kind)}' is not offered here; there are: {string.Join(", ", book.Kinds)}");
        if (!TryName(body.Name ?? kind, out var name, out var problem) || !TryDigest(body.DigestMinutes, out problem)) return problem!;
        if (book.Normalize(kind, body.Target ?? "") is not { } target)
            return Problems.Of(400, "target-invalid", $"target must be {ChannelBook.Example(kind)}");

        var actor = context.Actor();
        if (await book.AddAsync(context.SignedIn().LoginId, kind, name, target, body.DigestMinutes ?? 0, actor, cancel) is not { } channel)
            return Problems.Of(409, "too-many-channels", $"at most {ChannelBook.ChannelsMax} channels, and twenty new ones a day");

        // Whatever becomes of the code, the channel is there: the answer says so, and the code can be sent again.
        var failure = await book.SendCodeAsync(channel, cancel);
        return Results.Json(ChannelAnswer.Of(channel, withSecret: true) with { LastError = failure }, statusCode: 201);
    }

    private static async Task<IResult> Verify(
        long id, CodeBody body, HttpContext context, ChannelBook book, CancellationToken cancel)
    {
        var loginId = context.SignedIn().LoginId;
        if (await book.FindAsync(loginId, id) is not { } channel) return NoChannel();
        return await book.VerifyAsync(channel, (body.Code ?? "").Trim(), context.Actor(), cancel)
            ? Results.Ok(ChannelAnswer.Of((await book.FindAsync(loginId, id))!))
            : Problems.Of(400, "code-invalid", "the code is wrong, older than an hour, or was tried too often: ask for another");
    }

    private static async Task<IResult> SendCode(long id, HttpContext context, ChannelBook book, CancellationToken cancel)
    {
        if (await book.FindAsync(context.SignedIn().LoginId, id) is not { } channel) return NoChannel();
        return await book.SendCodeAsync(channel, cancel) switch
        {
            null => Results.StatusCode(202),
            "too-soon" => TooSoon(context),
            var failure => Problems.Of(400, "not-delivered", $"the channel did not take the code: {failure}"),
        };
    }

    private static async Task<IResult> Test(long id, HttpContext context, ChannelBook book, CancellationToken cancel)
    {
        if (await book.FindAsync(context.SignedIn().LoginId, id) is not { } channel) return NoChannel();
        if (channel.VerifiedAt is null) return Problems.Of(409, "not-verified", "give back the code that was sent to it first");
        await book.TestAsync(channel, cancel);
        return Results.StatusCode(202);
    }

    private static async Task<IResult> Change(long id, ChannelChangeBody body, HttpContext context, ChannelBook book)
    {
        var loginId = context.SignedIn().LoginId;
        if (await book.FindAsync(loginId, id) is null) return NoChannel();
        string? name = null;
        IResult? problem;
        if ((body.Name is not null && !TryName(body.Name, out name, out problem)) || !TryDigest(body.DigestMinutes, out problem))
            return problem!;
        await book.ChangeAsync(id, name, body.DigestMinutes);
        return Results.Ok(ChannelAnswer.Of((await book.FindAsync(loginId, id))!));
    }

    private static async Task<IResult> Remove(long id, HttpContext context, ChannelBook book, CancellationToken cancel)
    {
        if (await book.FindAsync(context.SignedIn().LoginId, id) is not { } channel) return NoChannel();
        await book.RemoveAsync(channel, context.Actor(), cancel);
        return Results.NoContent();
    }

    private static async Task<IResult> Notices(int? limit, string? cursor, HttpContext context, NpgsqlDataSource database)
    {
        if (!Paging.TryLimit(limit, out var most, out var problem) || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        await using var connection = await database.OpenConnectionAsync();
        var rows = (await connection.QueryAsync<NoticeItem>(
            """
            SELECT e.event_id, e.kind, e.title, e.lines, a.name AS account, e.created_at
            FROM notice_events e LEFT JOIN accounts a USING (account_id)
            WHERE e.login_id = @LoginId AND (@before::bigint IS NULL OR e.event_id < @before) ORDER BY e.event_id DESC LIMIT @most
            """,
            new { context.SignedIn().LoginId, before = key?[0], most })).AsList();
        return Results.Ok(Page.Of(
            rows,
            most,
            row => new NoticeAnswer(row.EventId, row.Kind, new DateTimeOffset(row.CreatedAt), row.Title, row.Lines, row.Account),
            row => row.EventId));
    }

    private static bool TryName(string text, out string name, out IResult? problem)
    {
        name = text.Trim();
        problem = PlainText.IsGood(name, NameMax)
            ? null
            : Problems.Of(400, "name-invalid", $"a name has 1 to {NameMax} characters, none of them a control character");
        return problem is null;
    }

    private static bool TryDigest(int? minutes, out IResult? problem)
    {
        problem = minutes is null or (>= 0 and <= DigestMax)
            ? null
            : Problems.Of(400, "digest-invalid", $"digestMinutes must be from 0 (at once) to {DigestMax}");
        return problem is null;
    }

    private static IResult NoChannel() => Problems.Of(404, "no-channel", "you have no channel of that number");

    private static IResult TooSoon(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "60";
        return Problems.Of(429, "too-soon", "a code was sent less than a minute ago");
    }
}
