using System.Text.Json.Nodes;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Engines;

/// <summary>What operators, and everybody, see of engines and of the configuration.</summary>
public sealed class OperatorApiTests
{
    [Test]
    public async Task Engines_nodes_jobs_and_shares_are_what_the_documents_say()
    {
        await using var scene = await OperatorScene.StartAsync();
        await scene.TellAsync(StatusText.Sample(0), StatusText.Sample(1).Change(json => json["state"] = "stopped"));

        var engines = (await scene.GetAsync("/api/v1/admin/engines")).GetProperty("items");
        Assert.That(engines[0].GetProperty("state").GetString(), Is.EqualTo("ok"));
        Assert.That(engines[0].GetProperty("status").GetProperty("journal").GetProperty("bytesMax").GetInt64(), Is.EqualTo(1_000));
        Assert.That(engines[0].GetProperty("status").GetProperty("listeners")[0].GetProperty("plain").GetInt32(), Is.EqualTo(2));
        Assert.That(engines[1].GetProperty("state").GetString(), Is.EqualTo("stopped"));

        var node = (await scene.GetAsync("/api/v1/admin/nodes")).GetProperty("items")[0];
        Assert.That(node.GetProperty("name").GetString(), Is.EqualTo("10.0.0.1:8332"));
        Assert.That(node.GetProperty("isActive").GetBoolean());
        var job = (await scene.GetAsync("/api/v1/admin/jobs")).GetProperty("items")[0];
        Assert.That(job.GetProperty("height").GetInt64(), Is.EqualTo(102));
        Assert.That(job.GetProperty("at").GetDateTimeOffset(), Is.EqualTo(scene.Host.Clock.GetUtcNow().AddSeconds(-5)));
        Assert.That(job.GetProperty("templateMs").GetDouble(), Is.EqualTo(20));

        var shares = (await scene.GetAsync("/api/v1/admin/shares")).GetProperty("items")[0];
        Assert.That(shares.GetProperty("total").GetProperty("valid").GetInt64(), Is.EqualTo(20), "what a stopped engine counted stays");
        Assert.That(shares.GetProperty("perSecond").GetProperty("valid").GetDouble(), Is.EqualTo(0.5), "its rates do not");
        Assert.That(shares.GetProperty("hashrate").GetDouble(), Is.EqualTo(1_000.5));

        var known = (await scene.GetAsync("/api/v1/engines", scene.Nobody)).GetProperty("engines");
        Assert.That(known[0].GetProperty("connections").GetInt32(), Is.EqualTo(2));
        Assert.That(known.ToString(), Does.Not.Contain("rack1").And.Not.Contain("10.0.0.1"), "machines and nodes are nobody's business");
    }

    [TestCase("engines")]
    [TestCase("nodes")]
    [TestCase("jobs")]
    [TestCase("shares")]
    [TestCase("alerts")]
    [TestCase("settings")]
    public async Task Nobody_sees_what_is_the_operators(string what)
    {
        await using var scene = await OperatorScene.StartAsync();
        using var refused = await scene.Nobody.GetAsync($"/api/v1/admin/{what}");
        Assert.That((int)refused.StatusCode, Is.EqualTo(401));
        using var empty = await scene.Support.GetAsync($"/api/v1/admin/{what}");
        Assert.That((int)empty.StatusCode, Is.EqualTo(200), "also with nothing to show");
        Assert.That(empty.Headers.CacheControl!.NoStore);
    }

    [Test]
    public async Task Settings_for_miners_name_every_place_once_with_what_is_needed_to_connect()
    {
        await using var scene = await OperatorScene.StartAsync(config =>
        {
            config.Common.PublicHost = "pool.example.com";
            config.Pools[0].Ports =
            [
                new PortConfig { Port = 3333 },
                new PortConfig { Port = 3334, Tls = PortTls.On, Difficulty = new DifficultyConfig { Start = "65536" } },
                new PortConfig { Port = 3335, ProxyFrom = ["192.0.2.1"] },
                new PortConfig { Port = 3336, ProxyFrom = ["192.0.2.1"], Public = "eu.example.com:443", Tls = PortTls.Auto },
                new PortConfig { Port = 3337, ProxyFrom = ["192.0.2.2"], Public = "eu.example.com:443", Tls = PortTls.Auto },
                new PortConfig { Port = 3338, Public = "none" },
                new PortConfig { Port = 0 },
            ];
        });
        await scene.TellAsync(
            StatusText.Sample(0).Change(json =>
            {
                json["tls"] = new JsonObject { ["sha256"] = new string('a', 64), ["notAfter"] = 1_800_000_000_000, ["subject"] = "CN=a" };
                json["listeners"]![0]!["port"] = 40_123;
            }),
            StatusText.Sample(1).Change(json =>
                json["tls"] = new JsonObject { ["sha256"] = new string('b', 64), ["notAfter"] = 1_700_000_000_000, ["subject"] = "CN=b" }));

        var settings = await scene.GetAsync("/api/v1/settings", scene.Nobody);
        Assert.That(settings.GetProperty("publicHost").GetString(), Is.EqualTo("pool.example.com"));
        var places = settings.GetProperty("stratum").EnumerateArray()
            .Select(port => $"{port.GetProperty("host")}:{port.GetProperty("port")} {port.GetProperty("tls")}").ToList();
        Assert.That(places, Is.EqualTo(new[]
        {
            "pool.example.com:3333 off", "pool.example.com:3334 on", "eu.example.com:443 auto", "pool.example.com:40123 off",
        }));
        var tls = settings.GetProperty("stratum")[1];
        var fingerprints = tls.GetProperty("fingerprints").EnumerateArray().Select(print => print.GetString()![0]);
        Assert.That(fingerprints, Is.EqualTo(new[] { 'a', 'b' }));
        Assert.That(tls.GetProperty("certificateNotAfter").GetDateTimeOffset().ToUnixTimeMilliseconds(), Is.EqualTo(1_700_000_000_000));
        Assert.That(tls.GetProperty("difficulty").GetProperty("start").GetString(), Is.EqualTo("65536"));
    }

    [Test]
    public async Task Without_engines_and_a_name_the_ports_are_there_all_the_same()
    {
        await using var scene = await OperatorScene.StartAsync();
        var settings = await scene.GetAsync("/api/v1/settings", scene.Nobody);
        Assert.That(settings.GetProperty("stratum")[0].GetProperty("port").GetInt32(), Is.EqualTo(3333));
        Assert.That(settings.GetProperty("stratum")[0].GetProperty("host").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null));
        Assert.That(settings.GetProperty("engines").GetInt32(), Is.Zero);
    }
}
