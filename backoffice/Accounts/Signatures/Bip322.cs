using System.Security.Cryptography;
using System.Text;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Accounts.Signatures;

/// <summary>
/// BIP 322, form "simple": the witness of a transaction that spends a made-up output of the address, which commits to the message. P2WPKH
/// and P2TR by key: what a single-key wallet makes. Scripts, the form "full" and proofs of funds are not taken.
/// </summary>
internal static class Bip322
{
    private const int WitnessMax = 200;
    private const byte SighashAll = 1;

    private static readonly byte[] MessageTag = SHA256.HashData("BIP0322-signed-message"u8);
    private static readonly byte[] SighashTag = SHA256.HashData("TapSighash"u8);

    /// <summary>True if the owner of the address has signed. False also for a signature that is none.</summary>
    /// <param name="address">P2WPKH or P2TR.</param>
    /// <param name="message">The text.</param>
    /// <param name="witness">The witness stack as transactions hold it, without the prefix <c>smp</c>.</param>
    public static bool Verify(WalletAddress address, string message, ReadOnlySpan<byte> witness)
    {
        if (witness.Length > WitnessMax || ReadStack(witness) is not { } stack) return false;
        var spent = ToSpendId(address.Script, message);
        return (address.Form, stack.Length) switch
        {
            (AddressForm.P2wpkh, 2) => VerifyKeyHash(address, spent, stack[0], stack[1]),
            (AddressForm.P2tr, 1) => VerifyTaproot(address, spent, stack[0]),
            _ => false,
        };
    }

    /// <summary>The tagged hash of the message.</summary>
    internal static byte[] MessageHash(string message) =>
        SHA256.HashData([.. MessageTag, .. MessageTag, .. Encoding.UTF8.GetBytes(message)]);

    /// <summary>Id of the transaction <c>to_spend</c>, in the byte order of the wire.</summary>
    internal static byte[] ToSpendId(ReadOnlySpan<byte> script, string message) => HashTwice(
    [
        0, 0, 0, 0, 1, .. new byte[32], 0xff, 0xff, 0xff, 0xff, 34, 0x00, 32, .. MessageHash(message), 0, 0, 0, 0,
        1, .. new byte[8], .. RecoverableMessage.CompactSize(script.Length), .. script, 0, 0, 0, 0,
    ]);

    /// <summary>Id of the transaction <c>to_sign</c>, in the byte order of the wire.</summary>
    internal static byte[] ToSignId(ReadOnlySpan<byte> spent) => HashTwice(
        [0, 0, 0, 0, 1, .. spent, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, .. ReturnOutput, 0, 0, 0, 0]);

    /// <summary>No value, and a script of OP_RETURN alone.</summary>
    private static byte[] ReturnOutput => [0, 0, 0, 0, 0, 0, 0, 0, 1, 0x6a];

    private static bool VerifyKeyHash(WalletAddress address, byte[] spent, byte[] signature, byte[] key)
    {
        if (signature.Length == 0 || signature[^1] != SighashAll || key.Length != 33) return false;
        return Ripemd160.Hash160(key).AsSpan().SequenceEqual(address.Program)
            && Secp256k1.VerifyDer(SegwitHash(address.Program, spent), signature.AsSpan(..^1), key);
    }

    private static bool VerifyTaproot(WalletAddress address, byte[] spent, byte[] signature)
    {
        // 64 bytes sign with SIGHASH_DEFAULT; a 65th must be SIGHASH_ALL, the only other one that the rules allow.
        var type = signature.Length == 65 ? signature[64] : (byte)0;
        if (signature.Length is not (64 or 65) || (signature.Length == 65 && type != SighashAll)) return false;
        return Secp256k1.VerifySchnorr(TaprootHash(address.Script, spent, type), signature.AsSpan(0, 64), address.Program);
    }

    /// <summary>BIP 143 with SIGHASH_ALL.</summary>
    internal static byte[] SegwitHash(ReadOnlySpan<byte> keyHash, byte[] spent) => HashTwice(
    [
        0, 0, 0, 0, .. HashTwice([.. spent, 0, 0, 0, 0]), .. HashTwice(new byte[4]), .. spent, 0, 0, 0, 0,
        25, 0x76, 0xa9, 20, .. keyHash, 0x88, 0xac, .. new byte[8], 0, 0, 0, 0, .. HashTwice(ReturnOutput), 0, 0, 0, 0,
        SighashAll, 0, 0, 0,
    ]);

    /// <summary>BIP 341 by key, without annex.</summary>
    internal static byte[] TaprootHash(ReadOnlySpan<byte> script, byte[] spent, byte type) => SHA256.HashData(
    [
        .. SighashTag, .. SighashTag, 0, type, 0, 0, 0, 0, 0, 0, 0, 0,
        .. SHA256.HashData([.. spent, 0, 0, 0, 0]),
        .. SHA256.HashData(new byte[8]),
        .. SHA256.HashData([(byte)script.Length, .. script]),
        .. SHA256.HashData(new byte[4]),
        .. SHA256.HashData(ReturnOutput),
        0, 0, 0, 0, 0,
    ]);

    /// <summary>Items of a witness, each under 253 bytes; null if the bytes are no such thing, or more than that.</summary>
    private static byte[][]? ReadStack(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0 || bytes[0] > 2) return null;
        var items = new byte[bytes[0]][];
        bytes = bytes[1..];
        for (var i = 0; i < items.Length; i++)
        {
            if (bytes.Length == 0 || bytes[0] >= 0xfd || bytes.Length - 1 < bytes[0]) return null;
            items[i] = bytes.Slice(1, bytes[0]).ToArray();
            bytes = bytes[(1 + items[i].Length)..];
        }

        return bytes.Length == 0 ? items : null;
    }

    private static byte[] HashTwice(ReadOnlySpan<byte> data) => SHA256.HashData(SHA256.HashData(data));
}
