using System.Text;
using System.Text.Json.Nodes;
using Viddhana.Core.Chains.Bitcoin;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.ChainFamilies;

public sealed class TemplateReaderTests
{
    private static readonly string Hash = new('a', 64);

    [Test]
    public void The_answer_of_bitcoin_core_becomes_a_template()
    {
        var read = (BlockTemplate)TemplateText.Read(TemplateText.Regtest());
        Assert.That(read.Height, Is.EqualTo(1));
        Assert.That(read.Version, Is.EqualTo(0x20000000u));
        Assert.That(read.VersionMask, Is.EqualTo(0x1fffe000u));
        Assert.That(read.Nbits, Is.EqualTo(0x207fffffu));
        Assert.That(read.CurTime, Is.EqualTo(1_790_000_000u));
        Assert.That(read.MinTime, Is.EqualTo(1_296_688_603u));
        Assert.That(read.CoinbaseValue, Is.EqualTo(5_000_000_000));
        Assert.That(read.PrevHash, Does.StartWith("0f9188"));
        Assert.That(read.PrevHashBytes[31], Is.EqualTo(0x0f));
        Assert.That(read.LongPollId, Does.StartWith("0f9188"));
        Assert.That(read.WitnessCommitment, Has.Length.EqualTo(38));
        Assert.That(read.TransactionCount, Is.Zero);
        Assert.That(read.MerkleBranches, Is.Empty);
    }

    [TestCase("version")]
    [TestCase("previousblockhash")]
    [TestCase("transactions")]
    [TestCase("coinbasevalue")]
    [TestCase("bits")]
    [TestCase("mintime")]
    [TestCase("curtime")]
    [TestCase("height")]
    [TestCase("rules")]
    public void A_field_that_is_missing_or_of_another_kind_is_named(string field)
    {
        var template = TemplateText.Regtest();
        template.Remove(field);
        Assert.That(Error(template), Does.Contain($"\"{field}\" is missing"));

        template[field] = new JsonObject { ["x"] = 1 };
        Assert.That(Error(template), Does.Contain($"\"{field}\""));
        template[field] = field == "height" ? "1" : -5.5;
        Assert.That(Error(template), Does.Contain($"\"{field}\""));
        template[field] = null;
        Assert.That(Error(template), Does.Contain($"\"{field}\""));
    }

    [Test]
    public void A_rule_that_must_be_known_and_is_not_is_refused()
    {
        var template = TemplateText.Regtest();
        template["rules"] = new JsonArray("csv", "!segwit", "!newfork");
        Assert.That(Error(template), Does.Contain("\"!newfork\"").And.Contain("update the engine"));

        template["rules"] = new JsonArray("csv", "!segwit", "newfork");
        Assert.That(Error(template), Is.Empty, "without ! it changes nothing in a block");
    }

    [Test]
    public void Mweb_is_refused_where_the_coin_has_none()
    {
        var template = TemplateText.Regtest();
        template["rules"] = new JsonArray("!segwit", "!mweb");
        template["mweb"] = "00";
        Assert.That(Error(template), Does.Contain("\"!mweb\""));
        Assert.That(TemplateText.Chain.ReadTemplate(TemplateText.Bytes(template), TemplateText.Litecoin, out _), Is.Not.Null);

        template.Remove("mweb");
        TemplateText.Chain.ReadTemplate(TemplateText.Bytes(template), TemplateText.Litecoin, out var error);
        Assert.That(error, Does.Contain("\"mweb\" is missing"));
    }

    [Test]
    public void A_commitment_is_passed_over_where_segwit_is_not_active()
    {
        // bcoin sends it before activation and then refuses blocks that have it.
        var template = TemplateText.Regtest();
        template["rules"] = new JsonArray();
        Assert.That(((BlockTemplate)TemplateText.Read(template)).WitnessCommitment, Is.Null);
        template["rules"] = new JsonArray("segwit");
        Assert.That(((BlockTemplate)TemplateText.Read(template)).WitnessCommitment, Is.Not.Null);
    }

    [Test]
    public void A_commitment_may_be_missing_only_while_no_transaction_has_a_witness()
    {
        var template = TemplateText.Regtest();
        template.Remove("default_witness_commitment");
        template["transactions"] = new JsonArray(Transaction("00", Hash, Hash));
        Assert.That(Error(template), Is.Empty);
        template["transactions"] = new JsonArray(Transaction("00", Hash, new string('b', 64)));
        Assert.That(Error(template), Does.Contain("\"default_witness_commitment\" is missing"));
    }

    [Test]
    public void Transactions_keep_their_order_and_their_bytes()
    {
        var template = TemplateText.Regtest();
        template["transactions"] = new JsonArray([.. new[] { "00AbCd", "ff", "01" }.Select(data => Transaction(data, Hash, Hash))]);
        var read = (BlockTemplate)TemplateText.Read(template);
        Assert.That(HexOf(read), Is.EqualTo("00abcdff01"));
        Assert.That(read.TransactionCount, Is.EqualTo(3));
    }

    [TestCase("{\"txid\":\"T\",\"hash\":\"T\"}", "data")]
    [TestCase("{\"data\":\"0\",\"txid\":\"T\",\"hash\":\"T\"}", "data")]
    [TestCase("{\"data\":\"\",\"txid\":\"T\",\"hash\":\"T\"}", "data")]
    [TestCase("{\"data\":\"zz\",\"txid\":\"T\",\"hash\":\"T\"}", "data")]
    [TestCase("{\"data\":7,\"txid\":\"T\",\"hash\":\"T\"}", "data")]
    [TestCase("{\"data\":\"00\",\"hash\":\"T\"}", "txid")]
    [TestCase("{\"data\":\"00\",\"txid\":\"aa\",\"hash\":\"T\"}", "txid")]
    [TestCase("{\"data\":\"00\",\"txid\":\"T\"}", "hash")]
    [TestCase("{\"data\":\"00\",\"txid\":\"T\",\"hash\":{\"a\":[1]}}", "hash")]
    public void A_broken_transaction_is_named(string transaction, string field)
    {
        var template = TemplateText.Regtest();
        template["transactions"] = new JsonArray(Transaction("00", Hash, Hash), JsonNode.Parse(transaction.Replace("T", Hash)));
        Assert.That(Error(template), Does.Contain($"transactions[1].{field}"));
    }

    [Test]
    public void Hex_has_no_escapes()
    {
        var template = TemplateText.Regtest();
        template["transactions"] = new JsonArray(Transaction("0102", Hash, Hash));
        var text = Encoding.UTF8.GetString(TemplateText.Bytes(template)).Replace("\"0102\"", "\"\\u003102\"");
        TemplateText.Chain.ReadTemplate(Encoding.UTF8.GetBytes(text), TemplateText.Bitcoin, out var error);
        Assert.That(error, Does.Contain("transactions[0].data"));
    }

    [Test]
    public void Bits_and_target_must_agree_and_be_a_target()
    {
        var template = TemplateText.Regtest();
        template["target"] = new string('0', 10) + new string('f', 54);
        Assert.That(Error(template), Does.Contain("target and bits 207fffff differ"));
        template["bits"] = "1d80ffff";
        Assert.That(Error(template), Does.Contain("1d80ffff are no target"));
        template.Remove("target");
        template["bits"] = "1d00ffff";
        Assert.That(Error(template), Is.Empty, "bits say it all");
    }

    [Test]
    public void A_signet_that_wants_signatures_is_refused_and_one_that_does_not_is_mined()
    {
        var template = TemplateText.Regtest();
        template["rules"] = new JsonArray("csv", "!segwit", "!signet", "taproot");
        template["signet_challenge"] = "51";
        Assert.That(Error(template), Is.Empty);
        template["signet_challenge"] = "512103ad5e0edad18cb1f0fc0d28a3d4f1f3e445640337489abb10404f2d1e086be43051ae";
        Assert.That(Error(template), Does.Contain("signed blocks"));
    }

    [TestCase(0x20000000, 0x1fffe000u)]
    [TestCase(0x20000004, 0x1fffe000u)]
    [TestCase(0x30000010, 0x0fffe000u)]
    [TestCase(0x3fffe000, 0x00000000u)]
    [TestCase(-1, 0x00000000u)]
    [TestCase(int.MinValue, 0x1fffe000u)]
    public void Signalling_bits_are_taken_out_of_the_version_mask(int version, uint mask)
    {
        var template = TemplateText.Regtest();
        template["version"] = version;
        var job = TemplateText.Job(template);
        Assert.That(job.VersionMask, Is.EqualTo(mask));
        Assert.That(job.Version, Is.EqualTo((uint)version));

        var fixedVersion = TemplateText.Bitcoin with { VersionRolling = false };
        Assert.That(TemplateText.Job(template, coin: fixedVersion).VersionMask, Is.Zero);
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("7")]
    [TestCase("{")]
    [TestCase("{\"version\":}")]
    [TestCase("{\"\\ud800\":1}")]
    [TestCase("{\"rules\":[{}]}")]
    [TestCase("{\"rules\":{}}")]
    [TestCase("{\"coinbaseaux\":[]}")]
    [TestCase("{\"coinbaseaux\":{\"flags\":7}}")]
    [TestCase("{\"height\":99999999999}")]
    [TestCase("{\"height\":1e400}")]
    [TestCase("{\"transactions\":[[]]}")]
    [TestCase("{\"transactions\":[],\"transactions\":[]}")]
    public void No_shape_throws(string json)
    {
        Assert.That(TemplateText.Chain.ReadTemplate(Encoding.UTF8.GetBytes(json), TemplateText.Bitcoin, out var error), Is.Null);
        Assert.That(error, Does.StartWith("block template: "));
    }

    [Test, Category(Fuzz.Category)]
    public void No_noise_throws()
    {
        const int seed = 5;
        var random = new Random(seed);
        var template = TemplateText.Regtest();
        template["transactions"] = new JsonArray(Transaction("00", Hash, Hash), Transaction("0102", Hash, new string('b', 64)));
        var good = TemplateText.Bytes(template);
        for (var i = 0; i < Fuzz.Rounds(20_000); i++)
        {
            var bytes = good.ToArray();
            for (var flips = random.Next(1, 4); flips > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var end = random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length;
            Assert.That(
                () => TemplateText.Chain.ReadTemplate(bytes.AsMemory(0, end), TemplateText.Bitcoin, out _),
                Throws.Nothing,
                $"seed {seed}, round {i}: {Encoding.Latin1.GetString(bytes, 0, end)}");
        }
    }

    [Test]
    public void Many_transactions_have_the_textbook_merkle_root()
    {
        const int seed = 17;
        var random = new Random(seed);
        for (var count = 0; count < 70; count++)
        {
            var ids = Enumerable.Range(0, count).Select(_ => Bytes(random, 32)).ToList();
            var template = TemplateText.Regtest();
            template["transactions"] = new JsonArray([.. ids.Select(id =>
            {
                var text = Convert.ToHexStringLower([.. Enumerable.Reverse(id)]);
                return Transaction("00", text, text);
            })]);

            var first = Bytes(random, 32);
            var node = RawBlock.Climb(first, TemplateText.Job(template).MerkleBranches);
            Assert.That(node, Is.EqualTo(RawBlock.MerkleRoot([first, .. ids])), $"seed {seed}, {count} transactions");
        }
    }

    private static string HexOf(BlockTemplate template)
    {
        var digits = new byte[template.Transactions.HexLength];
        template.Transactions.WriteHex(digits);
        return Encoding.ASCII.GetString(digits);
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static JsonObject Transaction(string data, string txid, string hash) =>
        new() { ["data"] = data, ["txid"] = txid, ["hash"] = hash, ["depends"] = new JsonArray(1, 2), ["fee"] = 5 };

    private static string Error(JsonObject template)
    {
        TemplateText.Chain.ReadTemplate(TemplateText.Bytes(template), TemplateText.Bitcoin, out var error);
        return error;
    }
}
