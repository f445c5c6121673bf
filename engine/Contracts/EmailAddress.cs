namespace Viddhana.Contracts;

/// <summary>
/// Addresses of mail as we take them: ASCII, the dot-atom of RFC 5321 and a host name. Quoted local parts and address literals are legal
/// and not taken: nobody has them, and what cannot hold a space or a line end cannot break a header or a command.
/// </summary>
public static class EmailAddress
{
    /// <summary>Most characters (RFC 5321, 4.5.3.1.3).</summary>
    public const int LengthMax = 254;

    private const int LocalMax = 64;
    private const int LabelMax = 63;

    /// <summary>True for an address that we send to.</summary>
    public static bool IsValid(string address)
    {
        if (address.Length > LengthMax) return false;
        var at = address.IndexOf('@', StringComparison.Ordinal);
        return at is > 0 and <= LocalMax && IsLocal(address.AsSpan(0, at)) && IsHost(address.AsSpan(at + 1));
    }

    private static bool IsLocal(ReadOnlySpan<char> local)
    {
        var before = '.';
        foreach (var c in local)
        {
            if (c == '.' ? before == '.' : !char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+/=?^_`{|}~-".Contains(c)) return false;
            before = c;
        }

        return before != '.';
    }

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        var labels = 0;
        foreach (var range in host.Split('.'))
        {
            var label = host[range];
            labels++;
            if (label.Length is 0 or > LabelMax || label[0] == '-' || label[^1] == '-') return false;
            foreach (var c in label)
                if (!char.IsAsciiLetterOrDigit(c) && c != '-') return false;
        }

        return labels >= 2;
    }
}
