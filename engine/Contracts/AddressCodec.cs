using Viddhana.Contracts.Addresses;

namespace Viddhana.Contracts;

/// <summary>
/// Addresses and the output scripts they stand for: Base58Check (P2PKH, P2SH), Bech32 (segwit version 0) and Bech32m (Taproot). Only forms
/// whose spending rules exist today are taken: an output of an unknown witness version could be spent by anyone.
/// </summary>
public static class AddressCodec
{
    private const int HashSize = 20;

    /// <summary>
    /// The output script of an address on this network. The error is a clause that follows "address …": it says what is wrong, and for
    /// which coin and network the address is if that can be told.
    /// </summary>
    public static bool TryDecode(string address, CoinNetwork network, out byte[] outputScript, out string error)
    {
        if (TryDecodeHere(address, network, out outputScript, out error)) return true;

        var owners = OwnersOf(address, network);
        if (owners.Length > 0) error = $"is for {owners}";
        return false;
    }

    /// <summary>The address of a standard output script on this network, or null if it has none.</summary>
    public static string? FromScript(ReadOnlySpan<byte> script, CoinNetwork network)
    {
        if (script is [0x76, 0xa9, HashSize, .. var keyHash, 0x88, 0xac] && keyHash.Length == HashSize)
            return Base58Check.Encode([(byte)network.P2pkh[0], .. keyHash]);

        if (script is [0xa9, HashSize, .. var scriptHash, 0x87] && scriptHash.Length == HashSize)
            return Base58Check.Encode([(byte)network.P2sh[0], .. scriptHash]);

        if (network.Bech32 is null || script.Length < 4 || script[1] != script.Length - 2) return null;

        var version = script[0] switch { 0 => 0, 0x51 => 1, _ => -1 };
        return IsSpendable(version, script.Length - 2) ? Bech32.EncodeWitness(network.Bech32, version, script[2..]) : null;
    }

    private static bool TryDecodeHere(string address, CoinNetwork network, out byte[] script, out string error)
    {
        script = [];
        if (address.Length == 0)
        {
            error = "is empty";
            return false;
        }

        if (LooksLikeMweb(address))
        {
            error = "is an MWEB address, which a coinbase cannot pay: give one that begins with 'ltc1', 'L' or 'M'";
            return false;
        }

        return LooksLikeBech32(address, network)
            ? TryDecodeWitness(address, network.Bech32!, out script, out error)
            : TryDecodeBase58(address, network, out script, out error);
    }

    private static bool TryDecodeWitness(string address, string prefix, out byte[] script, out string error)
    {
        script = [];
        if (!Bech32.TryDecodeWitness(address, prefix, out var version, out var program, out error)) return false;

        if (!IsSpendable(version, program.Length))
        {
            error = $"has witness version {version} with {program.Length} bytes, which has no spending rules: anyone could take the coins";
            return false;
        }

        script = [(byte)(version == 0 ? 0 : 0x50 + version), (byte)program.Length, .. program];
        return true;
    }

    private static bool TryDecodeBase58(string address, CoinNetwork network, out byte[] script, out string error)
    {
        script = [];
        if (!Base58Check.TryDecode(address, out var payload, out error)) return false;

        if (payload.Length != 1 + HashSize)
        {
            error = $"holds {payload.Length} bytes instead of {1 + HashSize}";
            return false;
        }

        var hash = payload.AsSpan(1);
        if (network.P2pkh.Contains(payload[0])) script = [0x76, 0xa9, HashSize, .. hash, 0x88, 0xac];
        else if (network.P2sh.Contains(payload[0])) script = [0xa9, HashSize, .. hash, 0x87];
        else error = $"has version byte {payload[0]}, which this network does not use";
        return script.Length > 0;
    }

    private static bool IsSpendable(int version, int length) => (version, length) is (0, 20) or (0, 32) or (1, 32);

    private static bool LooksLikeBech32(string address, CoinNetwork network) =>
        network.Bech32 is { } prefix && address.StartsWith(prefix + "1", StringComparison.OrdinalIgnoreCase);

    private static bool LooksLikeMweb(string address) =>
        address.StartsWith("ltcmweb1", StringComparison.OrdinalIgnoreCase)
        || address.StartsWith("tmweb1", StringComparison.OrdinalIgnoreCase);

    private static string OwnersOf(string address, CoinNetwork except)
    {
        var owners =
            from name in CoinDefinitions.Names
            from network in CoinDefinitions.Get(name)!.Networks
            where network.Value != except && TryDecodeHere(address, network.Value, out _, out _)
            orderby name, network.Key
            select $"{name} {network.Key}";
        return string.Join(" or ", owners);
    }
}
