using System.Net;
using Microsoft.Extensions.Logging.Console;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Blocks;
using Viddhana.Backoffice.Engines;
using Viddhana.Backoffice.Facades;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Live;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice;

/// <summary>
/// Puts the backoffice together. A feature is one <c>Add</c> line for its services and one <c>Map</c> line for its endpoints.
/// </summary>
public static class BackofficeHost
{
    private const int RequestBytesMax = 64 << 10;

    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(5);

    /// <summary>Runs until SIGTERM or SIGINT, or until a fault of the program. Returns the exit code.</summary>
    public static async Task<int> RunAsync(ViddhanaConfig config, string dataDirectory)
    {
        await using var database = await Database.OpenAsync(
            config.Backoffice.Postgres, dataDirectory, isCommand: false, CancellationToken.None);
        var pools = await PoolBook.LoadAsync(database.Source, config.Pools, CancellationToken.None);
        await FirstAdmin.EnsureAsync(
            database.Source,
            dataDirectory,
            Console.IsErrorRedirected ? null : Console.Error,
            Console.Error,
            TimeProvider.System,
            CancellationToken.None);
        await using var app = Build(config, dataDirectory, database, pools);
        BackgroundService[] loops = [.. app.Services.GetServices<IHostedService>().OfType<BackgroundService>()];
        await app.RunAsync();
        return loops.Any(loop => loop.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
    }

    /// <summary>The application, not started. <paramref name="also"/> has the last word about services: tests put their clock in.</summary>
    public static WebApplication Build(
        ViddhanaConfig config, string dataDirectory, Database database, PoolBook pools, Action<IServiceCollection>? also = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        AddLogging(builder.Logging, config.Common);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBytesMax;
            kestrel.Listen(IPAddress.Parse(config.Backoffice.Http.Listen), config.Backoffice.Http.Port);
            NerdListener.Listen(kestrel, config.Backoffice.Facades);
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = StopMax);
        builder.Services.AddSingleton(config)
            .AddHealth()
            .AddStorage(database, pools)
            .AddShares(config, dataDirectory)
            .AddBlocks(config, pools)
            .AddPayouts(pools)
            .AddPools(config)
            .AddNotices(config)
            .AddFacades()
            .AddAccounts(dataDirectory)
            .AddLive(config)
            .AddEngines(config, dataDirectory);
        also?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseProxies();
        app.Use(NerdListener.Guard);
        app.UseWeb();
        app.UseAccounts();
        app.MapHealth();
        app.MapPools();
        app.MapEngines();
        app.MapMoney();
        app.MapOwnPayouts();
        app.MapNotices();
        app.MapOlderPaths();
        app.MapAccounts();
        app.MapFacades();
        app.MapLive();
        return app;
    }

    private static void AddLogging(ILoggingBuilder logging, CommonConfig config)
    {
        logging.ClearProviders();
        if (config.LogFormat == "json")
        {
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "O"));
        }
        else
        {
            logging.AddConsole(console => console.FormatterName = LogLine.FormatterName);
            logging.AddConsoleFormatter<LogLine, ConsoleFormatterOptions>();
        }

        logging.SetMinimumLevel(config.LogLevel switch
        {
            "debug" => LogLevel.Debug,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.Information,
        });
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting", LogLevel.Information);
    }
}
