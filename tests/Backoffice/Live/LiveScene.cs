using Microsoft.AspNetCore.Builder;
using Npgsql;
using Viddhana.Backoffice;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Shares;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Live;

/// <summary>The whole backoffice in this process, on a database of its own, reading the journal of an engine that tests write.</summary>
internal sealed class LiveScene : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly NpgsqlDataSource _source;
    private readonly Database _database;
    private readonly WebApplication _app;

    private LiveScene(NpgsqlDataSource source, Database database, ViddhanaConfig config, PoolBook pools)
    {
        (_source, _database) = (source, database);
        _app = BackofficeHost.Build(config, _folder.Path, database, pools);
    }

    public TestEngine Engine { get; } = new();

    public NpgsqlDataSource Database => _database.Source;

    public Uri Address => new(_app.Urls.First());

    public static async Task<LiveScene> StartAsync(LiveConfig live)
    {
        var source = await TestDatabase.NewAsync();
        var config = new ViddhanaConfig
        {
            Common = new CommonConfig { LogLevel = "error" },
            Pools = [Pool("btc"), Pool("other")],
            Backoffice = new BackofficeConfig
            {
                Http = new HttpConfig { Listen = "127.0.0.1", Port = 0 },
                Postgres = new PostgresConfig { Url = TestDatabase.AddressOf(source) },
                SliceSeconds = 10,
                Live = live,
            },
        };
        var postgres = config.Backoffice.Postgres;
        var database = await Viddhana.Backoffice.Storage.Database.OpenAsync(postgres, "", isCommand: true, CancellationToken.None);
        var pools = await PoolBook.LoadAsync(database.Source, config.Pools, CancellationToken.None);
        var scene = new LiveScene(source, database, config, pools);
        await scene._app.StartAsync();
        return scene;
    }

    /// <summary>Gives the engine's new entries to the backoffice.</summary>
    public void Ship() => Engine.WriteJournal(_folder["journal"]);

    /// <summary>A client that waits for a stream as long as it lasts.</summary>
    public HttpClient Client() => new() { BaseAddress = Address, Timeout = Timeout.InfiniteTimeSpan };

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        await _source.DisposeAsync();
        _folder.Dispose();
    }

    private static PoolConfig Pool(string id) => new()
    {
        Id = id,
        Coin = "bitcoin",
        Network = "regtest",
        Address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        Nodes = [new NodeConfig { Url = "http://127.0.0.1:9" }],
    };
}
