using System.Security.Cryptography;
using Viddhana.Contracts;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>An address that a wallet handed out, and the key behind it.</summary>
/// <param name="Index">Number of the key.</param>
/// <param name="Script">What outputs to it carry.</param>
/// <param name="IsChange">Made for change, not for somebody to pay to.</param>
public sealed record WalletAddress(uint Index, byte[] Script, byte[] PublicKey, string Label, bool IsChange);

/// <summary>Keys that all follow from one seed, and the addresses that were made of them.</summary>
public sealed class WalletKeys(byte[] seed)
{
    private readonly Dictionary<string, WalletAddress> _byKeyHash = new(StringComparer.Ordinal);

    /// <summary>All addresses in the order in which they were made.</summary>
    public IEnumerable<WalletAddress> All => _byKeyHash.Values.OrderBy(address => address.Index);

    /// <summary>Number of the next key.</summary>
    public uint Next { get; private set; }

    /// <summary>Makes the address of key <paramref name="index"/>; <see cref="Next"/> is behind it afterwards.</summary>
    public WalletAddress Add(uint index, bool legacy, string label, bool isChange)
    {
        var publicKey = Secp256k1.PublicKey(Secret(index));
        var keyHash = Ripemd160.Hash160(publicKey);
        var script = legacy ? Script.P2pkh(keyHash) : Script.P2wpkh(keyHash);
        var address = new WalletAddress(index, script, publicKey, label, isChange);
        _byKeyHash[HexText.Of(keyHash)] = address;
        Next = Math.Max(Next, index + 1);
        return address;
    }

    /// <summary>The address whose key unlocks a script, or null. Both forms of a key are known, whichever was handed out.</summary>
    public WalletAddress? Find(byte[] script)
    {
        if (Script.IsP2wpkh(script)) return _byKeyHash.GetValueOrDefault(HexText.Of(script.AsSpan(2)));
        return Script.IsP2pkh(script) ? _byKeyHash.GetValueOrDefault(HexText.Of(script.AsSpan(3, 20))) : null;
    }

    /// <summary>The secret key of an address.</summary>
    public byte[] Secret(uint index)
    {
        for (byte round = 0; ; round++)
        {
            var secret = SHA256.HashData([.. seed, .. BitConverter.GetBytes(index), round]);
            if (Secp256k1.IsSecret(secret)) return secret;
        }
    }
}
