using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Live;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Terminal;

/// <summary>The commands of the real program, against a real backoffice: on a pseudo-terminal and without one.</summary>
public sealed partial class TerminalTests
{
    private const string Miner = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    private static readonly string Program = Path.Combine(TestContext.CurrentContext.TestDirectory, "viddhana-backoffice");

    private LiveScene _scene = null!;

    private string Url => _scene.Address.ToString();

    [OneTimeSetUp]
    public async Task Start()
    {
        _scene = await LiveScene.StartAsync(new LiveConfig());
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        (string, ulong)[] shares = [(Miner + ".rig", 4_295_032_833), (Miner + ".\u001b[2Jrig", 10)];
        _scene.Engine.Shares("btc", now, shares, [(Miner, RejectReason.Stale, 2)]);
        _scene.Engine.Hashes("btc", now, (Miner + ".rig", Math.Pow(2, 42)));
        _scene.Engine.Found("btc", now, Miner + ".rig", new string('a', 64), 100, 5_000_000_000, 8_000_000_000);
        _scene.Ship();
        await Eventually.Holds("the block is stored", async () => await CountAsync("SELECT count(*) FROM blocks") == 1);
        await ExecuteAsync("UPDATE blocks SET state = 'orphaned', state_reason = 'another is at its height'");
    }

    [OneTimeTearDown]
    public async Task Stop() => await _scene.DisposeAsync();

    [Test]
    public async Task Top_prints_its_figures_once_as_plain_text()
    {
        var (code, output) = await RunningProgram.Run(Program, ["top", "--url", Url, "--once"]);
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.StartWith("btc · BTC · ").And.Contain(Miner).And.Contain("1 found, 0 immature, 0 confirmed, 1 orphaned"));
        Assert.That(output, Does.Not.Contain("\u001b"));
        (code, output) = await RunningProgram.Run(Program, ["top", "--url", Url, "--once", "--pool", "other"]);
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.StartWith("other · "));
    }

    [Test]
    public async Task Top_says_what_is_wrong()
    {
        Assert.That(await Run("top", "--url", Url), Does.Match("^2 .*no terminal; --once"));
        Assert.That(await Run("top", "--url", "ftp://x"), Does.Match("^2 URL must be http://HOST:PORT"));
        Assert.That(await Run("top"), Does.Match("^2 .*--url"));
        var noPool = await Run("top", "--once", "--url", Url, "--pool", "x\u001b[2J");
        Assert.That(noPool, Does.Match("^1 top: there is no pool 'x.\\[2J'; there are: btc, other"));
        Assert.That(await Run("top", "--once", "--url", $"http://127.0.0.1:{FreePorts.Take(1)[0]}"), Does.Match("^1 top: "));
    }

    [Test]
    public async Task On_a_terminal_top_shows_news_takes_keys_and_gives_the_terminal_back()
    {
        await using var top = RunningProgram.Start(
            "script", ["-qec", $"stty cols 100 rows 30; {Program} top --url {Url}", "/dev/null"], "apt-get install bsdutils",
            environment: new Dictionary<string, string> { ["NO_COLOR"] = "1", ["TERM"] = "xterm" });
        await top.WaitForLine("btc · BTC");
        await ExecuteAsync("UPDATE pools SET tip_height = 4711 WHERE name = 'btc'");
        await top.WaitForLine("height 4711");
        await top.Type("\u001b[C");
        await top.WaitForLine("other · BTC");
        await top.Type("q");
        Assert.That(await top.WaitForExit(), Is.Zero, top.Output);
        Assert.That(top.Output, Does.Contain("\u001b[?1049h").And.Contain("\u001b[?1049l"));
        Assert.That(Colours().IsMatch(top.Output), Is.False, "NO_COLOR is set");
        // A screen begins at its corner, where the one before it has ended.
        var lines = top.Output.Split(["\n", "\u001b[H"], StringSplitOptions.None).Select(line => Codes().Replace(line, "").TrimEnd('\r'));
        Assert.That(lines.Select(line => line.Length), Is.All.LessThanOrEqualTo(100));
    }

    [Test]
    public async Task The_report_of_a_day_has_its_shares_blocks_and_incidents_as_text_and_as_JSON()
    {
        using var folder = new TemporaryFolder();
        var postgres = new NpgsqlConnectionStringBuilder(TestDatabase.AddressOf(_scene.Database));
        await File.WriteAllTextAsync(folder["password"], postgres.Password);
        postgres.Password = null;
        await File.WriteAllTextAsync(folder["viddhana.yaml"], Config(postgres.ConnectionString, folder["password"]));
        var today = $"{DateTime.UtcNow:yyyy-MM-dd}";
        var (code, text) = await RunningProgram.Run(Program, ["report", "--config", folder["viddhana.yaml"], "--date", today]);
        Assert.That(code, Is.Zero, text);
        Assert.That(text, Does.StartWith($"Report of {today} (UTC), so far"));
        Assert.That(text, Does.Contain("shares      3 accepted, 2 refused (40 %): 2 stale"));
        Assert.That(text, Does.Contain("best share  1.02k").And.Contain("1 miners, 2 workers").And.Contain("orphaned  block 100 aaaa"));
        Assert.That(text, Does.Match("100 +orphaned +[0-9.]+ % +50.00000000 +" + Miner));
        Assert.That(text, Does.Not.Contain("\u001b").And.Contain("\uFFFD[2Jrig"));

        (code, text) = await RunningProgram.Run(Program, ["report", "--config", folder["viddhana.yaml"], "--date", today, "--json"]);
        Assert.That(code, Is.Zero, text);
        var report = JsonDocument.Parse(text).RootElement;
        var pool = report.GetProperty("pools")[0];
        Assert.That(report.GetProperty("date").GetString(), Is.EqualTo(today));
        Assert.That(pool.GetProperty("shares").GetProperty("valid").GetInt64(), Is.EqualTo(3));
        Assert.That(pool.GetProperty("topWorkers")[0].GetProperty("worker").GetString(), Is.EqualTo("rig"));
        Assert.That(pool.GetProperty("payouts").GetProperty("sent").GetInt64(), Is.Zero);
        Assert.That(report.GetProperty("incidents")[0].GetProperty("kind").GetString(), Is.EqualTo("orphaned"));

        (_, text) = await RunningProgram.Run(Program, ["report", "--config", folder["viddhana.yaml"]]);
        Assert.That(text, Does.Contain("Incidents: none").And.Not.Contain("so far"), "yesterday nothing happened");
        Assert.That(await Run("report", "--config", folder["viddhana.yaml"], "--date", "21.11."), Does.Match("^2 DAY must be"));
        Assert.That(await Run("report"), Does.Match("^2 Option '--config' is required"));
    }

    private static async Task<string> Run(params string[] arguments)
    {
        var (code, output) = await RunningProgram.Run(Program, arguments);
        return $"{code} {output}";
    }

    private static string Config(string postgres, string passwordFile) =>
        $"""
        pools:
          - id: btc
            coin: bitcoin
            network: regtest
            address: {Miner}
            nodes:
              - url: http://127.0.0.1:9
        backoffice:
          postgres:
            url: "{postgres}"
            password_file: {passwordFile}
        """;

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _scene.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _scene.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Colours();

    [GeneratedRegex("\u001b(\\[[?0-9;]*[A-Za-z]|[=>])")]
    private static partial Regex Codes();
}
