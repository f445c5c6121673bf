using Viddhana.Engine.Metrics;

namespace Viddhana.Tests.Engine.Host;

public sealed class MetricsTests
{
    [Test]
    public void The_text_names_help_type_labels_and_values()
    {
        var metrics = new MetricsRegistry();
        metrics.Counter("shares_total", "Shares.", ("pool", "btc"), ("result", "valid")).Add(3);
        metrics.Counter("shares_total", "Shares.", ("pool", "btc"), ("result", "stale")).Add();
        metrics.Gauge("connections", "Open connections.").Set(2.5);

        Assert.That(metrics.Text(), Is.EqualTo(
            "# HELP connections Open connections.\n# TYPE connections gauge\nconnections 2.5\n"
            + "# HELP shares_total Shares.\n# TYPE shares_total counter\n"
            + "shares_total{pool=\"btc\",result=\"stale\"} 1\nshares_total{pool=\"btc\",result=\"valid\"} 3\n"));
    }

    [Test]
    public void Label_values_are_escaped()
    {
        var metrics = new MetricsRegistry();
        metrics.Counter("a", "Help\nin two lines.", ("node", "x\"y\\z\n")).Add();

        Assert.That(metrics.Text(), Does.Contain("a{node=\"x\\\"y\\\\z\\n\"} 1\n").And.Contain("# HELP a Help\\nin two lines.\n"));
    }

    [Test]
    public void Buckets_of_a_histogram_are_cumulative()
    {
        var metrics = new MetricsRegistry();
        var histogram = metrics.Histogram("seconds", "Time.", [0.001, 0.01], ("pool", "btc"));
        histogram.Observe(0.001);
        histogram.Observe(0.005, 2);
        histogram.Observe(3);

        Assert.That(metrics.Text(), Does.EndWith(
            "seconds_bucket{pool=\"btc\",le=\"0.001\"} 1\nseconds_bucket{pool=\"btc\",le=\"0.01\"} 3\n"
            + "seconds_bucket{pool=\"btc\",le=\"+Inf\"} 4\nseconds_sum{pool=\"btc\"} 3.011\nseconds_count{pool=\"btc\"} 4\n"));
    }

    [Test]
    public void Counts_of_many_threads_add_up()
    {
        var metrics = new MetricsRegistry();
        var threads = Enumerable.Range(0, 24).Select(_ => new Thread(() =>
        {
            var counter = metrics.Counter("hits", "Hits.");
            for (var i = 0; i < 10_000; i++) counter.Add();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.That(metrics.Counter("hits", "Hits.").Value, Is.EqualTo(240_000));
    }

    [Test]
    public void One_name_has_one_type()
    {
        var metrics = new MetricsRegistry();
        metrics.Counter("x", "X.");

        Assert.That(() => metrics.Gauge("x", "X.", ("pool", "btc")), Throws.TypeOf<Core.BrokenInvariantException>());
    }
}
