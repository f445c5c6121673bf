using System.Text;
using Viddhana.Core.Stratum;
using Viddhana.Engine;
using Viddhana.Engine.Metrics;
using Viddhana.Tests.Engine.ChainFamilies;

namespace Viddhana.Tests.Engine.Host;

public sealed class CoinbaseMetricsTests
{
    [Test]
    public void A_profile_that_gets_no_work_is_said_once_and_again_when_it_does()
    {
        var small = TemplateText.Job(TemplateText.Regtest());
        var template = TemplateText.Regtest();
        template["default_witness_commitment"] = "6a24aa21a9ed" + new string('c', 400);
        var large = TemplateText.Job(template);
        var metrics = new MetricsRegistry();
        using var output = new MemoryStream();
        using (var log = new Log(output))
        {
            CoinbaseProfile[] profiles = [new("tiny", small.Variants.SizeFor(16_000) - 1), new("roomy", 16_000)];
            var coinbase = new CoinbaseMetrics(metrics, "btc", profiles, log);
            coinbase.Prepare(small);
            Assert.That(metrics.Text(), Does.Contain(Line("tiny", small.Variants.SizeFor(100_000) - 11)), "without the tag");
            Assert.That(metrics.Text(), Does.Contain(Line("roomy", small.Variants.SizeFor(100_000))));

            coinbase.Prepare(large);
            coinbase.Prepare(large);
            Assert.That(metrics.Text(), Does.Contain(Line("tiny", 0)));
            coinbase.Prepare(small);
            coinbase.Prepare(small);
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.Contain("devices of profile tiny can read (engine.coinbase)"));
        Assert.That(lines[1], Does.Contain("devices of coinbase profile tiny can read the coinbase again"));

        static string Line(string profile, int bytes) => $"stratum_coinbase_bytes{{pool=\"btc\",profile=\"{profile}\"}} {bytes}\n";
    }
}
