using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Viddhana.Backoffice.Notices;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>An event is told once, whatever fails and whenever the program is begun anew; what fails costs bounded work.</summary>
public sealed class OutboxTests
{
    [Test]
    public async Task An_event_is_told_once_however_often_it_is_added_and_the_program_begun_anew()
    {
        await using var scene = await NoticeScene.New();
        await scene.Channel();
        Assert.That((await scene.Tell("e1"), await scene.Tell("e1")), Is.EqualTo((1, 0)));
        await scene.Send();
        await scene.Tell("e1");
        scene.Clock.Advance(TimeSpan.FromDays(1));
        await scene.Send();
        Assert.That(scene.Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_event_whose_transaction_failed_is_not_told()
    {
        await using var scene = await NoticeScene.New();
        await scene.Channel();
        Assert.That(
            () => scene.InTransaction<int>(async connection =>
            {
                await NoticeBook.AddAsync(connection, new NoticeDraft(scene.AccountId, "test", "e1", "t", []), scene.Now);
                throw new InvalidOperationException("by the test");
            }),
            Throws.InvalidOperationException);
        await scene.Send();
        Assert.That(scene.Server.Requests, Is.Empty);
    }

    [Test]
    public async Task Nothing_goes_to_a_channel_that_was_not_proven()
    {
        await using var scene = await NoticeScene.New();
        var channel = await scene.Channel();
        await scene.Run($"UPDATE notice_channels SET verified_at = NULL WHERE channel_id = {channel}");
        await scene.Tell("e1", isSecurity: true);
        await scene.Send();
        Assert.That(scene.Server.Requests, Is.Empty);
    }

    [Test]
    public async Task A_channel_that_fails_is_tried_so_often_with_growing_pauses_and_logged_once()
    {
        await using var scene = await NoticeScene.New();
        await scene.Channel();
        scene.Server.Status = 500;
        await scene.Tell("e1");
        var pauses = new List<int>();
        for (var minute = 0; minute < 300; minute++)
        {
            var before = scene.Server.Requests.Count;
            await scene.Send();
            if (scene.Server.Requests.Count > before) pauses.Add(minute);
            scene.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(pauses, Is.EqualTo(new[] { 0, 1, 3, 7, 15, 31, 63, 127 }));
        Assert.That(scene.Server.Requests.Select(r => r.Headers["Viddhana-Delivery"]).Distinct().Count(), Is.EqualTo(1), "one message");
        Assert.That(scene.Log.Lines, Is.EqualTo(new[] { "channel 1 (webhook) fails: answers 500" }));
        Assert.That(scene.Metrics.Text(), Does.Contain("backoffice_notice_channels_failing 1\n"));
        Assert.That(scene.Metrics.Text(), Does.Contain("backoffice_notices_waiting 0\n"));

        scene.Server.Status = 200;
        await scene.Tell("e2");
        await scene.Send();
        await scene.Tell("e3");
        await scene.Send();
        Assert.That(scene.Log.Lines, Has.Count.EqualTo(2).And.Exactly(1).EqualTo("channel 1 (webhook) works again"));
        Assert.That(scene.Metrics.Text(), Does.Contain("backoffice_notice_channels_failing 0\n"));
    }

    /// <summary>A crash between sending and writing it down: the same goes again under the same name, and nothing new in it.</summary>
    [Test]
    public async Task After_a_crash_the_same_message_is_sent_again_under_its_name()
    {
        await using var scene = await NoticeScene.New();
        await scene.Channel();
        await scene.Tell("e1");
        await scene.Send();
        await scene.Run("UPDATE notice_outbox SET state = 'waiting'");
        await scene.Tell("e2");
        scene.Clock.Advance(TimeSpan.FromMinutes(2));
        await scene.Send();
        await scene.Send();
        var requests = scene.Server.Requests.ToArray();
        Assert.That(requests.Select(r => Keys(r.Body)), Is.EqualTo(new[] { 1, 1, 1 }));
        Assert.That(requests[1].Headers["Viddhana-Delivery"], Is.EqualTo(requests[0].Headers["Viddhana-Delivery"]));
        Assert.That(requests[1].Body, Is.EqualTo(requests[0].Body));
        Assert.That(requests[2].Headers["Viddhana-Delivery"], Is.Not.EqualTo(requests[0].Headers["Viddhana-Delivery"]));
    }

    [Test]
    public async Task A_digest_gathers_from_its_first_notice_on_and_what_concerns_safety_does_not_wait()
    {
        await using var scene = await NoticeScene.New();
        await scene.Channel(digestMinutes: 30);
        await scene.Tell("e1");
        scene.Clock.Advance(TimeSpan.FromMinutes(29));
        await scene.Tell("e2");
        await scene.Send();
        Assert.That(scene.Server.Requests, Is.Empty);
        await scene.Tell("e3", isSecurity: true);
        await scene.Send();
        Assert.That(scene.Server.Requests, Has.Count.EqualTo(1));
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await scene.Send();
        Assert.That(Keys(scene.Server.Requests.Last().Body), Is.EqualTo(2), "both in one");
    }

    [Test]
    public async Task Hundreds_of_notices_make_a_few_messages()
    {
        await using var scene = await NoticeScene.New();
        await scene.Channel();
        for (var i = 0; i < 120; i++) await scene.Tell($"e{i}");
        await scene.Send();
        Assert.That(scene.Server.Requests.Select(r => Keys(r.Body)), Is.EqualTo(new[] { 50, 50, 20 }));
    }

    [Test]
    public async Task A_removed_channel_hears_of_another_address_for_a_week_and_of_nothing_else()
    {
        await using var scene = await NoticeScene.New();
        var channel = await scene.Channel();
        await scene.Run($"UPDATE notice_channels SET removed_at = @Now WHERE channel_id = {channel}");
        await scene.Tell("e1");
        await scene.Tell("e2", isSecurity: true);
        await scene.Send();
        Assert.That(scene.Server.Requests, Has.Count.EqualTo(1));
        scene.Clock.Advance(TimeSpan.FromDays(8));
        await scene.Tell("e3", isSecurity: true);
        await scene.Send();
        Assert.That(scene.Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Who_signs_in_by_mail_is_warned_there_without_any_channel_and_mails_outlast_a_restart()
    {
        await using var scene = await NoticeScene.New();
        await using var smtp = new SmtpServer { Tls = MailTls.None };
        await scene.Tell("e1");
        await scene.Tell("e2", isSecurity: true, title: "Somebody wants bitcoin paid to another address");
        smtp.Answers["MAIL"] = "451 not now";
        var log = new LineLog<MailQueue>();
        var queue = new MailQueue(scene.Database, new SmtpSender(smtp.Config(), scene.Clock), scene.Clock, scene.Metrics, log);
        await queue.SendDue(CancellationToken.None);
        await queue.SendDue(CancellationToken.None);
        Assert.That(smtp.Mails, Is.Empty);

        smtp.Answers.Clear();
        scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await queue.SendDue(CancellationToken.None);
        await queue.SendDue(CancellationToken.None);
        var mail = smtp.Mails.Single();
        Assert.That(mail.To, Is.EqualTo("RCPT TO:<a@example.org>"));
        Assert.That(mail.Body, Does.StartWith("Somebody wants bitcoin paid to another address"));
        Assert.That(
            log.Lines,
            Is.EqualTo(new[] { "the mail server does not take mails: MAIL: 451 not now", "the mail server takes mails again" }));
        Assert.That(await scene.Scalar<long>("SELECT count(*) FROM mail_queue"), Is.Zero, "they hold secrets: gone when sent");
    }

    [Test]
    public async Task A_mail_that_cannot_be_sent_is_given_up_when_it_is_of_no_use_any_more()
    {
        await using var scene = await NoticeScene.New();
        await using var smtp = new SmtpServer { Tls = MailTls.None };
        smtp.Answers["MAIL"] = "451 not now";
        var queue = new MailQueue(
            scene.Database, new SmtpSender(smtp.Config(), scene.Clock), scene.Clock, scene.Metrics, NullLogger<MailQueue>.Instance);
        await queue.QueueAsync(new Mail("b@example.org", "s", "token"), CancellationToken.None);
        await queue.QueueAsync(new Mail("b@example.org\r\nDATA", "s", "token"), CancellationToken.None);
        await queue.SendDue(CancellationToken.None);
        Assert.That(await scene.Scalar<long>("SELECT count(*) FROM mail_queue"), Is.EqualTo(1), "what is no address is dropped at once");
        scene.Clock.Advance(TimeSpan.FromMinutes(31));
        await queue.SendDue(CancellationToken.None);
        Assert.That(await scene.Scalar<long>("SELECT count(*) FROM mail_queue"), Is.Zero);
    }

    private static int Keys(string body) => JsonDocument.Parse(body).RootElement.GetProperty("events").GetArrayLength();
}
