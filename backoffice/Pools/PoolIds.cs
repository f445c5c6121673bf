using System.Collections.Concurrent;
using Dapper;
using Npgsql;

namespace Viddhana.Backoffice.Pools;

/// <summary>Numbers of pools in the database by name; they never change once given.</summary>
internal sealed class PoolIds(NpgsqlDataSource source)
{
    private readonly ConcurrentDictionary<string, int> _known = new(StringComparer.Ordinal);

    /// <summary>The number, or null while the database does not know the pool.</summary>
    public async Task<int?> Get(string name)
    {
        if (_known.TryGetValue(name, out var known)) return known;
        await using var connection = await source.OpenConnectionAsync();
        var found = await connection.ExecuteScalarAsync<int?>("SELECT pool_id FROM pools WHERE name = @name", new { name });
        if (found is { } id) _known[name] = id;
        return found;
    }
}
