using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Accounts;

/// <summary>What locks an address, as far as signatures of messages go.</summary>
internal enum AddressForm
{
    P2pkh,

    /// <summary>P2SH, taken for P2SH-P2WPKH: for any other script nobody can make a matching signature.</summary>
    P2sh,
    P2wpkh,
    P2tr,
    Evm,

    /// <summary>P2WSH: a script, no single key.</summary>
    Script,
}

/// <summary>An address that may sign.</summary>
/// <param name="Name">As its account is called: small letters for Bech32 and EVM.</param>
/// <param name="Form">What locks it.</param>
/// <param name="Script">Output script; empty for EVM.</param>
/// <param name="Magic">What wallets of its coin write before a message.</param>
internal sealed record WalletAddress(string Name, AddressForm Form, byte[] Script, string Magic)
{
    /// <summary>The hash or key within the script; the 20 bytes of an EVM address.</summary>
    public byte[] Program => Form switch
    {
        AddressForm.P2pkh => Script[3..23],
        AddressForm.P2sh => Script[2..22],
        AddressForm.Evm => Convert.FromHexString(Name.AsSpan(2)),
        _ => Script[2..],
    };

    /// <summary>How it can sign, for people and pages.</summary>
    public string[] Formats => Form switch
    {
        AddressForm.P2pkh or AddressForm.P2sh => ["bip137"],
        AddressForm.P2wpkh => ["bip137", "bip322"],
        AddressForm.P2tr => ["bip322"],
        AddressForm.Evm => ["eip191"],
        _ => [],
    };

    /// <summary>Reads an address of any configured pool's network, or of an EVM chain.</summary>
    /// <param name="text">As typed.</param>
    /// <param name="pools">Whose networks count.</param>
    /// <param name="error">What is wrong with it.</param>
    public static WalletAddress? Parse(string? text, IEnumerable<KnownPool> pools, out string error) =>
        Parse(text, pools.Select(pool => (pool.Coin, pool.Network)), out error);

    /// <summary>The same for networks of coins.</summary>
    public static WalletAddress? Parse(string? text, IEnumerable<(CoinDefinition Coin, CoinNetwork Network)> networks, out string error)
    {
        error = "";
        if (text is null || text.Length is < 14 or > 100)
        {
            error = "an address has 14 to 100 characters";
            return null;
        }

        if (IsEvm(text)) return new WalletAddress(text.ToLowerInvariant(), AddressForm.Evm, [], "\x19" + "Ethereum Signed Message:\n");

        var name = StratumName.Parse(text).Account;
        error = "this pool serves no coin with such an address";
        foreach (var (coin, network) in networks)
        {
            if (!AddressCodec.TryDecode(name, network, out var script, out var reason))
            {
                error = $"the address {reason}";
                continue;
            }

            error = "";
            return new WalletAddress(name, FormOf(script), script, MagicOf(coin));
        }

        return null;
    }

    /// <summary>Bitcoin and what descends from it: <c>\x18Bitcoin Signed Message:\n</c>, the coin's name with a capital.</summary>
    private static string MagicOf(CoinDefinition coin) => $"{char.ToUpperInvariant(coin.Name[0])}{coin.Name[1..]} Signed Message:\n";

    private static bool IsEvm(string text) =>
        text.Length == 42 && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && !text.AsSpan(2).ContainsAnyExcept(HexDigits);

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    private static AddressForm FormOf(byte[] script) => script switch
    {
        [0x76, 0xa9, ..] => AddressForm.P2pkh,
        [0xa9, ..] => AddressForm.P2sh,
        [0x00, 20, ..] => AddressForm.P2wpkh,
        [0x51, 32, ..] => AddressForm.P2tr,
        _ => AddressForm.Script,
    };
}
