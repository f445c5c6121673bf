using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>What a wallet has: balances, coins, locks.</summary>
public sealed class CoinCalls(WalletBook book)
{
    /// <summary>Adds the methods.</summary>
    public void Register(RpcTable table)
    {
        table.Add("getbalance", "dummy? minconf? include_watchonly? avoid_reuse?", GetBalance);
        table.Add("getunconfirmedbalance", "", call => call.WriteCoins(Sum(book.Of(call).Coins(), coin => !coin.IsTrusted)));
        table.Add("getbalances", "", GetBalances);
        table.Add("listunspent", "minconf? maxconf? addresses? include_unsafe? query_options?", ListUnspent);
        table.Add("lockunspent", "unlock transactions? persistent?", LockUnspent);
        table.Add("listlockunspent", "", ListLockUnspent);
        table.Add("getreceivedbyaddress", "address minconf?", GetReceivedByAddress);
    }

    private static long Sum(List<WalletCoin> coins, Func<WalletCoin, bool> which) => coins.Where(which).Sum(coin => coin.Output.Value);

    private void GetBalance(RpcCall call)
    {
        var wallet = book.Of(call);
        if (call.Text(0, "*") != "*") throw new RpcException(RpcCode.Misc, "dummy first argument must be excluded or set to \"*\".");

        var least = call.Number(1, 0);
        call.WriteCoins(Sum(wallet.Coins(), coin => coin.IsTrusted && coin.Depth >= least));
    }

    private void GetBalances(RpcCall call)
    {
        var wallet = book.Of(call);
        var coins = wallet.Coins();
        call.Json.WriteStartObject();
        call.Json.WriteStartObject("mine");
        call.WriteCoins("trusted", Sum(coins, coin => coin.IsTrusted));
        call.WriteCoins("untrusted_pending", Sum(coins, coin => !coin.IsTrusted));
        call.WriteCoins("immature", wallet.ImmatureBalance());
        call.Json.WriteEndObject();
        call.Json.WriteEndObject();
    }

    private void ListUnspent(RpcCall call)
    {
        var wallet = book.Of(call);
        var least = call.Number(0, 1);
        var most = call.Number(1, 9_999_999);
        var scripts = call[2] is null ? null
            : call.Array(2).EnumerateArray().Select(each => ScriptOf(RpcCall.Text(each))).ToHashSet(StringComparer.Ordinal);
        var withUnsafe = call.Flag(3, true);
        call.Json.WriteStartArray();
        foreach (var coin in wallet.Coins())
        {
            if (coin.Depth < least || coin.Depth > most || wallet.Locked.Contains(coin.Point) || (!withUnsafe && !coin.IsTrusted)) continue;
            if (scripts?.Contains(HexText.Of(coin.Output.Script)) == false) continue;

            WriteCoin(call, coin);
        }

        call.Json.WriteEndArray();
    }

    private static void WriteCoin(RpcCall call, WalletCoin coin)
    {
        var json = call.Json;
        json.WriteStartObject();
        json.WriteString("txid", coin.Point.Txid.ToString());
        json.WriteNumber("vout", coin.Point.Index);
        json.WriteString("address", AddressCodec.FromScript(coin.Output.Script, Render.Network));
        if (!coin.Address.IsChange) json.WriteString("label", coin.Address.Label);
        json.WriteString("scriptPubKey", HexText.Of(coin.Output.Script));
        call.WriteCoins("amount", coin.Output.Value);
        json.WriteNumber("confirmations", coin.Depth);
        json.WriteBoolean("spendable", true);
        json.WriteBoolean("solvable", true);
        json.WriteBoolean("safe", coin.IsTrusted);
        json.WriteEndObject();
    }

    private void LockUnspent(RpcCall call)
    {
        var wallet = book.Of(call);
        var unlock = call.Flag(0, false);
        if (call[1] is null)
        {
            if (unlock) wallet.UnlockAllCoins();
            call.Json.WriteBooleanValue(true);
            return;
        }

        // All are checked before any is changed.
        var points = call.Array(1).EnumerateArray().Select(each => Point(each, wallet)).ToList();
        foreach (var point in points)
        {
            if (unlock && !wallet.Locked.Contains(point))
                throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, expected locked output");
            if (!unlock && wallet.Locked.Contains(point))
                throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, output already locked");
        }

        foreach (var point in points) wallet.SetLock(point, !unlock);
        call.Json.WriteBooleanValue(true);
    }

    private static OutPoint Point(JsonElement given, Wallet wallet)
    {
        if (given.ValueKind != JsonValueKind.Object || !given.TryGetProperty("txid", out var txid)
            || !given.TryGetProperty("vout", out var vout))
            throw new RpcException(RpcCode.Type, "Missing txid or vout");

        var index = RpcCall.Number(vout);
        if (index < 0) throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, vout cannot be negative");

        var hash = RpcCall.Hash(txid, "txid");
        if (wallet.Find(hash) is not { } transaction)
            throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, unknown transaction");
        if (index >= transaction.Transaction.Outputs.Length)
            throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, vout index out of bounds");

        return new OutPoint(hash, (uint)index);
    }

    private void ListLockUnspent(RpcCall call)
    {
        call.Json.WriteStartArray();
        foreach (var point in book.Of(call).Locked)
        {
            call.Json.WriteStartObject();
            call.Json.WriteString("txid", point.Txid.ToString());
            call.Json.WriteNumber("vout", point.Index);
            call.Json.WriteEndObject();
        }

        call.Json.WriteEndArray();
    }

    private void GetReceivedByAddress(RpcCall call)
    {
        var wallet = book.Of(call);
        var script = HexText.Of(TransactionDrafts.ScriptOf(call.Text(0)));
        var least = call.Number(1, 1);
        call.WriteCoins(wallet.Transactions
            .Where(each => wallet.Depth(each) >= least && wallet.BlocksToMaturity(each) == 0)
            .SelectMany(each => each.Transaction.Outputs)
            .Where(output => HexText.Of(output.Script) == script)
            .Sum(output => output.Value));
    }

    private static string ScriptOf(string address) => HexText.Of(TransactionDrafts.ScriptOf(address));
}
