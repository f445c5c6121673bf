using System.Text;

namespace Viddhana.Contracts.Config;

/// <summary>Keeps passwords out of logs, errors, metrics and the API.</summary>
public static class Secrets
{
    private const string Mark = "***";

    /// <summary>
    /// The URL or connection string with its password replaced by <c>***</c>: between <c>:</c> and the last <c>@</c> of the authority, and
    /// the value of <c>password=</c> or <c>pwd=</c>.
    /// </summary>
    public static string Mask(string url) => MaskAssignments(MaskAuthority(url));

    /// <summary>True if the URL or connection string holds a password.</summary>
    public static bool HasPassword(string url) => Mask(url) != url;

    private static string MaskAuthority(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + 3;
        // A password may hold '/', '?' and '#' unescaped by mistake, so the last '@' counts, not the first '/'.
        var end = url.LastIndexOf('@');
        if (end < start) return url;

        var colon = url.IndexOf(':', start, end - start);
        return colon < 0 || colon + 1 == end ? url : string.Concat(url.AsSpan(0, colon + 1), Mark, url.AsSpan(end));
    }

    private static string MaskAssignments(string text)
    {
        var masked = new StringBuilder(text.Length);
        var at = 0;
        while (FindAssignment(text, at) is var value and >= 0)
        {
            masked.Append(text, at, value - at).Append(Mark);
            at = EndOfValue(text, value);
        }

        return masked.Append(text, at, text.Length - at).ToString();
    }

    /// <summary>Where the value of the next <c>password=</c> begins, or -1.</summary>
    private static int FindAssignment(string text, int from)
    {
        for (var at = from; at < text.Length; at++)
        {
            if (at > 0 && char.IsAsciiLetter(text[at - 1])) continue;
            foreach (var word in (ReadOnlySpan<string>)["password", "pwd", "passphrase", "sslpassword", "ssl password"])
            {
                if (string.Compare(text, at, word, 0, word.Length, StringComparison.OrdinalIgnoreCase) != 0) continue;
                var equals = at + word.Length;
                while (equals < text.Length && text[equals] == ' ') equals++;
                if (equals < text.Length && text[equals] == '=') return equals + 1;
            }
        }

        return -1;
    }

    private static int EndOfValue(string text, int value)
    {
        while (value < text.Length && text[value] == ' ') value++;
        if (value < text.Length && text[value] is '\'' or '"')
        {
            var close = text.IndexOf(text[value], value + 1);
            return close < 0 ? text.Length : close + 1;
        }

        var end = text.IndexOfAny([';', '&'], value);
        return end < 0 ? text.Length : end;
    }
}
