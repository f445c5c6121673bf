using System.Text;
using System.Text.RegularExpressions;
using Viddhana.Backoffice.Notices;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>Mail goes out over TLS, says what it should and nothing else, and what a server does is a result.</summary>
public sealed partial class SmtpTests
{
    private static readonly Mail Hello = new("miner@example.org", "Grüße", "Erste Zeile\n.\n..zweite");

    [TestCase("StartTls", "PLAIN LOGIN", "pool/geheim by PLAIN")]
    [TestCase("Implicit", "LOGIN", "pool/geheim by LOGIN")]
    [TestCase("None", "PLAIN", "pool/geheim by PLAIN")]
    public async Task A_mail_arrives_as_it_was_meant(string tls, string auth, string user)
    {
        await using var server = new SmtpServer { Tls = Enum.Parse<MailTls>(tls), Auth = auth };
        Assert.That(await Send(server), Is.EqualTo(DeliveryResult.Good));

        var mail = server.Mails.Single();
        Assert.That(mail.Body, Is.EqualTo("Erste Zeile\r\n.\r\n..zweite"));
        Assert.That((mail.User, mail.WasTls), Is.EqualTo((user, tls != "None")));
        Assert.That((mail.From, mail.To), Is.EqualTo(("MAIL FROM:<pool@example.com>", "RCPT TO:<miner@example.org>")));
        Assert.That(Decoded(mail.Header("Subject")), Is.EqualTo("Grüße"));
        Assert.That(mail.Header("Message-ID"), Is.EqualTo("<abc@example.com>"));
        Assert.That(mail.Header("Date"), Is.EqualTo("Sat, 21 Nov 2026 12:00:00 +0000"));
        Assert.That(mail.Text.Split("\r\n").Max(line => line.Length), Is.LessThanOrEqualTo(78));
        if (tls == "StartTls") Assert.That(server.PlainLines.Select(line => line.Split(' ')[0]), Is.EqualTo(new[] { "EHLO", "STARTTLS" }));
    }

    [Test]
    public async Task Without_starttls_nothing_is_said_in_plain_text()
    {
        await using var server = new SmtpServer { OffersStartTls = false };
        var result = await Send(server);
        Assert.That(result.Outcome, Is.EqualTo(Delivery.Later));
        Assert.That(result.Reason, Is.EqualTo("the server offers no STARTTLS: set tls to implicit or none"));
        Assert.That(server.PlainLines.Select(line => line.Split(' ')[0]), Is.EqualTo(new[] { "EHLO" }));
    }

    [Test]
    public async Task A_certificate_that_nobody_vouches_for_ends_it_before_the_password()
    {
        await using var server = new SmtpServer { Tls = MailTls.Implicit };
        var config = server.Config();
        config.CaFile = null;
        var result = await new SmtpSender(config, new TestClock()).Send(Hello, "abc", CancellationToken.None);
        Assert.That(result.Outcome, Is.EqualTo(Delivery.Later));
        Assert.That(server.Mails, Is.Empty);
    }

    /// <summary>Plain text behind the answer to STARTTLS would be read as if it had come under TLS.</summary>
    [Test]
    public async Task Text_that_somebody_put_before_the_beginning_of_tls_is_not_believed()
    {
        await using var server = new SmtpServer { Injected = "\r\n250-AUTH PLAIN\r\n250 injected" };
        var result = await Send(server);
        Assert.That((result.Outcome, result.Reason), Is.EqualTo((Delivery.Later, "the server sent plain text into the beginning of TLS")));
        Assert.That(server.Mails, Is.Empty);
    }

    [TestCase("RCPT", "550 no such user", "Refused")]
    [TestCase("RCPT", "450 later", "Later")]
    [TestCase("END", "554 spam", "Refused")]
    [TestCase("AUTH", "535 wrong password", "Later")]
    [TestCase("MAIL", "550 not you", "Later")]
    [TestCase("GREETING", "421 too busy", "Later")]
    [TestCase("EHLO", "nonsense", "Later")]
    public async Task What_a_server_refuses_is_told_apart(string command, string answer, string outcome)
    {
        await using var server = new SmtpServer { Tls = MailTls.None };
        server.Answers[command] = answer;
        var result = await Send(server);
        Assert.That(result.Outcome, Is.EqualTo(Enum.Parse<Delivery>(outcome)));
        Assert.That(result.Reason, Does.Not.Contain("geheim").And.Not.Contain(Convert.ToBase64String("\0pool\0geheim"u8.ToArray())));
    }

    [Test]
    public async Task A_server_that_says_nothing_is_waited_for_as_long_as_configured()
    {
        await using var server = new SmtpServer { Tls = MailTls.None };
        server.Answers["MAIL"] = "hang";
        var config = server.Config();
        config.TimeoutSeconds = 1;
        var result = await new SmtpSender(config, new TestClock()).Send(Hello, "abc", CancellationToken.None);
        Assert.That((result.Outcome, result.Reason), Is.EqualTo((Delivery.Later, "no answer within 1 s")));
    }

    [Test]
    public async Task A_server_that_hangs_up_after_it_took_the_mail_has_taken_it()
    {
        await using var server = new SmtpServer { Tls = MailTls.None };
        server.Answers["QUIT"] = "garbage";
        Assert.That(await Send(server), Is.EqualTo(DeliveryResult.Good));
    }

    [Test]
    public void No_subject_or_text_can_make_a_header_or_end_a_mail([Values(
        "a\r\nBcc: everyone@example.net", "a\nBcc: x@example.net", "\r\n.\r\nMAIL FROM:<x@example.net>", "\0", "=?utf-8?B?QQ==?=",
        "‮gnirts", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀")] string text)
    {
        var config = new MailConfig { From = "pool@example.com", FromName = text };
        var composed = MailText.Compose(new Mail("miner@example.org", text, text), config, "abc", DateTimeOffset.UnixEpoch);
        Assert.That(composed, Does.Match(@"\A[\x20-\x7e\r\n]*\z"), "ASCII throughout");
        Assert.That(composed.Replace("\r\n", "", StringComparison.Ordinal), Does.Not.Contain("\r").And.Not.Contain("\n"));
        var head = composed[..composed.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
        Assert.That(
            head.Split("\r\n").Where(line => !line.StartsWith(' ')).Select(line => line.Split(':')[0]),
            Is.EqualTo(new[]
            {
                "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
                "Content-Transfer-Encoding",
            }));
        Assert.That(composed.Split("\r\n").Where(line => line.StartsWith('.')), Is.Empty);
    }

    [TestCase("a@b.c\r\nRCPT TO:<x@y.z>")]
    [TestCase("a@b.c>")]
    [TestCase("<a@b.c>")]
    [TestCase("a b@c.d")]
    [TestCase("a@b")]
    [TestCase("a@-b.c")]
    [TestCase("a..b@c.d")]
    [TestCase(".a@c.d")]
    [TestCase("\"a\"@c.d")]
    [TestCase("a@[127.0.0.1]")]
    [TestCase("ä@c.d")]
    [TestCase("")]
    [TestCase("@c.d")]
    public void Addresses_that_could_break_a_command_or_that_nobody_has_are_refused(string address)
    {
        Assert.That(EmailAddress.IsValid(address), Is.False);
        Assert.That(
            () => MailText.Compose(new Mail(address, "", ""), new MailConfig { From = "p@example.com" }, "a", DateTimeOffset.UnixEpoch),
            Throws.ArgumentException);
    }

    [TestCase("a@b.c")]
    [TestCase("first.last+tag@sub.example-host.org")]
    [TestCase("o'brien@example.org")]
    public void Ordinary_addresses_are_taken(string address) => Assert.That(EmailAddress.IsValid(address));

    private static Task<DeliveryResult> Send(SmtpServer server) =>
        new SmtpSender(server.Config(), new TestClock()).Send(Hello, "abc", CancellationToken.None);

    private static string Decoded(string words) => string.Concat(
        EncodedWord().Matches(words).Select(word => Encoding.UTF8.GetString(Convert.FromBase64String(word.Groups[1].Value))));

    [GeneratedRegex(@"=\?utf-8\?B\?([^?]*)\?=")]
    private static partial Regex EncodedWord();
}
