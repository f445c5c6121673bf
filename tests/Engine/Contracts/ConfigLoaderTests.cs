using System.Collections;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Contracts;

public sealed partial class ConfigLoaderTests
{
    private const string Minimal = """
        pools:
          - id: btc
            coin: bitcoin
            network: regtest
            address: bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080
            nodes:
              - url: http://u@127.0.0.1:18443
        """;

    [Test]
    public void The_example_loads_without_a_warning()
    {
        var result = Load(ConfigExample.Text);

        Assert.That(result.Problems, Is.Empty);
        Assert.That(result.Warnings, Is.Empty);
    }

    [Test]
    public void The_example_with_every_optional_key_loads_too()
    {
        var result = Load(WithOptionalKeys(ConfigExample.Text));

        Assert.That(result.Problems, Is.Empty);
        Assert.That(result.Config!.Pools[0].Payouts.Wallet!.Passphrase, Is.Null, "a wallet's secret is none of the engine's");
        Assert.That(result.Config.Common.Redis!.Password, Is.EqualTo("secret"));
    }

    [Test]
    public void The_example_shows_every_key_of_the_model()
    {
        var problems = new ConfigProblems();
        var root = ConfigYaml.Read(WithOptionalKeys(ConfigExample.Text), "example", problems);
        Assert.That(problems.Errors, Is.Empty);

        var missing = new List<string>();
        FindMissing(typeof(ViddhanaConfig), root, "", missing);

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void The_example_shows_the_defaults()
    {
        var example = Load(ConfigExample.Text).Config!;
        var minimal = Load(Minimal).Config!;
        example.Pools[0].Nodes[0].CookieFile = null;
        example.Pools[0].Nodes[0].Url = minimal.Pools[0].Nodes[0].Url;
        example.Pools[0].Payouts.Threshold = null;

        Assert.That(Describe(example), Is.EqualTo(Describe(minimal)));
    }

    [Test]
    public void An_empty_file_names_what_is_missing()
    {
        Assert.That(Errors(""), Is.EqualTo(
            "viddhana.yaml:1: pools: needs at least one entry: pools: [{id: btc, coin: bitcoin, address: bc1q…, nodes: […]}]"));
    }

    [TestCase(
        "common: {log_levl: info}",
        "viddhana.yaml:8: common.log_levl: unknown key (did you mean 'log_level'?); "
        + "allowed: data, log_format, log_level, public_host, redis")]
    [TestCase(
        "common: {log_level: inf}",
        "viddhana.yaml:8: common.log_level: 'inf' is not one of: debug, info, warning, error (did you mean 'info'?)")]
    [TestCase("engine: {instance_id: 1024}", "viddhana.yaml:8: engine.instance_id: '1024' must be a whole number from 0 to 1023")]
    [TestCase("engine: {instance_id: 1.5}", "viddhana.yaml:8: engine.instance_id: '1.5' must be a whole number from 0 to 1023")]
    [TestCase("engine: {instance_id: [1]}", "viddhana.yaml:8: engine.instance_id: must be a single value")]
    [TestCase("engine: 7", "viddhana.yaml:8: engine: must be a section with keys of its own")]
    [TestCase(
        "engine: {journal: {max_bytes: 5MiB}}",
        "viddhana.yaml:8: engine.journal.max_bytes: must hold at least four segments (268435456 bytes)")]
    [TestCase(
        "engine: {journal: {segment_bytes: 5MB}}",
        "viddhana.yaml:8: engine.journal.segment_bytes: '5MB' must be a number of bytes (also 64KiB, 64MiB, 64GiB) from "
        + "1048576 to 1073741824")]
    [TestCase(
        "engine: {metrics: {listen: localhost}}",
        "viddhana.yaml:8: engine.metrics.listen: 'localhost' must be an IP address: 0.0.0.0, 127.0.0.1, '::'")]
    [TestCase(
        "engine: {metrics: {listen: 0.0.0.0, port: 3333}}",
        "viddhana.yaml:2: pools[0].ports: pools[0].ports[0] has the port of engine.metrics (3333)")]
    [TestCase(
        "engine: {coinbase: {max_bytes: 99}}",
        "viddhana.yaml:8: engine.coinbase.max_bytes: '99' must be a whole number from 100 to 16000")]
    [TestCase(
        "engine: {coinbase: {profiles: [{name: A, max_bytes: 200, user_agents: [a]}]}}",
        "viddhana.yaml:8: engine.coinbase.profiles[0].name: 'A' must be 1 to 32 of a-z, 0-9 and '-'")]
    [TestCase(
        "engine: {coinbase: {profiles: [{name: default, max_bytes: 200, user_agents: [a]}]}}",
        "viddhana.yaml:8: engine.coinbase.profiles[0].name: 'default' is the name of coinbase.max_bytes")]
    [TestCase(
        "engine: {coinbase: {profiles: [{name: a, max_bytes: 200, user_agents: [a]}, {name: a, max_bytes: 200, user_agents: [b]}]}}",
        "viddhana.yaml:8: engine.coinbase.profiles[1].name: 'a' is also the name of profiles[0]")]
    [TestCase(
        "engine: {coinbase: {profiles: [{name: a, max_bytes: 200, user_agents: [\"*\"]}]}}",
        "viddhana.yaml:8: engine.coinbase.profiles[0].user_agents: needs beginnings of user agents, or parts of them after '*': "
        + "[NerdMiner, \"*plus-tuner\"]")]
    [TestCase("engine: {tls: }", "viddhana.yaml:8: engine.tls: is empty: give its keys, or remove the line")]
    [TestCase("engine: {tls: {certificate: a}}", "viddhana.yaml:8: engine.tls.key: is missing; example: key: /etc/viddhana/privkey.pem")]
    [TestCase(
        "common: {redis: {url: \"http://:hunter2@h\"}}",
        "viddhana.yaml:8: common.redis.url: 'http://:***@h' must be redis://host:port or rediss://host:port or unix:///path")]
    [TestCase(
        "backoffice: {postgres: {url: \"hunter2\"}}",
        "viddhana.yaml:8: backoffice.postgres.url: 'hunter2' must be postgres://user@host:port/database or Host=…;Database=…;Username=…")]
    [TestCase(
        "backoffice: {access: {public_url: \"https://pool.example.com/path\"}}",
        "viddhana.yaml:8: backoffice.access.public_url: 'https://pool.example.com/path' must be scheme, host and port alone: "
        + "https://pool.example.com")]
    [TestCase(
        "backoffice: {access: {origins: [\"*\"]}}",
        "viddhana.yaml:8: backoffice.access.origins: '*' must be scheme, host and port alone: https://status.example.com")]
    [TestCase(
        "backoffice: {access: {trusted_proxies: [10.0.0.1/8]}}",
        "viddhana.yaml:8: backoffice.access.trusted_proxies: '10.0.0.1/8' has bits behind its prefix: 10.0.0.0/8, or 10.0.0.1 alone")]
    [TestCase(
        "backoffice: {access: {requests_per_minute: -1}}",
        "viddhana.yaml:8: backoffice.access.requests_per_minute: '-1' must be a whole number from 0 to 1000000")]
    [TestCase("pools: []", "viddhana.yaml:8: pools: given twice; first at viddhana.yaml:1")]
    [TestCase("common:\n\tdata: x", "viddhana.yaml:9: a tab: YAML is indented with spaces")]
    [TestCase("common: {data: &a x}", "viddhana.yaml:8: anchors and tags (& !) are not supported; quote the value if it is text")]
    [TestCase("common: {data: *hunter2}", "viddhana.yaml:8: anchors and aliases (& *) are not supported; quote the value if it is text")]
    [TestCase("---\ncommon: {}", "viddhana.yaml:8: a second document: only one is allowed")]
    public void A_wrong_key_or_value_is_told_with_its_place_and_what_is_allowed(string yaml, string expected)
    {
        Assert.That(Errors($"{Minimal}\n{yaml}"), Is.EqualTo(expected));
    }

    [TestCase("id: btc", "id: BTC", "viddhana.yaml:2: pools[0].id: 'BTC' must be 1 to 32 of a-z, 0-9 and '-'")]
    [TestCase(
        "coin: bitcoin",
        "coin: bitcion",
        "viddhana.yaml:3: pools[0].coin: 'bitcion' is not one of: bitcoin, litecoin (did you mean 'bitcoin'?)")]
    [TestCase(
        "network: regtest",
        "network: mainet",
        "viddhana.yaml:4: pools[0].network: 'mainet' is not one of: mainnet, regtest, signet, testnet, testnet4 (did you mean 'mainnet'?)")]
    [TestCase(
        "network: regtest",
        "network: mainnet",
        "viddhana.yaml:5: pools[0].address: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080' is not an address of bitcoin "
        + "mainnet: is for bitcoin regtest")]
    [TestCase(
        "    network: regtest\n",
        "    tag: é\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].tag: must be at most 32 printable ASCII characters")]
    [TestCase(
        "    network: regtest\n",
        "    rewards: {fee_percent: 0.12345}\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].rewards.fee_percent: '0.12345' must be a number from 0 to 100 with at most 4 decimal places")]
    [TestCase(
        "    network: regtest\n",
        "    difficulty: {min: 2000}\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].difficulty.start: 1024 is not between min 2000 and max 2147483648")]
    [TestCase(
        "    network: regtest\n",
        "    difficulty: {start: 1e3}\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].difficulty.start: '1e3' must be a number from 0.0000000001 to 2147483648 with at most 10 "
        + "decimal places")]
    [TestCase(
        "    network: regtest\n",
        "    ports: [{port: 1}, {port: 1}]\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].ports: port 1 is also that of pools[0].ports[0]")]
    [TestCase(
        "    network: regtest\n",
        "    ports: [{port: 1, tls: true}]\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].ports: [0] has tls: true, but engine.tls names no certificate")]
    [TestCase(
        "    network: regtest\n",
        "    ports: [{tls: yes}]\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].ports[0].port: is missing; example: port: 3333\nviddhana.yaml:4: pools[0].ports[0].tls: "
        + "'yes' is not one of: true, false, auto")]
    [TestCase(
        "    network: regtest\n",
        "    ports: [{port: 1, tls: auto, proxy_from: [10.0.0.1, 10.0.0.1/8]}]\n    network: regtest\n",
        "viddhana.yaml:4: pools[0].ports[0].proxy_from: '10.0.0.1/8' has bits behind its prefix: 10.0.0.0/8, or 10.0.0.1 alone\n"
        + "viddhana.yaml:4: pools[0].ports: [0] has tls: auto, but engine.tls names no certificate")]
    public void A_wrong_pool_is_told(string from, string to, string expected)
    {
        var yaml = Minimal.Replace(from, to);

        Assert.That(yaml, Is.Not.EqualTo(Minimal));
        Assert.That(Errors(yaml), Is.EqualTo(expected));
    }

    [Test]
    public void A_second_pool_needs_ports_and_an_id_of_its_own()
    {
        var second = Minimal[(Minimal.IndexOf('\n') + 1)..];

        Assert.That(
            Errors($"{Minimal}\n{second}").Split('\n'),
            Has.Some.Contains(
                "pools[1].ports: is missing: only the "
                + "first pool has default ports").And.Some.Contains("pools[1].id: 'btc' is also the id of pools[0]"));
    }

    [Test]
    public void All_problems_are_told_at_once()
    {
        Assert.That(Load($"{Minimal}\nengine: {{threads: x, hash_threads: y}}\ncommon: {{log_format: z}}").Problems, Has.Count.EqualTo(3));
    }

    [Test]
    public void The_default_ports_are_3333_and_with_a_certificate_3334()
    {
        var plain = Load(Minimal).Config!.Pools[0].Ports;
        var withTls = Load($"{Minimal}\nengine: {{tls: {{certificate: c, key: k}}}}").Config!.Pools[0].Ports;

        Assert.That(plain.Select(port => (port.Port, port.Tls)), Is.EqualTo(new[] { (3333, PortTls.Off) }));
        Assert.That(withTls.Select(port => (port.Port, port.Tls)), Is.EqualTo(new[] { (3333, PortTls.Off), (3334, PortTls.On) }));
    }

    [Test]
    public void The_environment_wins_over_the_file_and_reaches_into_lists()
    {
        var config = Load(Minimal, new()
        {
            ["VIDDHANA__POOLS__0__NODES__0__URL"] = "http://other:1",
            ["VIDDHANA__POOLS__0__NODES__1__URL"] = "http://second:2",
            ["VIDDHANA__POOLS__0__REWARDS__PPLNS__WINDOW"] = "3.5",
            ["VIDDHANA__COMMON__REDIS__URL"] = "redis://r:6379",
            ["VIDDHANA__BACKOFFICE__JOURNAL_DIRECTORIES__0"] = "/a",
            ["VIDDHANA__BACKOFFICE__JOURNAL_DIRECTORIES__1"] = "/b",
            ["VIDDHANA__ENGINE__JOURNAL__FSYNC_MS"] = "always",
            ["HOME"] = "/root",
        }).Config!;

        Assert.That(config.Pools[0].Nodes.Select(node => node.Url), Is.EqualTo(new[] { "http://other:1", "http://second:2" }));
        Assert.That(config.Pools[0].Rewards.Pplns.Window, Is.EqualTo(3.5m));
        Assert.That(config.Common.Redis!.Url, Is.EqualTo("redis://r:6379"));
        Assert.That(config.Backoffice.JournalDirectories, Is.EqualTo(new[] { "/a", "/b" }));
        Assert.That(config.Engine.Journal.FsyncMs, Is.Zero);
    }

    [Test]
    public void A_whole_configuration_can_come_from_the_environment()
    {
        var environment = new Dictionary<string, string>
        {
            ["VIDDHANA__POOLS__0__ID"] = "btc",
            ["VIDDHANA__POOLS__0__COIN"] = "bitcoin",
            ["VIDDHANA__POOLS__0__NETWORK"] = "regtest",
            ["VIDDHANA__POOLS__0__ADDRESS"] = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        };
        for (var i = 0; i < 12; i++) environment[$"VIDDHANA__POOLS__0__NODES__{i}__URL"] = $"http://node{i}:1";

        var result = Load("", environment);

        Assert.That(result.Problems, Is.Empty);
        Assert.That(result.Config!.Pools[0].Nodes[11].Url, Is.EqualTo("http://node11:1"));
    }

    [TestCase("VIDDHANA__POOLS__2__ID", "index 2 leaves a gap: the next free one is 1")]
    [TestCase("VIDDHANA__POOLS__FIRST__ID", "'first' must be an index: 0, 1, 2 …")]
    [TestCase("VIDDHANA__COMMON__0", "'0' is an index, but there is a section, not a list")]
    [TestCase("VIDDHANA__POOLS__0__ID__X", "'x' is below a key that has a plain value")]
    [TestCase("VIDDHANA__COMMON____DATA", "has an empty step: keys are joined by two underscores")]
    [TestCase("VIDDHANA__COMON__DATA", "comon: unknown key (did you mean 'common'?); allowed: backoffice, common, engine, pools")]
    public void A_wrong_variable_is_told_by_its_name_and_never_by_its_value(string name, string expected)
    {
        var text = string.Join("\n", Load($"{Minimal}\ncommon: {{data: x}}", new() { [name] = "hunter2" }).Problems);

        Assert.That(text, Is.EqualTo($"{name}: {expected}"));
    }

    [Test]
    public void A_secret_is_read_from_its_file()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "hunter2\n");
        var config = Load(Minimal, new() { ["VIDDHANA__POOLS__0__NODES__0__PASSWORD_FILE"] = file });
        File.Delete(file);

        Assert.That(config.Config!.Pools[0].Nodes[0].Password, Is.EqualTo("hunter2"));
        Assert.That(config.Warnings, Is.Empty);
    }

    [Test]
    public void A_secret_file_that_cannot_be_read_is_told()
    {
        Assert.That(
            Errors(Minimal + "\n        password_file: /nonexistent/secret"),
            Is.EqualTo("viddhana.yaml:8: pools[0].nodes[0].password_file: /nonexistent/secret: there is no such file"));
    }

    [Test]
    public void Each_program_reads_only_the_secrets_of_its_part()
    {
        const string Both = Minimal + """

                    password_file: /nonexistent/node
                payouts: {wallet: {url: "http://w:1", password_file: /nonexistent/wallet}}
            """;
        var engine = Load(Both, part: ConfigPart.Engine).Problems;
        var backoffice = Load(Both, part: ConfigPart.Backoffice).Problems;

        Assert.That(engine.Select(problem => problem.Key), Is.EqualTo(new[] { "pools[0].nodes[0].password_file" }));
        Assert.That(backoffice.Select(problem => problem.Key), Is.EqualTo(new[] { "pools[0].payouts.wallet.password_file" }));
    }

    [Test]
    public void A_secret_given_twice_is_refused_unless_the_environment_decides()
    {
        const string Twice = Minimal + "\n        password: a\n        password_file: /nonexistent";

        Assert.That(Errors(Twice), Does.Contain("given twice, as password and as password_file"));
        var decided = Load(Minimal + "\n        password_file: /nonexistent", new() { ["VIDDHANA__POOLS__0__NODES__0__PASSWORD"] = "b" });
        Assert.That(decided.Config!.Pools[0].Nodes[0].Password, Is.EqualTo("b"));
    }

    [Test]
    public void A_password_in_the_file_works_with_a_warning_that_does_not_show_it()
    {
        var result = Load(Minimal.Replace("http://u@", "http://u:hunter2@") + "\n        password: hunter3");

        Assert.That(result.Problems, Is.Empty);
        Assert.That(result.Warnings, Has.Count.EqualTo(2));
        Assert.That(string.Join("\n", result.Warnings), Does.Not.Contain("hunter").And.Contains("password_file"));
    }

    [TestCase("http://user:pass@host:1/x", "http://user:***@host:1/x")]
    [TestCase("redis://:p@ss/w?rd@host:1", "redis://:***@host:1")]
    [TestCase("postgres://host/db?password=abc&sslmode=require", "postgres://host/db?password=***&sslmode=require")]
    [TestCase("Host=h;Password=a'b;Username=u", "Host=h;Password=***;Username=u")]
    [TestCase("Host=h;PWD = 'a;b';Username=u", "Host=h;PWD =***;Username=u")]
    [TestCase("http://user@host:1", "http://user@host:1")]
    [TestCase("http://host:8332", "http://host:8332")]
    [TestCase("", "")]
    public void A_password_in_a_url_is_masked(string url, string masked)
    {
        Assert.That(Secrets.Mask(url), Is.EqualTo(masked));
    }

    [Test, Category(Fuzz.Category)]
    public void Random_damage_to_the_example_never_throws()
    {
        const string Noise = "\t :-#[]{}&*!|>'\"%@`,?0\n\0é";
        var random = new Random(20261121);
        var text = ConfigExample.Text;
        for (var i = 0; i < Fuzz.Rounds(3_000); i++)
        {
            var damaged = new StringBuilder(text);
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                var at = random.Next(damaged.Length);
                if (random.Next(2) == 0) damaged[at] = Noise[random.Next(Noise.Length)];
                else damaged.Remove(at, Math.Min(random.Next(1, 30), damaged.Length - at));
            }

            Assert.That(() => Load(damaged.ToString()), Throws.Nothing, $"seed 20261121, round {i}");
        }
    }

    private static ConfigResult Load(string yaml, Dictionary<string, string>? environment = null, ConfigPart part = ConfigPart.Engine) =>
        ConfigLoader.Load(yaml, "viddhana.yaml", environment ?? [], part);

    private static string Errors(string yaml)
    {
        var result = Load(yaml);
        Assert.That(result.Config, Is.Null);
        return string.Join("\n", result.Problems);
    }

    /// <summary>Turns <c>#key:</c> and <c>#- item</c> lines into keys; prose has a space after the <c>#</c>.</summary>
    private static string WithOptionalKeys(string yaml) => OptionalKey().Replace(yaml, "$1");

    [GeneratedRegex(@"^( *)#(?! )", RegexOptions.Multiline)]
    private static partial Regex OptionalKey();

    private static void FindMissing(Type type, ConfigNode? node, string path, List<string> missing)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var key = WordStart().Replace(property.Name, "_$0").ToLowerInvariant();
            if (node is not MapNode map || !map.Keys.TryGetValue(key, out var found))
            {
                // A port's own difficulty has the keys of the pool's: one of them is shown.
                if (!path.Contains("ports.difficulty")) missing.Add($"{path}.{key}");
                continue;
            }

            var isList = typeof(IList).IsAssignableFrom(property.PropertyType);
            var inner = isList ? property.PropertyType.GetGenericArguments()[0] : property.PropertyType;
            if (inner.Namespace == typeof(ViddhanaConfig).Namespace)
                FindMissing(inner, isList ? ((ListNode)found.Value).Items[0] : found.Value, $"{path}.{key}", missing);
        }
    }

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex WordStart();

    private static string Describe(object config) => System.Text.Json.JsonSerializer.Serialize(config);
}
