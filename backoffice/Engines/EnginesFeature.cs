using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Engines;

/// <summary>Puts what connects engines and backoffice, and what operators look at, into the program.</summary>
internal static class EnginesFeature
{
    /// <summary>Through Redis where it is configured, else through files.</summary>
    public static IServiceCollection AddEngines(this IServiceCollection services, ViddhanaConfig config, string dataDirectory)
    {
        services
            .AddSingleton<IStatusSource>(_ => StatusSourceOf(config, dataDirectory))
            .AddSingleton<IDirectoryTarget>(_ => config.Common.Redis is { } redis
                ? new RedisDirectoryTarget(redis)
                : new FileDirectoryTarget(Path.Combine(dataDirectory, Streams.CommittedDirectory)))
            .AddSingleton<BanStore>()
            .AddSingleton<EngineQueries>()
            .AddActive<EngineBoard>()
            .AddActive<DirectoryPublisher>()
            .AddActive<AlertBoard>()
            .AddSingleton<AlertHistory>()
            .AddSingleton<IAlertSource, EngineAlerts>()
            .AddSingleton<IAlertSource, WorkAlerts>()
            .AddSingleton<IAlertSource, HealthAlerts>()
            .AddSingleton<IAlertSource, MoneyAlerts>();
        return services;
    }

    /// <summary>The endpoints.</summary>
    public static void MapEngines(this IEndpointRouteBuilder routes)
    {
        routes.MapPublicEngines();
        routes.MapPublicSettings();
        var admin = routes.MapGroup("/api/v1/admin").WithTags("Operator").NeedsRole(Role.Support);
        admin.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        admin.MapOperatorEngines();
        admin.MapBans();
        admin.MapAlerts();
        admin.MapSettings();
    }

    private static IStatusSource StatusSourceOf(ViddhanaConfig config, string dataDirectory)
    {
        if (config.Common.Redis is { } redis) return new RedisStatusSource(redis);

        var directories = config.Backoffice.JournalDirectories;
        return new FileStatusSource(
            directories.Count > 0 ? directories : [config.Engine.Journal.Directory ?? Path.Combine(dataDirectory, "journal")]);
    }
}
