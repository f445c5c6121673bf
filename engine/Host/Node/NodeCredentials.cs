using System.Net.Http.Headers;
using System.Text;

namespace Viddhana.Engine.Node;

/// <summary>
/// The Authorization header of a node. A cookie file is read again whenever it changes, because a node writes a new one at each start.
/// </summary>
internal sealed class NodeCredentials
{
    private const int CookieMax = 4_096;

    private readonly NodeEndpoint _endpoint;
    private readonly Lock _lock = new();
    private (DateTime Written, long Length) _stamp;
    private string? _secret;
    private AuthenticationHeaderValue? _header;

    public NodeCredentials(NodeEndpoint endpoint)
    {
        _endpoint = endpoint;
        if (endpoint.CookieFile is null && (endpoint.User ?? endpoint.Password) is not null)
            Use($"{endpoint.User}:{endpoint.Password}");
    }

    /// <summary>The header to send, or null where the node wants none.</summary>
    /// <param name="problem">Why a cookie could not be had, or null.</param>
    public AuthenticationHeaderValue? Current(out string? problem)
    {
        problem = null;
        if (_endpoint.CookieFile is null) return _header;

        lock (_lock)
        {
            problem = ReadCookieIfChanged(_endpoint.CookieFile);
            return problem is null ? _header : null;
        }
    }

    /// <summary>Reads the cookie again whatever its time stamp says: after a 401. True if it holds another secret than before.</summary>
    public bool ReadAgain()
    {
        if (_endpoint.CookieFile is null) return false;

        lock (_lock)
        {
            var before = _secret;
            _stamp = default;
            return ReadCookieIfChanged(_endpoint.CookieFile) is null && _secret != before;
        }
    }

    /// <summary>The text with every secret of this node blacked out.</summary>
    public string Mask(string text)
    {
        text = Black(text, _endpoint.Password);
        var secret = Volatile.Read(ref _secret);
        if (secret is null) return text;

        text = Black(text, secret[(secret.IndexOf(':') + 1)..]);
        return Black(text, Encode(secret));
    }

    /// <summary>How the operator knows this login: by user, by cookie file, or none.</summary>
    public string Describe()
    {
        if (_endpoint.CookieFile is not null) return $"the cookie in {_endpoint.CookieFile}";
        return _header is null ? "no user and no cookie file" : $"user '{_endpoint.User}'";
    }

    private string? ReadCookieIfChanged(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return "the file does not exist";
            if (file.Length is 0 or > CookieMax) return "the file is not a cookie";

            var stamp = (file.LastWriteTimeUtc, file.Length);
            if (stamp == _stamp) return null;

            var secret = File.ReadAllText(path).Trim();
            if (!secret.Contains(':')) return "the file is not a cookie";

            Use(secret);
            _stamp = stamp;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is UnauthorizedAccessException ? "this user may not read the file" : e.Message;
        }
    }

    private void Use(string secret)
    {
        _header = new AuthenticationHeaderValue("Basic", Encode(secret));
        Volatile.Write(ref _secret, secret);
    }

    private static string Encode(string secret) => Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));

    // Three letters are no secret, and blacking them out would make every message unreadable.
    private static string Black(string text, string? secret) =>
        secret is null or { Length: < 4 } ? text : text.Replace(secret, "***", StringComparison.Ordinal);
}
