using Dapper;
using Npgsql;
using Viddhana.Backoffice.Health;

namespace Viddhana.Backoffice.Notices;

/// <summary>
/// Mails of sign-in and passwords: kept in the database until the server has taken them, so that a request never waits for it, and a
/// restart loses none. Dead after half an hour: such a mail is of no use later.
/// </summary>
internal sealed class MailQueue(NpgsqlDataSource database, SmtpSender? sender, TimeProvider time, Metrics metrics, ILogger<MailQueue> log)
    : IMailer
{
    private const int AtOnce = 20;
    private const int WaitingMax = 10_000;

    private static readonly TimeSpan Useful = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);

    private bool _fails;

    public bool IsConfigured => sender is not null;

    public async Task QueueAsync(Mail mail, CancellationToken cancel)
    {
        if (!IsConfigured) throw new InvalidOperationException("no mail server is configured");
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancel);
        // A flood of requests must not fill the disk: what is above the bound would be late anyway.
        await connection.ExecuteAsync(
            """
            INSERT INTO mail_queue (recipient, subject, body, marker, due_at, until)
            SELECT @To, @Subject, @Text, @marker, @now, @until WHERE (SELECT count(*) FROM mail_queue) < @WaitingMax
            """,
            new { mail.To, mail.Subject, mail.Text, marker = Guid.NewGuid().ToString("n"), now, until = now + Useful, WaitingMax });
    }

    /// <summary>Sends what is due; true if there may be more.</summary>
    public async Task<bool> SendDue(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        List<QueuedMail> mails;
        await using (var connection = await database.OpenConnectionAsync(cancel))
        {
            await connection.ExecuteAsync("DELETE FROM mail_queue WHERE until < @now", new { now });
            metrics.Set("backoffice_mails_waiting", "Mails of sign-in and warnings that the server has not taken yet.",
                await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM mail_queue"));
            if (sender is null) return false;
            mails = [.. await connection.QueryAsync<QueuedMail>(
                """
                SELECT mail_id, recipient, subject, body, marker, attempts FROM mail_queue WHERE due_at <= @now
                ORDER BY mail_id LIMIT @AtOnce
                """,
                new { now, AtOnce })];
        }

        foreach (var mail in mails) await SendOne(mail, cancel);
        return mails.Count == AtOnce && !_fails;
    }

    private async Task SendOne(QueuedMail mail, CancellationToken cancel)
    {
        // Put off before it is sent: if the program dies in between, it is sent again later, under the same Message-ID.
        await Execute(
            "UPDATE mail_queue SET attempts = attempts + 1, due_at = @due WHERE mail_id = @MailId",
            new { mail.MailId, due = time.GetUtcNow() + (FirstPause * (1 << Math.Min(mail.Attempts, 6))) });
        var result = Viddhana.Contracts.EmailAddress.IsValid(mail.Recipient)
            ? await sender!.Send(new Mail(mail.Recipient, mail.Subject, mail.Body), mail.Marker, cancel)
            : new DeliveryResult(Delivery.Refused, "not an address");
        if (result.Outcome != Delivery.Later) await Execute("DELETE FROM mail_queue WHERE mail_id = @MailId", new { mail.MailId });
        metrics.Count("backoffice_mails_total", "Mails of sign-in and warnings by result.", 1, ("result", Word(result.Outcome)));
        Tell(result);
    }

    /// <summary>A recipient that is refused says nothing about the server.</summary>
    private void Tell(DeliveryResult result)
    {
        var fails = result.Outcome == Delivery.Later;
        if (fails == _fails) return;
        if (fails) NoticesLog.MailFails(log, result.Reason);
        else NoticesLog.MailWorks(log);
        _fails = fails;
    }

    internal static string Word(Delivery outcome) => outcome switch
    {
        Delivery.Sent => "sent",
        Delivery.Later => "later",
        _ => "refused",
    };

    private async Task Execute(string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    private sealed record QueuedMail(long MailId, string Recipient, string Subject, string Body, string Marker, int Attempts);
}
