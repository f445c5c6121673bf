using System.Net;
using System.Net.Sockets;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>What an operator gets wrong, and whether the program says what to do about it.</summary>
public sealed class BadInputTests
{
    private const string Address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private static IEnumerable<TestCaseData> WrongConfigs()
    {
        yield return Case("common:\n  dta: x\n", @"viddhana\.yaml:2.*dta.*data", "an unknown key names the nearest one");
        yield return Case("pools: 3\n", @"viddhana\.yaml:1.*pools", "a number where a list must be");
        yield return Case(Pool("coin: bitcion"), @"viddhana\.yaml:3.*bitcion.*bitcoin", "an unknown coin");
        yield return Case(Pool("extranonce2_size: 9"), @"viddhana\.yaml:\d+.*extranonce2_size.*4.*8", "a number out of range");
        yield return Case(
            Pool("address: LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9"), @"viddhana\.yaml:\d+.*address", "an address of another coin");
        yield return Case(Pool("refresh_seconds: soon"), @"viddhana\.yaml:\d+.*refresh_seconds.*soon", "a word where a number must be");
        yield return Case("common:\n\tdata: x\n", @"viddhana\.yaml:2", "a tab");
        yield return Case("common: {}\ncommon: {}\n", @"viddhana\.yaml:2.*common", "a key twice");
        yield return Case("common: {}\n", "pools", "no pool at all");
    }

    [TestCaseSource(nameof(WrongConfigs))]
    public async Task A_wrong_configuration_is_refused_with_place_and_cure(string yaml, string message)
    {
        using var folder = new TemporaryFolder();
        var file = folder["viddhana.yaml"];
        await File.WriteAllTextAsync(file, yaml);
        foreach (var program in (string[])[Programs.Engine, Programs.Backoffice])
        {
            var (code, output) = await RunningProgram.Run(program, ["--config", file, "--check-config"]);
            Assert.That(code, Is.EqualTo(2), output);
            Assert.That(output, Does.Match(message), Path.GetFileName(program));
        }
    }

    [Test]
    public async Task The_example_configuration_is_complete_and_right()
    {
        using var folder = new TemporaryFolder();
        var (code, example) = await RunningProgram.Run(Programs.Engine, ["--example-config"]);
        Assert.That(code, Is.Zero, example);
        await File.WriteAllTextAsync(folder["viddhana.yaml"], example);
        var (checkedCode, output) = await RunningProgram.Run(Programs.Engine, ["--config", folder["viddhana.yaml"], "--check-config"]);
        Assert.That(checkedCode, Is.Zero, output);
    }

    [Test]
    public async Task A_missing_configuration_file_is_named()
    {
        var (code, output) = await RunningProgram.Run(Programs.Engine, ["--config", "/nowhere/viddhana.yaml"]);
        Assert.That(code, Is.EqualTo(2), output);
        Assert.That(output, Does.Contain("/nowhere/viddhana.yaml").And.Contain("--example-config"));
    }

    [Test]
    public async Task An_unknown_flag_is_refused()
    {
        foreach (var program in (string[])[Programs.Engine, Programs.Backoffice, Programs.Miner, Programs.Simnode])
        {
            var (code, output) = await RunningProgram.Run(program, ["--no-such-flag"]);
            Assert.That(code, Is.EqualTo(2), $"{program}: {output}");
            Assert.That(output, Does.Contain("--no-such-flag"), program);
        }
    }

    [Test]
    public async Task A_port_in_use_is_named_with_what_to_change()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["viddhana.yaml"], Settings(folder, "http://u:p@127.0.0.1:1", port));
        await using var engine = RunningProgram.Start(Programs.Engine, ["--config", folder["viddhana.yaml"]]);
        Assert.That(await engine.WaitForExit(), Is.EqualTo(1), engine.Output);
        Assert.That(engine.Output,
            Does.Contain(port.ToString(System.Globalization.CultureInfo.InvariantCulture)).And.Contain("another process listens there"));
    }

    [Test]
    public async Task A_data_directory_that_cannot_be_made_is_named()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "");
        await File.WriteAllTextAsync(folder["viddhana.yaml"], Settings(folder, "http://u:p@127.0.0.1:1", FreePorts.Take(1)[0]));
        foreach (var program in (string[])[Programs.Engine, Programs.Backoffice])
        {
            await using var running = RunningProgram.Start(
                program, ["--config", folder["viddhana.yaml"], "--data", folder["file"] + "/inside"]);
            Assert.That(await running.WaitForExit(), Is.Not.Zero, running.Output);
            Assert.That(running.Output, Does.Contain(folder["file"]), program);
        }
    }

    [Test]
    public async Task An_unreachable_node_is_named_and_tried_again_and_its_password_is_not_shown()
    {
        using var folder = new TemporaryFolder();
        var port = FreePorts.Take(1)[0];
        await File.WriteAllTextAsync(
            folder["viddhana.yaml"], Settings(folder, $"http://u:secretword@127.0.0.1:{port}", FreePorts.Take(1)[0]));
        await using var engine = RunningProgram.Start(Programs.Engine, ["--config", folder["viddhana.yaml"]]);
        await engine.WaitForLine($"127\\.0\\.0\\.1:{port}.*(refused|unreachable|cannot)");
        Assert.That(engine.HasExited, Is.False, engine.Output);
        Assert.That(await engine.Terminate(), Is.Zero, engine.Output);
        Assert.That(engine.Output, Does.Not.Contain("secretword"));
    }

    private static TestCaseData Case(string yaml, string message, string name) =>
        new TestCaseData(yaml, message).SetName($"Wrong configuration: {name}");

    private static string Pool(string line)
    {
        string[] lines = [
            "id: main", "coin: bitcoin", "network: regtest", $"address: {Address}", "nodes: [{url: 'http://u:p@127.0.0.1:1'}]"];
        var key = line.Split(':')[0] + ":";
        var kept = lines.Where(l => !l.StartsWith(key, StringComparison.Ordinal) && !l.StartsWith("id:", StringComparison.Ordinal));
        return $"pools:\n  - id: main\n    {line}\n    {string.Join("\n    ", kept)}\n";
    }

    private static string Settings(TemporaryFolder folder, string node, int port) => $"""
        common:
          data: {folder["data"]}
        pools:
          - id: main
            coin: bitcoin
            network: regtest
            address: {Address}
            nodes: [{"{"}url: '{node}'{"}"}]
            ports: [{"{"}listen: 127.0.0.1, port: {port}{"}"}]
        engine:
          metrics: {"{"}port: 0{"}"}
        backoffice:
          http: {"{"}listen: 127.0.0.1, port: 0{"}"}
        """;
}
