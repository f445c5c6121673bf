using System.Globalization;
using System.Text.Json;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Node;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Payouts;

/// <summary>What a wallet call gave: a value, or an error with the node's code (0 where the node could not be asked at all).</summary>
internal readonly record struct WalletAnswer<T>(T? Value, int Code, string? Error)
{
    public bool IsOk => Error is null;

    /// <summary>True where it is not known whether the call was carried out.</summary>
    public bool IsUnknown => Error is not null && Code == 0;
}

/// <summary>A funded and signed transaction that has not been sent.</summary>
internal sealed record SignedTransaction(
    string Txid, byte[] Raw, long Fee, IReadOnlyList<PayoutInput> Inputs, IReadOnlyDictionary<string, long> Outputs);

/// <summary>The wallet of a pool, by the calls of Bitcoin Core's RPC that payouts need. Amounts travel as decimal text.</summary>
internal sealed class Wallet(NodeRpc rpc, WalletConfig config, int decimals)
{
    private const int UnlockSeconds = 60;
    private const int NotLoaded = -18;

    /// <summary>True when the wallet can spend what is paid to the address.</summary>
    public async Task<WalletAnswer<bool>> IsMine(string address, CancellationToken cancel)
    {
        var answer = await Call("getaddressinfo", [address], cancel);
        return Convert(answer, result => result.GetProperty("ismine").GetBoolean());
    }

    /// <summary>True when the node finds the address valid.</summary>
    public async Task<WalletAnswer<bool>> IsValid(string address, CancellationToken cancel)
    {
        var answer = await Call("validateaddress", [address], cancel);
        return Convert(answer, result => result.GetProperty("isvalid").GetBoolean());
    }

    /// <summary>
    /// Chooses inputs, adds change, and signs; nothing is sent. With <paramref name="feeFromOutputs"/> the fee comes out of the outputs
    /// in equal parts, else out of the change.
    /// </summary>
    public async Task<WalletAnswer<SignedTransaction>> CreateSigned(
        IReadOnlyDictionary<string, long> outputs, bool feeFromOutputs, CancellationToken cancel)
    {
        var wanted = outputs.Select(o => new Dictionary<string, string> { [o.Key] = Amounts.Text(o.Value, decimals) }).ToArray();
        var created = await Call("createrawtransaction", [Array.Empty<object>(), wanted], cancel);
        if (created.Error is not null) return Failed<SignedTransaction>(created);

        var options = new
        {
            replaceable = true,
            subtractFeeFromOutputs = feeFromOutputs ? Enumerable.Range(0, wanted.Length).ToArray() : [],
        };
        var funded = await Call("fundrawtransaction", [created.Result.GetString(), options], cancel);
        if (funded.Error is not null) return Failed<SignedTransaction>(funded);

        var fee = Amounts.Parse(funded.Result.GetProperty("fee").GetRawText(), decimals);
        return await Sign(funded.Result.GetProperty("hex").GetString()!, fee, cancel);
    }

    /// <summary>The same inputs and outputs with more fee, taken from the change output.</summary>
    public async Task<WalletAnswer<SignedTransaction>> CreateBumped(
        PayoutTransaction old, IReadOnlyList<PayoutInput> inputs, IReadOnlySet<string> paid, long newFee, CancellationToken cancel)
    {
        var decoded = await Call("decoderawtransaction", [System.Convert.ToHexStringLower(old.Raw)], cancel);
        if (decoded.Error is not null) return Failed<SignedTransaction>(decoded);

        var outputs = Outputs(decoded.Result);
        var change = outputs.Keys.FirstOrDefault(address => !paid.Contains(address));
        var extra = newFee - old.Fee;
        if (change is null || outputs[change] <= extra)
            return new(null, -1, "its change output cannot bear a higher fee: send from the wallet to unblock it, or wait");

        outputs[change] -= extra;
        var spent = inputs.Select(i => new { txid = i.Txid, vout = i.Vout, sequence = 0xfffffffdu }).ToArray();
        var wanted = outputs.Select(o => new Dictionary<string, string> { [o.Key] = Amounts.Text(o.Value, decimals) }).ToArray();
        var created = await Call("createrawtransaction", [spent, wanted], cancel);
        return created.Error is not null ? Failed<SignedTransaction>(created) : await Sign(created.Result.GetString()!, newFee, cancel);
    }

    /// <summary>Keeps the wallet from choosing these inputs for anything else; a wallet forgets it when its node restarts.</summary>
    public async Task Lock(IReadOnlyList<PayoutInput> inputs, CancellationToken cancel)
    {
        // One by one: an input that is locked already makes the call fail, and that is as good.
        foreach (var input in inputs) await Call("lockunspent", [false, new[] { new { txid = input.Txid, vout = input.Vout } }], cancel);
    }

    /// <summary>Gives inputs back to the wallet.</summary>
    public async Task Unlock(IReadOnlyList<PayoutInput> inputs, CancellationToken cancel)
    {
        foreach (var input in inputs) await Call("lockunspent", [true, new[] { new { txid = input.Txid, vout = input.Vout } }], cancel);
    }

    /// <summary>Sends stored bytes. A transaction that the network has already counts as sent.</summary>
    public async Task<WalletAnswer<bool>> Send(byte[] raw, CancellationToken cancel)
    {
        var answer = await Call("sendrawtransaction", [System.Convert.ToHexStringLower(raw)], cancel);
        var isKnown = answer.Error is { } words && (answer.Code == -27 || words.Contains("txn-already-", StringComparison.Ordinal));
        return isKnown ? new(true, 0, null) : Convert(answer, _ => true);
    }

    /// <summary>Confirmations of one of the wallet's transactions (negative: conflicted) and the block it is in.</summary>
    public async Task<WalletAnswer<(int Confirmations, string? BlockHash)>> Confirmations(string txid, CancellationToken cancel)
    {
        var answer = await Call("gettransaction", [txid], cancel);
        return Convert(
            answer,
            result => (
                result.GetProperty("confirmations").GetInt32(),
                result.TryGetProperty("blockhash", out var hash) ? hash.GetString() : null));
    }

    /// <summary>True when the node's mempool holds the transaction.</summary>
    public async Task<bool> IsInMempool(string txid, CancellationToken cancel) =>
        (await Call("getmempoolentry", [txid], cancel)).Error is null;

    /// <summary>True while the output is unspent, by confirmed transactions only.</summary>
    public async Task<WalletAnswer<bool>> IsUnspent(PayoutInput input, CancellationToken cancel)
    {
        var answer = await Call("gettxout", [input.Txid, input.Vout, false], cancel);
        return Convert(answer, result => result.ValueKind != JsonValueKind.Null);
    }

    /// <summary>The node's refusals and its silence as values: both are ordinary here, and they mean different things.</summary>
    private async Task<RpcAnswer> Call(string method, object?[] parameters, CancellationToken cancel)
    {
        try
        {
            return new RpcAnswer(await rpc.CallAsync(method, cancel, parameters), 0, null);
        }
        catch (NodeRpcException refusal) when (refusal.Code == NotLoaded && config.Name is not null && method != "loadwallet")
        {
            // After its restart a node has no wallet loaded.
            var loaded = await Call("loadwallet", [config.Name], cancel);
            return loaded.Error is null ? await Call(method, parameters, cancel) : loaded;
        }
        catch (NodeRpcException refusal)
        {
            // A node that is still warming up has done nothing, and says so: ask again later.
            return new RpcAnswer(default, refusal.Code == 0 ? -1 : refusal.Code, refusal.Reason);
        }
        catch (NodeUnreachableException silence)
        {
            return new RpcAnswer(default, 0, silence.Message);
        }
    }

    private async Task<WalletAnswer<SignedTransaction>> Sign(string unsigned, long fee, CancellationToken cancel)
    {
        if (config.Passphrase is { Length: > 0 } passphrase)
        {
            var unlocked = await Call("walletpassphrase", [passphrase, UnlockSeconds], cancel);
            if (unlocked.Error is not null) return Failed<SignedTransaction>(unlocked);
        }

        var signed = await Call("signrawtransactionwithwallet", [unsigned], cancel);
        if (signed.Error is not null) return Failed<SignedTransaction>(signed);
        if (!signed.Result.GetProperty("complete").GetBoolean()) return new(null, -1, "the wallet cannot sign all inputs");

        var hex = signed.Result.GetProperty("hex").GetString()!;
        var decoded = await Call("decoderawtransaction", [hex], cancel);
        if (decoded.Error is not null) return Failed<SignedTransaction>(decoded);

        var inputs = new List<PayoutInput>();
        foreach (var input in decoded.Result.GetProperty("vin").EnumerateArray())
        {
            var (txid, vout) = (input.GetProperty("txid").GetString()!, input.GetProperty("vout").GetInt32());
            var output = await Call("gettxout", [txid, vout, true], cancel);
            var amount = output.Error is null && output.Result.ValueKind == JsonValueKind.Object
                ? Amounts.Parse(output.Result.GetProperty("value").GetRawText(), decimals)
                : 0;
            inputs.Add(new PayoutInput(txid, vout, amount));
        }

        var id = decoded.Result.GetProperty("txid").GetString()!;
        return new(new SignedTransaction(id, System.Convert.FromHexString(hex), fee, inputs, Outputs(decoded.Result)), 0, null);
    }

    private Dictionary<string, long> Outputs(JsonElement transaction)
    {
        var outputs = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var output in transaction.GetProperty("vout").EnumerateArray())
        {
            var address = Address(output.GetProperty("scriptPubKey"));
            var amount = Amounts.Parse(output.GetProperty("value").GetRawText(), decimals);
            outputs[address] = outputs.GetValueOrDefault(address) + amount;
        }

        return outputs;
    }

    /// <summary>Core up to 0.21 gives a list, later versions one address.</summary>
    private static string Address(JsonElement script) =>
        script.TryGetProperty("address", out var one) ? one.GetString()!
        : script.TryGetProperty("addresses", out var many) && many.GetArrayLength() == 1 ? many[0].GetString()!
        : string.Create(CultureInfo.InvariantCulture, $"script {script.GetProperty("hex").GetString()}");

    private static WalletAnswer<T> Convert<T>(RpcAnswer answer, Func<JsonElement, T> read) =>
        answer.Error is null ? new(read(answer.Result), 0, null) : Failed<T>(answer);

    private static WalletAnswer<T> Failed<T>(RpcAnswer answer) => new(default, answer.Code, answer.Error);

    private readonly record struct RpcAnswer(JsonElement Result, int Code, string? Error);
}
