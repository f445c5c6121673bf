using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>Transactions as calls describe them: lists of inputs, addresses with amounts.</summary>
public static class TransactionDrafts
{
    /// <summary>The output script of an address, or the error −5 that wallets give.</summary>
    public static byte[] ScriptOf(string address) => AddressCodec.TryDecode(address, Render.Network, out var script, out _)
        ? script
        : throw new RpcException(RpcCode.InvalidAddressOrKey, $"Invalid Bitcoin address: {address}");

    /// <summary>Reads <c>{"ADDRESS": AMOUNT, "data": "HEX"}</c> or an array of such objects.</summary>
    public static List<(string Key, TxOut Output)> Outputs(JsonElement given)
    {
        var members = given.ValueKind switch
        {
            JsonValueKind.Object => given.EnumerateObject().ToList(),
            JsonValueKind.Array => [.. given.EnumerateArray().SelectMany(Members)],
            _ => throw RpcCall.WrongType(given, "array"),
        };
        var outputs = new List<(string Key, TxOut Output)>();
        foreach (var member in members)
        {
            if (outputs.Any(output => output.Key == member.Name))
            {
                throw new RpcException(RpcCode.InvalidParameter, member.Name == "data"
                    ? "Invalid parameter, duplicate key: data"
                    : $"Invalid parameter, duplicated address: {member.Name}");
            }

            outputs.Add(
                (member.Name, member.Name == "data" ? Data(member.Value) : new TxOut(RpcCall.Amount(member.Value), ScriptOf(member.Name))));
        }

        return outputs;
    }

    /// <summary>Reads <c>[{"txid":…,"vout":…,"sequence":…}]</c>.</summary>
    public static TxIn[] Inputs(JsonElement given, uint sequence) => [.. given.EnumerateArray().Select(each =>
    {
        if (each.ValueKind != JsonValueKind.Object || !each.TryGetProperty("txid", out var txid))
            throw new RpcException(RpcCode.InvalidParameter, "txid must be of length 64 (not 0, for '')");
        if (!each.TryGetProperty("vout", out var vout) || vout.ValueKind != JsonValueKind.Number)
            throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, missing vout key");

        var index = RpcCall.Number(vout);
        if (index is < 0 or > uint.MaxValue) throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, vout cannot be negative");

        var own = each.TryGetProperty("sequence", out var asked) ? (uint)Math.Clamp(RpcCall.Number(asked), 0, uint.MaxValue) : sequence;
        return new TxIn(new OutPoint(RpcCall.Hash(txid, "txid"), (uint)index), [], own, []);
    })];

    private static IEnumerable<JsonProperty> Members(JsonElement each)
    {
        if (each.ValueKind != JsonValueKind.Object || each.EnumerateObject().Count() != 1)
            throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, key-value pair must contain exactly one key");

        return each.EnumerateObject();
    }

    private static TxOut Data(JsonElement hex)
    {
        if (!HexText.TryRead(RpcCall.Text(hex), out var data) || data.Length > 80)
            throw new RpcException(RpcCode.InvalidParameter, "Data must be hexadecimal string of at most 80 bytes");

        byte[] push = data.Length <= 75 ? [(byte)data.Length] : [76, (byte)data.Length];
        return new TxOut(0, [0x6a, .. push, .. data]);
    }
}
