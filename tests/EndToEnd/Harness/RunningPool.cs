using System.Text.Json;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>Engine and backoffice as their real programs, on a data directory of their own.</summary>
internal sealed class RunningPool : IAsyncDisposable
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly TemporaryFolder _folder = new();

    private RunningPool(PoolSetup setup)
    {
        Setup = setup;
        // The private PostgreSQL runs as another user when the tests run as root.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(Data);
        File.WriteAllText(Config, setup.Yaml(Data));
    }

    public PoolSetup Setup { get; }

    public string Data => _folder["data"];

    public string Config => _folder["viddhana.yaml"];

    public RunningProgram? Engine { get; private set; }

    public RunningProgram? Backoffice { get; private set; }

    public string Folder => _folder.Path;

    public static async Task<RunningPool> Start(PoolSetup setup)
    {
        var pool = new RunningPool(setup);
        try
        {
            await pool.StartBackoffice();
            await pool.StartEngine();
            return pool;
        }
        catch
        {
            await pool.DisposeAsync();
            throw;
        }
    }

    public async Task StartEngine()
    {
        if (Engine is not null) await Engine.DisposeAsync();
        Engine = RunningProgram.Start(Programs.Engine, ["--config", Config]);
        await Ready(Engine, $"http://127.0.0.1:{Setup.MetricsPort}/ready");
    }

    public async Task StartBackoffice()
    {
        if (Backoffice is not null) await Backoffice.DisposeAsync();
        Backoffice = RunningProgram.Start(Programs.Backoffice, ["--config", Config]);
        await Ready(Backoffice, $"http://127.0.0.1:{Setup.WebPort}/health");
    }

    /// <summary>GET of the backoffice's API, as JSON.</summary>
    public async Task<JsonElement> Api(string path)
    {
        var text = await Client.GetStringAsync($"http://127.0.0.1:{Setup.WebPort}{path}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Everything that helps to understand a failure.</summary>
    public string Logs => $"--- engine\n{Engine?.Output}\n--- backoffice\n{Backoffice?.Output}";

    public async ValueTask DisposeAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed) TestContext.Out.WriteLine(
            Logs);
        if (Engine is { HasExited: false }) await Engine.Terminate();
        if (Backoffice is { HasExited: false }) await Backoffice.Terminate();
        if (Engine is not null) await Engine.DisposeAsync();
        if (Backoffice is not null) await Backoffice.DisposeAsync();
        _folder.Dispose();
    }

    private static Task Ready(RunningProgram program, string url) => Eventually.Holds(
        $"{program.Name} at {url}",
        async () =>
        {
            if (program.HasExited) throw new InvalidOperationException($"{program.Name} ended with {program.ExitCode}:\n{program.Output}");
            using var response = await Client.GetAsync(url);
            return response.IsSuccessStatusCode;
        });
}
