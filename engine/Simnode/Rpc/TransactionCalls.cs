using System.Text.Json;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Mempool;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Rpc;

/// <summary>Raw transactions and the mempool.</summary>
public sealed class TransactionCalls(SimulatedNode node)
{
    // 0.10 coins per 1000 virtual bytes, the default of sendrawtransaction.
    private const long DefaultMaxFeeRate = 10_000_000;

    /// <summary>Adds the methods.</summary>
    public void Register(RpcTable table)
    {
        table.Add("getrawtransaction", "txid verbose? blockhash?", GetRawTransaction);
        table.Add("decoderawtransaction", "hexstring iswitness?", DecodeRawTransaction);
        table.Add("sendrawtransaction", "hexstring maxfeerate?", SendRawTransaction);
        table.Add("testmempoolaccept", "rawtxs maxfeerate?", TestMempoolAccept);
        table.Add("getmempoolinfo", "", GetMempoolInfo);
        table.Add("getrawmempool", "verbose? mempool_sequence?", GetRawMempool);
        table.Add("getmempoolentry", "txid", GetMempoolEntry);
        table.Add("estimatesmartfee", "conf_target estimate_mode?", EstimateSmartFee);
    }

    /// <summary>A transaction of a call's hex parameter.</summary>
    public static Transaction Decode(string hex) => HexText.TryRead(hex, out var bytes) && Transaction.Decode(bytes) is { } transaction
        ? transaction
        : throw new RpcException(RpcCode.Deserialization, "TX decode failed. Make sure the tx has at least one input.");

    /// <summary>Takes a transaction into the mempool as <c>sendrawtransaction</c> does.</summary>
    public static void Broadcast(SimulatedNode node, Transaction transaction, long maxFeeRate)
    {
        for (var i = 0u; i < transaction.Outputs.Length; i++)
        {
            if (node.Tree.Coins.Find(new OutPoint(transaction.Txid, i)) is not null)
                throw new RpcException(RpcCode.AlreadyInChain, "Transaction already in block chain");
        }

        if (maxFeeRate > 0 && node.Pool.TryFee(transaction, out var fee) && fee > maxFeeRate * transaction.VirtualSize / 1000)
            throw new RpcException(RpcCode.Verify, "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)");

        if (node.Pool.Accept(transaction) is { } refusal)
            throw new RpcException(refusal.MissingInputs ? RpcCode.Verify : RpcCode.VerifyRejected, refusal.Reason);
    }

    private void GetRawTransaction(RpcCall call)
    {
        var txid = call.Hash(0, "parameter 1");
        var verbose = call[1] is { } flag && (flag.ValueKind == JsonValueKind.Number ? RpcCall.Number(flag) != 0 : RpcCall.Flag(flag));
        var (transaction, block) = Find(txid, call);
        if (!verbose)
        {
            call.Json.WriteStringValue(HexText.Of(transaction.Raw));
            return;
        }

        var json = call.Json;
        json.WriteStartObject();
        if (call[2] is not null) json.WriteBoolean("in_active_chain", node.Tree.IsActive(block!));
        Render.Transaction(call, transaction, withHex: true);
        if (block is not null)
        {
            json.WriteString("blockhash", block.Hash.ToString());
            json.WriteNumber("confirmations", Math.Max(0, Render.Confirmations(node.Tree, block)));
            json.WriteNumber("time", block.Header.Time);
            json.WriteNumber("blocktime", block.Header.Time);
        }

        json.WriteEndObject();
    }

    private (Transaction Transaction, BlockNode? Block) Find(Hash256 txid, RpcCall call)
    {
        if (call[2] is { } given)
        {
            var block = node.Tree.Find(RpcCall.Hash(given, "parameter 3"));
            if (block?.Body is null) throw new RpcException(RpcCode.InvalidAddressOrKey, "Block hash not found");

            return (node.Tree.Open(block).Transactions.FirstOrDefault(each => each.Txid == txid)
                ?? throw new RpcException(RpcCode.InvalidAddressOrKey, "No such transaction found in the provided block."), block);
        }

        if (FindWaiting(txid) is { } entry) return (entry.Transaction, null);
        if (node.Tree.BlockOf(txid) is { } holder) return (holder.Body!.Own.First(each => each.Txid == txid), holder);

        throw new RpcException(
            RpcCode.InvalidAddressOrKey, "No such mempool or blockchain transaction. Use gettransaction for wallet transactions.");
    }

    private MempoolEntry? FindWaiting(Hash256 txid) =>
        node.Pool.Find(txid) ?? node.Templates.Synthetic().Find(each => each.Transaction.Txid == txid);

    private static void DecodeRawTransaction(RpcCall call)
    {
        var transaction = Decode(call.Text(0));
        call.Json.WriteStartObject();
        Render.Transaction(call, transaction, withHex: false);
        call.Json.WriteEndObject();
    }

    private void SendRawTransaction(RpcCall call)
    {
        var transaction = Decode(call.Text(0));
        if (transaction.Inputs.Length == 0)
            throw new RpcException(RpcCode.Deserialization, "TX decode failed. Make sure the tx has at least one input.");

        Broadcast(node, transaction, call[1] is { } rate ? RpcCall.Amount(rate) : DefaultMaxFeeRate);
        call.Json.WriteStringValue(transaction.Txid.ToString());
    }

    private void TestMempoolAccept(RpcCall call)
    {
        var json = call.Json;
        json.WriteStartArray();
        foreach (var hex in call.Array(0).EnumerateArray())
        {
            var transaction = Decode(RpcCall.Text(hex));
            var known = node.Pool.Find(transaction.Txid) is not null;
            var reason = known ? "txn-already-in-mempool" : node.Pool.Accept(transaction, test: true) switch
            {
                null => null,
                { MissingInputs: true } when node.Tree.BlockOf(transaction.Txid) is not null => "txn-already-known",
                { MissingInputs: true } => "missing-inputs",
                { Reason: var other } => other,
            };
            json.WriteStartObject();
            json.WriteString("txid", transaction.Txid.ToString());
            json.WriteString("wtxid", transaction.Wtxid.ToString());
            json.WriteBoolean("allowed", reason is null);
            if (reason is null)
            {
                node.Pool.TryFee(transaction, out var fee);
                json.WriteNumber("vsize", transaction.VirtualSize);
                json.WriteStartObject("fees");
                call.WriteCoins("base", fee);
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("reject-reason", reason);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void GetMempoolInfo(RpcCall call)
    {
        var all = Waiting().ToList();
        call.Json.WriteStartObject();
        call.Json.WriteBoolean("loaded", true);
        call.Json.WriteNumber("size", all.Count);
        call.Json.WriteNumber("bytes", all.Sum(entry => (long)entry.Transaction.VirtualSize));
        call.Json.WriteNumber("usage", all.Sum(entry => 2L * entry.Transaction.Raw.Length));
        call.WriteCoins("total_fee", all.Sum(entry => entry.Fee));
        call.Json.WriteNumber("maxmempool", 300_000_000);
        call.WriteCoins("mempoolminfee", TransactionPool.MinRelayFee);
        call.WriteCoins("minrelaytxfee", TransactionPool.MinRelayFee);
        call.Json.WriteEndObject();
    }

    private void GetRawMempool(RpcCall call)
    {
        if (!call.Flag(0, false))
        {
            call.Json.WriteStartArray();
            foreach (var entry in Waiting()) call.Json.WriteStringValue(entry.Transaction.Txid.ToString());
            call.Json.WriteEndArray();
            return;
        }

        call.Json.WriteStartObject();
        foreach (var entry in Waiting())
        {
            call.Json.WritePropertyName(entry.Transaction.Txid.ToString());
            WriteEntry(call, entry);
        }

        call.Json.WriteEndObject();
    }

    private void GetMempoolEntry(RpcCall call)
    {
        var entry = FindWaiting(call.Hash(0, "parameter 1"));
        WriteEntry(call, entry ?? throw new RpcException(RpcCode.InvalidAddressOrKey, "Transaction not in mempool"));
    }

    private void WriteEntry(RpcCall call, MempoolEntry entry)
    {
        call.Json.WriteStartObject();
        call.Json.WriteNumber("vsize", entry.Transaction.VirtualSize);
        call.Json.WriteNumber("weight", entry.Transaction.Weight);
        call.Json.WriteNumber("time", entry.Time);
        call.Json.WriteNumber("height", node.Tree.Tip.Height);
        call.Json.WriteString("wtxid", entry.Transaction.Wtxid.ToString());
        call.Json.WriteStartObject("fees");
        call.WriteCoins("base", entry.Fee);
        call.WriteCoins("modified", entry.Fee);
        call.Json.WriteEndObject();
        call.Json.WriteBoolean("bip125-replaceable", entry.Transaction.Inputs.Any(input => input.Sequence < 0xFFFFFFFE));
        call.Json.WriteEndObject();
    }

    private IEnumerable<MempoolEntry> Waiting() => node.Templates.Synthetic().Concat(node.Pool.Entries);

    // A regtest node has seen too little to estimate, and says so.
    private static void EstimateSmartFee(RpcCall call)
    {
        var blocks = call.Number(0);
        if (blocks is < 1 or > 1008) throw new RpcException(RpcCode.InvalidParameter, "Invalid conf_target, must be between 1 and 1008");

        call.Json.WriteStartObject();
        call.Json.WriteStartArray("errors");
        call.Json.WriteStringValue("Insufficient data or no feerate found");
        call.Json.WriteEndArray();
        call.Json.WriteNumber("blocks", blocks);
        call.Json.WriteEndObject();
    }
}
