using System.Net;
using System.Net.Sockets;

namespace Viddhana.Contracts.Config;

/// <summary>IP addresses as operators write them: one, or a range in CIDR form. IPv4 also where it is written mapped to IPv6.</summary>
public static class AddressRange
{
    /// <summary>Reads <c>192.0.2.1</c>, <c>10.0.0.0/8</c>, <c>2001:db8::/32</c>. Bits behind the prefix are refused.</summary>
    /// <param name="text">What the operator wrote.</param>
    /// <param name="range">The range.</param>
    /// <param name="error">What is wrong with it, to follow the text in a message.</param>
    public static bool TryParse(string text, out IPNetwork range, out string error)
    {
        const string Examples = "must be an IP address or a range: 192.0.2.1, 10.0.0.0/8, 2001:db8::/32";
        range = default;
        error = Examples;
        var slash = text.IndexOf('/');
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) || text.Contains('%')) return false;
        if (address.AddressFamily == AddressFamily.InterNetwork && text.Count(c => c == '.') != 3) return false;

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(text[(slash + 1)..], System.Globalization.NumberStyles.None, null, out prefix) || prefix > bits))
            return false;

        if (address.IsIPv4MappedToIPv6)
        {
            if (prefix < 96) return false;
            (address, prefix) = (address.MapToIPv4(), prefix - 96);
        }

        var masked = Masked(address, prefix);
        error = $"has bits behind its prefix: {masked}/{prefix}, or {address} alone";
        if (!masked.Equals(address)) return false;

        range = new IPNetwork(masked, prefix);
        return true;
    }

    /// <summary>Reads what was checked before.</summary>
    /// <exception cref="FormatException">One is none.</exception>
    public static IPNetwork[] ParseAll(IReadOnlyList<string> texts)
    {
        var ranges = new IPNetwork[texts.Count];
        for (var i = 0; i < ranges.Length; i++)
            if (!TryParse(texts[i], out ranges[i], out var error)) throw new FormatException($"'{texts[i]}' {error}");
        return ranges;
    }

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }
}
