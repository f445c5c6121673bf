using Viddhana.Simnode.Mempool;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>Rules for a block, in the order in which nodes check them. Each answers null or the reject string that nodes use.</summary>
public sealed class BlockChecks(ChainRules rules, SyntheticSource synthetic)
{
    /// <summary>
    /// A template never has more synthetic transactions; the limit keeps a hostile block from making us generate for ever.
    /// </summary>
    public const uint SyntheticMax = 20_000;

    /// <summary>True for faults that somebody else's copy of the same block need not have, so that its hash is not condemned.</summary>
    public static bool IsMutation(string reason) => reason is
        "bad-txnmrklroot" or "bad-txns-duplicate" or "bad-witness-merkle-match" or "bad-witness-nonce-size" or "unexpected-witness";

    /// <summary>Proof of work against the header's own bits.</summary>
    public static string? Work(BlockHeader header) =>
        CompactTarget.TryTarget(header.Bits, out var target) && header.Hash.IsAtMost(target) ? null : "high-hash";

    /// <summary>What can be said of a block without a chain.</summary>
    public static string? Form(Block block)
    {
        var transactions = block.Transactions;
        var root = Merkle.Root(transactions.Select(transaction => transaction.Txid), out var mutated);
        if (root != block.Header.MerkleRoot) return "bad-txnmrklroot";
        if (mutated) return "bad-txns-duplicate";

        var stripped = BlockHeader.Size + 9 + transactions.Sum(transaction => transaction.StrippedSize);
        if (transactions.Count == 0 || stripped * 4 > ChainRules.MaxBlockWeight) return "bad-blk-length";
        if (!transactions[0].IsCoinbase) return "bad-cb-missing";
        if (transactions.Skip(1).Any(transaction => transaction.IsCoinbase)) return "bad-cb-multiple";

        foreach (var transaction in transactions)
        {
            if (TransactionChecks.Form(transaction) is { } reason) return reason;
        }

        return transactions.Sum(TransactionChecks.SigopsCost) > ChainRules.MaxSigopsCost ? "bad-blk-sigops" : null;
    }

    /// <summary>The header against the block it lies on.</summary>
    public string? HeaderOn(BlockHeader header, BlockNode previous)
    {
        if (header.Bits != rules.Bits) return "bad-diffbits";
        if (header.Time <= previous.MedianTimePast) return "time-too-old";
        if (header.Time > rules.UnixTime() + ChainRules.MaxFutureSeconds) return "time-too-new";
        return header.Version < 4 ? $"bad-version(0x{header.Version:x8})" : null;   // BIP 34, 65 and 66 hold from height 1
    }

    /// <summary>The transactions against height and time; commitment and weight.</summary>
    public static string? BodyOn(Block block, BlockNode previous)
    {
        var height = previous.Height + 1;
        var median = previous.MedianTimePast;
        if (!block.Transactions.All(transaction => TransactionChecks.IsFinal(transaction, height, median))) return "bad-txns-nonfinal";

        var coinbase = block.Transactions[0];
        if (!coinbase.Inputs[0].Script.AsSpan().StartsWith(Script.HeightPush(height))) return "bad-cb-height";

        return Witness(block) ?? (Weight(block) > ChainRules.MaxBlockWeight ? "bad-blk-weight" : null);
    }

    /// <summary>Everything that needs the coins of the best chain, of which <paramref name="previous"/> is the tip.</summary>
    public string? Connect(Block block, BlockNode previous, Coins coins, bool verify)
    {
        var height = previous.Height + 1;
        var made = new Dictionary<OutPoint, Coin>();
        var spent = new HashSet<OutPoint>();
        long fees = 0;
        foreach (var transaction in block.Transactions.Skip(1))
        {
            if (!transaction.Inputs.All(input => spent.Add(input.Prevout))) return "bad-txns-inputs-missingorspent";
            if (synthetic.Match(transaction, (uint)height, SyntheticMax) is { } known)
            {
                fees += known.Fee;
                continue;
            }

            var reason = TransactionChecks.Spend(transaction, Find, height, verify, out var fee);
            if (reason is not null) return reason;
            if (!AreOldEnough(transaction, Find, height, previous)) return "bad-txns-nonfinal";

            fees += fee;
            for (var i = 0; i < transaction.Outputs.Length; i++)
                made[new OutPoint(transaction.Txid, (uint)i)] = new Coin(transaction.Outputs[i], height, false);
        }

        return block.Transactions[0].OutputValue > rules.Subsidy(height) + fees ? "bad-cb-amount" : null;

        Coin? Find(OutPoint point) => made.GetValueOrDefault(point) ?? coins.Find(point);
    }

    /// <summary>True if every input's relative lock time has passed.</summary>
    public static bool AreOldEnough(Transaction transaction, Func<OutPoint, Coin?> find, int height, BlockNode previous) =>
        transaction.Inputs.All(input =>
            TransactionChecks.IsOldEnough(transaction, input.Sequence, find(input.Prevout)?.Height ?? height, height, previous));

    /// <summary>
    /// What <c>submitblock</c> does for a coinbase that came without its witness: nodes put in the 32 zero bytes if there is a commitment.
    /// </summary>
    public static Block WithCoinbaseWitness(Block block)
    {
        if (block.Transactions is not [{ HasWitness: false } coinbase, ..] || !coinbase.IsCoinbase || CommitmentOf(coinbase) is null)
            return block;

        var input = coinbase.Inputs[0] with { Witness = [new byte[32]] };
        var full = Transaction.Make(coinbase.Version, [input], coinbase.Outputs, coinbase.LockTime);
        return block with { Transactions = [full, .. block.Transactions.Skip(1)] };
    }

    /// <summary>The commitment over the witness ids after the coinbase, with 32 zero bytes as the reserved value.</summary>
    public static Hash256 CommitmentOver(IEnumerable<Hash256> witnessIds) =>
        Hash256.Of(Merkle.Root(witnessIds.Prepend(Hash256.Zero)), Hash256.Zero);

    // The last output that looks like a commitment counts.
    private static Hash256? CommitmentOf(Transaction coinbase)
    {
        var script = coinbase.Outputs.LastOrDefault(output =>
            output.Script.Length >= 38 && output.Script.AsSpan().StartsWith(Script.CommitmentPrefix))?.Script;
        return script is null ? null : Hash256.Read(script.AsSpan(6));
    }

    private static string? Witness(Block block)
    {
        var coinbase = block.Transactions[0];
        if (CommitmentOf(coinbase) is not { } commitment)
            return block.Transactions.Any(transaction => transaction.HasWitness) ? "unexpected-witness" : null;

        if (coinbase.Inputs[0].Witness is not [{ Length: 32 } reserved]) return "bad-witness-nonce-size";

        var root = Merkle.Root(block.Transactions.Skip(1).Select(transaction => transaction.Wtxid).Prepend(Hash256.Zero));
        return Hash256.Of(root, Hash256.Read(reserved)) == commitment ? null : "bad-witness-merkle-match";
    }

    private static int Weight(Block block)
    {
        var count = block.Transactions.Count < 0xFD ? 1 : 3;
        return (4 * (BlockHeader.Size + count)) + block.Transactions.Sum(transaction => transaction.Weight);
    }
}
