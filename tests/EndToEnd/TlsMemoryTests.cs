using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>What an idle miner behind TLS costs the static engine, whose OpenSSL gives its buffers back (native/tls_memory.c).</summary>
internal sealed class TlsMemoryTests
{
    private const int First = 100;
    private const int Further = 400;

    /// <summary>About 25 kB are seen; with the buffers that OpenSSL would keep, 40.</summary>
    private const long BytesMax = 33_000;

    [Test]
    public async Task An_idle_TLS_connection_of_the_static_engine_holds_no_buffers_of_OpenSSL()
    {
        await using var engine = await WireEngine.Start(new EngineSetup { Program = Programs.StaticEngine });
        var miners = new List<WireClient>();
        try
        {
            for (var i = 0; i < First; i++) miners.Add(await engine.ConnectAndLogIn(Wire.Tls13, $"rig{i}"));
            var before = Resident(engine.Program.Id);
            for (var i = 0; i < Further; i++) miners.Add(await engine.ConnectAndLogIn(Wire.Tls13, $"more{i}"));

            // Given back once the log-ins are over and the engine is calm.
            await Eventually.Get(
                "bytes a connection", () => Task.FromResult((Resident(engine.Program.Id) - before) / Further), bytes => bytes < BytesMax);
        }
        finally
        {
            foreach (var miner in miners) miner.Dispose();
        }
    }

    private static long Resident(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null);
    }
}
