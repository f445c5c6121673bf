using System.Text;
using System.Text.Json.Nodes;
using Viddhana.Core.Chains.Bitcoin;

namespace Viddhana.Tests.Engine.ChainFamilies;

/// <summary>Blocks come out the same before and after a template has taken its transactions over, whatever it shared.</summary>
public sealed class TemplateTransactionsTests
{
    private const int Count = 300;
    private const int Size = 1_000;

    [Test]
    public void A_block_is_the_same_before_and_after_and_the_answer_may_be_overwritten_then()
    {
        var answer = Answer(seed: 1);
        var template = Read(answer);
        var before = Hex(template);
        Assert.That(before, Does.Match("^[0-9a-f]+$").And.Length.EqualTo(2 * Size * Count));

        template.Settle(null);
        answer.AsSpan().Fill((byte)'x');
        Assert.That(Hex(template), Is.EqualTo(before));

        template.Settle(null);
        Assert.That(Hex(template), Is.EqualTo(before), "a second time changes nothing");
    }

    [Test]
    public void A_template_that_follows_shares_what_is_the_same()
    {
        var first = Read(Answer(seed: 1));
        first.Settle(null);
        var second = Read(Answer(seed: 1, isShifted: true));
        var expected = Hex(second);

        var before = GC.GetAllocatedBytesForCurrentThread();
        second.Settle(first);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(Hex(second), Is.EqualTo(expected));
        Assert.That(allocated, Is.LessThan(Count * Size / 4), "one transaction of it is new");
    }

    [Test]
    public void The_same_hash_with_other_bytes_is_another_transaction()
    {
        var first = Read(Answer(seed: 1));
        first.Settle(null);
        var second = Read(Answer(seed: 1, dataSeed: 2));
        var expected = Hex(second);
        Assert.That(expected, Is.Not.EqualTo(Hex(first)));

        second.Settle(first);

        Assert.That(Hex(second), Is.EqualTo(expected));
    }

    [Test]
    public void One_that_is_not_settled_itself_shares_nothing()
    {
        var second = Read(Answer(seed: 1));
        var expected = Hex(second);
        second.Settle(Read(Answer(seed: 1)));
        Assert.That(Hex(second), Is.EqualTo(expected));
    }

    [Test]
    public void A_block_made_while_they_are_taken_over_is_whole()
    {
        for (var round = 0; round < 20; round++)
        {
            var answer = Answer(seed: round);
            var template = Read(answer);
            var expected = Hex(template);
            var blocks = Task.Run(() => Enumerable.Range(0, 20).Select(_ => Hex(template)).ToList());
            template.Settle(null);
            answer.AsSpan().Clear();
            Assert.That(blocks.GetAwaiter().GetResult(), Is.All.EqualTo(expected), $"round {round}");
        }
    }

    private static BlockTemplate Read(byte[] answer)
    {
        var template = TemplateText.Chain.ReadTemplate(answer, TemplateText.Bitcoin, out var error);
        Assert.That(error, Is.Empty);
        return (BlockTemplate)template!;
    }

    private static string Hex(BlockTemplate template)
    {
        var digits = new byte[template.Transactions.HexLength];
        template.Transactions.WriteHex(digits);
        return Encoding.ASCII.GetString(digits);
    }

    private static byte[] Answer(int seed, int? dataSeed = null, bool isShifted = false)
    {
        var hashes = new Random(seed);
        var datas = new Random(dataSeed ?? seed);
        var list = new List<JsonNode>();
        for (var i = 0; i < Count; i++) list.Add(Transaction(hashes, datas, isCapital: i % 3 == 0));
        if (isShifted)
        {
            list.RemoveAt(0);
            list.Insert(Count / 2, Transaction(hashes, datas, isCapital: false));
        }

        var template = TemplateText.Regtest();
        template["transactions"] = new JsonArray([.. list]);
        return TemplateText.Bytes(template);
    }

    private static JsonObject Transaction(Random hashes, Random datas, bool isCapital)
    {
        var (hash, data) = (new byte[32], new byte[Size]);
        hashes.NextBytes(hash);
        datas.NextBytes(data);
        var text = Convert.ToHexStringLower(hash);
        var digits = isCapital ? Convert.ToHexString(data) : Convert.ToHexStringLower(data);
        return new() { ["data"] = digits, ["txid"] = text, ["hash"] = text };
    }
}
