using Npgsql;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// Connections for what anybody may ask: few, read-only, and no statement runs for longer than <see cref="StatementSeconds"/>, which the
/// server enforces. Whatever the public asks for, connections are left for shares, money and operators.
/// </summary>
public sealed class ReadDatabase(Database database) : IAsyncDisposable
{
    /// <summary>Connections at most.</summary>
    public const int ConnectionsMax = 8;

    /// <summary>Seconds that a statement may take.</summary>
    public const int StatementSeconds = 5;

    /// <summary>Where they come from.</summary>
    public NpgsqlDataSource Source { get; } = database.OpenAnother(connection =>
    {
        connection.MaxPoolSize = ConnectionsMax;
        connection.ApplicationName = "viddhana-reads";
        // As start-up parameters, because Npgsql resets a connection to these whenever it goes back into the pool.
        connection.Options = $"-c statement_timeout={StatementSeconds * 1_000} -c default_transaction_read_only=on";
        connection.CommandTimeout = 2 * StatementSeconds;
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
