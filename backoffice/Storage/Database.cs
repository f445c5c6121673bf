using Npgsql;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// The database, ready to use: the configured server, or a private instance that is started here and stopped with this. Migrations have
/// run.
/// </summary>
public sealed class Database : IAsyncDisposable
{
    private readonly EmbeddedPostgres? _embedded;
    private readonly FileStream? _charge;

    private readonly string _connectionString;

    private Database(NpgsqlDataSource source, string connectionString, EmbeddedPostgres? embedded, FileStream? charge)
    {
        (Source, _connectionString, _embedded, _charge) = (source, connectionString, embedded, charge);
    }

    /// <summary>Where connections come from.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>True for the private instance.</summary>
    public bool IsEmbedded => _embedded is not null;

    /// <summary>For messages: where it is, without a password.</summary>
    public string Address =>
        _embedded is { } embedded ? $"private instance (pid {embedded.ProcessId})" : Secrets.Mask(Source.ConnectionString);

    /// <summary>Opens what the configuration names and brings the schema up to date.</summary>
    /// <param name="config">Section <c>backoffice.postgres</c>.</param>
    /// <param name="dataDirectory">For the private instance.</param>
    /// <param name="isCommand">True for a short command: a private instance that runs already is left running.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="StorageException">It cannot be used; the message says why.</exception>
    public static async Task<Database> OpenAsync(PostgresConfig config, string dataDirectory, bool isCommand, CancellationToken cancel)
    {
        if (config.Url is not null) return await MigrateAsync(PostgresAddress.ToConnectionString(config), null, null, cancel);

        var charge = isCommand && EmbeddedPostgres.IsRunning(dataDirectory) ? null : TakeCharge(dataDirectory);
        try
        {
            var embedded = await Task.Run(() => EmbeddedPostgres.Start(dataDirectory), cancel);
            return await MigrateAsync(embedded.ConnectionString, embedded, charge, cancel);
        }
        catch
        {
            charge?.Dispose();
            throw;
        }
    }

    /// <summary>A database that is open and migrated already; its connection string must still hold its password.</summary>
    public static Database Over(NpgsqlDataSource source) => new(source, source.ConnectionString, null, null);

    /// <summary>Another pool of connections to the same place.</summary>
    internal NpgsqlDataSource OpenAnother(Action<NpgsqlConnectionStringBuilder> change)
    {
        var connection = new NpgsqlConnectionStringBuilder(_connectionString);
        change(connection);
        return NpgsqlDataSource.Create(connection);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (_charge is null) return;
        _embedded?.Stop();
        await _charge.DisposeAsync();
    }

    /// <summary>Whoever stops the instance in the end holds this file; the system releases it when the process dies.</summary>
    private static FileStream TakeCharge(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "backoffice.lock");
        try
        {
            Directory.CreateDirectory(dataDirectory);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Another backoffice uses {dataDirectory}, or it cannot be written: {error.Message}", error);
        }
    }

    private static async Task<Database> MigrateAsync(
        string connectionString, EmbeddedPostgres? embedded, FileStream? charge, CancellationToken cancel)
    {
        var database = new Database(NpgsqlDataSource.Create(connectionString), connectionString, embedded, charge);
        try
        {
            await Migrator.RunAsync(database.Source, cancel);
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
}
