using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Contracts;

/// <summary>Operators see every key as it is in force and where it comes from, and no secret.</summary>
public sealed class ConfigSettingTests
{
    private const string Yaml = """
        common:
          public_host: pool.example.com
          redis:
            url: redis://someone:hidden@127.0.0.1:6379
            password: hidden
        pools:
          - id: btc
            coin: bitcoin
            network: regtest
            address: bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080
            nodes:
              - url: http://someone:hidden@127.0.0.1:18443
                password_file: {secret}
            ports:
              - port: 3333
                proxy_from: [192.0.2.1, 10.0.0.0/8]
                public: eu.example.com:443
        """;

    [Test]
    public void Each_key_has_its_value_and_its_source()
    {
        var settings = Load();
        Assert.That(settings["common.public_host"], Is.EqualTo(("pool.example.com", "viddhana.yaml:2")));
        Assert.That(settings["pools[0].ports[0].port"], Is.EqualTo(("3333", "viddhana.yaml:15")));
        Assert.That(settings["pools[0].ports[0].proxy_from"].Value, Is.EqualTo("192.0.2.1, 10.0.0.0/8"));
        Assert.That(settings["pools[0].ports[0].public"].Value, Is.EqualTo("eu.example.com:443"));
        Assert.That(settings["engine.limits.connections"], Is.EqualTo(("19000", "default")));
        Assert.That(settings["engine.status.interval_ms"], Is.EqualTo(("5000", "VIDDHANA__ENGINE__STATUS__INTERVAL_MS")));
        Assert.That(settings["engine.journal.segment_bytes"], Is.EqualTo(("67108864", "default")));
        Assert.That(settings["pools[0].difficulty.start"], Is.EqualTo(("1024", "default")));
        Assert.That(settings["pools[0].rewards.fee_percent"], Is.EqualTo(("1", "default")));
        Assert.That(settings["pools[0].ports[0].shared"], Is.EqualTo(("false", "default")));
        Assert.That(settings["common.log_level"], Is.EqualTo(("info", "default")));
        Assert.That(settings["common.data"], Is.EqualTo(("", "default")));
    }

    [Test]
    public void Of_a_secret_one_sees_only_that_it_is_there()
    {
        var settings = Load();
        Assert.That(settings["common.redis.password"].Value, Is.EqualTo("***"));
        Assert.That(settings["backoffice.postgres.password"].Value, Is.Empty);
        Assert.That(settings["common.redis.url"].Value, Is.EqualTo("redis://someone:***@127.0.0.1:6379"));
        Assert.That(settings["pools[0].nodes[0].password_file"].Value, Does.EndWith("secret"));
        Assert.That(settings.Values.Select(setting => setting.Value), Has.None.Contains("hidden"));
    }

    [Test]
    public void What_was_made_by_hand_has_no_settings() => Assert.That(new ViddhanaConfig().Settings(), Is.Empty);

    [TestCase("common: {public_host: \"pool example\"}", "must be a host name")]
    [TestCase("common: {public_host: \"pool.example.com:3333\"}", "must be a host name")]
    [TestCase("engine: {status: {interval_ms: 10}}", "must be a whole number from 250 to 60000")]
    [TestCase("engine: {status: {interval: 1000}}", "unknown key")]
    public void A_wrong_value_says_what_is_allowed(string section, string said)
    {
        var yaml = Yaml[Yaml.IndexOf("pools:", StringComparison.Ordinal)..]
            .Replace("        password_file: {secret}\n", "", StringComparison.Ordinal);
        var result = ConfigLoader.Load(yaml + "\n" + section, "viddhana.yaml", new Dictionary<string, string>(), ConfigPart.Engine);
        Assert.That(string.Join('\n', result.Problems), Does.Contain(said));
    }

    [Test]
    public void A_public_place_is_a_host_with_a_port_or_none()
    {
        Assert.That(Problems(Yaml.Replace("eu.example.com:443", "none", StringComparison.Ordinal)), Is.Empty);
        Assert.That(Problems(Yaml.Replace(":443", "", StringComparison.Ordinal)), Does.Contain("must be host:port"));
    }

    private static string Problems(string yaml) => string.Join('\n', Result(yaml).Problems);

    private static Dictionary<string, (string Value, string Source)> Load()
    {
        var result = Result(Yaml);
        Assert.That(result.Problems, Is.Empty);
        return result.Config!.Settings().ToDictionary(setting => setting.Key, setting => (setting.Value, setting.Source));
    }

    private static ConfigResult Result(string yaml)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["secret"], "hidden");
        return ConfigLoader.Load(
            yaml.Replace("{secret}", folder["secret"], StringComparison.Ordinal),
            "viddhana.yaml",
            new Dictionary<string, string> { ["VIDDHANA__ENGINE__STATUS__INTERVAL_MS"] = "5000" },
            ConfigPart.Engine);
    }
}
