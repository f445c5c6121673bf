using System.Text.Json;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Rpc;

/// <summary>What a node tells of its block tree.</summary>
public sealed class ChainCalls(SimulatedNode node)
{
    private BlockTree Tree => node.Tree;

    /// <summary>Adds the methods.</summary>
    public void Register(RpcTable table)
    {
        table.Add("getblockchaininfo", "", GetBlockchainInfo);
        table.Add("getblockcount", "", call => call.Json.WriteNumberValue(Tree.Tip.Height));
        table.Add("getbestblockhash", "", call => call.Json.WriteStringValue(Tree.Tip.Hash.ToString()));
        table.Add("getblockhash", "height", GetBlockHash);
        table.Add("getblock", "blockhash verbosity?", GetBlock);
        table.Add("getblockheader", "blockhash verbose?", GetBlockHeader);
        table.Add("getchaintips", "", GetChainTips);
        table.Add("getdifficulty", "", call => call.Json.WriteNumberValue(CompactTarget.Difficulty(Tree.Tip.Header.Bits)));
        table.Add("gettxout", "txid n include_mempool?", GetTxOut);
        table.Add("gettxoutsetinfo", "hash_type?", GetTxOutSetInfo);
        table.Add("invalidateblock", "blockhash", call => Judge(call, node.Invalidate));
        table.Add("reconsiderblock", "blockhash", call => Judge(call, node.Reconsider));
        table.Add("preciousblock", "blockhash", call => Judge(call, node.Prefer));
    }

    private void GetBlockchainInfo(RpcCall call)
    {
        var json = call.Json;
        var tip = Tree.Tip;
        json.WriteStartObject();
        json.WriteString("chain", "regtest");
        json.WriteNumber("blocks", tip.Height);
        json.WriteNumber("headers", Tree.All.Where(each => !each.IsInvalid).Max(each => each.Height));
        json.WriteString("bestblockhash", tip.Hash.ToString());
        json.WriteString("bits", Render.Bits(tip.Header.Bits));
        json.WriteNumber("difficulty", CompactTarget.Difficulty(tip.Header.Bits));
        json.WriteNumber("time", tip.Header.Time);
        json.WriteNumber("mediantime", tip.MedianTimePast);
        json.WriteNumber("verificationprogress", 1);
        json.WriteBoolean("initialblockdownload", false);
        json.WriteString("chainwork", Render.Work(tip.ChainWork));
        json.WriteNumber("size_on_disk", 0);
        json.WriteBoolean("pruned", false);
        json.WriteString("warnings", "");
        json.WriteEndObject();
    }

    private void GetBlockHash(RpcCall call)
    {
        var height = call.Number(0);
        var found = height is >= 0 and <= int.MaxValue ? Tree.At((int)height) : null;
        call.Json.WriteStringValue(
            (found ?? throw new RpcException(RpcCode.InvalidParameter, "Block height out of range")).Hash.ToString());
    }

    private void GetBlock(RpcCall call)
    {
        var found = FindBlock(call);
        if (found.Body is null) throw new RpcException(RpcCode.Misc, "Block not found on disk");

        var isFlag = call[1] is { ValueKind: JsonValueKind.True or JsonValueKind.False };   // as it was before verbosity had numbers
        var verbosity = isFlag ? (call.Flag(1, true) ? 1 : 0) : call.Number(1, 1);
        var block = Tree.Open(found);
        if (verbosity <= 0)
        {
            call.Json.WriteStringValue(HexText.Of(block.Encode()));
            return;
        }

        WriteBlock(call, found, block, withTransactions: verbosity >= 2);
    }

    private void WriteBlock(RpcCall call, BlockNode found, Block block, bool withTransactions)
    {
        var json = call.Json;
        json.WriteStartObject();
        Render.Header(json, Tree, found);
        var size = block.Encode().Length;
        var stripped = size - block.Transactions.Sum(transaction => transaction.Raw.Length - transaction.StrippedSize);
        json.WriteNumber("strippedsize", stripped);
        json.WriteNumber("size", size);
        json.WriteNumber("weight", (3 * stripped) + size);
        json.WriteStartArray("tx");
        foreach (var transaction in block.Transactions)
        {
            if (!withTransactions)
            {
                json.WriteStringValue(transaction.Txid.ToString());
                continue;
            }

            json.WriteStartObject();
            Render.Transaction(call, transaction, withHex: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void GetBlockHeader(RpcCall call)
    {
        var found = FindBlock(call);
        if (!call.Flag(1, true))
        {
            call.Json.WriteStringValue(HexText.Of(found.Header.Raw));
            return;
        }

        call.Json.WriteStartObject();
        Render.Header(call.Json, Tree, found);
        call.Json.WriteEndObject();
    }

    private void GetChainTips(RpcCall call)
    {
        var json = call.Json;
        var parents = Tree.All.Select(each => each.Previous).ToHashSet();
        json.WriteStartArray();
        foreach (var tip in Tree.All.Where(each => each == Tree.Tip || !parents.Contains(each)).OrderByDescending(each => each.Height))
        {
            var fork = tip;
            while (!Tree.IsActive(fork)) fork = fork.Previous!;
            if (fork == tip && tip != Tree.Tip) continue;

            json.WriteStartObject();
            json.WriteNumber("height", tip.Height);
            json.WriteString("hash", tip.Hash.ToString());
            json.WriteNumber("branchlen", tip.Height - fork.Height);
            json.WriteString("status", Status(tip));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string Status(BlockNode tip)
    {
        if (tip == Tree.Tip) return "active";
        if (tip.IsInvalid) return "invalid";
        if (tip.Body is null) return "headers-only";
        return tip.WasConnected ? "valid-fork" : "valid-headers";
    }

    private void GetTxOut(RpcCall call)
    {
        var point = new OutPoint(call.Hash(0, "txid"), (uint)call.Number(1));
        var coin = call.Flag(2, true) ? node.Pool.FindCoin(point) : Tree.Coins.Find(point);
        if (coin is null)
        {
            call.Json.WriteNullValue();
            return;
        }

        call.Json.WriteStartObject();
        call.Json.WriteString("bestblock", Tree.Tip.Hash.ToString());
        call.Json.WriteNumber("confirmations", Math.Max(0, Tree.Tip.Height - coin.Height + 1));
        call.WriteCoins("value", coin.Output.Value);
        call.Json.WritePropertyName("scriptPubKey");
        Render.OutputScript(call.Json, coin.Output.Script);
        call.Json.WriteBoolean("coinbase", coin.IsCoinbase);
        call.Json.WriteEndObject();
    }

    private void GetTxOutSetInfo(RpcCall call)
    {
        call.Json.WriteStartObject();
        call.Json.WriteNumber("height", Tree.Tip.Height);
        call.Json.WriteString("bestblock", Tree.Tip.Hash.ToString());
        call.Json.WriteNumber("txouts", Tree.Coins.Count);
        call.Json.WriteEndObject();
    }

    private void Judge(RpcCall call, Action<BlockNode> verdict)
    {
        var found = FindBlock(call);
        if (found.Previous is null) throw new RpcException(RpcCode.Misc, "the genesis block stands");

        verdict(found);
        call.Json.WriteNullValue();
    }

    private BlockNode FindBlock(RpcCall call) =>
        Tree.Find(call.Hash(0, "blockhash")) ?? throw new RpcException(RpcCode.InvalidAddressOrKey, "Block not found");
}
