using System.Net;

namespace Viddhana.Contracts.Config;

/// <summary>Section <c>backoffice.notices</c>: by which channels people are told of what happens.</summary>
public sealed class NoticesConfig
{
    /// <summary>The mail server; null: no mail is sent, and e-mail logins cannot be made.</summary>
    public MailConfig? Mail { get; set; }

    /// <summary>The pool's Telegram bot; null: no Telegram channels.</summary>
    public TelegramConfig? Telegram { get; set; }

    /// <summary>Webhooks of Discord channels.</summary>
    public DiscordConfig Discord { get; set; } = new();

    /// <summary>Webhooks of the miners' own servers.</summary>
    public WebhookConfig Webhook { get; set; } = new();

    internal static NoticesConfig Bind(ConfigSection section, bool isRead)
    {
        var notices = new NoticesConfig();
        if (section.SectionOrNull("mail") is { } mail) notices.Mail = MailConfig.Bind(mail, isRead);
        if (section.SectionOrNull("telegram") is { } telegram) notices.Telegram = TelegramConfig.Bind(telegram, isRead);
        notices.Discord = DiscordConfig.Bind(section.Section("discord"));
        notices.Webhook = WebhookConfig.Bind(section.Section("webhook"));
        section.End();
        return notices;
    }
}

/// <summary>Key <c>backoffice.notices.mail.tls</c>.</summary>
public enum MailTls
{
    /// <summary><c>starttls</c>: plain first, then STARTTLS (RFC 3207), which the server must offer; port 587.</summary>
    StartTls,

    /// <summary><c>implicit</c>: TLS from the first byte (RFC 8314); port 465.</summary>
    Implicit,

    /// <summary><c>none</c>: never; for a relay on this machine.</summary>
    None,
}

/// <summary>Section <c>backoffice.notices.mail</c>: the server that takes our mail (submission, RFC 6409).</summary>
public sealed class MailConfig
{
    /// <summary>Name or address of the server; its certificate must name it.</summary>
    public string Host { get; set; } = "";

    /// <summary>TCP port; 0: 587, 465 or 25 by <see cref="Tls"/>.</summary>
    public int Port { get; set; }

    /// <summary>How the connection is made safe.</summary>
    public MailTls Tls { get; set; }

    /// <summary>Name to sign in with; null: without.</summary>
    public string? User { get; set; }

    /// <summary>Its password.</summary>
    public string? Password { get; set; }

    /// <summary>The address that mails come from.</summary>
    public string From { get; set; } = "";

    /// <summary>The name beside it.</summary>
    public string FromName { get; set; } = "Viddhana pool";

    /// <summary>PEM file with certificates of authorities to trust instead of the system's; null: the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>Seconds for one mail, 1 to 300.</summary>
    public int TimeoutSeconds { get; set; } = 30;

    /// <summary>The configured port, or what is usual.</summary>
    public int PortOrUsual() => Port != 0 ? Port : Tls switch { MailTls.Implicit => 465, MailTls.StartTls => 587, _ => 25 };

    internal static MailConfig Bind(ConfigSection section, bool isRead)
    {
        var mail = new MailConfig();
        mail.Host = section.Required("host", "smtp.example.com");
        mail.Port = section.Int("port", mail.Port, 0, 65_535);
        mail.Tls = section.Choice("tls", "starttls", "starttls", "implicit", "none") switch
        {
            "implicit" => MailTls.Implicit,
            "none" => MailTls.None,
            _ => MailTls.StartTls,
        };
        mail.User = section.TextOrNull("user");
        mail.Password = section.Secret("password", isRead);
        mail.From = section.Required("from", "pool@example.com");
        mail.FromName = section.Text("from_name", mail.FromName);
        mail.CaFile = section.TextOrNull("ca_file");
        mail.TimeoutSeconds = section.Int("timeout_seconds", mail.TimeoutSeconds, 1, 300);
        if (mail.Host.Any(c => c is <= ' ' or > '~' or '/' or '@'))
            section.Error("host", $"'{mail.Host}' must be a name or an IP address");
        if (mail.From.Length > 0 && !EmailAddress.IsValid(mail.From))
            section.Error("from", $"'{mail.From}' must be an address: pool@example.com");
        if (mail.FromName.Length > 64 || mail.FromName.Any(char.IsControl))
            section.Error("from_name", "must be at most 64 characters of text");
        if (mail.Tls == MailTls.None && mail.User is not null && !IsThisMachine(mail.Host))
            section.Error("tls", $"none would send the password of {mail.User} to {mail.Host} for everyone to read: starttls or implicit");
        section.End();
        return mail;
    }

    private static bool IsThisMachine(string host) =>
        host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}

/// <summary>Section <c>backoffice.notices.telegram</c>.</summary>
public sealed class TelegramConfig
{
    /// <summary>Token of the pool's bot, from BotFather.</summary>
    public string? BotToken { get; set; }

    /// <summary>Where the Bot API is.</summary>
    public string Url { get; set; } = "https://api.telegram.org";

    internal static TelegramConfig Bind(ConfigSection section, bool isRead)
    {
        var telegram = new TelegramConfig();
        telegram.BotToken = section.Secret("bot_token", isRead);
        telegram.Url = section.Text("url", telegram.Url);
        ConfigCheck.Url(section, "url", telegram.Url, "https", "http");
        if (isRead && !IsToken(telegram.BotToken))
            section.Error("bot_token", "must be the bot's token: digits, ':' and letters");
        section.End();
        return telegram;
    }

    private static bool IsToken(string? text) =>
        text is { Length: > 0 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '_' or '-');
}

/// <summary>Section <c>backoffice.notices.discord</c>.</summary>
public sealed class DiscordConfig
{
    /// <summary>False: no Discord channels.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Where Discord's webhooks are: <c>URL/api/webhooks/ID/TOKEN</c>.</summary>
    public string Url { get; set; } = "https://discord.com";

    internal static DiscordConfig Bind(ConfigSection section)
    {
        var discord = new DiscordConfig();
        discord.Enabled = section.Flag("enabled", discord.Enabled);
        discord.Url = section.Text("url", discord.Url);
        ConfigCheck.Url(section, "url", discord.Url, "https", "http");
        section.End();
        return discord;
    }
}

/// <summary>Section <c>backoffice.notices.webhook</c>.</summary>
public sealed class WebhookConfig
{
    /// <summary>False: no webhooks.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// True: miners may name private addresses, those of this machine too, and <c>http</c>. Only where every miner is trusted: at home.
    /// </summary>
    public bool AllowPrivate { get; set; }

    internal static WebhookConfig Bind(ConfigSection section)
    {
        var webhook = new WebhookConfig();
        webhook.Enabled = section.Flag("enabled", webhook.Enabled);
        webhook.AllowPrivate = section.Flag("allow_private", webhook.AllowPrivate);
        section.End();
        return webhook;
    }
}
