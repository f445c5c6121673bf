using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Pools;

/// <summary>The configured pools with their coins, by id and in order.</summary>
public sealed class PoolDirectory(ViddhanaConfig config)
{
    /// <summary>All of them, in the order of the configuration.</summary>
    public IReadOnlyList<(PoolConfig Config, CoinDefinition Coin)> All { get; } =
        [.. config.Pools.Select(p => (p, CoinDefinitions.Get(p.Coin) ?? throw new InvalidOperationException($"no coin {p.Coin}")))];

    /// <summary>The pool with the id, or null.</summary>
    public (PoolConfig Config, CoinDefinition Coin)? Find(string id)
    {
        foreach (var pool in All)
            if (pool.Config.Id == id) return pool;

        return null;
    }

    /// <summary>Stratum ports of a pool: the configured ones, or the default.</summary>
    public static IReadOnlyList<PortAnswer> Ports(PoolConfig pool) => pool.Ports.Count == 0
        ? [new PortAnswer(3333, false, pool.Difficulty.Start, pool.Difficulty.Vardiff)]
        : [.. pool.Ports.Select(p => new PortAnswer(p.Port, p.Tls, (p.Difficulty ?? pool.Difficulty).Start, (p.Difficulty ?? pool.Difficulty).Vardiff))];
}
