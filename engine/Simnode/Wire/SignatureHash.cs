namespace Viddhana.Simnode.Wire;

/// <summary>What signatures of SIGHASH_ALL sign: BIP 143 for segwit version 0, the older form for P2PKH.</summary>
public static class SignatureHash
{
    /// <summary>The only hash type written and accepted here.</summary>
    public const byte All = 1;

    /// <summary>BIP 143, for an input that spends <paramref name="value"/> locked to <paramref name="keyHash"/>.</summary>
    public static Hash256 Segwit(Transaction transaction, int input, ReadOnlySpan<byte> keyHash, long value)
    {
        var prevouts = new ByteWriter();
        var sequences = new ByteWriter();
        var outputs = new ByteWriter();
        foreach (var each in transaction.Inputs)
        {
            prevouts.Hash(each.Prevout.Txid).U32(each.Prevout.Index);
            sequences.U32(each.Sequence);
        }

        foreach (var output in transaction.Outputs) outputs.I64(output.Value).Bytes(output.Script);

        var spent = transaction.Inputs[input];
        return Hash256.Of(new ByteWriter()
            .U32((uint)transaction.Version)
            .Hash(Hash256.Of(prevouts.Written))
            .Hash(Hash256.Of(sequences.Written))
            .Hash(spent.Prevout.Txid).U32(spent.Prevout.Index)
            .Bytes(Script.P2pkh(keyHash))
            .I64(value)
            .U32(spent.Sequence)
            .Hash(Hash256.Of(outputs.Written))
            .U32(transaction.LockTime)
            .U32(All)
            .Written);
    }

    /// <summary>Before segwit: all scripts empty but the one that is signed for.</summary>
    public static Hash256 Legacy(Transaction transaction, int input, ReadOnlySpan<byte> spentScript)
    {
        var writer = new ByteWriter().U32((uint)transaction.Version).Count(transaction.Inputs.Length);
        for (var i = 0; i < transaction.Inputs.Length; i++)
        {
            var each = transaction.Inputs[i];
            writer.Hash(each.Prevout.Txid).U32(each.Prevout.Index).Bytes(i == input ? spentScript : []).U32(each.Sequence);
        }

        writer.Count(transaction.Outputs.Length);
        foreach (var output in transaction.Outputs) writer.I64(output.Value).Bytes(output.Script);
        return Hash256.Of(writer.U32(transaction.LockTime).U32(All).Written);
    }
}
