using Viddhana.Contracts.Config;

namespace Viddhana.Engine.Node;

/// <summary>Where a node is and how it is logged in to, taken apart from its configuration.</summary>
internal sealed class NodeEndpoint
{
    private NodeEndpoint(Uri url, string? user, string? password, string? cookieFile)
    {
        Url = url;
        User = user;
        Password = password;
        CookieFile = cookieFile;
    }

    /// <summary>The address without user and password.</summary>
    public Uri Url { get; }

    /// <summary>What logs, metrics and the API call the node: <c>host:port</c>.</summary>
    public string Name => $"{Url.Host}:{Url.Port}";

    public string? User { get; }

    public string? Password { get; }

    /// <summary>Used only where no password is given.</summary>
    public string? CookieFile { get; }

    /// <summary>Takes the configuration apart.</summary>
    /// <exception cref="FormatException">The URL is not http(s)://host:port. The message holds no secret.</exception>
    public static NodeEndpoint Parse(NodeConfig config)
    {
        if (!Uri.TryCreate(config.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new FormatException("a node's url must look like http://user@host:port");

        var (user, password) = SplitUserInfo(url.UserInfo);
        var bare = new UriBuilder(url) { UserName = "", Password = "" }.Uri;
        password = config.Password ?? password;
        return new NodeEndpoint(bare, user, password, password is null ? config.CookieFile : null);
    }

    private static (string? User, string? Password) SplitUserInfo(string info)
    {
        if (info.Length == 0) return (null, null);

        var colon = info.IndexOf(':');
        if (colon < 0) return (Uri.UnescapeDataString(info), null);
        return (Uri.UnescapeDataString(info[..colon]), Uri.UnescapeDataString(info[(colon + 1)..]));
    }
}
