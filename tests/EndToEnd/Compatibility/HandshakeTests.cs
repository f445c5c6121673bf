using System.Text.Json;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>Subscribe and authorize: everything until a miner has its first work.</summary>
public sealed class HandshakeTests(Wire wire) : EveryWireFixture(wire)
{
    private const string Subscribe = """{"id":1,"method":"mining.subscribe","params":["wire/1.0"]}""";

    private string Authorize => $$"""{"id":2,"method":"mining.authorize","params":["{{User}}","x"]}""";

    [TestCase("\"params\":[]")]
    [TestCase("\"params\":[\"cgminer/4.11.1\"]")]
    [TestCase("\"params\":[\"cgminer/4.11.1\",null]")]
    [TestCase("\"params\":[\"Braiins OS 2019-06-05\",null,\"pool.example:3333\",null]")]
    [TestCase("\"params\":[\"cgminer/4.11.1\",\"deadbeef\"]")]
    [TestCase("\"params\":[\"NiceHash/1.0.0\",\"1662637786319\",\"0f3a9c0000000000000000000000000000000000000000000000000000000001\"]")]
    [TestCase("\"params\":[\"ua\",\"EthereumStratum/1.0.0\"]")]
    [TestCase("\"params\":[null]")]
    [TestCase("\"params\":[7,[],{}]")]
    [TestCase("\"params\":{}")]
    [TestCase("\"params\":null")]
    [TestCase(null)]
    [Category("a6")]
    [Category("a7")]
    public async Task Every_form_of_subscribe_gets_an_extranonce(string? parameters)
    {
        using var client = await Connect();
        var request = "{\"id\":1,\"method\":\"mining.subscribe\"" + (parameters is null ? "}" : $",{parameters}}}");
        await client.Send(request);
        Assert.That(await client.Line(), Does.Match(
            """^\{"id":1,"result":\[\[\["mining\.set_difficulty","(\w+)"\],\["mining\.notify","\1"\]\],"""
            + "\"([0-9a-f]{2})+\",8\\],\"error\":null\\}$"));
        Assert.That(await client.Ask(Authorize), Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
        await client.WaitForJob(job => job.Clean);
    }

    [Test]
    [Category("a7")]
    public async Task No_two_connections_have_the_same_extranonce1()
    {
        using var one = await Connect();
        using var other = await Connect();
        await one.Ask(Subscribe);
        await other.Ask(Subscribe);
        Assert.That(one.Extranonce1, Is.Not.EqualTo(other.Extranonce1));
        Assert.That(one.Extranonce1, Has.Length.EqualTo(other.Extranonce1.Length));
    }

    [Test]
    [Category("a9")]
    public async Task A_miner_hears_its_extranonce_then_the_login_then_the_difficulty_then_clean_work()
    {
        using var client = await Connect();
        await client.Send(Subscribe);
        Assert.That(await client.Line(), Does.StartWith("""{"id":1,"result":[["""));
        await client.Send(Authorize);
        Assert.That(await client.Line(), Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
        Assert.That(await client.Line(), Is.EqualTo("""{"id":null,"method":"mining.set_difficulty","params":[0.0000000001]}"""));
        Assert.That(await client.Line(), Does.StartWith("""{"id":null,"method":"mining.notify","params":[""").And.EndWith(",true]}"));
    }

    [Test]
    [Category("a10")]
    public async Task Three_requests_in_one_segment_are_answered_in_order()
    {
        using var client = await Connect();
        await client.Send(
            """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""",
            """{"id":2,"method":"mining.subscribe","params":["bitaxe/BM1370/v2.9"]}""",
            $$"""{"id":3,"method":"mining.authorize","params":["{{User}}","x"]}""");
        Assert.That(await client.Line(), Does.StartWith("""{"id":1,"result":{"version-rolling":true"""));
        Assert.That(await client.Line(), Does.StartWith("""{"id":2,"result":[["""));
        Assert.That(await client.Line(), Is.EqualTo("""{"id":3,"result":true,"error":null}"""));
        await client.WaitForJob(job => job.Clean);
    }

    [Test]
    [Category("a11")]
    [Category("a17")]
    public async Task A_difficulty_suggested_in_the_same_segment_is_answered_after_the_login_and_counts()
    {
        using var client = await Connect();
        await client.Send(
            """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""",
            """{"id":2,"method":"mining.subscribe","params":["wire/1.0"]}""",
            $$"""{"id":3,"method":"mining.authorize","params":["{{User}}","x"]}""",
            """{"id":4,"method":"mining.suggest_difficulty","params":[0.0005]}""");
        foreach (var start in (string[])["""{"id":1,"result":{""", """{"id":2,"result":[[""", """{"id":3,"result":true,""", """{"id":4,"""])
            Assert.That(await client.Answer(), Does.StartWith(start));
        await client.WaitForJob(job => job.Difficulty == "0.0005");
    }

    [Test]
    [Category("a17")]
    [Category("a18")]
    public async Task Extranonce_subscribe_is_answered_with_true_before_and_after_the_login()
    {
        using var client = await Connect();
        await client.Send(Subscribe, """{"id":"xnsub","method":"mining.extranonce.subscribe","params":[]}""", Authorize);
        Assert.That(await client.Line(), Does.StartWith("""{"id":1,"result":[["""));
        Assert.That(await client.Line(), Is.EqualTo("""{"id":"xnsub","result":true,"error":null}"""));
        Assert.That(await client.Line(), Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
        Assert.That(
            await client.Ask("""{"id":3,"method":"mining.extranonce.subscribe","params":[]}"""),
            Is.EqualTo("""{"id":3,"result":true,"error":null}"""));
    }

    [TestCase("[\"USER\"]")]
    [TestCase("[\"USER\",\"x\"]")]
    [TestCase("[\"USER\",\"x\",\"more\"]")]
    [TestCase("[\"USER\",null]")]
    [TestCase("[\"USER\",\"\"]")]
    [TestCase("[\"USER\",123]")]
    [TestCase("[\"USER\",{\"d\":1}]")]
    [Category("a19")]
    public async Task Whatever_the_password_is_a_miner_gets_in(string parameters)
    {
        using var client = await Connect();
        await client.Ask(Subscribe);
        var parameter = parameters.Replace("USER", User, StringComparison.Ordinal);
        Assert.That(
            await client.Ask($$"""{"id":2,"method":"mining.authorize","params":{{parameter}}}"""),
            Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
        await client.WaitForJob(_ => true);
    }

    [TestCase("[\"\",\"x\"]")]
    [TestCase("[\"worker1\",\"x\"]")]
    [TestCase("[\"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081.rig\",\"x\"]", Description = "a wrong checksum")]
    [TestCase("[\"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.rig\",\"x\"]", Description = "another network")]
    [TestCase("[null,\"x\"]")]
    [TestCase("[]")]
    [TestCase("{}")]
    [Category("a21")]
    public async Task A_name_that_is_no_address_is_refused_and_the_miner_may_try_again(string parameters)
    {
        using var client = await Connect();
        await client.Ask(Subscribe);
        var answer = await client.AskJson($$"""{"id":2,"method":"mining.authorize","params":{{parameters}}}""");
        Assert.That(answer.GetProperty("result").ValueKind, Is.EqualTo(JsonValueKind.False));
        Assert.That(answer.GetProperty("error")[0].GetInt32(), Is.EqualTo(24));
        Assert.That(answer.GetProperty("error")[1].GetString(), Does.Contain("payout address"));
        Assert.That(client.Notifications, Is.Empty, "no work without a login");
        Assert.That(await client.Ask(Authorize), Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
        await client.WaitForJob(_ => true);
    }
}
