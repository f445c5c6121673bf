using Dapper;
using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Notices;

/// <summary>
/// Sends what is due, a message per channel with all that is due there. What goes into a message is stored with its name before it is sent:
/// an attempt after a crash sends the same under the same name. Bounded attempts, each pause twice as long as the one before.
/// </summary>
internal sealed class NoticeOutbox(
    NpgsqlDataSource database, NoticeSenders senders, TimeProvider time, Metrics metrics, ILogger<NoticeOutbox> log)
{
    /// <summary>Attempts before a message is given up: the pauses between them add up to two hours.</summary>
    public const int AttemptsMax = 8;

    /// <summary>Most notices in one message.</summary>
    public const int ItemsMax = 50;

    private const int ChannelsAtOnce = 16;
    private const int ChannelsMax = 500;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);

    /// <summary>One look at everything due; true if there may be more.</summary>
    public async Task<bool> SendDue(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var channels = await database.RowsAsync(
            """
            SELECT channel_id, kind, target, secret, failures FROM notice_channels
            WHERE channel_id IN (SELECT channel_id FROM notice_outbox WHERE state = 'waiting' AND due_at <= $1)
            ORDER BY channel_id LIMIT $2
            """,
            [now, ChannelsMax],
            row => new DueChannel(
                row.GetInt64(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetInt32(4)),
            cancel);
        var more = channels.Count == ChannelsMax;
        await Parallel.ForEachAsync(
            channels,
            new ParallelOptions { MaxDegreeOfParallelism = ChannelsAtOnce, CancellationToken = cancel },
            async (channel, stop) => more |= await SendTo(channel, stop));
        await Report();
        return more;
    }

    private async Task<bool> SendTo(DueChannel channel, CancellationToken cancel)
    {
        var (message, attempts) = await Claim(channel.ChannelId, cancel);
        if (message is null) return false;

        var result = await senders.Send(new NoticeTarget(channel.Kind, channel.Target, channel.Secret), message, cancel);
        // Whatever it is, it has happened: it is written down even if we are asked to stop.
        await Settle(channel.ChannelId, message.Delivery, attempts, result);
        metrics.Count("backoffice_notices_total", "Messages by channel and result.", 1,
            ("kind", channel.Kind), ("result", MailQueue.Word(result.Outcome)));
        if (result.Outcome == Delivery.Sent && channel.Failures > 0) NoticesLog.ChannelWorks(log, channel.ChannelId, channel.Kind);
        if (result.Outcome != Delivery.Sent && channel.Failures == 0)
            NoticesLog.ChannelFails(log, channel.ChannelId, channel.Kind, result.Reason);
        return result.Outcome == Delivery.Sent && message.Items.Count == ItemsMax;
    }

    /// <summary>Chooses what goes out, and puts its next attempt off before there is one.</summary>
    private Task<(NoticeMessage? Message, int Attempts)> Claim(long channelId, CancellationToken cancel) =>
        database.InTransactionAsync(
            async connection =>
            {
                var now = time.GetUtcNow();
                var rows = (await connection.QueryAsync<ClaimedRow>(
                    """
                    SELECT message_id, event_id, attempts, delivery FROM notice_outbox
                    WHERE channel_id = @channelId AND state = 'waiting' AND due_at <= @now
                    ORDER BY delivery NULLS LAST, message_id FOR UPDATE SKIP LOCKED
                    """,
                    new { channelId, now })).AsList();
                if (rows.Count == 0) return (null, 0);

                // A message that was tried before is repeated as it was; new notices do not join it.
                var delivery = rows[0].Delivery ?? Guid.NewGuid().ToString("n");
                var taken = rows.Where(row => row.Delivery == rows[0].Delivery).Take(ItemsMax).ToArray();
                var attempts = taken[0].Attempts + 1;
                await connection.ExecuteAsync(
                    "UPDATE notice_outbox SET delivery = @delivery, attempts = @attempts, due_at = @due WHERE message_id = ANY(@ids)",
                    new
                    {
                        delivery,
                        attempts,
                        due = now + (FirstPause * (1 << (attempts - 1))),
                        ids = taken.Select(t => t.MessageId).ToArray(),
                    });
                var items = await connection.QueryAsync<NoticeItem>(
                    """
                    SELECT e.event_id, e.kind, e.title, e.lines, a.name AS account, e.created_at
                    FROM notice_events e LEFT JOIN accounts a USING (account_id) WHERE e.event_id = ANY(@ids) ORDER BY e.event_id
                    """,
                    new { ids = taken.Select(t => t.EventId).ToArray() });
                return ((NoticeMessage?)new NoticeMessage(delivery, items.AsList()), attempts);
            },
            cancel);

    private async Task Settle(long channelId, string delivery, int attempts, DeliveryResult result)
    {
        var state = result.Outcome switch
        {
            Delivery.Sent => "sent",
            Delivery.Later when attempts < AttemptsMax => "waiting",
            _ => "given-up",
        };
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            UPDATE notice_outbox SET state = @state, due_at = greatest(due_at, @notBefore)
            WHERE channel_id = @channelId AND delivery = @delivery AND state = 'waiting'
            """,
            new { channelId, delivery, state, notBefore = now + result.Wait });
        var isSent = result.Outcome == Delivery.Sent;
        await connection.ExecuteAsync(
            """
            UPDATE notice_channels SET failures = CASE WHEN @isSent THEN 0 ELSE failures + 1 END,
                last_error = CASE WHEN @isSent THEN NULL ELSE @Reason END, last_sent_at = CASE WHEN @isSent THEN @now ELSE last_sent_at END
            WHERE channel_id = @channelId
            """,
            new { channelId, isSent, result.Reason, now });
    }

    private async Task Report()
    {
        await using var connection = await database.OpenConnectionAsync();
        var (waiting, failing) = await connection.QuerySingleAsync<(long Waiting, long Failing)>(
            """
            SELECT (SELECT count(*) FROM notice_outbox WHERE state = 'waiting'),
                   (SELECT count(*) FROM notice_channels WHERE failures > 0 AND removed_at IS NULL)
            """);
        metrics.Set("backoffice_notices_waiting", "Notices that are still to be sent.", waiting);
        metrics.Set("backoffice_notice_channels_failing", "Channels whose last message was not taken.", failing);
    }

    private sealed record DueChannel(long ChannelId, string Kind, string Target, string? Secret, int Failures);

    private sealed record ClaimedRow(long MessageId, long EventId, int Attempts, string? Delivery);
}
