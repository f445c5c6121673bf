using Viddhana.Contracts;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>Wallets themselves: files, addresses, passphrases.</summary>
public sealed class WalletCalls(WalletBook book)
{
    // Nodes take at most about three years; a wallet here stays open as long.
    private const long UnlockSecondsMax = 100_000_000;

    /// <summary>Adds the methods.</summary>
    public void Register(RpcTable table)
    {
        table.Add(
            "createwallet",
            "wallet_name disable_private_keys? blank? passphrase? avoid_reuse? descriptors? load_on_startup? external_signer?",
            CreateWallet);
        table.Add("loadwallet", "filename load_on_startup?", call => WriteNamed(call, book.Load(call.Text(0)).Name));
        table.Add("unloadwallet", "wallet_name? load_on_startup?", UnloadWallet);
        table.Add("listwallets", "", ListWallets);
        table.Add("listwalletdir", "", ListWalletDir);
        table.Add("getwalletinfo", "", GetWalletInfo);
        table.Add(
            "getnewaddress", "label? address_type?", call => NewAddress(call, call.Text(0, ""), call.Text(1, "bech32"), isChange: false));
        table.Add("getrawchangeaddress", "address_type?", call => NewAddress(call, "", call.Text(0, "bech32"), isChange: true));
        table.Add("getaddressinfo", "address", GetAddressInfo);
        table.Add("getaddressesbylabel", "label", GetAddressesByLabel);
        table.Add("encryptwallet", "passphrase", EncryptWallet);
        table.Add("walletpassphrase", "passphrase timeout", WalletPassphrase);
        table.Add("walletlock", "", WalletLock);
    }

    /// <summary>Fails with −13 while an encrypted wallet is locked.</summary>
    public static void NeedKeys(Wallet wallet)
    {
        if (!wallet.CanSign)
            throw new RpcException(RpcCode.WalletUnlockNeeded, "Error: Please enter the wallet passphrase with walletpassphrase first.");
    }

    private void CreateWallet(RpcCall call)
    {
        if (call.Flag(1, false)) throw new RpcException(RpcCode.InvalidParameter, "wallets without private keys are not simulated");

        var wallet = book.Create(call.Text(0));
        if (call.Text(3, "") is { Length: > 0 } passphrase) wallet.Encrypt(passphrase);
        WriteNamed(call, wallet.Name);
    }

    private static void WriteNamed(RpcCall call, string name)
    {
        call.Json.WriteStartObject();
        call.Json.WriteString("name", name);
        call.Json.WriteString("warning", "");
        call.Json.WriteEndObject();
    }

    private void UnloadWallet(RpcCall call)
    {
        book.Unload(call[0] is { } name ? RpcCall.Text(name) : book.Of(call).Name);
        call.Json.WriteStartObject();
        call.Json.WriteString("warning", "");
        call.Json.WriteEndObject();
    }

    private void ListWallets(RpcCall call)
    {
        call.Json.WriteStartArray();
        foreach (var name in book.Loaded) call.Json.WriteStringValue(name);
        call.Json.WriteEndArray();
    }

    private void ListWalletDir(RpcCall call)
    {
        call.Json.WriteStartObject();
        call.Json.WriteStartArray("wallets");
        foreach (var name in book.OnDisk)
        {
            call.Json.WriteStartObject();
            call.Json.WriteString("name", name);
            call.Json.WriteEndObject();
        }

        call.Json.WriteEndArray();
        call.Json.WriteEndObject();
    }

    private void GetWalletInfo(RpcCall call)
    {
        var wallet = book.Of(call);
        var coins = wallet.Coins();
        call.Json.WriteStartObject();
        call.Json.WriteString("walletname", wallet.Name);
        call.Json.WriteNumber("walletversion", 169_900);
        call.Json.WriteString("format", "viddhana-simnode");
        call.WriteCoins("balance", coins.Where(coin => coin.IsTrusted).Sum(coin => coin.Output.Value));
        call.WriteCoins("unconfirmed_balance", coins.Where(coin => !coin.IsTrusted).Sum(coin => coin.Output.Value));
        call.WriteCoins("immature_balance", wallet.ImmatureBalance());
        call.Json.WriteNumber("txcount", wallet.Transactions.Count());
        call.Json.WriteNumber("keypoolsize", 1000);
        if (wallet.IsEncrypted) call.Json.WriteNumber("unlocked_until", wallet.UnlockedUntil);
        call.WriteCoins("paytxfee", 0);
        call.Json.WriteBoolean("private_keys_enabled", true);
        call.Json.WriteBoolean("avoid_reuse", false);
        call.Json.WriteBoolean("scanning", false);
        call.Json.WriteBoolean("descriptors", false);
        call.Json.WriteEndObject();
    }

    private void NewAddress(RpcCall call, string label, string type, bool isChange)
    {
        if (type is not ("bech32" or "legacy")) throw new RpcException(RpcCode.InvalidAddressOrKey, $"Unknown address type '{type}'");

        var address = book.Of(call).NewAddress(type == "legacy", label, isChange);
        call.Json.WriteStringValue(AddressCodec.FromScript(address.Script, Render.Network));
    }

    private void GetAddressInfo(RpcCall call)
    {
        var wallet = book.Of(call);
        var text = call.Text(0);
        if (!AddressCodec.TryDecode(text, Render.Network, out var script, out _))
            throw new RpcException(RpcCode.InvalidAddressOrKey, "Invalid address");

        var json = call.Json;
        var own = wallet.Keys.Find(script);
        json.WriteStartObject();
        json.WriteString("address", text);
        json.WriteString("scriptPubKey", HexText.Of(script));
        json.WriteBoolean("ismine", own is not null);
        json.WriteBoolean("solvable", own is not null);
        json.WriteBoolean("iswatchonly", false);
        json.WriteBoolean("isscript", Script.IsP2sh(script) || script.Length == 34);
        json.WriteBoolean("iswitness", Script.IsWitnessProgram(script));
        NodeCalls.WriteWitness(json, script);
        if (own is not null)
        {
            json.WriteString("pubkey", HexText.Of(own.PublicKey));
            json.WriteString("hdkeypath", $"m/0'/{(own.IsChange ? 1 : 0)}'/{own.Index}'");
        }

        json.WriteBoolean("ischange", own is { IsChange: true });
        json.WriteStartArray("labels");
        if (own is { IsChange: false }) json.WriteStringValue(own.Label);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void GetAddressesByLabel(RpcCall call)
    {
        var label = call.Text(0);
        var addresses = book.Of(call).Keys.All.Where(address => !address.IsChange && address.Label == label).ToList();
        if (addresses.Count == 0) throw new RpcException(RpcCode.InvalidLabel, $"No addresses with label {label}");

        call.Json.WriteStartObject();
        foreach (var address in addresses)
        {
            call.Json.WriteStartObject(AddressCodec.FromScript(address.Script, Render.Network)!);
            call.Json.WriteString("purpose", "receive");
            call.Json.WriteEndObject();
        }

        call.Json.WriteEndObject();
    }

    private void EncryptWallet(RpcCall call)
    {
        var wallet = book.Of(call);
        if (wallet.IsEncrypted)
        {
            throw new RpcException(
                RpcCode.WrongEncryptionState, "Error: running with an encrypted wallet, but encryptwallet was called.");
        }

        var passphrase = call.Text(0);
        if (passphrase.Length == 0) throw new RpcException(RpcCode.InvalidParameter, "passphrase can not be empty");

        wallet.Encrypt(passphrase);
        call.Json.WriteStringValue("wallet locked; its keys lie on disk as before, for these coins are worth nothing.");
    }

    private void WalletPassphrase(RpcCall call)
    {
        var wallet = NeedEncrypted(call, "walletpassphrase");
        var seconds = call.Number(1);
        if (seconds < 0) throw new RpcException(RpcCode.InvalidParameter, "Timeout cannot be negative.");
        if (!wallet.Unlock(call.Text(0), Math.Min(seconds, UnlockSecondsMax)))
            throw new RpcException(RpcCode.WalletPassphraseIncorrect, "Error: The wallet passphrase entered was incorrect.");

        call.Json.WriteNullValue();
    }

    private void WalletLock(RpcCall call)
    {
        NeedEncrypted(call, "walletlock").LockKeys();
        call.Json.WriteNullValue();
    }

    private Wallet NeedEncrypted(RpcCall call, string method)
    {
        var wallet = book.Of(call);
        if (wallet.IsEncrypted) return wallet;

        throw new RpcException(RpcCode.WrongEncryptionState, $"Error: running with an unencrypted wallet, but {method} was called.");
    }
}
