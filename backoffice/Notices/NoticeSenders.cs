using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Notices;

/// <summary>Where to send.</summary>
/// <param name="Kind">email, webhook, telegram or discord.</param>
/// <param name="Target">Address, URL, chat id, or ID/TOKEN.</param>
/// <param name="Secret">Of a webhook.</param>
internal sealed record NoticeTarget(string Kind, string Target, string? Secret);

/// <summary>Sends messages by the channels that the operator has configured. Reasons hold neither targets nor secrets.</summary>
internal sealed class NoticeSenders : IDisposable
{
    private const int RetryAfterMaxSeconds = 3_600;

    /// <summary>Discord: no embeds, so that no link in a rig's name is shown as a picture.</summary>
    private const int SuppressEmbeds = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly NoticesConfig _config;
    private readonly TimeProvider _time;
    private readonly SmtpSender? _mail;
    private readonly HttpClient _services;
    private readonly HttpClient _hooks;

    public NoticeSenders(NoticesConfig config, TimeProvider time)
        : this(config, time, new PublicDial(config.Webhook.AllowPrivate))
    {
    }

    public NoticeSenders(NoticesConfig config, TimeProvider time, PublicDial dial)
    {
        (_config, _time) = (config, time);
        _mail = config.Mail is { } mail ? new SmtpSender(mail, time) : null;
        _services = Client(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
        // A proxy of the environment would connect for us, to wherever it likes.
        _hooks = Client(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = dial.Connect,
            PooledConnectionLifetime = TimeSpan.Zero,
        });
    }

    /// <summary>Kinds of channels that can be sent to.</summary>
    public IReadOnlyList<string> Kinds =>
    [
        .. _mail is null ? (string[])[] : ["email"],
        .. _config.Webhook.Enabled ? (string[])["webhook"] : [],
        .. _config.Telegram is null ? (string[])[] : ["telegram"],
        .. _config.Discord.Enabled ? (string[])["discord"] : [],
    ];

    public void Dispose()
    {
        _services.Dispose();
        _hooks.Dispose();
    }

    /// <summary>Sends one message; whatever the world does is a result.</summary>
    public async Task<DeliveryResult> Send(NoticeTarget to, NoticeMessage message, CancellationToken cancel)
    {
        if (!Kinds.Contains(to.Kind)) return new(Delivery.Later, $"{to.Kind} is not configured here any more");
        return to.Kind switch
        {
            "email" => await _mail!.Send(new Mail(to.Target, message.Subject, NoticeFormats.Plain(message)), message.Delivery, cancel),
            "telegram" => await Telegram(to, message, cancel),
            "discord" => await Discord(to, message, cancel),
            _ => await Webhook(to, message, cancel),
        };
    }

    private Task<DeliveryResult> Telegram(NoticeTarget to, NoticeMessage message, CancellationToken cancel)
    {
        var body = new
        {
            chat_id = to.Target,
            text = NoticeFormats.Telegram(message),
            parse_mode = "HTML",
            link_preview_options = new { is_disabled = true },
        };
        var telegram = _config.Telegram!;
        var request = Post($"{telegram.Url.TrimEnd('/')}/bot{telegram.BotToken}/sendMessage", JsonSerializer.SerializeToUtf8Bytes(body));
        // 400 and 403: there is no such chat, or it has thrown the bot out. 401 and 404: the operator's token is wrong.
        return Ask(_services, request, status => status is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden, cancel);
    }

    private Task<DeliveryResult> Discord(NoticeTarget to, NoticeMessage message, CancellationToken cancel)
    {
        var body = new
        {
            content = NoticeFormats.Discord(message),
            allowed_mentions = new { parse = Array.Empty<string>() },
            flags = SuppressEmbeds,
        };
        var request = Post($"{_config.Discord.Url.TrimEnd('/')}/api/webhooks/{to.Target}", JsonSerializer.SerializeToUtf8Bytes(body));
        return Ask(_services, request, status => status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError, cancel);
    }

    /// <summary>
    /// Signed over time and body, so that a receiver can tell that we sent it, and that it is not an old one sent again.
    /// </summary>
    private Task<DeliveryResult> Webhook(NoticeTarget to, NoticeMessage message, CancellationToken cancel)
    {
        var body = NoticeFormats.Json(message);
        var request = Post(to.Target, body);
        var at = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("Viddhana-Delivery", message.Delivery);
        request.Headers.Add("Viddhana-Signature", $"t={at},v1={Sign(to.Secret ?? "", at, body)}");
        return Ask(_hooks, request, status => status == HttpStatusCode.Gone, cancel);
    }

    /// <summary>HMAC-SHA-256 of <c>TIME.BODY</c> under the channel's secret, as 64 hex digits.</summary>
    internal static string Sign(string secret, string at, byte[] body)
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes(at + "."), .. body];
        return Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed));
    }

    private static HttpRequestMessage Post(string url, byte[] json) => new(HttpMethod.Post, url)
    {
        Content = new ByteArrayContent(json) { Headers = { { "Content-Type", "application/json; charset=utf-8" } } },
    };

    /// <summary>Only the head of the answer is read: what else it holds is none of our business, and could be endless.</summary>
    private static async Task<DeliveryResult> Ask(
        HttpClient client, HttpRequestMessage request, Func<HttpStatusCode, bool> isFinal, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            using (request)
            using (var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token))
                return Judge(answer, isFinal);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(Delivery.Later, $"no answer within {Patience.TotalSeconds} s");
        }
        catch (HttpRequestException error)
        {
            // The message may hold the host; the kind of failure says enough.
            return new(Delivery.Later, error.InnerException is PrivateAddressException refused ? refused.Message : Words(error));
        }
    }

    private static DeliveryResult Judge(HttpResponseMessage answer, Func<HttpStatusCode, bool> isFinal)
    {
        if (answer.IsSuccessStatusCode) return DeliveryResult.Good;
        var reason = string.Create(CultureInfo.InvariantCulture, $"answers {(int)answer.StatusCode}");
        if (answer.StatusCode == HttpStatusCode.TooManyRequests)
        {
            var seconds = answer.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0;
            return new(Delivery.Later, reason, TimeSpan.FromSeconds(Math.Clamp(seconds, 0, RetryAfterMaxSeconds)));
        }

        return new(isFinal(answer.StatusCode) ? Delivery.Refused : Delivery.Later, reason);
    }

    private static string Words(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name is not known",
        HttpRequestError.ConnectionError => "it cannot be connected to",
        HttpRequestError.SecureConnectionError => "TLS fails: its certificate is not trusted or not for its name",
        _ => "it does not speak HTTP as it should",
    };

    private static HttpClient Client(SocketsHttpHandler handler) => new(handler)
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { { "User-Agent", "viddhana" } },
    };
}
