using Npgsql;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// The database, ready to use: the configured server, or a private instance that is started here and stopped with this. Migrations have run.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    private readonly EmbeddedPostgres? _embedded;
    private readonly bool _stopsEmbedded;

    private Database(NpgsqlDataSource source, EmbeddedPostgres? embedded, bool stopsEmbedded)
    {
        (Source, _embedded, _stopsEmbedded) = (source, embedded, stopsEmbedded);
    }

    /// <summary>Where connections come from.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>True for the private instance.</summary>
    public bool IsEmbedded => _embedded is not null;

    /// <summary>For messages: where it is, without a password.</summary>
    public string Address => _embedded is { } embedded ? $"private instance (pid {embedded.ProcessId})" : Source.ConnectionString;

    /// <summary>Opens what the configuration names and brings the schema up to date.</summary>
    /// <param name="config">Section <c>backoffice.postgres</c>.</param>
    /// <param name="dataDirectory">For the private instance.</param>
    /// <param name="isCommand">True for a short command: a private instance that runs already is left running.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="StorageException">It cannot be used; the message says why.</exception>
    public static async Task<Database> OpenAsync(PostgresConfig config, string dataDirectory, bool isCommand, CancellationToken cancel)
    {
        var embedded = config.Url is null ? await Task.Run(() => EmbeddedPostgres.Start(dataDirectory), cancel) : null;
        var connectionString = embedded?.ConnectionString ?? PostgresAddress.ToConnectionString(config);
        var source = NpgsqlDataSource.Create(connectionString);
        var database = new Database(source, embedded, stopsEmbedded: !isCommand || embedded is { IsAdopted: false });
        try
        {
            await Migrator.RunAsync(source, cancel);
            return database;
        }
        catch (NpgsqlException error)
        {
            await database.DisposeAsync();
            throw new StorageException($"PostgreSQL: {error.Message}", error);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (_stopsEmbedded) _embedded?.Stop();
    }
}
