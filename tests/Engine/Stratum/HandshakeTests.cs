using System.Globalization;
using System.Text.Json;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>First messages of real clients, as their sources send them, and what they must read back, line by line.</summary>
public sealed class HandshakeTests
{
    private const string Subscribed =
        "\"result\":[[[\"mining.set_difficulty\",\"5e55104000000001\"],[\"mining.notify\",\"5e55104000000001\"]],"
        + "\"0040000a\",8],\"error\":null}\n";

    private const string True = ""","result":true,"error":null}""" + "\n";

    private const string Difficulty1024 = """{"id":null,"method":"mining.set_difficulty","params":[1024]}""" + "\n";

    private const string Branch = "\"0707070707070707070707070707070707070707070707070707070707070707\"";

    private const string FirstNotify =
        "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"0003000000010000\"," +
        "\"04030201080706050c0b0a09100f0e0d14131211181716151c1b1a19201f1e1d\"," +
        "\"01000000000001000000\",\"ffffffff00000000\",[" + Branch + "," + Branch + "],\"20000000\",\"17034219\",\"6553f100\",true]}\n";

    [Test]
    public void Bitaxe_sends_configure_subscribe_and_authorize_at_once_and_suggests_a_difficulty_later()
    {
        var rig = new Rig();
        var reply = rig.Send(
            """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""" + "\n" +
            """{"id":2,"method":"mining.subscribe","params":["bitaxe/BM1370/v2.4.0"]}""" + "\n" +
            $$"""{"id":3,"method":"mining.authorize","params":["{{Rig.Address}}.worker","x"]}""" + "\n");
        Assert.That(reply, Is.EqualTo(
            """{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}""" + "\n" +
            "{\"id\":2," + Subscribed + "{\"id\":3" + True + Difficulty1024 + FirstNotify));

        reply = rig.Send("""{"id":4,"method":"mining.suggest_difficulty","params":[1000]}""" + "\n");
        Assert.That(reply, Does.StartWith("{\"id\":4" + True + """{"id":null,"method":"mining.set_difficulty","params":[1000]}""" + "\n"));
        Assert.That(Rig.LastJobId(reply), Is.EqualTo("0003000000010001"));
        Assert.That(rig.Send("""{"id":5,"method":"mining.extranonce.subscribe","params":[]}""" + "\n"), Is.EqualTo("{\"id\":5" + True));
    }

    [Test]
    public void An_old_Bitaxe_suggests_its_difficulty_in_the_same_segment()
    {
        var reply = new Rig().Send(
            """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""" + "\n" +
            """{"id":2,"method":"mining.subscribe","params":["bitaxe v2.0"]}""" + "\n" +
            $$"""{"id":3,"method":"mining.authorize","params":["{{Rig.Address}}","x"]}""" + "\n" +
            """{"id":4,"method":"mining.suggest_difficulty","params":[512]}""" + "\n");
        Assert.That(Ids(reply), Is.EqualTo(new[] { "1", "2", "3", "null", "null", "4", "null", "null" }));
        Assert.That(reply, Does.Contain("\"params\":[512]"));
    }

    [Test]
    public void NerdMiner_reads_the_answer_to_subscribe_as_the_first_line()
    {
        var rig = new Rig();
        Assert.That(
            rig.Send("""{"id": 1, "method": "mining.subscribe", "params": ["NerdMinerV2/1.7.0"]}""" + "\n"),
            Is.EqualTo("{\"id\":1," + Subscribed));
        var reply = rig.Send($$"""{"params": ["{{Rig.Address}}", "x"], "id": 2, "method": "mining.authorize"}""" + "\n");
        Assert.That(reply, Is.EqualTo("{\"id\":2" + True + Difficulty1024 + FirstNotify));

        rig = new Rig(new DifficultyConfig { Min = "0.0001" });
        rig.LoggedIn();
        var suggested = rig.Send("""{"id":3,"method":"mining.suggest_difficulty","params":[0.00015]}""" + "\n");
        Assert.That(suggested, Does.Contain("""mining.set_difficulty","params":[0.00015]}"""));
        var again = rig.Send("""{"id":3,"method":"mining.suggest_difficulty","params":[0.00015]}""" + "\n");
        Assert.That(again, Is.EqualTo("{\"id\":3" + True), "the same suggestion every 30 seconds makes no new work");
    }

    [Test]
    public void Cgminer_counts_ids_from_0_and_subscribes_with_an_old_session()
    {
        var rig = new Rig();
        Assert.That(
            rig.Send(Rig.Ask("0", "mining.configure", """[["version-rolling"], {"version-rolling.mask": "ffffffff"}]""")),
            Is.EqualTo("""{"id":0,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}""" + "\n"));
        Assert.That(
            rig.Send("""{"id": 1, "method": "mining.subscribe", "params": ["cgminer/4.11.1", "deadbeef"]}""" + "\n"),
            Is.EqualTo("{\"id\":1," + Subscribed));
        var reply = rig.Send($$"""{"id": 2, "method": "mining.authorize", "params": ["{{Rig.Address}}.1", "pass"]}""" + "\n");
        Assert.That(reply, Is.EqualTo("{\"id\":2" + True + Difficulty1024 + FirstNotify));
        Assert.That(
            rig.Send(
                $$"""{"params": ["{{Rig.Address}}.1", "0003000000010000", "0f00000000000000", "6553f100", "b2957c02", "00c00000"],""" +
                """ "id": 4, "method": "mining.submit"}""" + "\n"),
            Is.EqualTo("{\"id\":4" + True));
    }

    [Test]
    public void BFGMiner_suggests_a_target_without_id_before_it_subscribes_and_uses_words_as_ids()
    {
        var rig = new Rig();
        var target = "0000000000ffff" + new string('0', 50);
        Assert.That(rig.Send($$"""{"id": null, "method": "mining.suggest_target", "params": ["{{target}}"]}""" + "\n"), Is.Empty);
        Assert.That(rig.Send(Rig.Ask("null", "mining.capabilities", """[{"notify":[],"set_difficulty":{},"malgo":{}}]""")), Is.Empty);
        Assert.That(rig.Send(Rig.Ask("0", "mining.subscribe", """["bfgminer/5.5.0"]""")), Is.EqualTo("{\"id\":0," + Subscribed));
        Assert.That(
            rig.Send(Rig.Ask("\"xnsub\"", "mining.extranonce.subscribe", """[]""")), Is.EqualTo("{\"id\":\"xnsub\"" + True));
        var reply = rig.Send($$"""{"id": "auth", "method": "mining.authorize", "params": ["{{Rig.Address}}", "pass"]}""" + "\n");
        Assert.That(reply, Does.StartWith("{\"id\":\"auth\"" + True + """{"id":null,"method":"mining.set_difficulty","params":[250]}"""));
    }

    [Test]
    public void Cpuminer_suggests_a_difficulty_as_text_and_repeats_its_ids()
    {
        var rig = new Rig();
        rig.Send("""{"id": 1, "method": "mining.subscribe", "params": ["cpuminer/2.5.1"]}""" + "\n");
        var reply = rig.Send(
            """{"id": 1, "method": "mining.suggest_difficulty", "params": ["0.500000"]}""" + "\n" +
            $$"""{"id": 2, "method": "mining.authorize", "params": ["{{Rig.Address}}", "x"]}""" + "\n");
        Assert.That(Ids(reply), Is.EqualTo(new[] { "1", "2", "null", "null" }));
        Assert.That(reply, Does.Contain("\"params\":[0.5]"));
    }

    [Test]
    public void Braiins_OS_sends_nulls_where_others_send_nothing()
    {
        var reply = new Rig().Send(
            Rig.Ask(
                "0", "mining.configure",
                    """[["version-rolling"],{"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":2}]""") +
            """{"id":1,"method":"mining.subscribe","params":["Braiins OS 2019-06-05",null,"stratum.example.com:3333",null]}""" + "\n" +
            $$"""{"id":2,"method":"mining.authorize","params":["{{Rig.Address}}.worker0",null]}""" + "\n");
        Assert.That(reply, Is.EqualTo(
            """{"id":0,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}""" + "\n" +
            "{\"id\":1," + Subscribed + "{\"id\":2" + True + Difficulty1024 + FirstNotify));
    }

    [Test]
    public void An_Antminer_asks_for_extranonce_changes_before_and_after_authorize()
    {
        var reply = new Rig().Send(
            Rig.Subscribe + """{"id":3,"method":"mining.extranonce.subscribe","params":[]}""" + "\n" +
            Rig.Authorize + """{"id":4,"method":"mining.extranonce.subscribe","params":[]}""" + "\n");
        Assert.That(Ids(reply), Is.EqualTo(new[] { "1", "3", "2", "null", "null", "4" }));
        Assert.That(reply, Does.Not.Contain("false}"));
    }

    [Test]
    public void NiceHash_gets_a_difficulty_that_its_validator_takes()
    {
        var reply = new Rig().Send(
            Rig.Ask("1", "mining.subscribe", $$"""["NiceHash/1.0.0","1662637786319","{{new string('5', 64)}}"]""") + Rig.Authorize);
        Assert.That(reply, Does.Contain("""mining.set_difficulty","params":[524288]"""));
    }

    [TestCase("""[]""")]
    [TestCase("""["ua"]""")]
    [TestCase("""["ua",null]""")]
    [TestCase("""[null]""")]
    [TestCase("""[1,2]""")]
    [TestCase("""[{"a":[]}]""")]
    [TestCase("""{}""")]
    [TestCase("""null""")]
    [TestCase("""17""")]
    public void Subscribe_takes_any_parameters(string parameters)
    {
        var reply = new Rig().Send($$"""{"id":1,"method":"mining.subscribe","params":{{parameters}}}""" + "\n");
        Assert.That(reply, Is.EqualTo("{\"id\":1," + Subscribed));
    }

    [Test]
    [Category("a12")]
    public void Authorize_before_subscribe_is_taken_and_work_starts_after_subscribe()
    {
        var rig = new Rig();
        Assert.That(rig.Send(Rig.Authorize), Is.EqualTo("{\"id\":2" + True));
        Assert.That(rig.Session.IsMining, Is.False);
        Assert.That(rig.Send(Rig.Subscribe), Is.EqualTo("{\"id\":1," + Subscribed + Difficulty1024 + FirstNotify));
        Assert.That(rig.Session.IsMining, Is.True);
    }

    [Test]
    [Category("a16")]
    public void A_second_subscribe_gives_the_same_extranonce_and_no_new_work()
    {
        var rig = new Rig().LoggedIn();
        Assert.That(rig.Send(Rig.Subscribe), Is.EqualTo("{\"id\":1," + Subscribed));
    }

    [TestCase("null")]
    [TestCase("\"\"")]
    [TestCase("123")]
    [TestCase("{\"a\":1}")]
    [TestCase("\"x\",\"y\",3")]
    public void Any_password_will_do(string password)
    {
        var reply = new Rig().Send($$"""{"id":2,"method":"mining.authorize","params":["{{Rig.Address}}",{{password}}]}""" + "\n");
        Assert.That(reply, Is.EqualTo("{\"id\":2" + True));
    }

    [TestCase("[\"nobody\"]")]
    [TestCase("[\"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5\"]")]
    [TestCase("[\".worker\"]")]
    [TestCase("[\"\"]")]
    [TestCase("[7]")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("[\"\\ud800\"]")]
    public void A_user_name_that_is_no_account_is_refused_by_24_and_may_try_again(string parameters)
    {
        var rig = new Rig();
        var reply = rig.Send($$"""{"id":2,"method":"mining.authorize","params":{{parameters}}}""" + "\n");
        Assert.That(reply, Does.Match("""^\{"id":2,"result":false,"error":\[24,"[^"]+",null\]\}\n$"""));
        Assert.That(rig.Session.CloseReason, Is.Null);
        Assert.That(rig.Send(Rig.Authorize), Is.EqualTo("{\"id\":2" + True));
    }

    [Test]
    public void Workers_per_connection_are_bounded()
    {
        var rig = new Rig(limits: new LimitsConfig { WorkersPerConnection = 6 }).LoggedIn();
        for (var i = 0; i < 8; i++)
        {
            var reply = rig.Send($$"""{"id":9,"method":"mining.authorize","params":["{{Rig.Address}}.w{{i}}","x"]}""" + "\n");
            Assert.That(reply, i < 5 ? Is.EqualTo("{\"id\":9" + True) : Does.Contain("[24,\"Too many workers"));
        }
    }

    [Test]
    public void Configure_answers_every_subset_of_extensions_with_valid_JSON_and_a_key_for_each()
    {
        string[] names = ["version-rolling", "minimum-difficulty", "subscribe-extranonce", "info", "xyz"];
        for (var subset = 1; subset < 32; subset++)
        {
            var asked = names.Where((_, i) => (subset >> i & 1) == 1).ToArray();
            var reply = new Rig().Send(
                Rig.Ask("1", "mining.configure", $$"""[["{{string.Join("\",\"", asked)}}"],{"minimum-difficulty.value":2048}]"""));
            using var json = JsonDocument.Parse(reply);
            var result = json.RootElement.GetProperty("result");
            foreach (var name in asked) Assert.That(result.GetProperty(name).GetBoolean(), Is.EqualTo(name != "xyz"), name);
            Assert.That(json.RootElement.GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    [TestCase("""[["version-rolling"],{}]""", "1fffe000")]
    [TestCase("""[["version-rolling"],{"version-rolling.mask":"00c00000"}]""", "00c00000")]
    [TestCase("""[["version-rolling"],{"version-rolling.mask":"ffffffff","version-rolling.min-bit-count":20}]""", "1fffe000")]
    [TestCase("""[["version-rolling","version-rolling"],{"version-rolling.mask":"1FFFE000"}]""", "1fffe000")]
    public void The_mask_is_ours_and_the_miners(string parameters, string mask)
    {
        var reply = new Rig().Send($$"""{"id":1,"method":"mining.configure","params":{{parameters}}}""" + "\n");
        Assert.That(
            reply, Is.EqualTo($$$"""{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"{{{mask}}}"},"error":null}""" + "\n"));
    }

    [TestCase("""[["version-rolling"],{"version-rolling.mask":"e0001fff"}]""")]
    [TestCase("""[["version-rolling"],{"version-rolling.mask":"zz"}]""")]
    [TestCase("""[["version-rolling"],{"version-rolling.mask":null}]""")]
    public void A_mask_that_leaves_nothing_is_refused(string parameters)
    {
        var rig = new Rig();
        rig.Send(Rig.Configure);
        var reply = rig.Send(Rig.Ask("1", "mining.configure", parameters));
        Assert.That(reply, Is.EqualTo("""{"id":1,"result":{"version-rolling":false},"error":null}""" + "\n"));
        rig.LoggedIn().Send(Rig.Submit(Rig.JobId(rig.CurrentJob!)));
        Assert.That(rig.Judged[^1].Pending.Work.VersionMask, Is.Zero, "also where it was agreed before");
    }

    [TestCase("""[]""")]
    [TestCase("""{}""")]
    [TestCase("""null""")]
    [TestCase("""[[]]""")]
    [TestCase("""[[],{}]""")]
    [TestCase("""[["version-rolling"]]""")]
    [TestCase("""[["version-rolling"],[]]""")]
    [TestCase("""[[1],{}]""")]
    [TestCase("""[["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"],{}]""")]
    public void A_malformed_configure_is_an_error(string parameters)
    {
        var rig = new Rig();
        var reply = rig.Send($$"""{"id":1,"method":"mining.configure","params":{{parameters}}}""" + "\n");
        Assert.That(reply, Is.EqualTo("""{"id":1,"result":null,"error":[20,"Malformed configure",null]}""" + "\n"));
        Assert.That(rig.Session.CloseReason, Is.Null);
    }

    [Test]
    public void A_template_that_uses_all_bits_leaves_none_to_roll()
    {
        var rig = new Rig();
        rig.CurrentJob = rig.MakeJob(tip: 1, version: 0x3fffe000);
        var reply = rig.Send(Rig.Configure);
        Assert.That(reply, Is.EqualTo("""{"id":1,"result":{"version-rolling":false},"error":null}""" + "\n"));
    }

    [Test]
    public void A_client_without_current_job_gets_difficulty_and_work_when_there_is_one()
    {
        var rig = new Rig { CurrentJob = null };
        Assert.That(rig.Send(Rig.Subscribe + Rig.Authorize), Is.EqualTo("{\"id\":1," + Subscribed + "{\"id\":2" + True));
        var reply = rig.Publish(rig.MakeJob(tip: 1));
        Assert.That(reply, Does.StartWith(Difficulty1024));
        Assert.That(reply, Does.EndWith("true]}\n"));
    }

    [TestCase("mining.multi_version", "[1]", "\"result\":false,\"error\":null")]
    [TestCase("mining.get_transactions", "[\"1\"]", "\"result\":[],\"error\":null")]
    [TestCase("mining.get_transactions(1)", "[]", "\"result\":[],\"error\":null")]
    [TestCase("mining.hashrate", "[1]", "\"result\":true,\"error\":null")]
    [TestCase("eth_submitHashrate", "[\"0x1\"]", "\"result\":true,\"error\":null")]
    [TestCase("mining.ping", "[]", "\"result\":\"pong\",\"error\":null")]
    [TestCase("mining.capabilities", "[{}]", "\"result\":true,\"error\":null")]
    [TestCase("mining.suggest_difficulty(1000)", "[]", "\"result\":true,\"error\":null")]
    [TestCase("mining.hello", "{}", "\"result\":null,\"error\":[-3,\"Method not found\",null]")]
    [TestCase("", "[]", "\"result\":null,\"error\":[-3,\"Method not found\",null]")]
    public void Every_request_with_an_id_is_answered(string method, string parameters, string answer)
    {
        var rig = new Rig();
        Assert.That(
            rig.Send($$"""{"id":7,"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}}}""" + "\n"),
            Is.EqualTo($"{{\"id\":7,{answer}}}\n"));
        Assert.That(rig.Send($$"""{"method":"{{method}}","params":{{parameters}}}""" + "\n"), Is.Empty, "without id");
        Assert.That(rig.Session.CloseReason, Is.Null);
    }

    [TestCase("""{"id":7,"method":"pong","params":[]}""")]
    [TestCase("""{"id":7,"result":"pong","error":null}""")]
    [TestCase("""{"id":7,"result":"cgminer/4.11.1","error":null}""")]
    [TestCase("""{"error":null,"result":true,"id":"x"}""")]
    public void Answers_of_the_client_are_silent(string line)
    {
        var rig = new Rig().LoggedIn();
        Assert.That(rig.Send(line + "\n"), Is.Empty);
        Assert.That(rig.Session.CloseReason, Is.Null);
    }

    [Test]
    public void Mining_term_closes()
    {
        var rig = new Rig();
        rig.Send("""{"id":1,"method":"mining.term","params":[]}""" + "\n");
        Assert.That(rig.Session.CloseReason, Is.Not.Null);
    }

    [TestCase("9007199254740993")]
    [TestCase("-1")]
    [TestCase("-0")]
    [TestCase("1.5")]
    [TestCase("1e400")]
    [TestCase("007", false)]
    [TestCase("0")]
    [TestCase("47")]
    [TestCase("999999999")]
    [TestCase("1073741824")]
    [TestCase("\"auth\"")]
    [TestCase("\"\\u0041\\/\"")]
    [TestCase("\"\"")]
    [TestCase("{}", false)]
    [TestCase("[1]", false)]
    [TestCase("true", false)]
    public void An_id_comes_back_byte_for_byte_or_closes(string id, bool isGood = true)
    {
        var rig = new Rig().LoggedIn();
        Assert.That(
            rig.Send($$"""{"id":{{id}},"method":"mining.ping"}""" + "\n"),
            isGood ? Is.EqualTo($$"""{"id":{{id}},"result":"pong","error":null}""" + "\n") : Does.Not.Contain("pong"));
        Assert.That(rig.Session.CloseReason, isGood ? Is.Null : Is.Not.Null);

        rig = new Rig().LoggedIn();
        var submit = Rig.Submit("0003000000010000").Replace("\"id\":4", $"\"id\":{id}", StringComparison.Ordinal);
        var accepted = $$"""{"id":{{id}},"result":true,"error":null}""" + "\n";
        Assert.That(rig.Send(submit), isGood ? Is.EqualTo(accepted) : Does.Not.Contain("true"));
    }

    [Test]
    public void An_id_of_63_bytes_is_echoed_and_one_of_64_closes()
    {
        var rig = new Rig();
        var id = "\"" + new string('a', 61) + "\"";
        Assert.That(rig.Send($$"""{"id":{{id}},"method":"mining.ping"}""" + "\n"), Does.Contain(id));
        Assert.That(rig.Send($$"""{"id":{{id.Insert(1, "b")}},"method":"mining.ping"}""" + "\n"), Does.Not.Contain("baaa"));
        Assert.That(rig.Session.CloseReason, Is.Not.Null);
    }

    private static string[] Ids(string output) => [.. output.TrimEnd().Split('\n').Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        var id = json.RootElement.GetProperty("id");
        return id.ValueKind == JsonValueKind.Null ? "null" : id.GetRawText().Trim('"').ToString(CultureInfo.InvariantCulture);
    })];
}
