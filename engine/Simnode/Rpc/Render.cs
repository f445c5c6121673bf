using System.Globalization;
using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Rpc;

/// <summary>Blocks, transactions and scripts as JSON, in the shape that nodes give them.</summary>
public static class Render
{
    /// <summary>Address forms of Bitcoin's regtest.</summary>
    public static CoinNetwork Network { get; } = CoinDefinitions.Get("bitcoin")!.Networks["regtest"];

    /// <summary>What is common to <c>getblock</c> and <c>getblockheader</c>; the caller opened the object and closes it.</summary>
    public static void Header(Utf8JsonWriter json, BlockTree tree, BlockNode node)
    {
        json.WriteString("hash", node.Hash.ToString());
        json.WriteNumber("confirmations", Confirmations(tree, node));
        json.WriteNumber("height", node.Height);
        json.WriteNumber("version", node.Header.Version);
        json.WriteString("versionHex", node.Header.Version.ToString("x8", CultureInfo.InvariantCulture));
        json.WriteString("merkleroot", node.Header.MerkleRoot.ToString());
        json.WriteNumber("time", node.Header.Time);
        json.WriteNumber("mediantime", node.MedianTimePast);
        json.WriteNumber("nonce", node.Header.Nonce);
        json.WriteString("bits", Bits(node.Header.Bits));
        CompactTarget.TryTarget(node.Header.Bits, out var target);
        json.WriteString("target", target.ToString());
        json.WriteNumber("difficulty", CompactTarget.Difficulty(node.Header.Bits));
        json.WriteString("chainwork", Work(node.ChainWork));
        json.WriteNumber("nTx", node.Body?.TransactionCount ?? 0);
        if (node.Previous is { } previous) json.WriteString("previousblockhash", previous.Hash.ToString());
        if (tree.IsActive(node) && tree.At(node.Height + 1) is { } next) json.WriteString("nextblockhash", next.Hash.ToString());
    }

    /// <summary>Depth below the tip, or −1 off the best chain.</summary>
    public static int Confirmations(BlockTree tree, BlockNode node) => tree.IsActive(node) ? tree.Tip.Height - node.Height + 1 : -1;

    public static string Bits(uint bits) => bits.ToString("x8", CultureInfo.InvariantCulture);

    public static string Work(UInt128 work) => work.ToString("x64", CultureInfo.InvariantCulture);

    /// <summary>The members of a decoded transaction; the caller opened the object and closes it.</summary>
    public static void Transaction(RpcCall call, Transaction transaction, bool withHex)
    {
        var json = call.Json;
        json.WriteString("txid", transaction.Txid.ToString());
        json.WriteString("hash", transaction.Wtxid.ToString());
        json.WriteNumber("version", transaction.Version);
        json.WriteNumber("size", transaction.Raw.Length);
        json.WriteNumber("vsize", transaction.VirtualSize);
        json.WriteNumber("weight", transaction.Weight);
        json.WriteNumber("locktime", transaction.LockTime);
        json.WriteStartArray("vin");
        foreach (var input in transaction.Inputs) Input(json, input, transaction.IsCoinbase);
        json.WriteEndArray();
        json.WriteStartArray("vout");
        for (var i = 0; i < transaction.Outputs.Length; i++)
        {
            json.WriteStartObject();
            call.WriteCoins("value", transaction.Outputs[i].Value);
            json.WriteNumber("n", i);
            json.WritePropertyName("scriptPubKey");
            OutputScript(json, transaction.Outputs[i].Script);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (withHex) json.WriteString("hex", HexText.Of(transaction.Raw));
    }

    /// <summary>An output script with type and address.</summary>
    public static void OutputScript(Utf8JsonWriter json, byte[] script)
    {
        json.WriteStartObject();
        json.WriteString("asm", Script.Asm(script));
        json.WriteString("hex", HexText.Of(script));
        json.WriteString("type", Script.TypeName(script));
        if (AddressCodec.FromScript(script, Network) is { } address)
        {
            json.WriteString("address", address);
            json.WriteStartArray("addresses");   // as nodes before 22.0 had it
            json.WriteStringValue(address);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Input(Utf8JsonWriter json, TxIn input, bool isCoinbase)
    {
        json.WriteStartObject();
        if (isCoinbase)
        {
            json.WriteString("coinbase", HexText.Of(input.Script));
        }
        else
        {
            json.WriteString("txid", input.Prevout.Txid.ToString());
            json.WriteNumber("vout", input.Prevout.Index);
            json.WriteStartObject("scriptSig");
            json.WriteString("asm", Script.Asm(input.Script));
            json.WriteString("hex", HexText.Of(input.Script));
            json.WriteEndObject();
        }

        if (input.Witness.Length > 0)
        {
            json.WriteStartArray("txinwitness");
            foreach (var item in input.Witness) json.WriteStringValue(HexText.Of(item));
            json.WriteEndArray();
        }

        json.WriteNumber("sequence", input.Sequence);
        json.WriteEndObject();
    }
}
