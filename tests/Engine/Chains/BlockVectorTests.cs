using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Viddhana.Contracts;
using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.ChainFamilies;

/// <summary>Real blocks, rebuilt from the template that they could have been made of. Each vector names its source.</summary>
public sealed class BlockVectorTests
{
    private static readonly byte[] CommitmentStart = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

    public static IEnumerable<TestCaseData> Vectors() => VectorsIn("blocks");

    public static IEnumerable<TestCaseData> Captured() => VectorsIn("blocks/captured");

    [Test]
    public void Every_coin_of_this_chain_has_blocks_with_and_without_segwit()
    {
        var blocks = Vectors().Select(data => (JsonElement)data.Arguments[0]!).ToList();
        foreach (var coin in CoinDefinitions.Names.Where(name => CoinDefinitions.Get(name)!.Chain == "bitcoin"))
        {
            var ofCoin = blocks.Where(block => block.GetProperty("coin").GetString() == coin).ToList();
            Assert.That(ofCoin, Has.Count.GreaterThanOrEqualTo(3), coin);
            Assert.That(ofCoin.Select(block => block.GetProperty("segwit").GetBoolean()).Distinct().Count(), Is.EqualTo(2), coin);
        }
    }

    [TestCaseSource(nameof(Vectors))]
    public void A_block_is_rebuilt_to_the_byte(JsonElement vector)
    {
        var (block, job) = Load(vector);
        var coinbase = block.Transactions[0];

        var hex = TemplateText.Chain.MakeBlockHex(job, block.Header, coinbase.Legacy);
        Assert.That(Encoding.ASCII.GetString(hex), Is.EqualTo(vector.GetProperty("block").GetString()));
        Assert.That(TemplateText.Chain.BlockId(block.Header), Is.EqualTo(vector.GetProperty("id").GetString()));
        Assert.That(TemplateText.Chain.TransactionId(coinbase.Legacy), Is.EqualTo(Hex.ToReversedText(coinbase.Txid)));
        Assert.That(job.PrevHash, Is.EqualTo(block.Header[4..36]));
    }

    [TestCaseSource(nameof(Vectors))]
    public void The_merkle_path_leads_to_the_root_of_the_header(JsonElement vector)
    {
        var (block, job) = Load(vector);
        var node = RawBlock.Climb(block.Transactions[0].Txid, job.MerkleBranches);

        Assert.That(node, Is.EqualTo(block.Header[36..68]));
        Assert.That(RawBlock.MerkleRoot(block.Transactions.Select(t => t.Txid)), Is.EqualTo(node), "the test's own tree agrees");
    }

    [TestCaseSource(nameof(Vectors))]
    public void The_coinbase_of_our_own_commits_to_the_same_witnesses(JsonElement vector)
    {
        var (block, job) = Load(vector);
        var variant = job.Variants.Get(job, 0);
        byte[] legacy = [.. variant.Coinbase1, .. new byte[4 + job.Extranonce2Size], .. variant.Coinbase2];

        var hex = TemplateText.Chain.MakeBlockHex(job, block.Header, legacy);
        var rebuilt = new RawBlock(Convert.FromHexString(Encoding.ASCII.GetString(hex)));
        Assert.That(rebuilt.Transactions[0].Legacy, Is.EqualTo(legacy));
        Assert.That(rebuilt.Transactions.Skip(1).Select(t => t.Bytes), Is.EqualTo(block.Transactions.Skip(1).Select(t => t.Bytes)));
        Assert.That(rebuilt.Suffix, Is.EqualTo(block.Suffix));

        var isSegwit = vector.GetProperty("segwit").GetBoolean();
        Assert.That(legacy.AsSpan().IndexOf(CommitmentStart) > 0, Is.EqualTo(isSegwit));
        Assert.That(rebuilt.Transactions[0].Flag, Is.EqualTo(isSegwit ? 1 : 0));
        if (!isSegwit) return;

        var witnessRoot = RawBlock.MerkleRoot([new byte[32], .. rebuilt.Transactions.Skip(1).Select(t => t.WitnessId)]);
        var commitment = RawBlock.HashTwice([.. witnessRoot, .. new byte[32]]);
        Assert.That(legacy.AsSpan().IndexOf((ReadOnlySpan<byte>)[.. CommitmentStart, .. commitment]), Is.Positive);
    }

    [TestCaseSource(nameof(Vectors))]
    public void A_submission_of_the_real_nonce_solves_the_block(JsonElement vector)
    {
        var (block, job) = Load(vector);
        var coinbase = block.Transactions[0].Legacy;

        // The validator does not care where extranonces lie: cut twelve bytes out of the null prevout.
        var work = new JobVariant
        {
            Job = job,
            Variant = 0,
            Coinbase1 = coinbase[..8],
            Coinbase2 = coinbase[20..],
            WireId = 1,
        };
        var coin = CoinDefinitions.Get(vector.GetProperty("coin").GetString()!)!;
        var table = new DifficultyTable(UInt256.FromBigEndian(Convert.FromHexString(coin.Difficulty1Target)));
        var round = new Round(1);
        ref var pending = ref round.Add();
        pending.Work = new Assignment(work, table.ClampTo(table.Get(Difficulty.One), job.BlockTarget), job.VersionMask, 0);
        pending.Share.Extranonce2Size = 8;
        pending.Share.Ntime = BitConverter.ToUInt32(block.Header, 68);
        pending.Share.Nonce = BitConverter.ToUInt32(block.Header, 76);
        pending.Share.HasVersionBits = true;
        pending.Share.VersionBits = BitConverter.ToUInt32(block.Header, 0) & job.VersionMask;
        pending.Session = round;

        new ShareProcessor(PowAlgorithms.ByName[coin.Algorithm], new DuplicateFilter()).Process(round, new Now(0, 0));
        Assert.That(round.Verdicts[0], Is.EqualTo(ShareResult.SolvesBlock));
        Assert.That(round.Blocks[0].Header, Is.EqualTo(block.Header));
        Assert.That(round.Blocks[0].Coinbase, Is.EqualTo(coinbase));
    }

    [TestCaseSource(nameof(Captured))]
    public void A_template_of_a_real_node_gives_the_block_it_accepted(JsonElement vector)
    {
        var coin = CoinDefinitions.Get(vector.GetProperty("coin").GetString()!)!;
        var json = Encoding.UTF8.GetBytes(vector.GetProperty("template").GetRawText());
        var template = TemplateText.Chain.ReadTemplate(json, coin, out var error);
        Assert.That(error, Is.Empty);

        var job = TemplateText.Chain.MakeJob(template!, TemplateText.Request());
        var header = Convert.FromHexString(vector.GetProperty("header").GetString()!);
        var coinbase = Convert.FromHexString(vector.GetProperty("coinbase").GetString()!);
        var hex = TemplateText.Chain.MakeBlockHex(job, header, coinbase);
        Assert.That(Encoding.ASCII.GetString(hex), Is.EqualTo(vector.GetProperty("block").GetString()));

        var block = new RawBlock(Convert.FromHexString(Encoding.ASCII.GetString(hex)));
        var node = RawBlock.Climb(RawBlock.HashTwice(coinbase), job.MerkleBranches);
        Assert.That(node, Is.EqualTo(header[36..68]));
        Assert.That(RawBlock.MerkleRoot(block.Transactions.Select(t => t.Txid)), Is.EqualTo(node));
    }

    [Test]
    public void A_header_of_litecoin_has_its_id_by_sha256_and_its_work_by_scrypt()
    {
        // Accepted by litecoind 0.21.2.1 on regtest.
        var header = Convert.FromHexString("000000200cc41f2d881bfcca66ba19b92765f44663d97ee2dfcb864d283be899a983554b"
            + "10ec3008277a7f765184e6345e461f851e9392d155c82b34befc7f243ec9dda84dd3006bffff7f200c000000");
        var hash = new byte[32];
        Scrypt.Instance.Hash(header, hash);
        Assert.That(Hex.ToReversedText(hash), Is.EqualTo("14c10cc2643da67109d769f781cbee06cf3622d9e63b3fd338fe131bf328ce02"));
        Assert.That(TemplateText.Chain.BlockId(header), Is.EqualTo("64834da9f26e0f4c6ca53bec2f02da1c3c031f14a2d8cca2b37b716e247177a2"));
    }

    private static IEnumerable<TestCaseData> VectorsIn(string folder) =>
        Directory.GetFiles(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", folder), "*.json")
            .Order(StringComparer.Ordinal)
            .Select(file => new TestCaseData(JsonDocument.Parse(File.ReadAllBytes(file)).RootElement)
                .SetArgDisplayNames(Path.GetFileNameWithoutExtension(file)));

    private static (RawBlock Block, Job Job) Load(JsonElement vector)
    {
        var block = new RawBlock(Convert.FromHexString(vector.GetProperty("block").GetString()!));
        var coin = CoinDefinitions.Get(vector.GetProperty("coin").GetString()!)!;
        return (block, TemplateText.Job(TemplateOf(vector, block), coin: coin));
    }

    // What a node would have answered: the real header fields and transactions; the commitment from the real coinbase.
    private static JsonObject TemplateOf(JsonElement vector, RawBlock block)
    {
        var template = TemplateText.Regtest();
        var (header, coinbase) = (block.Header, block.Transactions[0].Legacy);
        var nbits = BitConverter.ToUInt32(header, 72);
        Assert.That(Targets.TryFromCompact(nbits, out var target), Is.True);

        template["version"] = (int)(BitConverter.ToUInt32(header, 0) & ~Job.RollableVersionBits);
        template["previousblockhash"] = Hex.ToReversedText(header.AsSpan(4, 32));
        template["bits"] = nbits.ToString("x8");
        template["target"] = target.ToString();
        template["curtime"] = BitConverter.ToUInt32(header, 68);
        template["height"] = vector.GetProperty("height").GetInt32();
        template["transactions"] = new JsonArray([.. block.Transactions.Skip(1).Select(TransactionOf)]);
        template.Remove("default_witness_commitment");

        var rules = new JsonArray("csv");
        if (vector.GetProperty("segwit").GetBoolean())
        {
            rules.Add("!segwit");
            var at = coinbase.AsSpan().LastIndexOf(CommitmentStart);
            template["default_witness_commitment"] = Convert.ToHexStringLower(coinbase.AsSpan(at, 38));
        }

        if (vector.GetProperty("mweb").GetBoolean())
        {
            rules.Add("mweb");
            Assert.That(block.Suffix[0], Is.EqualTo(1));
            template["mweb"] = Convert.ToHexStringLower(block.Suffix.AsSpan(1));
        }

        template["rules"] = rules;
        return template;
    }

    private static JsonObject TransactionOf(RawTransaction transaction) => new()
    {
        ["data"] = Convert.ToHexStringLower(transaction.Bytes),
        ["txid"] = Hex.ToReversedText(transaction.Txid),
        ["hash"] = Hex.ToReversedText(transaction.WitnessId),
        ["depends"] = new JsonArray(),
        ["fee"] = 1000,
        ["sigops"] = 4,
        ["weight"] = 4 * transaction.Bytes.Length,
    };
}
