using Microsoft.AspNetCore.Builder;
using Viddhana.Backoffice;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Web;

/// <summary>The real backoffice over a database with a seed, on a port of its own.</summary>
internal sealed class RunningBackoffice : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Database? _database;
    private WebApplication? _app;

    private RunningBackoffice()
    {
    }

    /// <summary>Where it answers, without a slash at the end.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Its services, for what a test needs to set up from inside.</summary>
    public IServiceProvider Services => _app!.Services;

    /// <summary>Its database.</summary>
    public Database Database => _database!;

    /// <summary>Its pools.</summary>
    public PoolBook Pools { get; private set; } = null!;

    public static async Task<RunningBackoffice> StartAsync(Seed seed, string connectionString, Action<ViddhanaConfig>? change = null)
    {
        var backoffice = new RunningBackoffice();
        await backoffice.BeginAsync(seed, connectionString, change);
        return backoffice;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        if (_database is not null) await _database.DisposeAsync();
        _folder.Dispose();
    }

    private async Task BeginAsync(Seed seed, string connectionString, Action<ViddhanaConfig>? change)
    {
        var config = new ViddhanaConfig { Pools = Seed.Pools() };
        config.Common.Data = _folder.Path;
        config.Common.LogLevel = "error";
        (config.Backoffice.Http.Listen, config.Backoffice.Http.Port) = ("127.0.0.1", 0);
        config.Backoffice.Postgres.Url = connectionString;
        // All tests come from one address.
        config.Backoffice.Access.RequestsPerMinute = 0;
        change?.Invoke(config);
        _database = await Database.OpenAsync(config.Backoffice.Postgres, _folder.Path, isCommand: false, CancellationToken.None);
        Pools = await PoolBook.LoadAsync(_database.Source, config.Pools, CancellationToken.None);
        await seed.Fill(_database.Source, Pools, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        _app = BackofficeHost.Build(config, _folder.Path, _database, Pools);
        await _app.StartAsync();
        Url = _app.Urls.Single();
        using var http = new HttpClient();
        foreach (var pool in config.Pools) await HasFiguresAsync(http, pool.Id);
    }

    /// <summary>The first figures of a large pool take their time, and a page that asks meanwhile is told to come again.</summary>
    private Task HasFiguresAsync(HttpClient http, string pool) => Eventually.Holds($"{pool} has figures", async () =>
    {
        using var stats = await http.GetAsync($"{Url}/api/v1/pools/{pool}/stats");
        using var miners = await http.GetAsync($"{Url}/api/v1/pools/{pool}/miners");
        return stats.IsSuccessStatusCode && miners.IsSuccessStatusCode;
    });
}
