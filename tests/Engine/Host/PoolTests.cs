using System.Net;
using Viddhana.Contracts.Config;
using Viddhana.Engine;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;
using Viddhana.Tests.Engine.Net;
using Viddhana.Tests.Engine.Simnode;

namespace Viddhana.Tests.Engine.Host;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PoolTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("viddhana-pool-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Test]
    public async Task Before_the_filter_of_duplicates_is_full_miners_get_new_work_and_no_work_counts_twice()
    {
        await using var node = StartedSimnode.Start(StartedSimnode.Settings() with { Bits = 0x1D00FFFF });
        var metrics = new MetricsRegistry();
        var limits = new LimitsConfig();
        using var workers = new HashWorkers(1);
        var setup = new LoopSetup(limits, new Admission(limits), workers, Log.Nowhere, metrics, fault => Assert.Fail(fault.ToString()));
        var loop = new Loop(0, setup);
        loop.Start();
        using var journal = ShareJournal.Open(_data, 0, new JournalConfig(), Log.Nowhere, metrics);
        var config = StartedEngine.Config(new NodeConfig { Url = node.Url }).Pools[0];
        await using var pool = new Pool(
            config,
            new PoolSetup(journal, new Broadcaster([loop]), limits, Path.Combine(_data, "c"), Log.Nowhere, metrics)
            {
                SharesPerTipMax = 64 * 16,
            });
        using var listener = Listener.Start(new IPEndPoint(IPAddress.Loopback, 0), pool.Port(config.Ports[0]), null, [loop], setup);
        _ = pool.Start();
        using var client = await TestClient.ConnectAsync(listener.EndPoint.Port);
        await client.LoginAsync();
        var first = client.JobId;

        var accepted = 0;
        for (var number = 1UL; accepted < 3_000; number++)
        {
            var answer = await client.ShareAsync(number);
            if (answer.GetProperty("result").ToString() == "True") accepted++;
            else Assert.That(answer.GetProperty("error")[0].GetInt32(), Is.EqualTo(21), "at most stale, while new work is on its way");
        }

        Assert.That(client.JobId, Is.Not.EqualTo(first));
        Assert.That(client.Job[8].GetBoolean(), Is.True, "miners must drop the work in hand");
        Assert.That(metrics.Text(), Does.Contain("stratum_shares_processed_total{pool=\"btc\",result=\"duplicate\"} 0\n"));

        loop.Drain(5_000);
        Assert.That(loop.Join(60_000));
    }
}
