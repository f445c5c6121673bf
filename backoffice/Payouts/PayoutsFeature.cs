using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Node;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Puts payouts into the program: a loop for each pool that has a wallet.</summary>
internal static class PayoutsFeature
{
    public static IServiceCollection AddPayouts(this IServiceCollection services, PoolBook pools)
    {
        services.AddSingleton<PayoutStore>()
            .AddSingleton<PayoutSettingsBook>()
            .AddSingleton<PayoutRequestBook>()
            .AddSingleton<PayoutHoldBook>()
            .AddSingleton<PayoutSettingsApi.Tools>();
        foreach (var pool in pools.All.Where(p => p.Config.Payouts is { Enabled: true, Wallet: not null }))
        {
            services.AddKeyedSingleton(pool.Name, (provider, _) => NewLoop(provider, pool));
            services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<PayoutLoop>(pool.Name));
            services.AddSingleton<IDependency>(provider => provider.GetRequiredKeyedService<PayoutLoop>(pool.Name));
        }

        return services;
    }

    /// <summary>The endpoints of owners and operators.</summary>
    public static void MapOwnPayouts(this IEndpointRouteBuilder routes)
    {
        routes.MapPayoutSettings();
        routes.MapPayoutRequests();
        routes.MapPayoutState();
        routes.MapPayoutAdmin();
    }

    /// <summary>The wallet of a configured pool.</summary>
    public static Wallet WalletOf(KnownPool pool)
    {
        var config = pool.Config.Payouts.Wallet!;
        return new Wallet(NodeRpc.Of(config), config, pool.Coin.Decimals);
    }

    private static PayoutLoop NewLoop(IServiceProvider services, KnownPool known)
    {
        var log = services.GetRequiredService<ILogger<PayoutLoop>>();
        var database = services.GetRequiredService<NpgsqlDataSource>();
        var pool = new PayoutPool(known);
        var wallet = WalletOf(known);
        var round = new PayoutRound(
            pool, services.GetRequiredService<PayoutStore>(), wallet, services.GetRequiredService<TimeProvider>(), log);
        return new PayoutLoop(
            services.GetRequiredService<ActiveLease>(),
            pool,
            wallet,
            round,
            cancel => Audit(database, cancel),
            services.GetRequiredService<Metrics>(),
            log);
    }

    private static async Task<string?> Audit(NpgsqlDataSource database, CancellationToken cancel)
    {
        var report = await LedgerAudit.RunAsync(database, cancel);
        return report.IsOk ? null : $"the books do not balance: {report.Problems[0]}";
    }
}
