using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// Brings the schema up to what this program needs: the embedded files <c>Migrations/NNN_name.sql</c> in order, forward only, each in its
/// own transaction, under an advisory lock so that two programs starting at once do it once.
/// </summary>
public static class Migrator
{
    /// <summary>Advisory lock of migrations ("VIDDMIGR" as bytes).</summary>
    private const long LockKey = 0x5649_4444_4D49_4752;

    private const string Prefix = "migrations/";

    /// <summary>Applies what is missing; returns the names of what was applied.</summary>
    /// <exception cref="StorageException">The database is newer than this program, or an applied migration reads differently
    /// now.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({LockKey})", cancel);
        try
        {
            return await ApplyMissingAsync(connection, ReadAll(), cancel);
        }
        finally
        {
            await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    private static async Task<IReadOnlyList<string>> ApplyMissingAsync(
        NpgsqlConnection connection, IReadOnlyList<Migration> known, CancellationToken cancel)
    {
        await ExecuteAsync(
            connection,
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """,
            cancel);
        var applied = await ReadAppliedAsync(connection, cancel);
        Verify(known, applied);

        var missing = known.Where(migration => !applied.ContainsKey(migration.Version)).ToList();
        foreach (var migration in missing) await ApplyAsync(connection, migration, cancel);
        return [.. missing.Select(migration => migration.Name)];
    }

    private static void Verify(IReadOnlyList<Migration> known, Dictionary<int, string> applied)
    {
        var newest = known.Count == 0 ? 0 : known[^1].Version;
        if (applied.Keys.Any(version => version > newest))
            throw new StorageException(
                $"The database has schema version {applied.Keys.Max()}, this program knows {newest}: run a newer program.");

        var changed = known.FirstOrDefault(m => applied.TryGetValue(m.Version, out var sha256) && sha256 != m.Sha256);
        if (changed is not null) throw new StorageException($"Migration {changed.Name} reads differently now than when it was applied.");
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync(connection, migration.Sql, cancel);
        await using var insert = new NpgsqlCommand("INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = migration.Version }, new() { Value = migration.Name }, new() { Value = migration.Sha256 } },
        };
        await insert.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }

    private static async Task<Dictionary<int, string>> ReadAppliedAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var applied = new Dictionary<int, string>();
        await using var command = new NpgsqlCommand("SELECT version, sha256 FROM schema_migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel)) applied.Add(reader.GetInt32(0), reader.GetString(1));
        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static List<Migration> ReadAll()
    {
        var assembly = typeof(Migrator).Assembly;
        var names = assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));
        return [.. names.Order(StringComparer.Ordinal).Select(name => Read(assembly, name))];
    }

    private static Migration Read(System.Reflection.Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        // Line ends depend on the checkout, the meaning does not.
        var sql = reader.ReadToEnd().ReplaceLineEndings("\n");
        var name = resource[Prefix.Length..];
        return new Migration(
            int.Parse(name.AsSpan(0, 3)), name, sql, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))));
    }

    private sealed record Migration(int Version, string Name, string Sql, string Sha256);
}
