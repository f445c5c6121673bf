using System.Text.Json;
using Viddhana.Core.Algorithms;
using Viddhana.Miner;
using Viddhana.Miner.Load;
using Viddhana.Miner.Net;
using Viddhana.Miner.Report;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>The load driver against a pool that judges every share for itself.</summary>
[TestFixture, CancelAfter(60_000)]
public sealed class LoadTests
{
    [TestCase(0, 4)]
    [TestCase(0, 1)]
    [TestCase(400, 8)]
    public async Task Every_connection_submits_shares_that_the_pool_finds_met(double rate, int depth)
    {
        await using var pool = new FakePool();
        var report = await Load(pool, connections: 10, rate, depth, seconds: 1.5);

        Assert.That(pool.Seen.Where(share => !share.IsMet), Is.Empty);
        Assert.That(pool.Seen.Select(share => share.Key), Is.Unique);
        Assert.That(pool.Seen.Select(share => share.User).Distinct().Count(), Is.EqualTo(10));
        Assert.That(report.GetProperty("accepted").GetInt64(), Is.EqualTo(pool.Answered.Count));
        Assert.That(report.GetProperty("submitted").GetInt64(), Is.EqualTo(pool.Seen.Count));
        Assert.That(report.GetProperty("latency").GetProperty("count").GetInt64(), Is.EqualTo(pool.Answered.Count));
        Assert.That(report.GetProperty("latency").GetProperty("p99Micros").GetInt64(), Is.Positive);
        if (rate > 0) Assert.That(pool.Seen, Has.Count.LessThanOrEqualTo(1.5 * rate + 1), "no more than the rate allows");
    }

    [Test]
    public async Task A_pool_that_drops_every_connection_is_connected_to_again_and_loses_no_line_of_the_transcript()
    {
        var file = Path.GetTempFileName();
        try
        {
            var seen = 0;
            await using var pool = new FakePool
            {
                AfterShare = (peer, _) =>
                {
                    if (Interlocked.Increment(ref seen) % 50 == 0) peer.Dispose();
                    return Task.CompletedTask;
                },
            };
            var report = await Load(pool, connections: 5, rate: 0, depth: 2, seconds: 3, transcript: file);

            var answered = report.GetProperty("accepted").GetInt64() + report.GetProperty("rejected").GetInt64();
            Assert.That(report.GetProperty("disconnects").GetInt64(), Is.Positive);
            Assert.That(report.GetProperty("connects").GetInt64(), Is.GreaterThan(5));
            Assert.That(File.ReadAllLines(file), Has.Length.EqualTo(answered));
            Assert.That(report.GetProperty("submitted").GetInt64(), Is.EqualTo(answered + report.GetProperty("unanswered").GetInt64()));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<JsonElement> Load(
        FakePool pool, int connections, double rate, int depth, double seconds, string? transcript = null)
    {
        Assert.That(PoolUrl.TryParse(pool.Url, out var url));
        using var output = new MemoryStream();
        using var log = transcript is null ? null : new Transcript(transcript);
        var run = new Run(
            new RunOptions { Url = url!, Algorithm = Sha256d.Instance, Password = "x", ReconnectMaxMs = 250 },
            new EventLog(Stream.Null, isJson: false, isTerminal: false),
            log);
        var options = new LoadOptions
        {
            Connections = connections,
            User = "addr",
            SharesPerSecond = rate,
            Depth = depth,
            Seconds = seconds,
        };
        var load = new LoadRun(run, new EventLog(output, isJson: true, isTerminal: false), Sha256d.Instance, options);
        Assert.That(await load.RunAsync(TestContext.CurrentContext.CancellationToken), Is.Zero);
        return JsonDocument.Parse(output.ToArray()).RootElement;
    }
}
