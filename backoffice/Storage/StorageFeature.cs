using Viddhana.Backoffice.Health;

namespace Viddhana.Backoffice.Storage;

/// <summary>Registers the database, the pools and the lease of the active backoffice.</summary>
public static class StorageFeature
{
    /// <summary>
    /// Other features ask for <see cref="Npgsql.NpgsqlDataSource"/>, <see cref="PoolBook"/> and <see cref="ActiveLease"/>.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, Database database, PoolBook pools) => services
        .AddSingleton(database)
        .AddSingleton(database.Source)
        .AddSingleton<ReadDatabase>()
        .AddSingleton(pools)
        .AddSingleton(TimeProvider.System)
        .AddActive<ActiveLease>()
        .AddSingleton<IDependency, PostgresDependency>();

    /// <summary>Registers background work under its own type, so that others can ask for it, and starts it with the host.</summary>
    public static IServiceCollection AddActive<T>(this IServiceCollection services) where T : BackgroundService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());

    /// <summary>The same with a factory.</summary>
    public static IServiceCollection AddActive<T>(
        this IServiceCollection services, Func<IServiceProvider, T> make) where T : BackgroundService =>
        services.AddSingleton(make).AddHostedService(provider => provider.GetRequiredService<T>());
}
