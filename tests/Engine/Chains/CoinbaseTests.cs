using System.Text;
using System.Text.Json.Nodes;
using Viddhana.Core;
using Viddhana.Core.Bytes;
using Viddhana.Core.Chains.Bitcoin;
using Viddhana.Core.Jobs;

namespace Viddhana.Tests.Engine.ChainFamilies;

public sealed class CoinbaseTests
{
    // Bitcoin's script builder: opcodes up to 16, then the least bytes with a sign bit to spare.
    [TestCase(0, "00")]
    [TestCase(1, "51")]
    [TestCase(2, "52")]
    [TestCase(16, "60")]
    [TestCase(17, "0111")]
    [TestCase(127, "017f")]
    [TestCase(128, "028000")]
    [TestCase(255, "02ff00")]
    [TestCase(256, "020001")]
    [TestCase(32767, "02ff7f")]
    [TestCase(32768, "03008000")]
    [TestCase(65535, "03ffff00")]
    [TestCase(840000, "0340d10c")]
    [TestCase(8388607, "03ffff7f")]
    [TestCase(8388608, "0400008000")]
    [TestCase(16777216, "0400000001")]
    [TestCase(int.MaxValue, "04ffffff7f")]
    public void Heights_are_pushed_as_bip_34_wants(int height, string expected) =>
        Assert.That(Convert.ToHexStringLower(Coinbase.HeightPush(height)), Is.EqualTo(expected));

    [TestCase(4)]
    [TestCase(8)]
    public void The_layout_is_as_documented(int extranonce2Size)
    {
        var job = TemplateText.Job(TemplateText.Regtest(), TemplateText.Request(extranonce2Size));
        var variant = job.Variants.Get(job, 3);
        var nonces = 2 + 4 + 2 + 4 + extranonce2Size;
        var script = 1 + 1 + nonces + 1 + "/viddhana/".Length;

        Assert.That(Hex.ToText(variant.Coinbase1), Is.EqualTo(
            $"0200000001{new string('0', 64)}ffffffff" + $"{script:x2}51{nonces:x2}" + "b0a0" + "04030201" + "0300"));
        Assert.That(Hex.ToText(variant.Coinbase2), Is.EqualTo(
            "0a" + Hex.ToText("/viddhana/"u8) + "ffffffff" + "02"
            + "00f2052a01000000" + "16" + Hex.ToText(TemplateText.PayoutScript)
            + "0000000000000000" + "26" + "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9"
            + "00000000"));
        Assert.That(variant.WireId, Is.EqualTo(0xa0b0_01020304_0003));
    }

    [Test]
    public void Without_segwit_there_is_one_output()
    {
        var template = TemplateText.Regtest();
        template["rules"] = new JsonArray("csv");
        var job = TemplateText.Job(template);
        var coinbase2 = Hex.ToText(job.Variants.Get(job, 0).Coinbase2);
        Assert.That(coinbase2, Does.Contain("ffffffff01" + "00f2052a01000000").And.Not.Contain("aa21a9ed"));
    }

    [Test]
    public void Flags_of_the_node_are_pushed_after_the_tag_while_there_is_room()
    {
        var template = TemplateText.Regtest();
        var flags = Convert.ToHexStringLower("mined by bcoin"u8);
        var tag = "0a" + Hex.ToText("/viddhana/"u8);
        template["coinbaseaux"] = new JsonObject { ["flags"] = flags, ["other"] = "00" };
        var job = TemplateText.Job(template);
        Assert.That(Hex.ToText(job.Variants.Get(job, 0).Coinbase2), Does.StartWith(tag + "0e" + flags + "ffffffff"));

        template["coinbaseaux"] = new JsonObject { ["flags"] = new string('a', 140) };
        job = TemplateText.Job(template);
        Assert.That(Hex.ToText(job.Variants.Get(job, 0).Coinbase2), Does.StartWith(tag + "ffffffff"));
    }

    [Test]
    public void The_script_never_exceeds_what_consensus_allows_and_its_length_is_true()
    {
        foreach (var height in new[] { 1, 16, 17, 1_000, 840_000, int.MaxValue })
        {
            for (var tag = 0; tag <= 120; tag++)
            {
                for (var flags = 0; flags <= 100; flags += 20)
                {
                    var template = TemplateText.Regtest();
                    template["height"] = height;
                    template["coinbaseaux"] = new JsonObject { ["flags"] = new string('a', 2 * flags) };
                    var job = TemplateText.Job(template, TemplateText.Request(8, new string('t', tag)));
                    var variant = job.Variants.Get(job, 0);
                    byte[] coinbase = [.. variant.Coinbase1, .. new byte[12], .. variant.Coinbase2];

                    Assert.That(coinbase[41], Is.InRange(2, 100), $"{height} {tag} {flags}");
                    var block = new RawBlock([.. new byte[80], 1, .. coinbase]);
                    Assert.That(block.Suffix, Is.Empty, $"{height} {tag} {flags}");
                    Assert.That(block.Transactions[0].Legacy, Is.EqualTo(coinbase));
                    Assert.That(IsPushOnly(coinbase.AsSpan(42, coinbase[41])), Is.True, $"{height} {tag} {flags}");
                }
            }
        }
    }

    [Test]
    public void A_tag_that_cannot_be_printed_is_our_mistake()
    {
        var request = TemplateText.Request(tag: "a\u0001");
        Assert.That(() => TemplateText.Job(TemplateText.Regtest(), request), Throws.TypeOf<BrokenInvariantException>());
    }

    [Test]
    public void Variants_differ_in_their_coinbase_and_are_made_once()
    {
        var job = TemplateText.Job(TemplateText.Regtest());
        var made = Enumerable.Range(0, JobVariants.VariantsMax).Select(n => job.Variants.Get(job, (ushort)n)).ToList();
        Assert.That(made.Select(v => Hex.ToText(v.Coinbase1)).Distinct().Count(), Is.EqualTo(made.Count));
        Assert.That(made.Select(v => v.WireId).Distinct().Count(), Is.EqualTo(made.Count));
        Assert.That(job.Variants.Get(job, 5), Is.SameAs(made[5]));
        Assert.That(made.All(v => ReferenceEquals(v.Coinbase2, made[0].Coinbase2)), Is.True);
    }

    [Test]
    public void Frames_are_those_of_the_dialect()
    {
        var job = TemplateText.Job(TemplateText.Regtest());
        var variant = job.Variants.Get(job, 1);
        var coinbases = $"{Hex.ToText(variant.Coinbase1)} {Hex.ToText(variant.Coinbase2)}";
        Assert.That(Encoding.ASCII.GetString(variant.NotifyClean), Is.EqualTo($"1 a0b0010203040001 {coinbases} True"));
        Assert.That(Encoding.ASCII.GetString(variant.Notify), Is.EqualTo($"1 a0b0010203040001 {coinbases} False"));
    }

    [Test]
    public void A_block_of_many_transactions_has_a_long_count()
    {
        foreach (var count in new[] { 251, 252, 253, 65_534, 65_535 })
        {
            var template = TemplateText.Regtest();
            var id = new string('1', 64);
            template["transactions"] = new JsonArray([.. Enumerable.Range(0, count)
                .Select(_ => (JsonNode)new JsonObject { ["data"] = "00", ["txid"] = id, ["hash"] = id })]);
            var job = TemplateText.Job(template);
            var hex = Encoding.ASCII.GetString(TemplateText.Chain.MakeBlockHex(job, new byte[80], new byte[60]));
            var expected = (count + 1) switch
            {
                252 => "fc",
                253 => "fdfd00",
                254 => "fdfe00",
                65_535 => "fdffff",
                _ => "fe00000100",
            };
            Assert.That(hex[160..], Does.StartWith(expected + new string('0', 8) + "0001"), $"{count}");
        }
    }

    private static bool IsPushOnly(ReadOnlySpan<byte> script)
    {
        while (!script.IsEmpty)
        {
            var size = script[0] is >= 0x51 and <= 0x60 ? 0 : script[0];
            if (size > 75 || size + 1 > script.Length) return false;
            script = script[(size + 1)..];
        }

        return true;
    }
}
