using Viddhana.Simnode.Chain;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>What is on disk is what was answered.</summary>
public sealed class RestartTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "viddhana-simnode");

    [Test]
    public async Task A_restart_comes_back_to_the_same_tip_branches_and_verdicts()
    {
        using var folder = new TemporaryFolder();
        string tips;
        string block;
        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path)))
        {
            await node.Submit(await node.Maker());
            await node.MineOthers(4);
            await node.Control("reorg", new { depth = 2, length = 3 });
            await node.Submit(await node.Maker());
            await node.Rpc.Call("invalidateblock", await node.MineOthers(1));
            tips = (await node.Rpc.Call("getchaintips")).GetRawText();
            block = (await node.Rpc.Call("getblock", (await node.Rpc.Call("getblockhash", 1)).GetString(), 0)).GetRawText();
        }

        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path)))
        {
            Assert.That((await node.Rpc.Call("getchaintips")).GetRawText(), Is.EqualTo(tips));
            Assert.That(
                (await node.Rpc.Call("getblock", (await node.Rpc.Call("getblockhash", 1)).GetString(), 0)).GetRawText(), Is.EqualTo(block));
            Assert.That(await node.Submit(await node.Maker()), Is.Null);
        }
    }

    [Test]
    public async Task A_torn_record_at_the_end_is_cut_off_at_every_length()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "chain.dat");
        byte[] whole;
        long before;
        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path)))
        {
            await node.MineOthers(2);
            before = new FileInfo(file).Length;
            await node.MineOthers(1);
        }

        whole = await File.ReadAllBytesAsync(file);
        for (var length = (int)before; length <= whole.Length; length += 9)
        {
            await File.WriteAllBytesAsync(file, whole[..length]);
            await using var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path));
            Assert.That(await node.Rpc.Height(), Is.EqualTo(length == whole.Length ? 3 : 2), $"{length} of {whole.Length} bytes");
            Assert.That(new FileInfo(file).Length, Is.EqualTo(length == whole.Length ? length : before), "nothing torn is left");
        }
    }

    [Test]
    public async Task A_block_that_broke_a_rule_is_still_out_after_a_restart()
    {
        using var folder = new TemporaryFolder();
        BlockMaker bad;
        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path)))
        {
            bad = await node.Maker();
            bad.Value++;
            Assert.That(await node.Submit(bad), Is.EqualTo("bad-cb-amount"));
        }

        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path)))
        {
            Assert.That(await node.Rpc.Height(), Is.Zero);
            Assert.That(await node.Submit(bad), Is.EqualTo("duplicate-invalid"));
        }
    }

    [Test]
    public async Task A_torn_line_of_a_wallet_is_cut_off()
    {
        using var folder = new TemporaryFolder();
        string address;
        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path)))
        {
            await node.Rpc.Call("createwallet", "w");
            address = (await node.Rpc.Call("getnewaddress")).GetString()!;
        }

        var file = Path.Combine(folder.Path, "wallets", "w.wallet");
        await File.AppendAllTextAsync(file, "address 1 bech32 rec" + new string(' ', 200));
        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path)))
        {
            await node.Rpc.Call("loadwallet", "w");
            Assert.That((await node.Rpc.Call("getaddressinfo", address)).GetProperty("ismine").GetBoolean());
            Assert.That((await node.Rpc.Call("getnewaddress")).GetString(), Is.Not.EqualTo(address));
        }

        Assert.That(await File.ReadAllTextAsync(file), Does.Match("^seed [^\n]*\naddress 0 [^\n]*\naddress 1 [^\n]*\n$"));
    }

    [Test]
    public async Task Damage_before_the_end_and_another_seed_are_refused()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "chain.dat");
        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path))) await node.MineOthers(3);

        Assert.That(() => new BlockFile(file, seed: 2), Throws.ArgumentException.With.Message.Contain("--seed 1"));
        var (code, output) = await RunningProgram.Run(Program, ["--data", folder.Path, "--seed", "2", "--rpc-port", "0"]);
        Assert.That(code, Is.EqualTo(2), output);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        Assert.That(() => StartedSimnode.Start(StartedSimnode.Settings(folder.Path)),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contain("damaged"));
        (code, output) = await RunningProgram.Run(Program, ["--data", folder.Path, "--rpc-port", "0"]);
        Assert.That(code, Is.EqualTo(1), output);
    }

    [Test]
    public async Task The_program_survives_being_killed_and_stops_cleanly_when_asked()
    {
        using var folder = new TemporaryFolder();
        string tip;
        await using (var first = RunningProgram.Start(Program, Arguments(folder.Path)))
        {
            var rpc = await Connect(first);
            await rpc.Call("createwallet", "w");
            await rpc.Call("generatetoaddress", 20, (await rpc.Call("getnewaddress")).GetString());
            tip = (await rpc.Call("getbestblockhash")).GetString()!;
            await first.Kill();
        }

        await using var second = RunningProgram.Start(Program, Arguments(folder.Path));
        var again = await Connect(second);
        Assert.That((await again.Call("getbestblockhash")).GetString(), Is.EqualTo(tip));
        await again.Call("loadwallet", "w");
        Assert.That(
            (await again.Call("getbalances")).GetProperty("mine").GetProperty("immature").GetDecimal(), Is.GreaterThanOrEqualTo(1000m));
        Assert.That(await second.Terminate(), Is.Zero);
    }

    [TestCase("--bits", "1e0")]
    [TestCase("--bits", "ff7fffff")]
    [TestCase("--zmq", "ipc://x")]
    [TestCase("--rpc-port", "70000")]
    [TestCase("--halving", "0")]
    [TestCase("--nonsense", "1")]
    [TestCase("--rpc-user", "u")]
    public async Task Wrong_arguments_end_with_2_and_name_the_flag(string flag, string value)
    {
        using var folder = new TemporaryFolder();
        var (code, output) = await RunningProgram.Run(Program, ["--data", folder.Path, flag, value]);
        Assert.That(code, Is.EqualTo(2), output);
        Assert.That(output, Does.Contain(flag));
    }

    [Test]
    public async Task Help_lists_every_flag_and_a_node_without_login_is_refused()
    {
        var (code, help) = await RunningProgram.Run(Program, ["--help"]);
        Assert.That(code, Is.Zero);
        foreach (var flag in (string[])[
            "--rpc-listen", "--rpc-port", "--rpc-user", "--rpc-password", "--data", "--bits", "--halving", "--transactions",
            "--zmq", "--background-block-interval", "--warmup-seconds", "--seed"])
            Assert.That(help, Does.Contain(flag));

        var (refused, why) = await RunningProgram.Run(Program, []);
        Assert.That(refused, Is.EqualTo(2));
        Assert.That(why, Does.Contain("--rpc-user").And.Contain("--data"));
    }

    [Test]
    public async Task A_taken_port_ends_with_1()
    {
        await using var node = StartedSimnode.Start();
        var (code, output) = await RunningProgram.Run(
            Program, ["--rpc-user", "u", "--rpc-password", "p", "--rpc-port", $"{node.Server.RpcUrl.Port}"]);
        Assert.That(code, Is.EqualTo(1), output);
    }

    private static string[] Arguments(string data) =>
        ["--rpc-port", "0", "--rpc-user", "u", "--rpc-password", "p", "--data", data, "--transactions", "50", "--bits", "207fffff"];

    private static async Task<NodeRpc> Connect(RunningProgram program)
    {
        var address = (await program.WaitForLine(@"^rpc http://(\S+)$")).Groups[1].Value;
        return new NodeRpc($"http://u:p@{address}");
    }
}
