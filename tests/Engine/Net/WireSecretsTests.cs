using System.Text;
using Viddhana.Core.Stratum;
using Viddhana.Engine.Net;

namespace Viddhana.Tests.Engine.Net;

public sealed class WireSecretsTests
{
    private const string Secret = "hunter2";

    [TestCase("""{"id":2,"method":"mining.authorize","params":["bc1q.rig","hunter2"]}""",
        """{"id":2,"method":"mining.authorize","params":["bc1q.rig","***"]}""")]
    [TestCase("""{"params": ["bc1q.rig", "hunter2"], "id": 2, "method": "mining.authorize"}""",
        """{"params": ["bc1q.rig", "***"], "id": 2, "method": "mining.authorize"}""")]
    [TestCase("""{"id":2,"method":"mining.auth\u006frize","params":["bc1q.rig","hunter2"]}""",
        """{"id":2,"method":"mining.auth\u006frize","params":["bc1q.rig","***"]}""")]
    [TestCase("""{"id":2,"method":"mining.authorize","params":["bc1q.rig","x","hunter2",7]}""",
        """{"id":2,"method":"mining.authorize","params":["bc1q.rig","x","***",***]}""")]
    [TestCase("""{"id":2,"method":"mining.authorize","params":[["bc1q.rig","hunter2"]]}""",
        """{"id":2,"method":"mining.authorize","params":[["***","***"]]}""")]
    [TestCase("""{"id":2,"method":"mining.authorize","params":["a\"b","hunter2\""]}""",
        """{"id":2,"method":"mining.authorize","params":["a\"b","***"]}""")]
    [TestCase("""{"id":1,"method":"login","params":{"login":"4A.rig","pass":"hunter2","agent":"XMRig/6","algo":["rx/0"],"rigid":"r"}}""",
        """{"id":1,"method":"login","params":{"login":"4A.rig","pass":"***","agent":"XMRig/6","algo":["rx/0"],"rigid":"r"}}""")]
    [TestCase("""{"id":1,"method":"login","params":{"pass":"hunter2","login":"4A.rig"}}""",
        """{"id":1,"method":"login","params":{"pass":"***","login":"4A.rig"}}""")]
    [TestCase("""{"worker":"rig","jsonrpc":"2.0","params":["0xab.rig","hunter2"],"id":2,"method":"eth_submitLogin"}""",
        """{"worker":"rig","jsonrpc":"2.0","params":["0xab.rig","***"],"id":2,"method":"eth_submitLogin"}""")]
    [TestCase("""{"id":2,"params":["bc1q.rig","hunter2"]}""", """{"id":2,"params":["bc1q.rig","***"]}""")]
    [TestCase("""{"id":2,"method":"mining.other","params":[{"password":"hunter2","a":1}]}""",
        """{"id":2,"method":"mining.other","params":[{"password":"***","a":1}]}""")]
    [TestCase("""{"id":2,"method":"mining.authorize","params":["ab"c.rig","hunter2"]}""",
        """{"id":2,"method":"mining.authorize","params":["ab"***""")]
    [TestCase("""{"id":2,"method":"mining.authorize","params":{"u":"ab"c","p":"hunter2"}}""",
        """{"id":2,"method":"mining.authorize","params":***""")]
    [TestCase("""AUTH bc1q hunter2""", "***")]
    [TestCase("""["mining.authorize","bc1q","hunter2"]""", "***")]
    [TestCase("""{"id":1,"method":"mining.subscribe","params":["cgminer/4.11","0123456789abcdef"]}""",
        """{"id":1,"method":"mining.subscribe","params":["cgminer/4.11","0123***"]}""")]
    public void Passwords_are_hidden_and_the_rest_is_shown(string line, string shown)
    {
        Assert.That(Masked(line), Is.EqualTo(shown));
        Assert.That(Masked(line), Does.Not.Contain(Secret));
    }

    [TestCase("""{"id":2,"method":"mining.authorize","params":["bc1q.rig","x"]}""")]
    [TestCase("""{"id":2,"method":"mining.authorize","params":["bc1q.rig","d=1024,md=0.5;x"]}""")]
    [TestCase("""{"id":2,"method":"mining.authorize","params":["bc1q.rig",""]}""")]
    [TestCase("""{"id":4,"method":"mining.submit","params":["bc1q.rig","1a","00","6553f100","1a2b3c4d"]}""")]
    [TestCase("""{"id":1,"method":"mining.subscribe","params":["cgminer/4.11",null,"pool.example","3333"]}""")]
    [TestCase("""{"id":1,"result":"bitaxe","error":null}""")]
    [TestCase("GET / HTTP/1.1")]
    [TestCase("{\"id\":1,")]
    public void What_is_no_secret_is_shown_as_it_is(string line) => Assert.That(Masked(line), Is.EqualTo(line));

    [TestCase("""{"id":1,"result":[[["mining.set_difficulty","0123456789abcdef"],["mining.notify","fedcba9876543210"]],"0040000a",8]}""",
        """{"id":1,"result":[[["mining.set_difficulty","0123***"],["mining.notify","fedc***"]],"0040000a",8]}""")]
    [TestCase("""{"id":1,"result":[[["mining.notify","fedcba9""", """{"id":1,"result":[[["mining.notify","fedc***""")]
    [TestCase("""{"id":null,"method":"mining.notify","params":["0001","fedcba98"]}""",
        """{"id":null,"method":"mining.notify","params":["0001","fedcba98"]}""")]
    public void An_id_that_resumes_a_session_is_shown_only_so_far_that_two_can_be_told_apart(string line, string shown)
    {
        var output = new FrameBuffer();
        WireSecrets.WriteSent(Encoding.ASCII.GetBytes(line), output);
        Assert.That(Encoding.ASCII.GetString(output.Written), Is.EqualTo(shown));
    }

    [Test]
    public void A_log_in_that_is_cut_or_damaged_anywhere_shows_no_part_of_the_password()
    {
        var lines = new[]
        {
            """{"id":2,"method":"mining.authorize","params":["bc1q.rig","hunter2"]}""",
            """{"id":1,"method":"login","params":{"login":"4A.rig","pass":"hunter2","agent":"XMRig/6"}}""",
        };
        foreach (var line in lines)
        {
            for (var cut = 0; cut <= line.Length; cut++)
                Assert.That(Masked(line[..cut]), Does.Not.Contain("hunt"), $"cut at {cut}");

            // Damage to the words that make it a log-in is another thing: then it is none.
            for (var at = line.IndexOf("params", StringComparison.Ordinal) + 8; at < line.Length; at++)
                foreach (var damage in "\"{}[],:\\x\0")
                    Assert.That(Masked(line[..at] + damage + line[(at + 1)..]), Does.Not.Contain("hunter"), $"{damage} at {at}");
        }
    }

    [Test]
    public void An_entry_becomes_one_line_for_each_line_with_nothing_that_a_terminal_obeys()
    {
        var bytes = Encoding.Latin1.GetBytes("{\"id\":1}\r\n\u001b[2J\u00e9\nrest");
        var output = new FrameBuffer();
        var address = System.Net.IPAddress.Parse("192.0.2.7");
        var entry = new WireEntry(1_700_000_000_123, address, 0x0140000a, WireDirection.Out, bytes, bytes.Length);
        WireText.Append(entry, output);

        const string Head = "2023-11-14T22:13:20.123Z 192.0.2.7 0140000a out ";
        Assert.That(
            Encoding.ASCII.GetString(output.Written),
            Is.EqualTo($"{Head}{{\"id\":1}}\n{Head}\\x1b[2J\\xe9\n{Head}rest [to be continued]\n"));
    }

    private static string Masked(string line)
    {
        var output = new FrameBuffer();
        WireSecrets.Write(Encoding.Latin1.GetBytes(line), output);
        return Encoding.Latin1.GetString(output.Written);
    }
}
