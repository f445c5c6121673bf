using Viddhana.Contracts;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>What happened in a wallet.</summary>
public sealed class HistoryCalls(SimulatedNode node, WalletBook book)
{
    /// <summary>Adds the methods.</summary>
    public void Register(RpcTable table)
    {
        table.Add("gettransaction", "txid include_watchonly? verbose?", GetTransaction);
        table.Add("listtransactions", "label? count? skip? include_watchonly?", ListTransactions);
        table.Add("listsinceblock", "blockhash? target_confirmations? include_watchonly? include_removed?", ListSinceBlock);
    }

    private sealed record Detail(TxOut Output, int Index, string Category, long Amount, string? Label, long? Fee);

    private void GetTransaction(RpcCall call)
    {
        var wallet = book.Of(call);
        var it = wallet.Find(call.Hash(0, "txid"))
            ?? throw new RpcException(RpcCode.InvalidAddressOrKey, "Invalid or non-wallet transaction id");
        var (fee, amount) = Totals(wallet, it);

        call.Json.WriteStartObject();
        call.WriteCoins("amount", amount);
        if (fee is { } paid) call.WriteCoins("fee", paid);
        WriteCommon(call, wallet, it);
        call.Json.WriteStartArray("details");
        foreach (var detail in Details(wallet, it))
        {
            call.Json.WriteStartObject();
            WriteDetail(call, detail, it);
            call.Json.WriteEndObject();
        }

        call.Json.WriteEndArray();
        call.Json.WriteString("hex", HexText.Of(it.Transaction.Raw));
        if (call.Flag(2, false))
        {
            call.Json.WriteStartObject("decoded");
            Render.Transaction(call, it.Transaction, withHex: false);
            call.Json.WriteEndObject();
        }

        call.Json.WriteEndObject();
    }

    private void ListTransactions(RpcCall call)
    {
        var wallet = book.Of(call);
        var count = call.Number(1, 10);
        var skip = call.Number(2, 0);
        if (count < 0) throw new RpcException(RpcCode.InvalidParameter, "Negative count");
        if (skip < 0) throw new RpcException(RpcCode.InvalidParameter, "Negative from");

        var label = call.Text(0, "*");
        var all = wallet.Transactions
            .SelectMany(it => Details(wallet, it).Reverse().Select(detail => (It: it, Detail: detail)))
            .Where(each => label == "*" || each.Detail.Label == label)
            .ToList();
        var end = (int)Math.Max(0, all.Count - skip);
        var start = (int)Math.Max(0, end - count);
        call.Json.WriteStartArray();
        foreach (var (it, detail) in all[start..end]) WriteEntry(call, wallet, it, detail);
        call.Json.WriteEndArray();
    }

    private void ListSinceBlock(RpcCall call)
    {
        var wallet = book.Of(call);
        var since = call[0] is { } hash
            ? node.Tree.Find(RpcCall.Hash(hash, "blockhash")) ?? throw new RpcException(RpcCode.InvalidAddressOrKey, "Block not found")
            : null;
        var fork = since;
        while (fork is not null && !node.Tree.IsActive(fork)) fork = fork.Previous;

        call.Json.WriteStartObject();
        call.Json.WriteStartArray("transactions");
        foreach (var it in wallet.Transactions)
        {
            if (fork is not null && node.Tree.BlockOf(it.Transaction.Txid) is { } block && block.Height <= fork.Height) continue;

            foreach (var detail in Details(wallet, it)) WriteEntry(call, wallet, it, detail);
        }

        call.Json.WriteEndArray();
        call.Json.WriteStartArray("removed");
        for (var block = since; block is not null && block != fork; block = block.Previous)
        {
            foreach (var it in block.Body!.Own.Select(each => wallet.Find(each.Txid)).OfType<WalletTransaction>())
            {
                foreach (var detail in Details(wallet, it)) WriteEntry(call, wallet, it, detail);
            }
        }

        call.Json.WriteEndArray();
        var last = node.Tree.At((int)Math.Max(0, node.Tree.Tip.Height + 1 - call.Number(1, 1)));
        call.Json.WriteString("lastblock", last?.Hash.ToString());
        call.Json.WriteEndObject();
    }

    // What it did to the wallet's balance, the fee apart; a coinbase counts once it may be spent.
    private static (long? Fee, long Amount) Totals(Wallet wallet, WalletTransaction it)
    {
        var debit = wallet.Debit(it.Transaction);
        var credit = wallet.BlocksToMaturity(it) > 0 ? 0 : wallet.Credit(it.Transaction);
        long? fee = debit > 0 ? it.Transaction.OutputValue - debit : null;
        return (fee, credit - debit - (fee ?? 0));
    }

    // First what was sent, then what was received; change is neither.
    private static IEnumerable<Detail> Details(Wallet wallet, WalletTransaction it)
    {
        var (fee, _) = Totals(wallet, it);
        var outputs = it.Transaction.Outputs.Select((output, index) => (Output: output, Index: index, Own: wallet.Keys.Find(output.Script)))
            .Where(each => fee is null || each.Own is not { IsChange: true })
            .ToList();
        if (fee is not null)
        {
            foreach (var (output, index, own) in outputs)
                yield return new Detail(output, index, "send", -output.Value, own?.Label, fee);
        }

        foreach (var (output, index, own) in outputs.Where(each => each.Own is not null))
            yield return new Detail(output, index, Category(wallet, it), output.Value, own!.Label, null);
    }

    private static string Category(Wallet wallet, WalletTransaction it)
    {
        if (!it.Transaction.IsCoinbase) return "receive";
        if (wallet.Depth(it) < 1) return "orphan";
        return wallet.BlocksToMaturity(it) > 0 ? "immature" : "generate";
    }

    private void WriteEntry(RpcCall call, Wallet wallet, WalletTransaction it, Detail detail)
    {
        call.Json.WriteStartObject();
        WriteDetail(call, detail, it);
        WriteCommon(call, wallet, it);
        call.Json.WriteEndObject();
    }

    private static void WriteDetail(RpcCall call, Detail detail, WalletTransaction it)
    {
        if (AddressCodec.FromScript(detail.Output.Script, Render.Network) is { } address) call.Json.WriteString("address", address);
        call.Json.WriteString("category", detail.Category);
        call.WriteCoins("amount", detail.Amount);
        if (detail.Label is not null) call.Json.WriteString("label", detail.Label);
        call.Json.WriteNumber("vout", detail.Index);
        if (detail.Fee is not { } fee) return;

        call.WriteCoins("fee", fee);
        call.Json.WriteBoolean("abandoned", it.IsAbandoned);
    }

    private void WriteCommon(RpcCall call, Wallet wallet, WalletTransaction it)
    {
        var json = call.Json;
        var block = node.Tree.BlockOf(it.Transaction.Txid);
        json.WriteNumber("confirmations", wallet.Depth(it));
        if (it.Transaction.IsCoinbase) json.WriteBoolean("generated", true);
        if (block is not null)
        {
            json.WriteString("blockhash", block.Hash.ToString());
            json.WriteNumber("blockheight", block.Height);
            json.WriteNumber("blockindex", block.Body!.IndexOf(it.Transaction.Txid));
            json.WriteNumber("blocktime", block.Header.Time);
        }
        else
        {
            json.WriteBoolean("trusted", wallet.IsTrusted(it));
        }

        json.WriteString("txid", it.Transaction.Txid.ToString());
        json.WriteStartArray("walletconflicts");
        foreach (var rival in wallet.Conflicts(it)) json.WriteStringValue(rival.ToString());
        json.WriteEndArray();
        json.WriteNumber("time", it.Time);
        json.WriteNumber("timereceived", it.Time);
        json.WriteString("bip125-replaceable", Replaceable(it, isConfirmed: block is not null));
        if (it.Comment.Length > 0) json.WriteString("comment", it.Comment);
        if (it.CommentTo.Length > 0) json.WriteString("to", it.CommentTo);
    }

    private string Replaceable(WalletTransaction it, bool isConfirmed)
    {
        if (isConfirmed) return "no";
        if (node.Pool.Find(it.Transaction.Txid) is null) return "unknown";
        return it.Transaction.Inputs.Any(input => input.Sequence < 0xFFFFFFFE) ? "yes" : "no";
    }
}
