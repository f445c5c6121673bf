using System.Collections.Concurrent;
using System.Runtime.Versioning;
using Microsoft.Playwright;
using Npgsql;
using Viddhana.Backoffice.Storage;

[assembly: UnsupportedOSPlatform("windows")]

namespace Viddhana.Tests.Web;

/// <summary>One PostgreSQL, one browser, and one backoffice per seed for all tests of the assembly.</summary>
[SetUpFixture]
public sealed class WebFixture
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<RunningBackoffice>>> Backoffices = new();
    private static EmbeddedPostgres? _postgres;
    private static string? _directory;
    private static IPlaywright? _playwright;
    private static int _count;

    /// <summary>Debian's Chromium, without a head.</summary>
    public static IBrowser Browser { get; private set; } = null!;

    /// <summary>The backoffice of a seed, started by whoever asks first and shared by all; nothing may be changed in it.</summary>
    internal static Task<RunningBackoffice> Get(Seed seed) =>
        Backoffices.GetOrAdd(seed.Name, _ => new Lazy<Task<RunningBackoffice>>(() => NewAsync(seed))).Value;

    /// <summary>A backoffice of one's own, for tests that change something. Dispose it.</summary>
    internal static async Task<RunningBackoffice> NewAsync(Seed seed, Action<Contracts.Config.ViddhanaConfig>? change = null)
    {
        var name = $"{seed.Name}_{Interlocked.Increment(ref _count)}";
        await using (var connection = new NpgsqlConnection(Address("postgres", isPooled: false)))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await command.ExecuteNonQueryAsync();
        }

        return await RunningBackoffice.StartAsync(seed, Address(name, isPooled: true), change);
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        _directory = Directory.CreateTempSubdirectory("viddhana-web-").FullName;
        // PostgreSQL runs as another user when the tests run as root, and must be able to get there.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);
        _postgres = await Task.Run(() => EmbeddedPostgres.Start(_directory, isForTests: true));
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            // As root there is no sandbox; the rest keeps the browser from asking anybody but us.
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--font-render-hinting=none", "--force-color-profile=srgb",
            ],
        });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        foreach (var backoffice in Backoffices.Values) await (await backoffice.Value).DisposeAsync();
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        NpgsqlConnection.ClearAllPools();
        _postgres?.Stop();
        if (_directory is not null) Directory.Delete(_directory, recursive: true);
    }

    private static string Address(string database, bool isPooled) => new NpgsqlConnectionStringBuilder(_postgres!.ConnectionString)
    {
        Database = database,
        Pooling = isPooled,
        MaxPoolSize = 12,
        IncludeErrorDetail = true,
    }.ConnectionString;
}
