using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>Ids come in every shape, and clients look for their own bytes.</summary>
public sealed class RequestIdTests : PlainWireFixture
{
    [Test]
    [Category("a25")]
    public async Task Id_zero_is_an_id()
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask("""{"id": 0, "method": "mining.subscribe", "params": ["cgminer/4.11.1"]}"""),
            Does.StartWith("""{"id":0,"result":[["""));
        Assert.That(
            await client.Ask($$"""{"id": 0, "method": "mining.authorize", "params": ["{{User}}", "x"]}"""),
            Is.EqualTo("""{"id":0,"result":true,"error":null}"""));
        await client.WaitForJob(_ => true);
        Assert.That(await client.Ask(MinedShare.Try(client, 1).Submit("0", User)), Is.EqualTo("""{"id":0,"result":true,"error":null}"""));
    }

    [Test]
    [Category("a26")]
    public async Task String_ids_come_back_as_strings()
    {
        using var client = await Connect();
        await client.Ask("""{"id": 0, "method": "mining.subscribe", "params": ["bfgminer/5.5.0"]}""");
        Assert.That(
            await client.Ask("""{"id": "xnsub", "method": "mining.extranonce.subscribe", "params": []}"""),
            Is.EqualTo("""{"id":"xnsub","result":true,"error":null}"""));
        Assert.That(
            await client.Ask($$"""{"id": "auth", "method": "mining.authorize", "params": ["{{User}}", "x"]}"""),
            Is.EqualTo("""{"id":"auth","result":true,"error":null}"""));
        await client.WaitForJob(_ => true);
        Assert.That(
            await client.Ask(MinedShare.Try(client, 1).Submit("\"share 1\"", User)),
            Is.EqualTo("""{"id":"share 1","result":true,"error":null}"""));
    }

    [TestCase("\"id\":null,")]
    [TestCase("")]
    [Category("a27")]
    public async Task A_share_without_an_id_counts_and_gets_no_answer(string id)
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Try(client, 1);
        var withoutId = share.Submit("7", User).Replace("\"id\":7,", id, StringComparison.Ordinal);
        Assert.That(await client.AnswersBeforeProbe(withoutId), Is.Empty);
        Assert.That(
            await client.Ask(share.Submit("7", User)), Is.EqualTo("""{"id":7,"result":null,"error":[22,"Duplicate share",null]}"""));
    }

    [TestCase("\"id\":null,")]
    [TestCase("")]
    [Category("a27")]
    public async Task Requests_without_an_id_do_their_work_in_silence(string id)
    {
        using var client = await Connect();
        Assert.That(
            await client.AnswersBeforeProbe(
                $$"""{{{id}}"method":"mining.configure","params":[["version-rolling"],{}]}""",
                $$"""{{{id}}"method":"mining.subscribe","params":[]}""",
                $$"""{{{id}}"method":"mining.extranonce.subscribe","params":[]}""",
                $$"""{{{id}}"method":"mining.authorize","params":["nobody","x"]}""",
                $$"""{{{id}}"method":"mining.authorize","params":["{{User}}","x"]}"""),
            Is.Empty);
        await client.WaitForJob(_ => true);
    }

    [Test]
    [Category("a28")]
    public async Task Twenty_shares_with_the_same_id_get_twenty_answers_in_order()
    {
        using var client = await ConnectAndLogIn();

        // The first ten are new work; the second ten repeat every other one of them and are wrong in between.
        var lines = new List<string>();
        for (var i = 0UL; i < 10; i++) lines.Add(MinedShare.Try(client, i).Submit("4", User));
        for (var i = 0UL; i < 10; i++)
            lines.Add(i % 2 == 0 ? lines[(int)i] : MinedShare.Try(client, i).Submit("4", User).Replace(client.Job!.Id, "no such job"));
        await client.Send([.. lines]);
        var answers = await client.Answers(20);
        const string Again = """{"id":4,"result":null,"error":[22,"Duplicate share",null]}""";
        const string Unknown = """{"id":4,"result":null,"error":[21,"Job not found",null]}""";
        Assert.That(answers[..10], Is.All.EqualTo("""{"id":4,"result":true,"error":null}"""));
        Assert.That(answers[10..], Is.EqualTo(Enumerable.Range(0, 10).Select(i => i % 2 == 0 ? Again : Unknown)));
    }

    [TestCase("9007199254740993", Description = "2^53 + 1")]
    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("1e3")]
    [TestCase("0.10")]
    [TestCase("-0")]
    [TestCase("2147483648")]
    [TestCase("18446744073709551616")]
    [TestCase("123456789012345678901234567890123456789012345678901234567890123")]
    [TestCase("\"\"")]
    [TestCase("\"\\u00e9\\\"\\\\ é\"")]
    [TestCase("\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"")]
    [Category("a29")]
    public async Task An_id_comes_back_byte_for_byte(string id)
    {
        using var client = await ConnectAndLogIn();
        var answered = $$"""{"id":{{id}},"result":""";
        Assert.That(
            await client.Ask($$"""{"id":{{id}},"method":"mining.ping","params":[]}"""),
            Is.EqualTo(answered + "\"pong\",\"error\":null}"));
        Assert.That(await client.Ask(MinedShare.Try(client, 1).Submit(id, User)), Is.EqualTo(answered + "true,\"error\":null}"));
    }

    [Test]
    [Category("a29")]
    public async Task Ids_may_repeat_and_many_odd_ones_may_wait_at_once()
    {
        using var client = await ConnectAndLogIn();
        string[] ids = [.. Enumerable.Range(0, 400).Select(i => (i % 3) switch
        {
            0 => $"{40 + (i % 8)}",
            1 => $"\"gpu {i % 5}\"",
            _ => $"{i}.5",
        })];
        await client.Send([.. ids.Select((id, i) => MinedShare.Try(client, (ulong)i).Submit(id, User))]);
        var answers = await client.Answers(ids.Length);
        Assert.That(answers, Is.EqualTo(ids.Select(id => $$"""{"id":{{id}},"result":true,"error":null}""")));
    }

    [TestCase("\"0123456789012345678901234567890123456789012345678901234567890123\"")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("true")]
    [TestCase("01")]
    [TestCase("\"a\u0001\"")]
    [Category("a29")]
    public async Task An_id_that_is_none_or_has_no_end_is_not_echoed_and_ends_the_connection(string id)
    {
        using var client = await Connect();
        await client.Send($$"""{"id":{{id}},"method":"mining.ping","params":[]}""");
        Assert.That(await client.ReadToEnd(), Is.EqualTo((string[])["""{"id":null,"result":null,"error":[20,"Malformed JSON",null]}"""]));
    }
}
