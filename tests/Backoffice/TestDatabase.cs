using System.Runtime.Versioning;
using Npgsql;
using Viddhana.Backoffice.Storage;

// The private instance is of unix sockets and owners; the rest of the tests stand on it.
[assembly: UnsupportedOSPlatform("windows")]

namespace Viddhana.Tests.Backoffice;

/// <summary>One PostgreSQL for all tests of the assembly; a fresh, migrated database for each that asks.</summary>
[SetUpFixture]
public sealed class TestDatabase
{
    private const string Template = "migrated";

    private static EmbeddedPostgres? _postgres;
    private static string? _directory;
    private static int _count;

    /// <summary>A new database with the schema, for one test. Dispose it.</summary>
    public static async Task<NpgsqlDataSource> NewAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _count)}";
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE {Template}");
        return Open(name);
    }

    /// <summary>A new database without anything in it.</summary>
    public static async Task<NpgsqlDataSource> NewEmptyAsync()
    {
        var name = $"empty_{Interlocked.Increment(ref _count)}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        return Open(name);
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        _directory = Directory.CreateTempSubdirectory("viddhana-pg-").FullName;
        // PostgreSQL runs as another user when the tests run as root, and must be able to get there.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);
        _postgres = EmbeddedPostgres.Start(_directory, isForTests: true);
        await ExecuteAsync($"CREATE DATABASE {Template}");
        await using var template = Open(Template);
        await Migrator.RunAsync(template, CancellationToken.None);
    }

    [OneTimeTearDown]
    public void Stop()
    {
        NpgsqlConnection.ClearAllPools();
        _postgres?.Stop();
        if (_directory is not null) Directory.Delete(_directory, recursive: true);
    }

    /// <summary>How a program gets there, with the password.</summary>
    public static string AddressOf(NpgsqlDataSource database)
    {
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        return new NpgsqlConnectionStringBuilder(_postgres!.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>The same database, with another time-out of commands.</summary>
    public static NpgsqlDataSource Open(NpgsqlDataSource database, int commandTimeoutSeconds)
    {
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        return NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_postgres!.ConnectionString) { Database = name, CommandTimeout = commandTimeoutSeconds });
    }

    private static NpgsqlDataSource Open(string name) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(_postgres!.ConnectionString)
        {
            Database = name,
            MaxPoolSize = 20,
            IncludeErrorDetail = true,
            PersistSecurityInfo = true,
        });

    private static async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_postgres!.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
