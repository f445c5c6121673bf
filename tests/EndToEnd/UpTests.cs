using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>What a new user does: up, look, Ctrl-C, up again.</summary>
public sealed class UpTests
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>A block takes a minute on average; the bound is so wide that luck does not fail the test.</summary>
    private static readonly TimeSpan BlockMax = TimeSpan.FromMinutes(12);

    [Test]
    public async Task The_embedded_default_goes_from_up_to_the_first_payout_and_resumes_with_its_ledger()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        var ports = FreePorts.Take(4);
        await using (var up = Up(folder, ports))
        {
            await up.WaitForLine(@"Viddhana is up");
            await Stats("a block in the chain", ports, up, s => Blocks(s, "immature") > 0, BlockMax);
            await OtherMinersFind(ports, 101);
            await Stats("the block matures", ports, up, s => Blocks(s, "confirmed") > 0);

            // The payout's own confirmations; blocks come from other miners only when asked for.
            await Eventually.Holds("a payout is final", async () =>
            {
                await OtherMinersFind(ports, 1);
                return Paid(await Api(ports)) > 0;
            }, TimeSpan.FromMinutes(4));
            up.Signal(2);
            Assert.That(await up.WaitForExit(), Is.Zero, up.Output);
            Assert.That(up.Output, Does.Contain("point a miner at").And.Contain($":{ports[0]}"));
        }

        await using var again = Up(folder, ports);
        await again.WaitForLine(@"Viddhana is up");
        var resumed = await Stats("the second up knows what was paid", ports, again, s => Paid(s) > 0);
        var shares = resumed.GetProperty("shares").GetProperty("valid").GetInt64();
        await Stats("and goes on", ports, again, s => s.GetProperty("shares").GetProperty("valid").GetInt64() > shares);
        var audit = await Client.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{ports[1]}/api/v1/ledger/audit");
        Assert.That(audit.GetProperty("ok").GetBoolean(), Is.True, audit.ToString());
        again.Signal(2);
        Assert.That(await again.WaitForExit(), Is.Zero, again.Output);
    }

    [Test]
    public async Task Up_mines_litecoin_on_a_real_node_for_an_address_of_its_wallet()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(1);
        await node.Rpc.Call("createwallet", "pool");
        await MinesOn(node.Rpc, "--coin", "litecoin", "--node", node.Url);
    }

    [Test]
    public async Task Up_mines_bitcoin_on_a_real_node_without_a_wallet_for_a_given_address()
    {
        await using var node = await BcoinNode.Start();
        await node.Mine(1);
        await MinesOn(node.Rpc, "--coin", "bitcoin", "--node", node.Url, "--address", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080");
    }

    [Test]
    public async Task Up_says_what_is_wrong_with_its_arguments_and_with_the_node()
    {
        using var folder = new TemporaryFolder();
        (string[] Arguments, string Message)[] cases =
        [
            (["--coin", "litecoin"], "--coin and --node"),
            (["--coin", "dogecoin", "--node", "http://u:p@127.0.0.1:1"], "allowed are bitcoin, litecoin"),
            (["--web-port", "70000"], "65535"),
            (["--colour", "red"], "--colour"),
            (["--coin", "litecoin", "--node", "http://u:p@127.0.0.1:1", "--skip-build"], "127.0.0.1:1"),
        ];
        foreach (var (arguments, message) in cases)
        {
            var (code, output) = await RunningProgram.Run("dotnet", [Programs.Build, "up", "--data", folder["data"], .. arguments]);
            Assert.That(code, Is.Not.Zero, output);
            Assert.That(output, Does.Contain(message));
        }
    }

    private static async Task MinesOn(NodeRpc node, params string[] options)
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        var ports = FreePorts.Take(4);
        await using var up = Up(folder, ports, options);
        await up.WaitForLine($"Viddhana is up: {options[1]} on regtest");
        await Stats("a block on the real node", ports, up, s => Blocks(s, "immature") > 0);
        Assert.That(await node.Height(), Is.GreaterThan(1));
        up.Signal(2);
        Assert.That(await up.WaitForExit(), Is.Zero, up.Output);
    }

    // With Ctrl-C as a terminal's shell leaves it: where the tests run in the background of a script, it is ignored, and so would they.
    private static RunningProgram Up(TemporaryFolder folder, int[] ports, params string[] more)
    {
        string[] Port(string option, int index) => [option, ports[index].ToString(CultureInfo.InvariantCulture)];
        return RunningProgram.Start(
            "env",
            [
                "--default-signal=INT", "dotnet", Programs.Build, "up", "--skip-build", "--data", folder["data"],
                .. Port("--stratum-port", 0), .. Port("--web-port", 1), .. Port("--metrics-port", 2), .. Port("--simnode-port", 3),
                "--background-seconds", "86400", .. more,
            ]);
    }

    private static async Task OtherMinersFind(int[] ports, int count)
    {
        using var answer = await Client.PostAsJsonAsync($"http://127.0.0.1:{ports[3]}/control/block", new { count });
        Assert.That(answer.IsSuccessStatusCode, Is.True, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<JsonElement> Api(int[] ports)
    {
        var pools = await Client.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{ports[1]}/api/v1/pools");
        var id = pools.GetProperty("pools")[0].GetProperty("id").GetString();
        return await Client.GetFromJsonAsync<JsonElement>($"http://127.0.0.1:{ports[1]}/api/v1/pools/{id}/stats");
    }

    private static Task<JsonElement> Stats(
        string what, int[] ports, RunningProgram up, Func<JsonElement, bool> holds, TimeSpan? max = null) =>
        Eventually.Get(what, () => up.HasExited ? throw new InvalidOperationException(up.Output) : Api(ports), holds, max);

    private static int Blocks(JsonElement stats, string state) => stats.GetProperty("blocks").GetProperty(state).GetInt32();

    private static long Paid(JsonElement stats) =>
        long.Parse(stats.GetProperty("paid").GetProperty("amount").GetString()!, CultureInfo.InvariantCulture);
}
