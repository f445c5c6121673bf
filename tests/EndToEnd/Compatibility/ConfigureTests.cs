using System.Text.Json;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>mining.configure in every form that was seen or that BIP 310 allows.</summary>
public sealed class ConfigureTests(Wire wire) : EveryWireFixture(wire)
{
    private static readonly string[] Extensions = ["version-rolling", "minimum-difficulty", "subscribe-extranonce", "info", "xyz"];

    [Test]
    [Category("a1")]
    public async Task Version_rolling_is_agreed_with_the_mask_both_sides_allow()
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask("""{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}"""),
            Is.EqualTo("""{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}"""));
    }

    [TestCase("{}", "1fffe000")]
    [TestCase("""{"version-rolling.min-bit-count":16}""", "1fffe000")]
    [TestCase("""{"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":16}""", "1fffe000")]
    [TestCase("""{"version-rolling.mask":"1fffe000","version-rolling.min-bit-count":20}""", "1fffe000")]
    [TestCase("""{"version-rolling.mask":"00c00000","version-rolling.min-bit-count":2}""", "00c00000")]
    [TestCase("""{"version-rolling.mask":"FFFFFFFF"}""", "1fffe000")]
    [Category("a2")]
    public async Task A_missing_mask_means_all_bits_and_a_bit_count_that_cannot_be_met_is_no_reason_to_refuse(string options, string mask)
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask($$"""{"id":1,"method":"mining.configure","params":[["version-rolling"],{{options}}]}"""),
            Is.EqualTo($$"""{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"{{mask}}"},"error":null}"""));
        Assert.That(await client.AnswersBeforeProbe(), Is.Empty, "the connection goes on");
    }

    [Test]
    [Category("a3")]
    public async Task Every_subset_of_the_extensions_gets_one_key_each()
    {
        using var client = await Connect();
        for (var subset = 0; subset < 1 << Extensions.Length; subset++)
        {
            string[] asked = [.. Extensions.Where((_, i) => (subset >> i & 1) != 0)];
            var answer = await client.AskJson($$"""
                {"id":{{subset}},"method":"mining.configure","params":[{{JsonSerializer.Serialize(asked)}},{"minimum-difficulty.value":1}]}
                """.Trim());
            Assert.That(answer.GetProperty("id").GetInt32(), Is.EqualTo(subset));
            if (asked.Length == 0)
            {
                Assert.That(answer.GetProperty("error")[0].GetInt32(), Is.EqualTo(20), "nothing was asked for");
                continue;
            }

            Assert.That(answer.GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null), answer.ToString());
            var keys = answer.GetProperty("result").EnumerateObject().Where(key => key.Name != "version-rolling.mask").ToList();
            Assert.That(keys.Select(key => key.Name), Is.EqualTo(asked));
            Assert.That(
                keys.Select(key => key.Value.GetBoolean()), Is.EqualTo(asked.Select(name => name != "xyz")), answer.ToString());
            Assert.That(answer.GetProperty("result").TryGetProperty("version-rolling.mask", out _), Is.EqualTo((subset & 1) != 0));
        }
    }

    [Test]
    [Category("a3")]
    public async Task An_extension_that_is_named_twice_gets_one_key()
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask("""{"id":1,"method":"mining.configure","params":[["info","info","xyz","info"],{}]}"""),
            Is.EqualTo("""{"id":1,"result":{"info":true,"xyz":false},"error":null}"""));
    }

    [TestCase("[[],{}]")]
    [TestCase("[[]]")]
    [TestCase("[[\"version-rolling\"]]")]
    [TestCase("[[\"version-rolling\"],null]")]
    [TestCase("[[\"version-rolling\"],[]]")]
    [TestCase("[\"version-rolling\",{}]")]
    [TestCase("[[7],{}]")]
    [TestCase("[{},{}]")]
    [TestCase("[null,{}]")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("null")]
    [Category("a5")]
    public async Task A_configure_that_asks_for_nothing_or_lacks_a_part_gets_an_error_and_the_connection_goes_on(string parameters)
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask($$"""{"id":1,"method":"mining.configure","params":{{parameters}}}"""),
            Is.EqualTo("""{"id":1,"result":null,"error":[20,"Malformed configure",null]}"""));
        await client.LogIn(User);
    }

    [TestCase("""{"version-rolling.mask":"00000000"}""")]
    [TestCase("""{"version-rolling.mask":"e0001fff"}""")]
    [TestCase("""{"version-rolling.mask":"no mask!"}""")]
    [TestCase("""{"version-rolling.mask":null}""")]
    [Category("a5")]
    public async Task A_mask_without_a_bit_to_roll_is_refused_by_false_for_zero_would_end_the_connection_of_some_miners(string options)
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask($$"""{"id":1,"method":"mining.configure","params":[["version-rolling"],{{options}}]}"""),
            Is.EqualTo("""{"id":1,"result":{"version-rolling":false},"error":null}"""));
        await client.LogIn(User);
    }
}
