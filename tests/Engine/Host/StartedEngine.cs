using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Engine;
using Viddhana.Tests.Engine.Net;

namespace Viddhana.Tests.Engine.Host;

/// <summary>The whole engine in this process, on ports that the system chooses, with its data in a directory of the test.</summary>
internal sealed class StartedEngine : IAsyncDisposable
{
    private static readonly HttpClient Http = new();
    private readonly MiningEngine _engine;
    private readonly Log _log;

    private StartedEngine(MiningEngine engine, Log log)
    {
        _engine = engine;
        _log = log;
    }

    public int Port => _engine.Listeners[0].EndPoint.Port;

    public static ViddhanaConfig Config(params NodeConfig[] nodes) => new()
    {
        Pools =
        [
            new PoolConfig
            {
                Id = "btc",
                Coin = "bitcoin",
                Network = "regtest",
                Address = TestPool.Address,
                Nodes = [.. nodes],
                RefreshSeconds = 5,
                Ports = [new PortConfig { Listen = "127.0.0.1" }],
                Difficulty = new DifficultyConfig { Start = "0.0000000001", Min = "0.0000000001", Vardiff = false },
            },
        ],
        Engine = new EngineConfig { InstanceId = 9, Metrics = new HttpConfig { Listen = "127.0.0.1", Port = 0 } },
    };

    public static async Task<StartedEngine> StartAsync(ViddhanaConfig config, string data, Stream? output = null)
    {
        var log = new Log(output, LogLevel.Debug);
        return new StartedEngine(await MiningEngine.StartAsync(config, data, "test", log), log);
    }

    public Task<string> MetricsAsync() => Http.GetStringAsync(new Uri($"http://{_engine.MetricsAddress}/metrics"));

    public async Task<(int Status, JsonElement Body)> ReadyAsync()
    {
        using var answer = await Http.GetAsync(new Uri($"http://{_engine.MetricsAddress}/ready"));
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>Every entry of the journal in a data directory.</summary>
    public static List<Entry> Journal(string data)
    {
        var reader = new JournalReader(Path.Combine(data, "journal"));
        Assert.That(reader.TryOpen());
        var entries = new List<Entry>();
        for (var after = 0UL; ;)
        {
            var read = reader.ReadFrom(after, 1 << 20);
            if (read.Count == 0) return entries;
            foreach (var bytes in read)
            {
                Assert.That(EntryReader.TryRead(bytes, out var entry, out _), Is.EqualTo(EntryStatus.Ok));
                entries.Add(entry!);
                after = entry!.Header.LastSequence;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _log.Dispose();
    }
}
