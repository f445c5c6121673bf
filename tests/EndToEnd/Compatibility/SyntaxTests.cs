using System.Text.Json;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>How lines are written and cut, and what is answered to words that are no part of mining.</summary>
public sealed class SyntaxTests : PlainWireFixture
{
    [TestCase("""{"params":["ua"],"id":5,"method":"mining.subscribe"}""")]
    [TestCase("""{"method":"mining.subscribe","params":["ua"],"id":5,"jsonrpc":"2.0"}""")]
    [TestCase("""{"x":{"id":[6,{"method":"no"}]},"id":5,"more":[1,2.5e-3,null,true],"method":"mining.subscribe","params":["ua"],"y":""}""")]
    [TestCase("{ \"id\" :\t5 , \"method\"\t: \"mining.subscribe\",\"params\" : [ \"ua\" ]\t} ")]
    [TestCase("\t {\"id\":5,\"method\":\"mining.subscribe\",\"params\":[\"ua\"]}\r")]
    [TestCase("\n\n\r\n \t\n{\"id\":5,\"method\":\"mining.subscribe\",\"params\":[\"ua\"]}\n\n\r\n")]
    [Category("a30")]
    public async Task Order_of_keys_more_keys_white_space_and_blank_lines_change_nothing(string request)
    {
        using var client = await Connect();
        Assert.That(await client.AnswersBeforeProbe(request), Has.Length.EqualTo(1).And.All.StartsWith("""{"id":5,"result":[["""));
    }

    [TestCase("mining.subscribe")]
    [TestCase("GET / HTTP/1.1\r\nHost: pool\r\n\r\n")]
    [TestCase("[{\"id\":5,\"method\":\"mining.subscribe\",\"params\":[]}]")]
    [TestCase("\u0016\u0003\u0001\u0002\u0000\u0001")]
    [Category("a30")]
    public async Task What_is_no_JSON_object_ends_the_connection_without_a_word(string line)
    {
        using var client = await Connect();
        await client.Send(line);
        Assert.That(await client.ReadToEnd(), Is.Empty);
    }

    [TestCase("""{"id":5,"method":"mining.authorize","params":["no"quote","x"]}""", Description = "pasted by firmware unescaped")]
    [TestCase("""{"id":5,"method":"mining.ping","params":[]""")]
    [TestCase("""{"id":5,"method":"mining.ping","params":[]}}""")]
    [TestCase("""{"id":5,"id":6,"method":"mining.ping","params":[]}""")]
    [TestCase("""{"id":5,"method":"mining.ping","params":[1,]}""")]
    [Category("a30")]
    public async Task A_broken_object_is_named_as_such_before_the_connection_ends(string line)
    {
        using var client = await Connect();
        await client.Send(line);
        Assert.That(await client.ReadToEnd(), Is.EqualTo((string[])["""{"id":null,"result":null,"error":[20,"Malformed JSON",null]}"""]));
    }

    [Test]
    [Category("a31")]
    public async Task Byte_by_byte_the_same_is_answered_as_in_one_piece()
    {
        using var whole = await Connect();
        using var cut = await Connect();
        var hello = Lines(
            """{"id":1,"method":"mining.configure","params":[["version-rolling","xyz"],{"version-rolling.mask":"ffffffff"}]}""",
            """{"id":2,"method":"mining.subscribe","params":["wire/1.0"]}""",
            $$"""{"id":3,"method":"mining.authorize","params":["{{User}}","x"]}""",
            """{"id":4,"method":"no.such.method","params":[]}""");
        await whole.SendRaw(hello);
        await cut.SendInPieces(hello, 1);
        Assert.That(await Answers(cut, 4), Is.EqualTo(await Answers(whole, 4)));
        await whole.WaitForJob(_ => true);
        await cut.WaitForJob(job => job.Id == whole.Job!.Id);

        await whole.SendRaw(Shares(whole));
        await cut.SendInPieces(Shares(cut), 1);
        var answers = await Answers(whole, 40);
        Assert.That(await Answers(cut, 40), Is.EqualTo(answers));
        Assert.That(answers.Count(answer => answer.Contains("true", StringComparison.Ordinal)), Is.EqualTo(20));
    }

    [TestCase(2)]
    [TestCase(7)]
    [TestCase(100)]
    [Category("a31")]
    public async Task Pieces_of_any_size_are_put_together(int size)
    {
        using var client = await ConnectAndLogIn();
        await client.SendInPieces(Shares(client), size);
        var answers = await client.Answers(40);
        Assert.That(answers.Where((_, i) => i % 2 == 0), Is.All.EndWith("\"result\":true,\"error\":null}"));
        Assert.That(answers.Where((_, i) => i % 2 == 1), Is.All.EndWith("[21,\"Job not found\",null]}"));
    }

    [Test]
    [Category("a31")]
    public async Task Five_hundred_messages_in_one_segment_are_answered_in_order()
    {
        using var client = await ConnectAndLogIn();

        // Half are shares and half are not; these 50 kB fit into one segment of the loopback interface.
        var lines = Enumerable.Range(0, 500).Select(i => i % 2 == 0
            ? MinedShare.Try(client, (ulong)i).Submit($"{i}", "USER").Replace("\"USER\"", $"\"{Engine.Miner}\"", StringComparison.Ordinal)
            : $$"""{"id":{{i}},"method":"mining.ping"}""");
        await client.Send([.. lines]);
        var answers = await client.Answers(500);
        for (var i = 0; i < answers.Length; i++)
            Assert.That(answers[i], Is.EqualTo($$"""{"id":{{i}},"result":{{(i % 2 == 0 ? "true" : "\"pong\"")}},"error":null}"""));
    }

    [Test]
    [Category("a32")]
    public async Task Escapes_in_methods_and_names_mean_what_they_stand_for()
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask("""{"\u0069d":1,"method":"\u006dining.subscri\u0062e","params":["a\/b \u00e9 \ud83d\ude00"]}"""),
            Does.StartWith("""{"id":1,"result":[["""));
        Assert.That(
            await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{Engine.Miner}}\u002E\u0041\/1","x"]}"""),
            Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
        await client.WaitForJob(_ => true);
        string[] spellings = [$"{Engine.Miner}.A/1", $$"""{{Engine.Miner}}.A\/1""", $$"""{{Engine.Miner}}.\u0041\u002f1"""];
        for (var i = 0; i < spellings.Length; i++)
            Assert.That(
                await client.Ask(MinedShare.Try(client, (ulong)i).Submit("3", spellings[i])),
                Is.EqualTo("""{"id":3,"result":true,"error":null}"""), spellings[i]);
    }

    [TestCase("mining.hello", """[{"agent":"ethminer","host":"pool","port":"3333","proto":"EthereumStratum/2.0.0"}]""")]
    [TestCase("eth_submitLogin", """["0x0000000000000000000000000000000000000000"]""")]
    [TestCase("login", """{"login":"WALLET","pass":"x","agent":"XMRig/6.26.0"}""")]
    [TestCase("getblocktemplate", "[]")]
    [TestCase("", "[]")]
    [Category("a33")]
    public async Task An_unknown_method_is_refused_at_once_and_the_next_attempt_may_follow(string method, string parameters)
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask($$"""{"id":1,"method":"{{method}}","params":{{parameters}}}"""),
            Is.EqualTo("""{"id":1,"result":null,"error":[-3,"Method not found",null]}"""));
        Assert.That(
            await client.AnswersBeforeProbe(
                $$"""{"method":"{{method}}","params":{{parameters}}}""", $$"""{"id":null,"method":"{{method}}","params":{{parameters}}}"""),
            Is.Empty, "nobody waits for an answer to a message without id");
        await client.LogIn(User);
    }

    [Test]
    [Category("a34")]
    public async Task Pongs_in_any_form_are_heard_in_silence_and_cost_nothing()
    {
        using var client = await ConnectAndLogIn();
        string[] pongs =
        [
            """{"id":7,"method":"pong","params":[]}""",
            """{"id":7,"method":"mining.pong","params":[]}""",
            """{"id":7,"result":"pong","error":null}""",
            """{"id":null,"result":"pong","error":null}""",
            """{"id":8,"result":"cgminer/4.11.1","error":null}""",
            """{"id":9,"result":false,"error":[38,"unknown method"]}""",
            """{"id":9,"error":{"code":-32601,"message":"Method not found"}}""",
        ];
        Assert.That(await client.AnswersBeforeProbe([.. Enumerable.Repeat(pongs, 100).SelectMany(each => each)]), Is.Empty);
        Assert.That(await client.Ask(MinedShare.Try(client, 1).Submit("4", User)), Is.EqualTo("""{"id":4,"result":true,"error":null}"""));
    }

    [TestCase("mining.multi_version", "[4]", "false")]
    [TestCase("mining.get_transactions", "[\"1\"]", "[]")]
    [TestCase("mining.get_transactions(1)", "[]", "[]")]
    [TestCase("mining.get_txnhashes", "[\"1\"]", "[]")]
    [TestCase("mining.hashrate", "[\"1234\"]", "true")]
    [TestCase("eth_submitHashrate", "[\"0x500000\",\"0x1\"]", "true")]
    [TestCase("alph_submitHashrate", "[\"0x500000\",\"0x1\"]", "true")]
    [TestCase("mining.capabilities", "[{\"notify\":[],\"set_difficulty\":{}}]", "true")]
    [TestCase("mining.ping", "[]", "\"pong\"")]
    [Category("a35")]
    public async Task Side_words_of_clients_are_answered_before_and_after_the_login(string method, string parameters, string result)
    {
        using var client = await Connect();
        var answer = $$"""{"id":9,"result":{{result}},"error":null}""";
        Assert.That(await client.Ask($$"""{"id":9,"method":"{{method}}","params":{{parameters}}}"""), Is.EqualTo(answer));
        await client.LogIn(User);
        Assert.That(await client.Ask($$"""{"id":9,"method":"{{method}}","params":{{parameters}}}"""), Is.EqualTo(answer));
    }

    [Test]
    [Category("a36")]
    public async Task Success_and_failure_are_what_each_kind_of_client_takes_for_them()
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Try(client, 1);
        var good = await client.Ask(share.Submit("4", User));
        Assert.That(good, Is.EqualTo("""{"id":4,"result":true,"error":null}"""));
        foreach (var accepts in ClientRules) Assert.That(accepts(JsonDocument.Parse(good).RootElement), Is.True, good);

        var bad = await client.Ask(share.Submit("4", User));
        Assert.That(bad, Is.EqualTo("""{"id":4,"result":null,"error":[22,"Duplicate share",null]}"""));
        foreach (var accepts in ClientRules) Assert.That(accepts(JsonDocument.Parse(bad).RootElement), Is.False, bad);
    }

    // How clients tell an accepted share from a refused one, each by its own rule.
    private static Func<JsonElement, bool>[] ClientRules =>
    [
        // cgminer: a result that is true, and no error that is more than null.
        answer => answer.GetProperty("result").ValueKind == JsonValueKind.True
            && (!answer.TryGetProperty("error", out var error) || error.ValueKind == JsonValueKind.Null),

        // Older Bitaxe: an error that is there and null; the result only then.
        answer => answer.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Null
            && answer.GetProperty("result").ValueKind == JsonValueKind.True,

        // NerdMiner: an error of no elements.
        answer => !answer.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Array || error.GetArrayLength() == 0,

        // Rental validators: both keys, or it is no answer.
        answer => answer.TryGetProperty("result", out var result) & answer.TryGetProperty("error", out _)
            && result.ValueKind == JsonValueKind.True,
    ];

    private static string Lines(params string[] lines) => string.Concat(lines.Select(line => line + "\n"));

    // Twenty good shares, each followed by one of a job that nobody gave out.
    private string Shares(WireClient client) => Lines([.. Enumerable.Range(0, 20).SelectMany(i =>
    {
        var share = MinedShare.Try(client, (ulong)i).Submit($"{i}", User);
        return (string[])[share, share.Replace(client.Job!.Id, "0", StringComparison.Ordinal)];
    })]);

    // Answers, but for what is each connection's own.
    private static async Task<string[]> Answers(WireClient client, int count)
    {
        var answers = await client.Answers(count);
        var own = Convert.ToHexStringLower(client.Extranonce1);
        return [.. answers.Select(answer => answer
            .Replace(client.SessionId, "session", StringComparison.Ordinal).Replace(own, "extranonce1", StringComparison.Ordinal))];
    }
}
