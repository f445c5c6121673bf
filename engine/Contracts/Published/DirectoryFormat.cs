using System.Globalization;
using System.Text;

namespace Viddhana.Contracts.Published;

/// <summary>
/// The directory as bytes: ASCII lines, so that an operator can read the file at night. The first says the version of the format; the last
/// counts the lines between and holds their digest, so that half a document is none.
/// <code>
/// viddhana-directory 1
/// name alice
/// ban address 0 203.0.113.0/24 floods
/// ban worker 1790000000000 bc1q….rig7 answers nobody
/// end 3 0123456789abcdef
/// </code>
/// A line of another kind is a later program's and is passed over.
/// </summary>
public static class DirectoryFormat
{
    private const string Head = "viddhana-directory 1";
    private const int DigestDigits = 16;

    /// <summary>Writes a document. The same content gives the same bytes.</summary>
    /// <exception cref="ArgumentException">A name or ban is not what it must be, or there are too many.</exception>
    public static byte[] Write(PublishedDirectory directory)
    {
        if (directory.Names.Count > PublishedDirectory.NamesMax || directory.Bans.Count > PublishedDirectory.BansMax)
            throw new ArgumentException($"{directory.Names.Count} names and {directory.Bans.Count} bans are more than can be published");

        var text = new StringBuilder(Head.Length + 64 + (directory.Names.Count * 24) + (directory.Bans.Count * 96));
        text.Append(Head).Append('\n');
        foreach (var name in directory.Names)
        {
            if (!PublishedDirectory.IsName(name)) throw new ArgumentException($"'{name}' is no stratum name");
            text.Append("name ").Append(name).Append('\n');
        }

        foreach (var ban in directory.Bans)
        {
            if (!Ban.IsTarget(ban.Target) || !Ban.IsReason(ban.Reason))
                throw new ArgumentException($"the ban of '{ban.Target}' cannot be written");
            text.Append("ban ").Append(WordOf(ban.Kind)).Append(' ').Append(CultureInfo.InvariantCulture, $"{ban.ExpiresUtcMs} ")
                .Append(ban.Target).Append(' ').Append(ban.Reason).Append('\n');
        }

        var body = Encoding.ASCII.GetBytes(text.ToString());
        var end = $"end {directory.Names.Count + directory.Bans.Count} {DigestOf(body)}\n";
        return [.. body, .. Encoding.ASCII.GetBytes(end)];
    }

    /// <summary>The version of a document: the digest in its last line. Null where it has none.</summary>
    public static string? VersionOf(ReadOnlySpan<byte> document) => TrySplit(document, out _, out _, out var digest) ? digest : null;

    /// <summary>Reads a document.</summary>
    /// <param name="document">The bytes.</param>
    /// <param name="error">What is wrong with it, or "".</param>
    /// <returns>Null when it is damaged, of another format or too long.</returns>
    public static PublishedDirectory? Read(ReadOnlySpan<byte> document, out string error)
    {
        error = $"longer than {PublishedDirectory.BytesMax} bytes";
        if (document.Length > PublishedDirectory.BytesMax) return null;

        error = "no whole document: its last line is missing";
        if (!TrySplit(document, out var body, out var count, out var digest)) return null;

        error = "damaged: its lines are not those that were written";
        if (DigestOf(body) != digest) return null;

        error = $"another format than '{Head}'";
        var lines = Encoding.ASCII.GetString(body).Split('\n');
        if (lines[0] != Head) return null;

        return ReadLines(lines.AsSpan(1, lines.Length - 2), count, out error);
    }

    private static PublishedDirectory? ReadLines(ReadOnlySpan<string> lines, int count, out string error)
    {
        var names = new List<string>();
        var bans = new List<Ban>();
        error = $"{lines.Length} lines, {count} were written";
        if (lines.Length != count) return null;

        for (var i = 0; i < lines.Length; i++)
        {
            error = $"line {i + 2} cannot be read";
            if (!TryReadLine(lines[i], names, bans)) return null;
        }

        error = $"{names.Count} names and {bans.Count} bans are more than are allowed";
        if (names.Count > PublishedDirectory.NamesMax || bans.Count > PublishedDirectory.BansMax) return null;

        error = "";
        return new PublishedDirectory(names, bans);
    }

    private static bool TryReadLine(string line, List<string> names, List<Ban> bans)
    {
        if (line.StartsWith("name ", StringComparison.Ordinal))
        {
            names.Add(line[5..]);
            return PublishedDirectory.IsName(line.AsSpan(5));
        }

        if (!line.StartsWith("ban ", StringComparison.Ordinal)) return true;

        var words = line.Split(' ', 5);
        if (words.Length != 5 || !long.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out var expires)) return false;
        if (expires > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() || !Ban.IsTarget(words[3]) || !Ban.IsReason(words[4])) return false;
        if (KindOf(words[1]) is { } kind) bans.Add(new Ban(kind, words[3], words[4], expires));
        return true;
    }

    // The last line is short and stands alone: it is found from the end.
    private static bool TrySplit(ReadOnlySpan<byte> document, out ReadOnlySpan<byte> body, out int count, out string digest)
    {
        body = default;
        (count, digest) = (0, "");
        if (document.Length < 2 || document[^1] != '\n') return false;

        var start = document[..^1].LastIndexOf((byte)'\n') + 1;
        if (document.Length - start > 64) return false;

        var words = Encoding.ASCII.GetString(document[start..^1]).Split(' ');
        if (words.Length != 3 || words[0] != "end" || words[2].Length != DigestDigits) return false;

        body = document[..start];
        digest = words[2];
        return int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }

    private static string DigestOf(ReadOnlySpan<byte> body)
    {
        Span<byte> digest = stackalloc byte[Sha256.Size];
        Sha256.Hash(body, digest);
        return Convert.ToHexStringLower(digest[..(DigestDigits / 2)]);
    }

    private static string WordOf(BanKind kind) => kind switch
    {
        BanKind.Address => "address",
        BanKind.Account => "account",
        _ => "worker",
    };

    private static BanKind? KindOf(string word) => word switch
    {
        "address" => BanKind.Address,
        "account" => BanKind.Account,
        "worker" => BanKind.Worker,
        _ => null,
    };
}
