using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Viddhana.Engine.Net;

/// <summary>
/// The header of the PROXY protocol, versions 1 and 2 (haproxy.org/download/2.6/doc/proxy-protocol.txt), with which a balancer says whose
/// connection it hands on. A pure function of the bytes so far; TLVs are stepped over, a checksum among them is not looked at: TCP has one.
/// </summary>
public static class ProxyHeader
{
    /// <summary>Most bytes of a header: version 1 has 107; of version 2, 4 KiB have room for any TLV but whole certificates.</summary>
    public const int Max = 4 << 10;

    private const int TextMax = 107;
    private const int FixedBytes = 16;
    private const int Inet = 1;
    private const int Inet6 = 2;
    private const int Unix = 3;
    private const int UnixBytes = 216;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> Word => "PROXY "u8;

    /// <summary>Reads a header from the first bytes of a connection.</summary>
    /// <param name="bytes">All bytes so far. While the header is incomplete, every one of them belongs to it.</param>
    /// <param name="length">Bytes of a complete header; what follows is the miner's.</param>
    /// <param name="source">
    /// The miner's address, IPv4 also where it came mapped to IPv6. Null where the header names none: the connection is the balancer's own
    /// (LOCAL, a health check) or it does not know (UNKNOWN, unix sockets).
    /// </param>
    public static ProxyHeaderState Read(ReadOnlySpan<byte> bytes, out int length, out IPAddress? source)
    {
        length = 0;
        source = null;
        if (bytes.IsEmpty) return ProxyHeaderState.Incomplete;
        return bytes[0] == Word[0] ? ReadText(bytes, out length, out source) : ReadBinary(bytes, out length, out source);
    }

    // PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n
    private static ProxyHeaderState ReadText(ReadOnlySpan<byte> bytes, out int length, out IPAddress? source)
    {
        length = 0;
        source = null;
        if (!Begins(bytes, Word)) return ProxyHeaderState.Invalid;

        var end = bytes[..Math.Min(bytes.Length, TextMax)].IndexOf((byte)'\n');
        if (end < 0) return bytes.Length < TextMax ? ProxyHeaderState.Incomplete : ProxyHeaderState.Invalid;
        if (bytes[end - 1] != '\r') return ProxyHeaderState.Invalid;

        length = end + 1;
        var line = bytes[Word.Length..(end - 1)];
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8)) return ProxyHeaderState.Complete;

        var is6 = line.StartsWith("TCP6 "u8);
        if (!is6 && !line.StartsWith("TCP4 "u8)) return ProxyHeaderState.Invalid;

        line = line["TCP4 ".Length..];
        var from = Cut(ref line, (byte)' ');
        var to = Cut(ref line, (byte)' ');
        var port = Cut(ref line, (byte)' ');
        if (Address(to, is6) is null || Number(port, ushort.MaxValue) < 0 || Number(line, ushort.MaxValue) < 0)
            return ProxyHeaderState.Invalid;

        source = Address(from, is6);
        return source is null ? ProxyHeaderState.Invalid : ProxyHeaderState.Complete;
    }

    private static ProxyHeaderState ReadBinary(ReadOnlySpan<byte> bytes, out int length, out IPAddress? source)
    {
        length = 0;
        source = null;
        if (!Begins(bytes, Signature)) return ProxyHeaderState.Invalid;
        if (bytes.Length > 12 && bytes[12] is not (0x20 or 0x21)) return ProxyHeaderState.Invalid;
        if (bytes.Length < FixedBytes) return ProxyHeaderState.Incomplete;

        var isLocal = bytes[12] == 0x20;
        var total = FixedBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        var (family, protocol) = (bytes[13] >> 4, bytes[13] & 0xF);
        if (total > Max || (!isLocal && !IsKnown(family, protocol, total - FixedBytes))) return ProxyHeaderState.Invalid;
        if (bytes.Length < total) return ProxyHeaderState.Incomplete;

        length = total;
        if (isLocal || protocol == 0) return ProxyHeaderState.Complete;
        if (family == Inet) source = new IPAddress(bytes.Slice(FixedBytes, 4));
        if (family == Inet6) source = Plain(new IPAddress(bytes.Slice(FixedBytes, 16)));
        return ProxyHeaderState.Complete;
    }

    /// <summary>IPv4 where the address is IPv4 mapped to IPv6, as a dual-stack socket and some balancers give it.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> with)
    {
        var count = Math.Min(bytes.Length, with.Length);
        return bytes[..count].SequenceEqual(with[..count]);
    }

    // A family that needs more bytes than there are would be read from the miner. Datagrams are nothing that arrives by TCP.
    private static bool IsKnown(int family, int protocol, int bytes) => (family, protocol) switch
    {
        (0, 0 or 1 or 2) => true,
        (Inet or Inet6 or Unix, 0) => true,
        (Inet, 1) => bytes >= 12,
        (Inet6, 1) => bytes >= 36,
        (Unix, 1) => bytes >= UnixBytes,
        _ => false,
    };

    private static IPAddress? Address(ReadOnlySpan<byte> text, bool is6) => is6 ? Address6(text) : Address4(text);

    private static IPAddress? Address4(ReadOnlySpan<byte> text)
    {
        Span<byte> address = stackalloc byte[4];
        for (var i = 0; i < 4; i++)
        {
            var number = Number(i == 3 ? text : Cut(ref text, (byte)'.'), byte.MaxValue);
            if (number < 0) return null;
            address[i] = (byte)number;
        }

        return new IPAddress(address);
    }

    // The runtime's parser also takes scopes, brackets and ports: only what the protocol allows reaches it.
    private static IPAddress? Address6(ReadOnlySpan<byte> text)
    {
        Span<char> characters = stackalloc char[45];
        if (text.Length > characters.Length) return null;

        for (var i = 0; i < text.Length; i++)
        {
            characters[i] = (char)text[i];
            if (!char.IsAsciiHexDigit(characters[i]) && characters[i] is not (':' or '.')) return null;
        }

        var isAddress = IPAddress.TryParse(characters[..text.Length], out var address);
        return isAddress && address!.AddressFamily == AddressFamily.InterNetworkV6 ? Plain(address) : null;
    }

    /// <summary>What stands before the separator; without one, all. The text goes on behind it.</summary>
    private static ReadOnlySpan<byte> Cut(ref ReadOnlySpan<byte> text, byte separator)
    {
        var end = text.IndexOf(separator);
        var part = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return part;
    }

    /// <summary>A decimal number without leading zeros, or -1.</summary>
    private static int Number(ReadOnlySpan<byte> text, int max)
    {
        if (text.Length is 0 or > 5 || (text[0] == '0' && text.Length > 1)) return -1;

        var number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9') return -1;
            number = (number * 10) + digit - '0';
        }

        return number <= max ? number : -1;
    }
}

/// <summary>What the first bytes of a connection are.</summary>
public enum ProxyHeaderState
{
    /// <summary>The beginning of a header.</summary>
    Incomplete,

    /// <summary>A header, and perhaps more.</summary>
    Complete,

    /// <summary>No header.</summary>
    Invalid,
}
