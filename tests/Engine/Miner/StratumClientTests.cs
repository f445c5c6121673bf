using System.Text;
using System.Text.Json;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Miner;
using Viddhana.Miner.Hashing;
using Viddhana.Miner.Stratum;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>The conversation alone: lines in, lines out.</summary>
[TestFixture]
public sealed class StratumClientTests
{
    private const string Notify =
        """{"id":null,"method":"mining.notify","params":["j1","00000000000000000000000000000000000000000000000000000000aabbccdd","""
        + """ "01","02",[],"20000000","1d00ffff","66000000",true]}""";

    private readonly Heard _heard = new();
    private readonly FrameBuffer _output = new();

    [SetUp]
    public void Forget()
    {
        _heard.All.Clear();
        _output.Clear();
    }

    [Test]
    public void It_configures_subscribes_and_authorises_in_this_order_and_names_itself()
    {
        var client = NewClient(suggested: "0.5");
        client.Start(_output);
        Assert.That(Sent(), Is.EqualTo(new[] { "mining.configure" }));
        Tell(client, """{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}""");
        Assert.That(Sent(), Is.EqualTo(new[] { "mining.subscribe" }));
        Tell(client, """{"id":2,"result":[[],"0a0b0c0d",8],"error":null}""");
        Assert.That(Sent(), Is.EqualTo(new[] { "mining.suggest_difficulty", "mining.authorize", "mining.extranonce.subscribe" }));
        Tell(client, """{"id":3,"result":true,"error":null}""");
        Assert.That(client.IsAuthorized);
        Assert.That(_heard.All, Is.EqualTo(new[] { "authorized" }));
    }

    [Test]
    public void Without_version_rolling_it_starts_with_subscribe()
    {
        var client = NewClient(rolls: false);
        client.Start(_output);
        Assert.That(Sent(), Is.EqualTo(new[] { "mining.subscribe" }));
    }

    [TestCase("""{"id":1,"result":null,"error":[20,"Not supported",null]}""")]
    [TestCase("""{"id":1,"result":{"version-rolling":false},"error":null}""")]
    [TestCase("""{"id":1,"result":{"version-rolling":"no idea"},"error":null}""")]
    public void A_pool_that_does_not_roll_versions_is_mined_at_without(string answer)
    {
        var client = NewClient();
        client.Start(_output);
        Tell(client, answer);
        Tell(client, """{"id":2,"result":[[],"0a0b0c0d",4],"error":null}""");
        Tell(client, """{"id":3,"result":true,"error":null}""");
        Tell(client, Notify);
        Assert.That(client.Job!.VersionMask, Is.Zero);
        Submit(client, new WorkUnit(client.Job, 1, 0, 0, client.Job.Ntime));
        Assert.That(Last().GetProperty("params").GetArrayLength(), Is.EqualTo(5));
    }

    [Test]
    public void Difficulty_extranonce_and_mask_stay_with_the_job_they_came_before()
    {
        var client = Ready();
        Tell(client, """{"id":null,"method":"mining.set_difficulty","params":[1024]}""");
        Tell(client, Notify);
        var first = client.Job!;
        Tell(client, """{"id":null,"method":"mining.set_difficulty","params":[0.001]}""");
        Tell(client, """{"id":null,"method":"mining.set_extranonce","params":["ffee",4]}""");
        Tell(client, """{"id":null,"method":"mining.set_version_mask","params":["00006000"]}""");

        Assert.That(client.Job, Is.SameAs(first));
        Assert.That((first.Difficulty.Text, Hex.ToText(first.Extranonce1), first.Extranonce2Size), Is.EqualTo(("1024", "0a0b0c0d", 8)));
        Assert.That(client.MaskFor(first), Is.EqualTo(0x6000), "a narrower mask counts at once");
        Assert.That(_heard.All, Has.Member("mask"));

        Tell(client, Notify.Replace("j1", "j2", StringComparison.Ordinal));
        var second = client.Job!;
        Assert.That((second.Difficulty.Text, Hex.ToText(second.Extranonce1), second.Extranonce2Size), Is.EqualTo(("0.001", "ffee", 4)));
        Assert.That(client.Job.VersionMask, Is.EqualTo(0x6000));
        Assert.That(client.Job.Era, Is.EqualTo(first.Era + 1), "shares of the first job are stale after a clean one");
    }

    [Test]
    public void A_share_is_sent_as_the_protocol_writes_it_and_its_answer_comes_back_to_it()
    {
        var client = Ready();
        Tell(client, Notify);
        _output.Clear();
        var unit = new WorkUnit(client.Job!, 0x0102, 0x2000, 0x1fffe000, 0x66000001);
        Submit(client, unit);
        var id = Last().GetProperty("id").GetInt64();
        var expected = """["me","j1","0000000000000102","66000001","000000ff","00002000"]""";
        Assert.That(Last().GetProperty("params").GetRawText(), Is.EqualTo(expected));
        Assert.That(unit.Version, Is.EqualTo(0x20002000));
        Assert.That(client.Outstanding, Is.EqualTo(1));

        Tell(client, $$"""{"id":{{id}},"result":null,"error":[23,"Low",null]}""");
        Assert.That(client.Outstanding, Is.Zero);
        Assert.That(_heard.All[^1], Is.EqualTo("answer False 23 [23,\"Low\",null]"));
        Tell(client, $$"""{"id":{{id}},"result":true,"error":null}""");
        Assert.That(_heard.All, Has.Exactly(1).StartsWith("answer"), "a second answer is nobody's");
    }

    [TestCase("hello")]
    [TestCase("[]")]
    [TestCase("""{"id":null,"method":"mining.set_difficulty","params":[0]}""")]
    [TestCase("""{"id":null,"method":"mining.set_difficulty","params":["x"]}""")]
    [TestCase("""{"id":null,"method":"mining.set_extranonce","params":["0",4]}""")]
    [TestCase("""{"id":null,"method":"mining.set_version_mask","params":[]}""")]
    [TestCase("""{"id":null,"method":"mining.notify","params":["j1"]}""")]
    [TestCase("""{"id":null,"method":"mining.notify","params":["j1","00","01","02",[],"20000000","1d00ffff","66000000",true]}""")]
    [TestCase("""{"id":null,"method":"mining.notify"}""")]
    public void What_cannot_be_understood_ends_the_connection(string line)
    {
        var client = Ready();
        Tell(client, line);
        Assert.That(_heard.All[^1], Does.StartWith("broken"));
    }

    [Test]
    public void Lines_cut_at_any_place_never_throw()
    {
        string[] lines =
        [
            Notify, """{"id":2,"result":[[],"0a0b0c0d",8],"error":null}""", """{"id":10,"result":true,"error":[20,"x",null]}""",
        ];
        foreach (var line in lines)
        {
            for (var length = 0; length <= line.Length; length++)
            {
                var client = Ready();
                Assert.That(() => Tell(client, line[..length]), Throws.Nothing, $"{length} bytes of {line}");
            }
        }
    }

    [TestCase("""["pool.example",3334,5]""", "reconnect pool.example 3334 5")]
    [TestCase("""["","3334"]""", "reconnect  3334 0")]
    [TestCase("[]", "reconnect   0")]
    [TestCase("""["h",99999,-4]""", "reconnect h  0")]
    public void A_request_to_reconnect_is_read_in_all_its_forms(string parameters, string expected)
    {
        Tell(Ready(), $$"""{"id":null,"method":"client.reconnect","params":{{parameters}}}""");
        Assert.That(_heard.All[^1], Is.EqualTo(expected));
    }

    [TestCase("1")]
    [TestCase("0.0000152587890625")]
    [TestCase("8192")]
    [TestCase("0.25")]
    [TestCase("123456789")]
    public void A_difficulty_means_the_same_target_and_work_as_in_the_engine(string text)
    {
        var difficulty1 = Run.Difficulty1("sha256d");
        Assert.That(Difficulty.TryParse(text, out var difficulty));
        var engine = new DifficultyTable(difficulty1).Get(difficulty);
        Assert.That(ShareTarget.TryParse(text, difficulty1, out var target));
        Assert.That(target!.Target, Is.EqualTo(engine.Target));
        Assert.That((ulong)target.Work, Is.EqualTo(engine.Work));
    }

    [TestCase("1e3", "1000")]
    [TestCase("1.5E-05", "0.000015")]
    [TestCase("2.50", "2.5")]
    public void Exponents_are_read(string text, string plain)
    {
        var difficulty1 = Run.Difficulty1("scrypt");
        Assert.That(ShareTarget.TryParse(text, difficulty1, out var target));
        Assert.That(ShareTarget.TryParse(plain, difficulty1, out var same));
        Assert.That(target!.Target, Is.EqualTo(same!.Target));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("")]
    [TestCase("1e999999")]
    [TestCase("0.0")]
    [TestCase("x")]
    public void A_difficulty_without_sense_is_refused(string text) =>
        Assert.That(ShareTarget.TryParse(text, Run.Difficulty1("sha256d"), out _), Is.False);

    private StratumClient Ready()
    {
        var client = NewClient();
        client.Start(_output);
        Tell(client, """{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}""");
        Tell(client, """{"id":2,"result":[[],"0a0b0c0d",8],"error":null}""");
        Tell(client, """{"id":3,"result":true,"error":null}""");
        _output.Clear();
        return client;
    }

    private StratumClient NewClient(bool rolls = true, string? suggested = null) =>
        new(new StratumOptions("me", "x", Run.Difficulty1("sha256d"), rolls, suggested), _heard);

    private void Tell(StratumClient client, string line) => client.OnLine(Encoding.UTF8.GetBytes(line), 0, _output);

    private void Submit(StratumClient client, WorkUnit unit) => client.Submit(new FoundShare(unit, 255, UInt256.Zero), 0, 0, 0, _output);

    private string?[] Sent()
    {
        var methods = Lines().Select(line => line.GetProperty("method").GetString()).ToArray();
        _output.Clear();
        return methods;
    }

    private JsonElement Last() => Lines()[^1];

    private JsonElement[] Lines() =>
    [
        .. Encoding.UTF8.GetString(_output.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement),
    ];

    private sealed class Heard : IStratumEvents
    {
        public List<string> All { get; } = [];

        public void OnAuthorized() => All.Add("authorized");

        public void OnRefused(string reason) => All.Add($"refused {reason}");

        public void OnJob(StratumJob job) => All.Add($"job {job.Id}");

        public void OnVersionMask() => All.Add("mask");

        public void OnAnswer(in SubmittedShare share, in ShareAnswer answer) =>
            All.Add($"answer {answer.IsAccepted} {answer.ErrorCode} {answer.Error}");

        public void OnMessage(string text) => All.Add($"message {text}");

        public void OnReconnect(string? host, int? port, int waitSeconds) => All.Add($"reconnect {host} {port} {waitSeconds}");

        public void OnBroken(string reason) => All.Add($"broken {reason}");
    }
}
