using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Viddhana.Backoffice.Notices;

/// <summary>A host that a miner named has no address that we connect to.</summary>
internal sealed class PrivateAddressException(string message) : IOException(message);

/// <summary>
/// Connects to hosts that miners name, and never into the pool's own network: a name is resolved here, its addresses are judged, and the
/// connection goes to a judged address. What the name means a moment later (DNS rebinding) changes nothing. Used below TLS, which still
/// checks the certificate against the name.
/// </summary>
/// <param name="allowPrivate">True: any address.</param>
/// <param name="resolve">How names are resolved.</param>
internal sealed class PublicDial(bool allowPrivate, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    /// <summary>Not to be reached from everywhere, or meaning other addresses (IANA's special-purpose registries).</summary>
    private static readonly IPNetwork[] Special = Array.ConvertAll(
        (string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ],
        text => IPNetwork.Parse(text));

    private static readonly IPNetwork GlobalIpv6 = IPNetwork.Parse("2000::/3");

    /// <summary>For the system's resolver.</summary>
    public PublicDial(bool allowPrivate)
        : this(allowPrivate, (host, cancel) => Dns.GetHostAddressesAsync(host, cancel))
    {
    }

    /// <summary>True for an address of the public internet; not for those of this machine, however public.</summary>
    public static bool IsPublic(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (plain.AddressFamily == AddressFamily.InterNetworkV6 && !GlobalIpv6.Contains(plain)) return false;
        return !Array.Exists(Special, network => network.Contains(plain)) && !IsOurs(plain);
    }

    /// <summary>The callback of an HTTP handler.</summary>
    /// <exception cref="PrivateAddressException">There is no address that may be connected to.</exception>
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var host = context.DnsEndPoint.Host.Trim('[', ']');
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancel);
        var allowed = allowPrivate ? addresses : Array.FindAll(addresses, IsPublic);
        if (allowed.Length == 0) throw new PrivateAddressException("the host has no public address");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsOurs(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces().Any(
            network => network.GetIPProperties().UnicastAddresses.Any(ours => ours.Address.Equals(address)));
}
