using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Shares;

/// <summary>Registers the consumer of shares and their retention.</summary>
public static class ShareFeature
{
    /// <summary>From Redis where it is configured, else from journal directories.</summary>
    public static IServiceCollection AddShares(this IServiceCollection services, ViddhanaConfig config, string dataDirectory) => services
        .AddActive(provider => new ShareConsumer(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<PoolBook>(),
            config.Backoffice.SliceSeconds * 1_000,
            SourceOf(config, dataDirectory, provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<ActiveLease>(),
            provider.GetRequiredService<Metrics>(),
            provider.GetRequiredService<ILogger<ShareConsumer>>()))
        .AddSingleton<IDependency>(provider => provider.GetRequiredService<ShareConsumer>())
        .AddActive(provider => new ShareRetention(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<PoolBook>(),
            config.Backoffice.KeepDays,
            provider.GetRequiredService<ActiveLease>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ShareRetention>>()));

    private static OpenShareSource SourceOf(ViddhanaConfig config, string dataDirectory, TimeProvider clock)
    {
        if (config.Common.Redis is { } redis)
            return async (marks, cancel) => await RedisSource.ConnectAsync(redis, Environment.MachineName, marks, cancel);

        var directories = config.Backoffice.JournalDirectories.Count > 0
            ? config.Backoffice.JournalDirectories
            : [config.Engine.Journal.Directory ?? Path.Combine(dataDirectory, "journal")];
        var committed = Path.Combine(dataDirectory, Streams.CommittedDirectory);
        return (marks, _) => Task.FromResult<IShareSource>(new JournalSource(directories, committed, marks, clock));
    }
}
