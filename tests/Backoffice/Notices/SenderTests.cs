using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Viddhana.Backoffice.Notices;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>Messages by webhook, Telegram and Discord: to whom they should go, as text, and never into the pool's own network.</summary>
public sealed class SenderTests
{
    private const string Nasty = "<img src=x onerror=alert(1)> [a](http://x.example) @everyone `c` *b* _i_ {{7*7}} '; DROP TABLE--";

    private static readonly NoticeMessage Message = new("d1", [Item(Nasty, Nasty)]);

    [Test]
    public async Task A_webhook_is_signed_over_time_and_body_and_named_the_same_at_every_attempt()
    {
        await using var server = new HookServer();
        using var senders = Senders(server, allowPrivate: true);
        Assert.That(await Hook(senders, server.Url + "/hook"), Is.EqualTo(DeliveryResult.Good));
        var request = server.Requests.Single();
        var signed = request.Headers["Viddhana-Signature"].Split(",v1=");
        Assert.That(signed[0], Is.EqualTo("t=1795262400"));
        var hash = HMACSHA256.HashData("s3cret"u8, Encoding.UTF8.GetBytes($"1795262400.{request.Body}"));
        Assert.That(signed[1], Is.EqualTo(Convert.ToHexStringLower(hash)));
        Assert.That(request.Headers["Viddhana-Delivery"], Is.EqualTo("d1"));
        var item = JsonDocument.Parse(request.Body).RootElement.GetProperty("events")[0];
        Assert.That(item.GetProperty("title").GetString(), Is.EqualTo(Nasty));
        Assert.That(request.Body, Does.Not.Contain("<").And.Not.Contain("s3cret"), "escaped, even if somebody shows it as HTML");
    }

    [Test]
    public async Task A_webhook_on_this_machine_or_a_name_that_leads_to_it_is_never_connected_to(
        [Values("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "0.0.0.0")] string host)
    {
        await using var server = new HookServer();
        using var senders = Senders(server);
        var result = await Hook(senders, $"http://{host}:{server.Port}/");
        Assert.That((result.Outcome, result.Reason), Is.EqualTo((Delivery.Later, "the host has no public address")));
        Assert.That(server.Requests, Is.Empty);
    }

    /// <summary>A name that is public when it is looked at and private when it is connected to.</summary>
    [Test]
    public async Task The_address_that_was_judged_is_the_one_connected_to()
    {
        await using var server = new HookServer();
        var asked = 0;
        var dial = new PublicDial(false, (_, _) => Task.FromResult<IPAddress[]>(
            [++asked == 1 ? IPAddress.Parse("127.0.0.1") : IPAddress.Parse("8.8.8.8")]));
        using var senders = new NoticeSenders(Config(server), new TestClock(), dial);
        Assert.That((await Hook(senders, $"http://rebind.example:{server.Port}/")).Reason, Is.EqualTo("the host has no public address"));
        Assert.That((asked, server.Requests.Count), Is.EqualTo((1, 0)), "asked once, and that answer counted");
    }

    [Test]
    public async Task A_redirect_is_not_followed()
    {
        await using var inner = new HookServer();
        await using var outer = new HookServer { Status = 307, Location = inner.Url };
        using var senders = Senders(outer, allowPrivate: true);
        Assert.That((await Hook(senders, outer.Url)).Outcome, Is.EqualTo(Delivery.Later));
        Assert.That(inner.Requests, Is.Empty);
    }

    [TestCase("10.1.2.3")]
    [TestCase("100.64.0.1")]
    [TestCase("127.0.0.1")]
    [TestCase("127.5.5.5")]
    [TestCase("169.254.169.254")]
    [TestCase("172.31.255.255")]
    [TestCase("192.168.0.1")]
    [TestCase("198.18.0.1")]
    [TestCase("224.0.0.1")]
    [TestCase("255.255.255.255")]
    [TestCase("0.0.0.0")]
    [TestCase("::")]
    [TestCase("::1")]
    [TestCase("::ffff:10.0.0.1")]
    [TestCase("fe80::1")]
    [TestCase("fd00::1")]
    [TestCase("64:ff9b::a00:1")]
    [TestCase("2002:a00:1::")]
    [TestCase("2001:db8::1")]
    [TestCase("ff02::1")]
    public void Addresses_inside_are_not_public(string address) => Assert.That(PublicDial.IsPublic(IPAddress.Parse(address)), Is.False);

    [TestCase("8.8.8.8")]
    [TestCase("172.32.0.1")]
    [TestCase("2606:4700:4700::1111")]
    [TestCase("::ffff:1.1.1.1")]
    public void Addresses_outside_are_public(string address) => Assert.That(PublicDial.IsPublic(IPAddress.Parse(address)));

    [Test]
    public async Task Telegram_gets_html_with_everything_foreign_escaped_and_the_token_is_in_the_path_alone()
    {
        await using var server = new HookServer();
        using var senders = Senders(server);
        var result = await senders.Send(new NoticeTarget("telegram", "123", null), Message, CancellationToken.None);
        Assert.That(result, Is.EqualTo(DeliveryResult.Good));
        var request = server.Requests.Single();
        Assert.That(request.Path, Is.EqualTo("/bot1:TOKEN/sendMessage"));
        var body = JsonDocument.Parse(request.Body).RootElement;
        Assert.That(body.GetProperty("chat_id").GetString(), Is.EqualTo("123"));
        var text = body.GetProperty("text").GetString()!;
        Assert.That(text, Does.StartWith("<b>&lt;img src=x onerror=alert(1)&gt;"));
        var own = text.Replace("<b>", "").Replace("</b>", "").Replace("<code>", "").Replace("</code>", "");
        Assert.That(own, Does.Not.Contain("<").And.Not.Contain(">"));
    }

    [Test]
    public async Task Discord_gets_markdown_with_everything_foreign_escaped_and_mentions_nobody()
    {
        await using var server = new HookServer();
        using var senders = Senders(server);
        await senders.Send(new NoticeTarget("discord", "12345/abc", null), Message, CancellationToken.None);
        var request = server.Requests.Single();
        Assert.That(request.Path, Is.EqualTo("/api/webhooks/12345/abc"));
        var body = JsonDocument.Parse(request.Body).RootElement;
        Assert.That(body.GetProperty("allowed_mentions").GetProperty("parse").GetArrayLength(), Is.Zero);
        var content = body.GetProperty("content").GetString()!;
        Assert.That(content, Does.Contain(@"\@everyone").And.Contain(@"\[a\]\(http\:").And.Contain(@"\`c\` \*b\* \_i\_"));
    }

    [TestCase("telegram", 403, "Refused")]
    [TestCase("telegram", 401, "Later")]
    [TestCase("telegram", 500, "Later")]
    [TestCase("discord", 404, "Refused")]
    [TestCase("discord", 502, "Later")]
    [TestCase("webhook", 404, "Later")]
    [TestCase("webhook", 410, "Refused")]
    [TestCase("webhook", 204, "Sent")]
    public async Task What_a_service_answers_is_told_apart_and_told_without_secrets(string kind, int status, string outcome)
    {
        await using var server = new HookServer { Status = status };
        using var senders = Senders(server, allowPrivate: true);
        var target = new NoticeTarget(kind, kind == "webhook" ? server.Url : "123/TOKEN", "s3cret");
        var result = await senders.Send(target, Message, CancellationToken.None);
        Assert.That(result.Outcome, Is.EqualTo(Enum.Parse<Delivery>(outcome)));
        Assert.That(result.Reason, Does.Not.Contain("TOKEN").And.Not.Contain("s3cret").And.Not.Contain("127.0.0.1"));
    }

    [Test]
    public async Task A_service_that_asks_for_time_gets_it_within_bounds()
    {
        await using var server = new HookServer { Status = 429, RetryAfter = 90 };
        using var senders = Senders(server);
        var target = new NoticeTarget("discord", "1/t", null);
        Assert.That((await senders.Send(target, Message, CancellationToken.None)).Wait, Is.EqualTo(TimeSpan.FromSeconds(90)));
        server.RetryAfter = 1_000_000;
        Assert.That((await senders.Send(target, Message, CancellationToken.None)).Wait, Is.EqualTo(TimeSpan.FromHours(1)));
    }

    [Test]
    public void Long_messages_are_cut_where_the_service_cuts_and_say_how_much_is_missing()
    {
        var items = Enumerable.Range(0, 50).Select(i => Item($"notice {i}", [.. Enumerable.Repeat("<<<<<<<<<<", 20)])).ToArray();
        var many = new NoticeMessage("d", items);
        Assert.That(NoticeFormats.Telegram(many), Has.Length.LessThanOrEqualTo(4_096).And.Contain("more"));
        Assert.That(NoticeFormats.Discord(many), Has.Length.LessThanOrEqualTo(2_000).And.Contain("more"));
        var one = new NoticeMessage("d", [Item("t", [.. Enumerable.Repeat(new string('<', 400), 60)])]);
        Assert.That(NoticeFormats.Telegram(one), Has.Length.LessThanOrEqualTo(4_096).And.Not.Empty);
        Assert.That(NoticeFormats.Discord(one), Has.Length.LessThanOrEqualTo(2_000).And.Not.Empty);
    }

    internal static NoticesConfig Config(HookServer server, bool allowPrivate = false) => new()
    {
        Telegram = new TelegramConfig { BotToken = "1:TOKEN", Url = server.Url },
        Discord = new DiscordConfig { Url = server.Url },
        Webhook = new WebhookConfig { AllowPrivate = allowPrivate },
    };

    private static NoticeItem Item(string title, params string[] lines) => new() { Title = title, Lines = lines, Kind = "test" };

    private static NoticeSenders Senders(HookServer server, bool allowPrivate = false) =>
        new(Config(server, allowPrivate), new TestClock());

    private static Task<DeliveryResult> Hook(NoticeSenders senders, string url) =>
        senders.Send(new NoticeTarget("webhook", url, "s3cret"), Message, CancellationToken.None);
}
