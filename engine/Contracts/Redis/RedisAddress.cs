using System.Globalization;
using System.Net.Sockets;
using Viddhana.Contracts.Config;

namespace Viddhana.Contracts.Redis;

/// <summary>
/// Where Redis is and who we are there, from <c>redis://[user[:password]@]host[:port][/db]</c>, <c>rediss://</c> or <c>unix:///path</c>.
/// </summary>
internal sealed record RedisAddress
{
    private const int DefaultPort = 6379;

    public string Host { get; private init; } = "";

    public int Port { get; private init; }

    public string? UnixPath { get; private init; }

    public bool IsTls { get; private init; }

    public string? User { get; private init; }

    public string? Password { get; private init; }

    public int Database { get; private init; }

    public static RedisAddress Parse(RedisConfig config)
    {
        if (!Uri.TryCreate(config.Url, UriKind.Absolute, out var uri) || uri.Scheme is not ("redis" or "rediss" or "unix"))
            throw new RedisException($"'{Secrets.Mask(config.Url)}' must be redis://host:port, rediss://host:port or unix:///path");

        var split = uri.UserInfo.Split(':', 2);
        var database = uri.Scheme == "unix" ? "" : uri.AbsolutePath.Trim('/');
        return new RedisAddress
        {
            Host = uri.DnsSafeHost,
            Port = uri.Port > 0 ? uri.Port : DefaultPort,
            UnixPath = uri.Scheme == "unix" ? Uri.UnescapeDataString(uri.AbsolutePath) : null,
            IsTls = uri.Scheme == "rediss",
            User = split[0].Length > 0 ? Uri.UnescapeDataString(split[0]) : null,
            Password = config.Password ?? (split.Length > 1 ? Uri.UnescapeDataString(split[1]) : null),
            Database = database.Length == 0 ? 0 : int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new RedisException($"'{Secrets.Mask(config.Url)}': '{database}' is not a database number"),
        };
    }

    public async Task<Socket> ConnectAsync(CancellationToken cancel)
    {
        var socket = UnixPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (UnixPath is not null) await socket.ConnectAsync(new UnixDomainSocketEndPoint(UnixPath), cancel);
            else await socket.ConnectAsync(Host, Port, cancel);
            // Not before: on .NET 9 a socket with options set cannot try the several addresses of a name.
            if (UnixPath is null) socket.NoDelay = true;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Without credentials.</summary>
    public override string ToString() =>
        UnixPath is not null ? $"unix://{UnixPath}" : $"{(IsTls ? "rediss" : "redis")}://{Host}:{Port}/{Database}";
}
