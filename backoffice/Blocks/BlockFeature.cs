using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Node;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Blocks;

/// <summary>Registers a tracker per pool.</summary>
public static class BlockFeature
{
    /// <summary>Over the nodes of each pool, read-only.</summary>
    public static IServiceCollection AddBlocks(this IServiceCollection services, ViddhanaConfig config, PoolBook pools)
    {
        foreach (var pool in pools.All)
        {
            services.AddKeyedSingleton(pool.Name, (provider, _) => NewTracker(provider, pool, config.Backoffice.TrackerMs));
            services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<BlockTracker>(pool.Name));
            services.AddSingleton<IDependency>(provider => provider.GetRequiredKeyedService<BlockTracker>(pool.Name));
        }

        return services;
    }

    private static BlockTracker NewTracker(IServiceProvider provider, KnownPool pool, int everyMs) => new(
        provider.GetRequiredService<NpgsqlDataSource>(),
        pool,
        new NodeChain([.. pool.Config.Nodes.Select(NodeRpc.Of)], pool.Network.NodeChain),
        TimeSpan.FromMilliseconds(everyMs),
        provider.GetRequiredService<ActiveLease>(),
        provider.GetRequiredService<Metrics>(),
        provider.GetRequiredService<ILogger<BlockTracker>>());
}
