using System.Text;
using System.Text.Json.Nodes;
using Viddhana.Contracts;
using Viddhana.Core.Bytes;
using Viddhana.Core.Chains;
using Viddhana.Core.Chains.Bitcoin;
using Viddhana.Core.Jobs;

namespace Viddhana.Tests.Engine.ChainFamilies;

/// <summary>Answers to getblocktemplate for tests, and jobs made of them.</summary>
internal static class TemplateText
{
    public static readonly BitcoinChain Chain = new();

    public static readonly byte[] PayoutScript = Convert.FromHexString("00143556a1f07f96ddce4ef934ce86dda29a5c4372a1");

    public static CoinDefinition Bitcoin => CoinDefinitions.Get("bitcoin")!;

    public static CoinDefinition Litecoin => CoinDefinitions.Get("litecoin")!;

    /// <summary>What Bitcoin Core answers on an empty regtest chain; tests change fields of it.</summary>
    public static JsonObject Regtest() => new()
    {
        ["capabilities"] = new JsonArray("proposal"),
        ["version"] = 0x20000000,
        ["rules"] = new JsonArray("csv", "!segwit", "taproot"),
        ["vbavailable"] = new JsonObject(),
        ["vbrequired"] = 0,
        ["previousblockhash"] = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
        ["transactions"] = new JsonArray(),
        ["coinbaseaux"] = new JsonObject(),
        ["coinbasevalue"] = 5_000_000_000,
        ["longpollid"] = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e22062",
        ["target"] = "7fffff0000000000000000000000000000000000000000000000000000000000",
        ["mintime"] = 1296688603,
        ["mutable"] = new JsonArray("time", "transactions", "prevblock"),
        ["noncerange"] = "00000000ffffffff",
        ["sigoplimit"] = 80000,
        ["sizelimit"] = 4000000,
        ["weightlimit"] = 4000000,
        ["curtime"] = 1_790_000_000,
        ["bits"] = "207fffff",
        ["height"] = 1,
        ["default_witness_commitment"] = "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9",
    };

    public static byte[] Bytes(JsonObject template) => Encoding.UTF8.GetBytes(template.ToJsonString());

    public static IChainTemplate Read(JsonObject template, CoinDefinition? coin = null)
    {
        var read = Chain.ReadTemplate(Bytes(template), coin ?? Bitcoin, out var error);
        Assert.That(error, Is.Empty);
        return read!;
    }

    public static JobRequest Request(int extranonce2Size = 8, string tag = "/viddhana/", uint tip = 1, long nowMs = 0) => new()
    {
        Serial = 0x01020304,
        Tip = tip,
        IsNewTip = true,
        PayoutScript = PayoutScript,
        Tag = Encoding.ASCII.GetBytes(tag),
        ProcessStart = 0xa0b0,
        Extranonce2Size = extranonce2Size,
        NowMs = nowMs,
        Render = (work, clean) => Encoding.ASCII.GetBytes(
            $"{work.Job.Height} {work.WireId:x16} {Hex.ToText(work.Coinbase1)} {Hex.ToText(work.Coinbase2)} {clean}"),
    };

    public static Job Job(JsonObject template, JobRequest? request = null, CoinDefinition? coin = null) =>
        Chain.MakeJob(Read(template, coin), request ?? Request());
}
