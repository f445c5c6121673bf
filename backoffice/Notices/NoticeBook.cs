using Dapper;
using Npgsql;

namespace Viddhana.Backoffice.Notices;

/// <summary>Something that the owners of an account want to know.</summary>
/// <param name="AccountId">Whose owners: every login that has claimed it.</param>
/// <param name="Kind">A stable word: <c>payout-sent</c>.</param>
/// <param name="Key">Names the event for ever: a login hears of it once, however often it is added.</param>
/// <param name="Title">One line. Text of miners in it is shown as text on every channel.</param>
/// <param name="Lines">What more there is to say.</param>
public sealed record NoticeDraft(long AccountId, string Kind, string Key, string Title, IReadOnlyList<string> Lines)
{
    /// <summary>Only this login; null: all that have claimed the account.</summary>
    public long? LoginId { get; init; }

    /// <summary>Only these channels; null: all.</summary>
    public long[]? Channels { get; init; }

    /// <summary>
    /// True for what must reach the owner even if somebody else sits at the account: never kept for a digest, told on channels that were
    /// removed in the last days too, and to the address that an e-mail login signs in with.
    /// </summary>
    public bool IsSecurity { get; init; }
}

/// <summary>Takes notices for sending, in the transaction of what they tell about: with it or not at all.</summary>
public static class NoticeBook
{
    /// <summary>Days that a removed channel still hears of what is <see cref="NoticeDraft.IsSecurity"/>.</summary>
    public const int RemovedDays = 7;

    private const int TitleMax = 200;
    private const int LineMax = 500;
    private const int LinesMax = 64;
    private const int MailDays = 2;

    /// <summary>Adds it for every login concerned; what a login has heard of already is left out. Returns how many heard.</summary>
    public static async Task<int> AddAsync(NpgsqlConnection connection, NoticeDraft draft, DateTimeOffset now)
    {
        var title = Cut(draft.Title, TitleMax);
        string[] lines = [.. draft.Lines.Take(LinesMax).Select(line => Cut(line, LineMax))];
        var events = (await connection.QueryAsync<long>(
            """
            INSERT INTO notice_events (login_id, account_id, kind, event_key, title, lines, created_at)
            SELECT login_id, @AccountId, @Kind, @Key, @title, @lines, @now FROM claims
            WHERE account_id = @AccountId AND (@LoginId::bigint IS NULL OR login_id = @LoginId)
            ON CONFLICT (login_id, event_key) DO NOTHING RETURNING event_id
            """,
            new { draft.AccountId, draft.LoginId, draft.Kind, draft.Key, title, lines, now })).ToArray();
        if (events.Length == 0) return 0;

        await QueueAsync(connection, draft, events, now);
        if (draft.IsSecurity) await MailOwnersAsync(connection, events, title, lines, now);
        return events.Length;
    }

    /// <summary>A digest goes out when its time has passed since the first that is in it.</summary>
    private static Task<int> QueueAsync(NpgsqlConnection connection, NoticeDraft draft, long[] events, DateTimeOffset now) =>
        connection.ExecuteAsync(
            """
            INSERT INTO notice_outbox (channel_id, event_id, due_at)
            SELECT c.channel_id, e.event_id,
                   CASE WHEN @IsSecurity OR c.digest_minutes = 0 THEN @now ELSE coalesce(
                       (SELECT min(o.due_at) FROM notice_outbox o
                        WHERE o.channel_id = c.channel_id AND o.state = 'waiting' AND o.attempts = 0 AND o.due_at > @now),
                       @now + c.digest_minutes * interval '1 minute') END
            FROM notice_events e JOIN notice_channels c USING (login_id)
            WHERE e.event_id = ANY(@events) AND c.verified_at IS NOT NULL
              AND (c.removed_at IS NULL OR @IsSecurity AND c.removed_at > @now - @RemovedDays * interval '1 day')
              AND (@Channels::bigint[] IS NULL OR c.channel_id = ANY(@Channels))
            """,
            new { draft.IsSecurity, draft.Channels, events, now, RemovedDays });

    /// <summary>The address that an e-mail login signs in with needs no channel to be warned.</summary>
    private static Task<int> MailOwnersAsync(
        NpgsqlConnection connection, long[] events, string title, string[] lines, DateTimeOffset now) =>
        connection.ExecuteAsync(
            """
            INSERT INTO mail_queue (recipient, subject, body, marker, due_at, until)
            SELECT l.name, @title, @body, 'e' || e.event_id || '.' || l.login_id, @now, @now + @MailDays * interval '1 day'
            FROM notice_events e JOIN logins l USING (login_id)
            WHERE e.event_id = ANY(@events) AND l.kind = 'email' AND l.confirmed_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM notice_outbox o JOIN notice_channels c USING (channel_id)
                WHERE o.event_id = e.event_id AND c.kind = 'email' AND c.target = l.name)
            """,
            new { events, title, body = string.Join('\n', [title, "", .. lines]), now, MailDays });

    private static string Cut(string text, int max)
    {
        var clean = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        if (clean.Length <= max) return clean;
        return clean[..(char.IsHighSurrogate(clean[max - 1]) ? max - 1 : max)] + "…";
    }
}
