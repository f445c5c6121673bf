using Npgsql;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Node;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Puts payouts into the program: a loop for each pool that has a wallet.</summary>
internal static class PayoutsFeature
{
    public static IServiceCollection AddPayouts(this IServiceCollection services, ViddhanaConfig config)
    {
        services.AddSingleton<PayoutStore>();
        foreach (var pool in config.Pools.Where(p => p.Payouts is { Enabled: true, Wallet: not null }))
        {
            services.AddSingleton(provider => Loop(provider, pool.Id));
            services.AddSingleton<IHostedService>(provider => provider.GetServices<PayoutLoop>().Single(loop => loop.Pool == pool.Id));
        }

        return services;
    }

    /// <summary>The wallet of a configured pool.</summary>
    public static Wallet WalletOf(KnownPool pool)
    {
        var config = pool.Config.Payouts.Wallet!;
        return new Wallet(NodeRpc.Of(config), config, pool.Coin.Decimals);
    }

    private static PayoutLoop Loop(IServiceProvider services, string poolId)
    {
        var known = services.GetRequiredService<PoolBook>().ByName(poolId)!;
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("payouts");
        var database = services.GetRequiredService<NpgsqlDataSource>();
        var pool = new PayoutPool(known);
        var wallet = WalletOf(known);
        var round = new PayoutRound(pool, services.GetRequiredService<PayoutStore>(), wallet, log);
        return new PayoutLoop(services.GetRequiredService<ActiveLease>(), pool, wallet, round, cancel => Audit(database, cancel), log);
    }

    private static async Task<string?> Audit(NpgsqlDataSource database, CancellationToken cancel)
    {
        var report = await LedgerAudit.RunAsync(database, cancel);
        return report.IsOk ? null : $"the books do not balance: {report.Problems[0]}";
    }
}
