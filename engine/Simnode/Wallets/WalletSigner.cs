using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>Signs inputs that spend P2WPKH and P2PKH outputs.</summary>
public static class WalletSigner
{
    /// <summary>
    /// Signs every input whose coin <paramref name="find"/> knows and whose key the wallet has; the others stay as they are.
    /// </summary>
    public static Transaction Sign(Wallet wallet, Transaction transaction, Func<OutPoint, TxOut?> find)
    {
        var inputs = (TxIn[])transaction.Inputs.Clone();
        for (var i = 0; i < inputs.Length; i++)
        {
            if (find(inputs[i].Prevout) is { } coin && wallet.Keys.Find(coin.Script) is { } address)
                inputs[i] = SignInput(wallet, transaction, i, coin, address);
        }

        return Transaction.Make(transaction.Version, inputs, transaction.Outputs, transaction.LockTime);
    }

    private static TxIn SignInput(Wallet wallet, Transaction transaction, int input, TxOut coin, WalletAddress address)
    {
        var isSegwit = Script.IsP2wpkh(coin.Script);
        var hash = isSegwit
            ? SignatureHash.Segwit(transaction, input, coin.Script.AsSpan(2), coin.Value)
            : SignatureHash.Legacy(transaction, input, coin.Script);
        byte[] signature = [.. Secp256k1.Sign(wallet.Keys.Secret(address.Index), hash.ToBytes()), SignatureHash.All];
        return isSegwit
            ? transaction.Inputs[input] with { Script = [], Witness = [signature, address.PublicKey] }
            : transaction.Inputs[input] with
            {
                Script = [(byte)signature.Length, .. signature, (byte)address.PublicKey.Length, .. address.PublicKey],
                Witness = [],
            };
    }
}
