using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Network;

/// <summary>The wire log as an operator uses it: the engine's own program, beside the engine that runs.</summary>
public sealed class WireLogTests : NetworkFixture
{
    private const string Secret = "correct-horse";
    private const string Line = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ";

    [Test]
    [Category("a24")]
    public async Task Every_line_of_one_address_is_printed_in_both_directions_without_the_password_and_of_no_other()
    {
        await using var watch = await Watch("--address", "192.0.2.0/24");
        using var other = await WireClient.Connect(ProxiedPort, preface: Header(2, "198.51.100.7"));
        await other.LogIn(User + "other", Secret);
        using (var client = await WireClient.Connect(ProxiedAutoPort, Wire.Tls13, Engine.Fingerprint, preface: Header(1, "192.0.2.77")))
        {
            await client.LogIn(User, Secret);
            await client.Send("no json");
            Assert.That(await client.LineOrEnd(), Is.Null);
        }

        var closed = await watch.WaitForLine(Line + @"192\.0\.2\.77 ([0-9a-f]{8}) closed: (.+)$");
        var connection = closed.Groups[1].Value;
        var lines = watch.Output.Split('\n').Where(line => !line.StartsWith('#')).ToArray();
        Assert.That(lines, Is.All.Match($"{Line}192\\.0\\.2\\.77 {connection} "));
        Assert.That(watch.Output, Does.Match(@" in  \{""id"":1,""method"":""mining\.subscribe"",""params"":\[""wire/1\.0""\]\}"));
        Assert.That(watch.Output, Does.Contain($$""" in  {"id":2,"method":"mining.authorize","params":["{{User}}","***"]}"""));
        Assert.That(watch.Output, Does.Contain(""" out {"id":2,"result":true,"error":null}"""));
        Assert.That(watch.Output, Does.Contain(""" out {"id":null,"method":"mining.notify","params":["""));
        Assert.That(watch.Output, Does.Contain(" in  no json"));
        Assert.That(watch.Output, Does.Not.Contain(Secret));
        Assert.That(watch.Output, Does.Not.Contain("other"));
    }

    [Test]
    public async Task A_worker_is_followed_wherever_it_comes_from()
    {
        await using var watch = await Watch("--worker", User + "7");
        using var other = await Engine.Connect();
        await other.LogIn(User);
        using var client = await Engine.Connect();
        await client.LogIn(User + "7", Secret);
        await client.Ask("""{"id":77,"method":"mining.ping","params":[]}""");
        await other.Ask("""{"id":78,"method":"mining.ping","params":[]}""");
        await watch.WaitForLine(@" out \{""id"":77,");
        Assert.That(watch.Output, Does.Contain("\"mining.authorize\",\"params\":[\"" + User + "7\",\"***\"]"));
        Assert.That(watch.Output, Does.Not.Contain("\"id\":78"));
        Assert.That(watch.Output, Does.Not.Contain(Secret));
    }

    [Test]
    public async Task The_engine_says_that_somebody_reads_along_and_goes_on_when_he_leaves()
    {
        var watch = await Watch("--address", "203.0.113.9", "--minutes", "3");
        await Engine.Program.WaitForLine("on: address 203.0.113.9/32, for 3 min");
        await watch.Kill();
        await watch.DisposeAsync();
        await Engine.Program.WaitForLine("off: address 203.0.113.9/32, for 3 min");
        using var client = await Engine.Connect();
        await AssertServed(client);
    }

    [Test]
    public async Task There_are_no_more_of_them_than_there_may_be()
    {
        var watches = new List<RunningProgram>();
        try
        {
            for (var i = 0; i < 4; i++) watches.Add(await Watch("--address", $"203.0.113.{i}"));
            var (code, output) = await RunningProgram.Run(Programs.Engine, Arguments("--address", "203.0.113.5"));
            Assert.That((code, output), Is.EqualTo((1, "viddhana-engine: 4 wire logs are on already: end one of them")));
        }
        finally
        {
            foreach (var watch in watches) await watch.DisposeAsync();
        }
    }

    [Test]
    public void Nobody_else_may_open_its_socket()
    {
        var mode = File.GetUnixFileMode(Path.Combine(Engine.Data, "journal", "wirelog.sock"));
        Assert.That(mode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [TestCase(new string[] { }, 2, "give an address, a range of addresses, or a worker")]
    [TestCase(new[] { "--address", "10.0.0.1/8" }, 2, "10.0.0.0/8, or 10.0.0.1 alone")]
    [TestCase(new[] { "--address", "10.0.0.1", "--minutes", "0" }, 2, "minutes must be 1 to 1440")]
    [TestCase(new[] { "--worker", "two words" }, 2, "printable characters without spaces")]
    [TestCase(new[] { "--worker", "x", "--data", "/nowhere" }, 1, "no engine answers there")]
    public async Task What_is_wrong_is_said(string[] arguments, int code, string says)
    {
        var (exit, output) = await RunningProgram.Run(Programs.Engine, Arguments(arguments));
        Assert.That(output, Does.Contain(says));
        Assert.That(exit, Is.EqualTo(code));
    }

    private string[] Arguments(params string[] arguments) => ["wirelog", "--config", Engine.Config, .. arguments];

    private async Task<RunningProgram> Watch(params string[] arguments)
    {
        var program = RunningProgram.Start(Programs.Engine, Arguments(arguments));
        await program.WaitForLine("^# ");
        return program;
    }
}
