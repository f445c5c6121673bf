using Npgsql;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// SQL with positional parameters ($1 …), without ceremony. Commands join the connection's open transaction by themselves.
/// </summary>
public static class Sql
{
    /// <summary>
    /// Time-out of commands that grow with what is stored (an audit, a window of shares): none. They end by cancellation, which comes
    /// with the request's end or with the lease, whose own probe has a time-out and so notices a server that hangs.
    /// </summary>
    public const int Unlimited = 0;

    /// <summary>A command with its values in order; null is NULL.</summary>
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>Runs it; returns the rows touched. The time-out is in seconds; null is the connection's.</summary>
    public static async Task<int> RunAsync(
        this NpgsqlConnection connection, string sql, object?[] values, CancellationToken cancel, int? timeoutSeconds = null)
    {
        await using var command = connection.Command(sql, values);
        if (timeoutSeconds is { } seconds) command.CommandTimeout = seconds;
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The first column of the first row; default without a row or for NULL.</summary>
    public static async Task<T?> ScalarAsync<T>(this NpgsqlConnection connection, string sql, object?[] values, CancellationToken cancel)
    {
        await using var command = connection.Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) && !await reader.IsDBNullAsync(0, cancel)
            ? await reader.GetFieldValueAsync<T>(0, cancel)
            : default;
    }

    /// <summary>All rows. The time-out is in seconds; null is the connection's (Npgsql's default: 30).</summary>
    public static async Task<List<T>> RowsAsync<T>(
        this NpgsqlConnection connection,
        string sql,
        object?[] values,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancel,
        int? timeoutSeconds = null)
    {
        var rows = new List<T>();
        await using var command = connection.Command(sql, values);
        if (timeoutSeconds is { } seconds) command.CommandTimeout = seconds;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel)) rows.Add(read(reader));
        return rows;
    }

    /// <summary>All rows, on a connection of its own.</summary>
    public static async Task<List<T>> RowsAsync<T>(
        this NpgsqlDataSource database, string sql, object?[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await connection.RowsAsync(sql, values, read, cancel);
    }

    /// <summary>A whole number of up to 39 digits.</summary>
    public static UInt128 GetUInt128(this NpgsqlDataReader reader, int column) =>
        (UInt128)reader.GetFieldValue<System.Numerics.BigInteger>(column);

    /// <summary>Does the work in one transaction on a connection of its own; commits unless it throws.</summary>
    public static async Task<T> InTransactionAsync<T>(
        this NpgsqlDataSource database, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var result = await work(connection);
        await transaction.CommitAsync(cancel);
        return result;
    }
}
