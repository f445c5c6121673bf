using Viddhana.Simnode.Mempool;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>Blocks that the rest of the world finds: valid but for proof of work, which nobody checks on them.</summary>
public static class OtherMiners
{
    /// <summary>Most synthetic transactions in a block of a side branch.</summary>
    public const int BranchTransactionsMax = 3000;

    /// <summary>Whom their coinbases pay: a key hash that no wallet here has.</summary>
    public static byte[] Script { get; } = Wire.Script.P2wpkh("other miners' 20byte"u8);

    /// <summary>Makes a block on <paramref name="parent"/> that differs from every other.</summary>
    public static Block Make(ChainRules rules, BlockNode parent, IReadOnlyList<MempoolEntry> entries, byte[] script)
    {
        var unique = Random.Shared.NextInt64();
        var height = parent.Height + 1;
        var tag = new ByteWriter().Raw(Wire.Script.HeightPush(height)).Bytes(new ByteWriter().I64(unique).Written).Bytes("/simnode/"u8);
        var commitment = BlockChecks.CommitmentOver(entries.Select(entry => entry.Transaction.Wtxid));
        var coinbase = Transaction.Make(
            2,
            [new TxIn(OutPoint.None, tag.ToArray(), uint.MaxValue, [new byte[32]])],
            [
                new TxOut(rules.Subsidy(height) + entries.Sum(entry => entry.Fee), script),
                new TxOut(0, Wire.Script.Commitment(commitment)),
            ],
            0);

        List<Transaction> transactions = [coinbase, .. entries.Select(entry => entry.Transaction)];
        var root = Merkle.Root(transactions.Select(transaction => transaction.Txid));
        var time = (uint)Math.Max(rules.UnixTime(), parent.MedianTimePast + 1);
        return new Block(BlockHeader.Make(0x20000000, parent.Hash, root, time, rules.Bits, (uint)(unique & uint.MaxValue)), transactions);
    }
}
