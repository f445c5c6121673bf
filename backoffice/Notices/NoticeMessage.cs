using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Viddhana.Backoffice.Notices;

/// <summary>One thing to tell.</summary>
internal sealed record NoticeItem
{
    public long EventId { get; init; }

    public string Kind { get; init; } = "";

    public string Title { get; init; } = "";

    public string[] Lines { get; init; } = [];

    public string? Account { get; init; }

    public DateTime CreatedAt { get; init; }
}

/// <summary>What goes out in one message: one notice or, where several are due, all of them.</summary>
/// <param name="Delivery">Its name, the same at every attempt: a receiver can tell a repetition.</param>
/// <param name="Items">At least one, oldest first.</param>
internal sealed record NoticeMessage(string Delivery, IReadOnlyList<NoticeItem> Items)
{
    public string Subject => Items.Count == 1 ? Items[0].Title : $"{Items.Count} notices: {Items[0].Title} …";
}

/// <summary>
/// A message in the format of each channel. All text is foreign: names of rigs are whatever somebody typed into a miner. It is escaped as a
/// whole for the format it goes into, and cut at what the receiver takes.
/// </summary>
internal static class NoticeFormats
{
    /// <summary>Telegram: 4096 characters after entities; Discord: 2000.</summary>
    private const int TelegramMax = 4_000;
    private const int DiscordMax = 1_900;

    private const string DiscordSpecial = "\\*_~`|>#[]()<@:-.!+=/";

    /// <summary>Plain text for mail.</summary>
    public static string Plain(NoticeMessage message)
    {
        var text = new StringBuilder();
        foreach (var item in message.Items)
        {
            text.Append(item.Title).Append('\n');
            foreach (var line in item.Lines) text.Append("  ").Append(line).Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"  {item.CreatedAt:yyyy-MM-dd HH:mm} UTC\n\n");
        }

        return text.ToString();
    }

    /// <summary>Telegram's HTML: only the title is set in bold; <c>&lt;code&gt;</c> keeps names from becoming links and mentions.</summary>
    public static string Telegram(NoticeMessage message) => Bounded(
        message,
        TelegramMax,
        item => $"<b>{Html(item.Title)}</b>\n" + string.Concat(item.Lines.Select(line => $"<code>{Html(line)}</code>\n")));

    /// <summary>Discord's Markdown with everything of it escaped.</summary>
    public static string Discord(NoticeMessage message) => Bounded(
        message,
        DiscordMax,
        item => $"**{Markdown(item.Title)}**\n" + string.Concat(item.Lines.Select(line => Markdown(line) + "\n")));

    /// <summary>For programs.</summary>
    public static byte[] Json(NoticeMessage message) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            id = message.Delivery,
            events = message.Items.Select(item => new
            {
                id = item.EventId.ToString(CultureInfo.InvariantCulture),
                kind = item.Kind,
                account = item.Account,
                time = new DateTimeOffset(item.CreatedAt, TimeSpan.Zero),
                title = item.Title,
                lines = item.Lines,
            }),
        },
        JsonSerializerOptions.Web);

    /// <summary>Whole items as long as they fit, an item alone cut by its lines, and what was left out as a number.</summary>
    private static string Bounded(NoticeMessage message, int max, Func<NoticeItem, string> render)
    {
        var text = new StringBuilder();
        for (var i = 0; i < message.Items.Count; i++)
        {
            var item = message.Items[i];
            var rendered = render(item);
            while (i == 0 && rendered.Length > max && item.Lines.Length > 0)
            {
                item = item with { Lines = item.Lines[..^1] };
                rendered = render(item);
            }

            if (text.Length + rendered.Length > max && i > 0)
                return text.Append(CultureInfo.InvariantCulture, $"… and {message.Items.Count - i} more").ToString();
            text.Append(rendered);
        }

        return text.ToString();
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    private static string Markdown(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
        {
            if (DiscordSpecial.Contains(c, StringComparison.Ordinal)) escaped.Append('\\');
            escaped.Append(c);
        }

        return escaped.ToString();
    }
}
