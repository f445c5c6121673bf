using Viddhana.Contracts;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>
/// Checks spends of P2WPKH and P2PKH outputs with real signatures over SIGHASH_ALL. Spends of any other script are refused: no wallet
/// that this chain serves makes them.
/// </summary>
public static class ScriptCheck
{
    /// <summary>The reject string of a spend that does not unlock its coin.</summary>
    public const string Failed = "mandatory-script-verify-flag-failed (Signature must be zero for failed CHECK(MULTI)SIG operation)";

    /// <summary>True if the input unlocks <paramref name="spent"/>.</summary>
    public static bool IsUnlocked(Transaction transaction, int input, TxOut spent)
    {
        var it = transaction.Inputs[input];
        if (Script.IsP2wpkh(spent.Script))
        {
            var keyHash = spent.Script.AsSpan(2);
            return it.Script.Length == 0 && it.Witness is [var signature, var key] && IsKey(key, keyHash)
                && IsSigned(key, signature, SignatureHash.Segwit(transaction, input, keyHash, spent.Value));
        }

        if (!Script.IsP2pkh(spent.Script)) return false;

        return it.Witness.Length == 0 && TryTwoPushes(it.Script, out var first, out var second) && IsKey(second, spent.Script.AsSpan(3, 20))
            && IsSigned(second, first, SignatureHash.Legacy(transaction, input, spent.Script));
    }

    private static bool IsKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyHash) => Ripemd160.Hash160(key).AsSpan().SequenceEqual(keyHash);

    private static bool IsSigned(byte[] key, byte[] signature, Hash256 hash) =>
        signature is [.., SignatureHash.All] && Secp256k1.Verify(key, hash.ToBytes(), signature.AsSpan(0, signature.Length - 1));

    private static bool TryTwoPushes(byte[] script, out byte[] first, out byte[] second)
    {
        (first, second) = ([], []);
        var reader = new ByteReader(script);
        var length = reader.U8();
        first = reader.Take(length).ToArray();
        var nextLength = reader.U8();
        second = reader.Take(nextLength).ToArray();
        return !reader.Failed && reader.Left == 0 && length <= 75 && nextLength <= 75;
    }
}
