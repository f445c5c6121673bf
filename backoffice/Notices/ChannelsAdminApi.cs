using Dapper;
using Npgsql;
using Viddhana.Backoffice.Accounts;

namespace Viddhana.Backoffice.Notices;

/// <summary>A channel that fails, without where it leads.</summary>
public sealed record FailingChannelAnswer(long Id, long Login, string Kind, int Failures, string? LastError, DateTimeOffset? LastSentAt);

/// <summary>How notices get on.</summary>
/// <param name="Kinds">What is configured.</param>
/// <param name="Waiting">Notices that are still to be sent.</param>
/// <param name="MailsWaiting">Mails of sign-in that the server has not taken yet.</param>
/// <param name="Failing">Channels whose last message was not taken.</param>
/// <param name="Items">Those that fail longest, at most 100.</param>
/// <param name="Next">Always null.</param>
public sealed record ChannelsStateAnswer(
    IReadOnlyList<string> Kinds,
    long Waiting,
    long MailsWaiting,
    long Failing,
    IReadOnlyList<FailingChannelAnswer> Items,
    string? Next);

/// <summary><c>/api/v1/admin/channels</c>: whether notices go out.</summary>
internal static class ChannelsAdminApi
{
    private const int Most = 100;

    public static void MapChannelsAdmin(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/admin/channels", State).Produces<ChannelsStateAnswer>().NeedsRole(Role.Operator).WithTags("Operator")
        .WithSummary("How notices get on, and which channels fail");

    private static async Task<IResult> State(ChannelBook book, NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var (waiting, mails, failing) = await connection.QuerySingleAsync<(long Waiting, long Mails, long Failing)>(
            """
            SELECT (SELECT count(*) FROM notice_outbox WHERE state = 'waiting'), (SELECT count(*) FROM mail_queue),
                   (SELECT count(*) FROM notice_channels WHERE failures > 0 AND removed_at IS NULL)
            """);
        var rows = await connection.QueryAsync<NoticeChannel>(
            """
            SELECT channel_id, login_id, kind, failures, last_error, last_sent_at FROM notice_channels
            WHERE failures > 0 AND removed_at IS NULL ORDER BY failures DESC, channel_id LIMIT @Most
            """,
            new { Most });
        FailingChannelAnswer[] items =
        [
            .. rows.Select(row => new FailingChannelAnswer(
                row.ChannelId,
                row.LoginId,
                row.Kind,
                row.Failures,
                row.LastError,
                row.LastSentAt is { } sent ? new DateTimeOffset(sent) : null)),
        ];
        return Results.Ok(new ChannelsStateAnswer(book.Kinds, waiting, mails, failing, items, null));
    }
}
