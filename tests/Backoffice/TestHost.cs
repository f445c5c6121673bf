using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Viddhana.Backoffice;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice;

/// <summary>
/// The real application on a port of its own, over a fresh database, with a clock that tests move. Of the background loops one runs:
/// what is done after an answer. Requests are not counted unless asked for.
/// </summary>
internal sealed class TestHost : IAsyncDisposable
{
    /// <summary>The password of every login that <see cref="SignInAsync"/> makes.</summary>
    public const string Password = "a password of the tests";

    private static readonly string PasswordHash = new Passwords(iterations: 1_000).Hash(Password);

    private readonly TemporaryFolder _folder = new();
    private readonly List<HttpClient> _clients = [];
    private readonly WebApplication _app;
    private int _logins;

    private TestHost(NpgsqlDataSource database, TestClock clock, ViddhanaConfig config, PoolBook pools, Action<IServiceCollection>? also)
    {
        (Database, Clock, Config, Pools) = (database, clock, config, pools);
        _app = BackofficeHost.Build(config, _folder.Path, Viddhana.Backoffice.Storage.Database.Over(database), pools, services =>
        {
            RemoveLoops(services);
            services.AddHostedService(provider => provider.GetRequiredService<BackgroundWork>());
            services.AddSingleton<TimeProvider>(clock);
            services.AddSingleton(new Passwords(iterations: 1_000));
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error).AddFilter("Microsoft.Hosting", LogLevel.Warning));
            also?.Invoke(services);
        });
    }

    public NpgsqlDataSource Database { get; }

    public TestClock Clock { get; }

    public ViddhanaConfig Config { get; }

    public PoolBook Pools { get; }

    public IServiceProvider Services => _app.Services;

    public string DataDirectory => _folder.Path;

    /// <summary>Where it listens: http://127.0.0.1:PORT.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Starts it with one pool, <c>btc</c> on regtest, unless the configuration is changed.</summary>
    /// <param name="change">Changes the configuration before it is used.</param>
    /// <param name="also">Adds or replaces services; the last word.</param>
    public static async Task<TestHost> StartAsync(Action<ViddhanaConfig>? change = null, Action<IServiceCollection>? also = null)
    {
        var config = NewConfig();
        change?.Invoke(config);
        var database = await TestDatabase.NewAsync();
        var pools = await PoolBook.LoadAsync(database, config.Pools, CancellationToken.None);
        var host = new TestHost(database, new TestClock(), config, pools, also);
        await host._app.StartAsync();
        return host;
    }

    /// <summary>A client that is signed in with this token or API key; nobody without one. Cookies are not kept.</summary>
    public HttpClient As(string? token = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(Address),
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        lock (_clients) _clients.Add(client);
        return client;
    }

    /// <summary>The access token of a new login with this role.</summary>
    /// <param name="role">Its role.</param>
    /// <param name="hasSecondFactor">True: the login counts as one with TOTP.</param>
    public async Task<string> TokenAsync(Role role, bool hasSecondFactor = true) => (await SignInAsync(role, hasSecondFactor)).Token;

    /// <summary>A new login with a living session.</summary>
    public async Task<(string Token, long LoginId, string Name)> SignInAsync(Role role, bool hasSecondFactor = true)
    {
        var name = $"{role.Text()}{Interlocked.Increment(ref _logins)}";
        await using var connection = await Database.OpenConnectionAsync();
        var loginId = await connection.ScalarAsync<long>(
            """
            INSERT INTO logins (kind, name, role, password_hash, confirmed_at, totp_enabled_at, created_at)
            VALUES ('staff', $1, $2, $5, $3, CASE WHEN $4 THEN $3 END, $3) RETURNING login_id
            """,
            [name, role.Text(), Clock.GetUtcNow(), hasSecondFactor, PasswordHash],
            CancellationToken.None);
        var (sessionId, _) = await Services.GetRequiredService<Sessions>().BeginAsync(
            connection, loginId, "127.0.0.1", "test", CancellationToken.None);
        return (Services.GetRequiredService<AccessTokens>().Issue(loginId, sessionId), loginId, name);
    }

    /// <summary>An account of this name, claimed by the login; as an address where <paramref name="isMade"/> is false.</summary>
    public async Task<long> ClaimAsync(long loginId, string accountName, bool isMade = false)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await connection.RunAsync(
            "INSERT INTO accounts (name) VALUES ($1) ON CONFLICT DO NOTHING", [accountName], CancellationToken.None);
        var accountId = await connection.ScalarAsync<long>(
            "SELECT account_id FROM accounts WHERE name = $1", [accountName], CancellationToken.None);
        await connection.RunAsync(
            "INSERT INTO claims (login_id, account_id, how, claimed_at) VALUES ($1, $2, $3, $4)",
            [loginId, accountId, isMade ? "made" : "signature", Clock.GetUtcNow()],
            CancellationToken.None);
        return accountId;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Database.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>One pool on regtest, port 0, no limit of requests.</summary>
    public static ViddhanaConfig NewConfig()
    {
        var config = new ViddhanaConfig();
        config.Pools.Add(new PoolConfig
        {
            Id = "btc",
            Coin = "bitcoin",
            Network = "regtest",
            Address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
            Nodes = [new NodeConfig { Url = "http://127.0.0.1:1" }],
        });
        config.Backoffice.Http = new HttpConfig { Listen = "127.0.0.1", Port = 0 };
        config.Backoffice.Access.RequestsPerMinute = 0;
        config.Backoffice.Access.RequestsPerMinuteSignedIn = 0;
        return config;
    }

    /// <summary>The web server alone is started: it is a hosted service too.</summary>
    private static void RemoveLoops(IServiceCollection services)
    {
        foreach (var loop in services.Where(service => service.ServiceType == typeof(IHostedService) && IsOurs(service)).ToList())
            services.Remove(loop);
    }

    private static bool IsOurs(ServiceDescriptor service) =>
        !service.IsKeyedService
        && (service.ImplementationType ?? service.ImplementationFactory?.Method.DeclaringType)?.Assembly == typeof(BackofficeHost).Assembly;
}
