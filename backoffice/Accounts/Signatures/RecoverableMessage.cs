using System.Security.Cryptography;
using System.Text;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Accounts.Signatures;

/// <summary>
/// Messages signed with a recoverable signature. Bitcoin: BIP 137, a header byte and 64 bytes in Base64; the header says which key and
/// which kind of address. Trezor writes the headers of BIP 137; Electrum writes 31 to 34 for segwit addresses too, so those are taken for
/// any of a compressed key. Ethereum: EIP-191 version 45 (<c>personal_sign</c>), r, s and v in hex.
/// </summary>
internal static class RecoverableMessage
{
    private const int Size = 65;

    /// <summary>True if the owner of the address has signed. False also for a signature that is none.</summary>
    public static bool VerifyBitcoin(WalletAddress address, string message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != Size || !Allows(address.Form, signature[0])) return false;
        var isCompressed = signature[0] >= 31;
        var key = Secp256k1.Recover(BitcoinHash(address.Magic, message), signature[1..], (signature[0] - 27) & 3, isCompressed);
        if (key is null) return false;

        var hash = Ripemd160.Hash160(key);
        if (address.Form == AddressForm.P2sh) hash = Ripemd160.Hash160([0x00, Ripemd160.Size, .. hash]);
        return hash.AsSpan().SequenceEqual(address.Program);
    }

    /// <summary>The same for an EVM address. v is 27 or 28, or 0 or 1 as some hardware writes it.</summary>
    public static bool VerifyEthereum(WalletAddress address, string message, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != Size) return false;
        var recovery = signature[64] >= 27 ? signature[64] - 27 : signature[64];
        if (recovery > 1) return false;
        var key = Secp256k1.Recover(EthereumHash(address.Magic, message), signature[..64], recovery, isCompressed: false);
        return key is not null && Keccak256.Hash(key.AsSpan(1)).AsSpan(12).SequenceEqual(address.Program);
    }

    /// <summary>Double SHA-256 of magic and message, each with its length before it.</summary>
    internal static byte[] BitcoinHash(string magic, string message)
    {
        var (first, second) = (Encoding.UTF8.GetBytes(magic), Encoding.UTF8.GetBytes(message));
        return SHA256.HashData(SHA256.HashData([.. CompactSize(first.Length), .. first, .. CompactSize(second.Length), .. second]));
    }

    /// <summary>Keccak-256 of magic, length in decimal digits, message.</summary>
    internal static byte[] EthereumHash(string magic, string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        return Keccak256.Hash([.. Encoding.UTF8.GetBytes(magic), .. Encoding.ASCII.GetBytes($"{text.Length}"), .. text]);
    }

    /// <summary>Bitcoin's variable-length count.</summary>
    internal static byte[] CompactSize(int count) => count switch
    {
        < 0xfd => [(byte)count],
        <= 0xffff => [0xfd, (byte)count, (byte)(count >> 8)],
        _ => [0xfe, (byte)count, (byte)(count >> 8), (byte)(count >> 16), (byte)(count >> 24)],
    };

    /// <summary>27 to 30: uncompressed P2PKH; 31 to 34: compressed; 35 to 38: P2SH-P2WPKH; 39 to 42: P2WPKH.</summary>
    private static bool Allows(AddressForm form, byte header) => form switch
    {
        AddressForm.P2pkh => header is >= 27 and <= 34,
        AddressForm.P2sh => header is >= 31 and <= 38,
        AddressForm.P2wpkh => header is (>= 31 and <= 34) or (>= 39 and <= 42),
        _ => false,
    };
}
