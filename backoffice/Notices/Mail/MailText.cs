using System.Globalization;
using System.Text;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Notices;

/// <summary>
/// A mail as it goes over the wire (RFC 5322, RFC 2045): ASCII throughout, whatever its subject and text are. Nothing of what it is made
/// from can begin a line: addresses are checked, everything else is encoded.
/// </summary>
internal static class MailText
{
    private const int SubjectMax = 200;
    private const int Base64Line = 76;

    /// <summary>Bytes of text in one encoded word: 45 make 60 characters, and a word may have 75 (RFC 2047, 2).</summary>
    private const int WordBytes = 45;

    /// <summary>The whole message, with CRLF and without the final dot.</summary>
    /// <param name="mail">What is sent; the address must be valid.</param>
    /// <param name="from">Who it comes from.</param>
    /// <param name="id">Left side of its Message-ID: the same at every attempt, so that a mail sent twice is seen to be one.</param>
    /// <param name="now">Its date.</param>
    public static string Compose(Mail mail, MailConfig from, string id, DateTimeOffset now)
    {
        if (!EmailAddress.IsValid(mail.To) || !EmailAddress.IsValid(from.From)) throw new ArgumentException("not an address of mail");

        var domain = from.From[(from.From.IndexOf('@', StringComparison.Ordinal) + 1)..];
        var text = new StringBuilder()
            .Append("Date: ").Append(now.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture))
            .Append("\r\nFrom: ").Append(Words(from.FromName)).Append(" <").Append(from.From)
            .Append(">\r\nTo: <").Append(mail.To)
            .Append(">\r\nSubject: ").Append(Words(Cut(mail.Subject, SubjectMax)))
            .Append("\r\nMessage-ID: <").Append(id).Append('@').Append(domain)
            .Append(">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
            .Append("Content-Transfer-Encoding: base64\r\n\r\n");
        var body = Convert.ToBase64String(Encoding.UTF8.GetBytes(mail.Text.ReplaceLineEndings("\r\n")));
        for (var at = 0; at < body.Length; at += Base64Line)
            text.Append(body, at, Math.Min(Base64Line, body.Length - at)).Append("\r\n");
        return text.ToString();
    }

    /// <summary>Encoded words of RFC 2047, always: plain text would have to be quoted here and not there.</summary>
    private static string Words(string text)
    {
        var words = new StringBuilder();
        var word = new StringBuilder();
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > WordBytes) Flush();
            word.Append(Rune.IsControl(rune) ? " " : rune.ToString());
            bytes += rune.Utf8SequenceLength;
        }

        Flush();
        return words.ToString();

        void Flush()
        {
            if (word.Length == 0) return;
            // Folded: white space between encoded words is not shown.
            if (words.Length > 0) words.Append("\r\n ");
            words.Append("=?utf-8?B?").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(word.ToString()))).Append("?=");
            word.Clear();
            bytes = 0;
        }
    }

    private static string Cut(string text, int max)
    {
        if (text.Length <= max) return text;
        var end = char.IsHighSurrogate(text[max - 1]) ? max - 1 : max;
        return text[..end] + "…";
    }
}
