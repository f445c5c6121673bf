using System.Text.Json;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>Making, funding, signing and sending transactions.</summary>
public sealed class SpendingCalls(SimulatedNode node, WalletBook book)
{
    /// <summary>Adds the methods.</summary>
    public void Register(RpcTable table)
    {
        table.Add("createrawtransaction", "inputs outputs locktime? replaceable?", CreateRawTransaction);
        table.Add("fundrawtransaction", "hexstring options? iswitness?", FundRawTransaction);
        table.Add("signrawtransactionwithwallet", "hexstring prevtxs? sighashtype?", SignRawTransaction);
        table.Add(
            "sendtoaddress",
            "address amount comment? comment_to? subtractfeefromamount? replaceable? conf_target? estimate_mode? avoid_reuse? fee_rate? "
            + "verbose?",
            SendToAddress);
        table.Add(
            "sendmany",
            "dummy amounts minconf? comment? subtractfeefrom? replaceable? conf_target? estimate_mode? fee_rate? verbose?",
            SendMany);
        table.Add("abandontransaction", "txid", AbandonTransaction);
    }

    private static void CreateRawTransaction(RpcCall call)
    {
        var lockTime = call.Number(2, 0);
        if (lockTime is < 0 or > uint.MaxValue)
            throw new RpcException(RpcCode.InvalidParameter, "Invalid parameter, locktime out of range");

        var sequence = call.Flag(3, false) ? 0xFFFFFFFD : lockTime > 0 ? 0xFFFFFFFE : uint.MaxValue;
        var inputs = TransactionDrafts.Inputs(call.Array(0), sequence);
        var outputs = TransactionDrafts.Outputs(call.Need(1)).Select(output => output.Output);
        call.Json.WriteStringValue(HexText.Of(Transaction.Make(2, inputs, [.. outputs], (uint)lockTime).Raw));
    }

    private void FundRawTransaction(RpcCall call)
    {
        var wallet = book.Of(call);
        var draft = TransactionCalls.Decode(call.Text(0));
        if (draft.Outputs.Length == 0) throw new RpcException(RpcCode.InvalidParameter, "TX must have at least one output");

        var (options, lockCoins) = FundingRequest.Read(call[1], draft.Outputs.Length);
        var funded = Funding.Fund(wallet, draft, options);
        if (lockCoins)
        {
            foreach (var input in funded.Transaction.Inputs) wallet.SetLock(input.Prevout, locked: true);
        }

        call.Json.WriteStartObject();
        call.Json.WriteString("hex", HexText.Of(funded.Transaction.Raw));
        call.WriteCoins("fee", funded.Fee);
        call.Json.WriteNumber("changepos", funded.ChangePosition);
        call.Json.WriteEndObject();
    }

    private void SignRawTransaction(RpcCall call)
    {
        var wallet = book.Of(call);
        var draft = TransactionCalls.Decode(call.Text(0));
        if (draft.Inputs.Length == 0)
            throw new RpcException(RpcCode.Deserialization, "TX decode failed. Make sure the tx has at least one input.");
        if (call.Text(2, "ALL") != "ALL") throw new RpcException(RpcCode.InvalidParameter, "Invalid sighash param");

        WalletCalls.NeedKeys(wallet);
        var given = PreviousOutputs(call);
        var signed = WalletSigner.Sign(wallet, draft, Find);
        var faults = Enumerable.Range(0, signed.Inputs.Length).Select(i => (Input: signed.Inputs[i], Fault: FaultOf(i)))
            .Where(each => each.Fault is not null);

        call.Json.WriteStartObject();
        call.Json.WriteString("hex", HexText.Of(signed.Raw));
        call.Json.WriteBoolean("complete", !faults.Any());
        if (faults.Any())
        {
            call.Json.WriteStartArray("errors");
            foreach (var (input, fault) in faults) WriteFault(call.Json, input, fault!);
            call.Json.WriteEndArray();
        }

        call.Json.WriteEndObject();

        TxOut? Find(OutPoint point) =>
            given.GetValueOrDefault(point) ?? node.Pool.FindCoin(point, evenIfSpentHere: true)?.Output;

        string? FaultOf(int input)
        {
            if (Find(signed.Inputs[input].Prevout) is not { } coin) return "Input not found or already spent";
            return ScriptCheck.IsUnlocked(signed, input, coin) ? null : "Unable to sign input, invalid stack size (possibly missing key)";
        }
    }

    private static Dictionary<OutPoint, TxOut> PreviousOutputs(RpcCall call)
    {
        var outputs = new Dictionary<OutPoint, TxOut>();
        if (call[1] is null) return outputs;

        foreach (var each in call.Array(1).EnumerateArray())
        {
            if (each.ValueKind != JsonValueKind.Object
                || !each.TryGetProperty("txid", out var txid) || !each.TryGetProperty("vout", out var vout)
                || !each.TryGetProperty("scriptPubKey", out var script) || !HexText.TryRead(RpcCall.Text(script), out var bytes))
                throw new RpcException(RpcCode.Type, "Missing txid, vout or scriptPubKey");

            var amount = each.TryGetProperty("amount", out var coins) ? RpcCall.Amount(coins) : 0;
            outputs[new OutPoint(RpcCall.Hash(txid, "txid"), (uint)RpcCall.Number(vout))] = new TxOut(amount, bytes);
        }

        return outputs;
    }

    private static void WriteFault(Utf8JsonWriter json, TxIn input, string fault)
    {
        json.WriteStartObject();
        json.WriteString("txid", input.Prevout.Txid.ToString());
        json.WriteNumber("vout", input.Prevout.Index);
        json.WriteStartArray("witness");
        foreach (var item in input.Witness) json.WriteStringValue(HexText.Of(item));
        json.WriteEndArray();
        json.WriteString("scriptSig", HexText.Of(input.Script));
        json.WriteNumber("sequence", input.Sequence);
        json.WriteString("error", fault);
        json.WriteEndObject();
    }

    private void SendToAddress(RpcCall call)
    {
        var wallet = book.Of(call);
        var output = new TxOut(RpcCall.Amount(call.Need(1)), TransactionDrafts.ScriptOf(call.Text(0)));
        var options = new FundingOptions
        {
            SubtractFeeFrom = call.Flag(4, false) ? [0] : [],
            Replaceable = call.Flag(5, false),
            FeeRate = FundingRequest.SatPerVirtualByte(call[9]),
            ErrorCode = RpcCode.InsufficientFunds,
        };
        Send(call, wallet, [output], options, call.Text(2, ""), call.Text(3, ""), verbose: call.Flag(10, false));
    }

    private void SendMany(RpcCall call)
    {
        var wallet = book.Of(call);
        if (call.Text(0, "").Length > 0) throw new RpcException(RpcCode.InvalidParameter, "Dummy value must be set to \"\"");

        var outputs = TransactionDrafts.Outputs(call.Object(1));
        var bearers = call[4] is null ? [] : call.Array(4).EnumerateArray().Select(RpcCall.Text).ToHashSet(StringComparer.Ordinal);
        var options = new FundingOptions
        {
            SubtractFeeFrom = [.. Enumerable.Range(0, outputs.Count).Where(i => bearers.Contains(outputs[i].Key))],
            Replaceable = call.Flag(5, false),
            FeeRate = FundingRequest.SatPerVirtualByte(call[8]),
            ErrorCode = RpcCode.InsufficientFunds,
        };
        Send(call, wallet, [.. outputs.Select(output => output.Output)], options, call.Text(3, ""), "", verbose: call.Flag(9, false));
    }

    private void Send(
        RpcCall call, Wallet wallet, TxOut[] outputs, FundingOptions options, string comment, string commentTo, bool verbose)
    {
        WalletCalls.NeedKeys(wallet);
        var funded = Funding.Fund(wallet, Transaction.Make(2, [], outputs, 0), options);
        var signed = WalletSigner.Sign(wallet, funded.Transaction, point => wallet.OwnOutput(point));
        TransactionCalls.Broadcast(node, signed, maxFeeRate: 0);
        wallet.Annotate(signed.Txid, comment, commentTo);
        if (!verbose)
        {
            call.Json.WriteStringValue(signed.Txid.ToString());
            return;
        }

        call.Json.WriteStartObject();
        call.Json.WriteString("txid", signed.Txid.ToString());
        call.Json.WriteString("fee_reason", "Fallback fee");
        call.Json.WriteEndObject();
    }

    private void AbandonTransaction(RpcCall call)
    {
        var wallet = book.Of(call);
        var transaction = wallet.Find(call.Hash(0, "txid"))
            ?? throw new RpcException(RpcCode.InvalidAddressOrKey, "Invalid or non-wallet transaction id");
        if (!wallet.Abandon(transaction)) throw new RpcException(RpcCode.InvalidAddressOrKey, "Transaction not eligible for abandonment");

        call.Json.WriteNullValue();
    }
}
