using Npgsql;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Storage;

/// <summary>A pool that this backoffice is configured for.</summary>
/// <param name="PoolId">Its number in the database.</param>
/// <param name="Config">Its section of the configuration.</param>
/// <param name="Coin">Its coin.</param>
public sealed record KnownPool(int PoolId, PoolConfig Config, CoinDefinition Coin)
{
    /// <summary>The pool's id in configuration, batches and API.</summary>
    public string Name => Config.Id;

    /// <summary>Address forms of its network.</summary>
    public CoinNetwork Network => Coin.Networks[Config.Network];

    /// <summary>Fee in millionths.</summary>
    public int FeePpm => (int)(Config.Rewards.FeePercent * 10_000m);

    /// <summary>PPLNS factor in ten-thousandths.</summary>
    public long WindowTenThousandths => (long)(Config.Rewards.Pplns.Window * 10_000m);
}

/// <summary>The configured pools and their numbers.</summary>
public sealed class PoolBook
{
    private readonly Dictionary<string, KnownPool> _byName;
    private readonly Dictionary<int, KnownPool> _byId;

    private PoolBook(IEnumerable<KnownPool> pools)
    {
        _byName = pools.ToDictionary(pool => pool.Name, StringComparer.Ordinal);
        _byId = _byName.Values.ToDictionary(pool => pool.PoolId);
    }

    /// <summary>All, in order of the configuration.</summary>
    public IReadOnlyCollection<KnownPool> All => _byName.Values;

    /// <summary>By configured id; null if it is not configured.</summary>
    public KnownPool? ByName(string name) => _byName.GetValueOrDefault(name);

    /// <summary>By number; null if it is not configured.</summary>
    public KnownPool? ById(int poolId) => _byId.GetValueOrDefault(poolId);

    /// <summary>Writes the configured pools into the database and reads their numbers.</summary>
    /// <exception cref="StorageException">A pool was configured for another coin or network before: balances would change their
    /// meaning.</exception>
    public static async Task<PoolBook> LoadAsync(NpgsqlDataSource database, IEnumerable<PoolConfig> pools, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var known = new List<KnownPool>();
        foreach (var pool in pools) known.Add(await RegisterAsync(connection, pool, cancel));
        return new PoolBook(known);
    }

    private static async Task<KnownPool> RegisterAsync(NpgsqlConnection connection, PoolConfig pool, CancellationToken cancel)
    {
        const string Register =
            """
            INSERT INTO pools (name, coin, network) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET coin = coalesce(pools.coin, excluded.coin), network = coalesce(pools.network, excluded.network)
            RETURNING pool_id, coin, network
            """;
        var coin = CoinDefinitions.Get(pool.Coin) ?? throw new StorageException($"Pool {pool.Id}: coin {pool.Coin} is unknown.");
        var row = (await connection.RowsAsync(
            Register,
            [pool.Id, pool.Coin, pool.Network],
            r => (Id: r.GetInt32(0), Coin: r.GetString(1), Network: r.GetString(2)),
            cancel))[0];
        if ((row.Coin, row.Network) != (pool.Coin, pool.Network))
            throw new StorageException(
                $"Pool {pool.Id} holds balances of {row.Coin} {row.Network}, the configuration says {pool.Coin} {pool.Network}: "
                + "give the new pool another id.");

        return new KnownPool(row.Id, pool, coin);
    }
}
