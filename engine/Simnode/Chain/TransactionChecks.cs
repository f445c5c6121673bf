using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>Rules for one transaction. Each answers null or the reject string that nodes use.</summary>
public static class TransactionChecks
{
    private const uint SequenceDisabled = 1u << 31;
    private const uint SequenceIsTime = 1u << 22;
    private const uint LockTimeIsTime = 500_000_000;

    /// <summary>What can be said without any chain.</summary>
    public static string? Form(Transaction transaction)
    {
        if (transaction.Inputs.Length == 0) return "bad-txns-vin-empty";
        if (transaction.Outputs.Length == 0) return "bad-txns-vout-empty";
        if (transaction.StrippedSize * 4 > ChainRules.MaxBlockWeight) return "bad-txns-oversize";

        long total = 0;
        foreach (var output in transaction.Outputs)
        {
            if (output.Value < 0) return "bad-txns-vout-negative";
            if (output.Value > ChainRules.MaxMoney) return "bad-txns-vout-toolarge";

            total += output.Value;
            if (total > ChainRules.MaxMoney) return "bad-txns-txouttotal-toolarge";
        }

        var seen = new HashSet<OutPoint>();
        if (transaction.Inputs.Any(input => !seen.Add(input.Prevout))) return "bad-txns-inputs-duplicate";
        if (transaction.IsCoinbase) return transaction.Inputs[0].Script.Length is < 2 or > 100 ? "bad-cb-length" : null;

        return transaction.Inputs.Any(input => input.Prevout == OutPoint.None) ? "bad-txns-prevout-null" : null;
    }

    /// <summary>Lock time against the block it would be in.</summary>
    public static bool IsFinal(Transaction transaction, int height, uint medianTimePast)
    {
        var limit = transaction.LockTime < LockTimeIsTime ? (uint)height : medianTimePast;
        return transaction.LockTime == 0 || transaction.LockTime < limit
            || transaction.Inputs.All(input => input.Sequence == uint.MaxValue);
    }

    /// <summary>Relative lock times (BIP 68) of an input that spends a coin of <paramref name="coinHeight"/>.</summary>
    public static bool IsOldEnough(Transaction transaction, uint sequence, int coinHeight, int height, BlockNode previous)
    {
        if (transaction.Version is >= 0 and < 2 || (sequence & SequenceDisabled) != 0) return true;

        var span = sequence & 0xFFFF;
        if ((sequence & SequenceIsTime) == 0) return coinHeight + span <= height;

        var made = previous.Ancestor(Math.Clamp(coinHeight - 1, 0, previous.Height)).MedianTimePast;
        return made + (span << 9) <= previous.MedianTimePast;
    }

    /// <summary>Inputs exist, are mature and pay for the outputs; signatures are good if asked for. Gives the fee.</summary>
    public static string? Spend(Transaction transaction, Func<OutPoint, Coin?> find, int height, bool verify, out long fee)
    {
        fee = 0;
        var spent = new Coin[transaction.Inputs.Length];
        long total = 0;
        for (var i = 0; i < spent.Length; i++)
        {
            if (find(transaction.Inputs[i].Prevout) is not { } coin) return "bad-txns-inputs-missingorspent";

            spent[i] = coin;
        }

        foreach (var coin in spent)
        {
            if (coin.IsCoinbase && height - coin.Height < ChainRules.Maturity) return "bad-txns-premature-spend-of-coinbase";

            total += coin.Output.Value;
        }

        fee = total - transaction.OutputValue;
        if (fee < 0) return "bad-txns-in-belowout";
        if (!verify) return null;

        for (var i = 0; i < spent.Length; i++)
        {
            if (!ScriptCheck.IsUnlocked(transaction, i, spent[i].Output)) return ScriptCheck.Failed;
        }

        return null;
    }

    /// <summary>BIP 141 cost of a transaction's signature checks, as far as the forms known here have any.</summary>
    public static int SigopsCost(Transaction transaction)
    {
        var cost = 0;
        foreach (var input in transaction.Inputs) cost += 4 * Script.LegacySigops(input.Script);
        foreach (var output in transaction.Outputs) cost += 4 * Script.LegacySigops(output.Script);
        return cost + transaction.Inputs.Count(input => !transaction.IsCoinbase && input.Witness.Length == 2);
    }
}
