using Npgsql;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Storage;

/// <summary>Turns the configured address into what Npgsql reads.</summary>
public static class PostgresAddress
{
    /// <summary>
    /// A <c>postgres://user[:password]@host[:port]/database[?key=value]</c> URL becomes a connection string; anything else is one already.
    /// A password set beside it wins.
    /// </summary>
    /// <exception cref="StorageException">It is neither.</exception>
    public static string ToConnectionString(PostgresConfig config)
    {
        var address = config.Url ?? throw new StorageException("backoffice.postgres.url is not set");
        try
        {
            var isUrl = address.StartsWith("postgres://", StringComparison.Ordinal)
                || address.StartsWith("postgresql://", StringComparison.Ordinal);
            var builder = isUrl ? FromUrl(new Uri(address)) : new NpgsqlConnectionStringBuilder(address);
            if (config.Password is not null) builder.Password = config.Password;
            return builder.ConnectionString;
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw new StorageException($"backoffice.postgres.url {Secrets.Mask(address)}: {error.Message}", error);
        }
    }

    private static NpgsqlConnectionStringBuilder FromUrl(Uri url)
    {
        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Uri.UnescapeDataString(url.Host),
            Port = url.Port > 0 ? url.Port : 5432,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
        };
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var key = parts[0] == "sslmode" ? "SSL Mode" : parts[0];
            builder[key] = Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : "");
        }

        return builder;
    }
}
