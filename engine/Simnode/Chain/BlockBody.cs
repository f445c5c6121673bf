using Viddhana.Simnode.Mempool;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>Either one transaction, or a run of synthetic ones that can be made again from height and index.</summary>
public readonly record struct BodyPart(Transaction? Transaction, uint Height, uint First, uint Count);

/// <summary>A block's transactions in little memory: synthetic ones are kept as runs of indexes.</summary>
public sealed class BlockBody(IReadOnlyList<BodyPart> parts)
{
    /// <summary>What the block consists of, in order.</summary>
    public IReadOnlyList<BodyPart> Parts { get; } = parts;

    /// <summary>All transactions that are not synthetic, the coinbase first.</summary>
    public IEnumerable<Transaction> Own => Parts.Where(part => part.Transaction is not null).Select(part => part.Transaction!);

    /// <summary>Transactions in the block.</summary>
    public int TransactionCount => (int)Parts.Sum(part => part.Transaction is null ? part.Count : 1);

    /// <summary>Place of a transaction that is not synthetic; −1 if it is not here.</summary>
    public int IndexOf(Hash256 txid)
    {
        var index = 0;
        foreach (var part in Parts)
        {
            if (part.Transaction?.Txid == txid) return index;

            index += part.Transaction is null ? (int)part.Count : 1;
        }

        return -1;
    }

    /// <summary>Packs a block's transactions. <paramref name="isSynthetic"/> tells which of them the source made.</summary>
    public static BlockBody Pack(IReadOnlyList<Transaction> transactions, Func<Transaction, bool> isSynthetic)
    {
        var parts = new List<BodyPart>();
        foreach (var transaction in transactions)
        {
            if (!isSynthetic(transaction) || !SyntheticSource.IsMarked(transaction, out var height, out var index))
            {
                parts.Add(new BodyPart(transaction, 0, 0, 0));
                continue;
            }

            if (parts.Count > 0 && parts[^1] is { Transaction: null } run && run.Height == height && run.First + run.Count == index)
                parts[^1] = run with { Count = run.Count + 1 };
            else
                parts.Add(new BodyPart(null, height, index, 1));
        }

        return new BlockBody(parts);
    }

    /// <summary>All transactions, synthetic ones made again.</summary>
    public List<Transaction> Unpack(SyntheticSource source)
    {
        var transactions = new List<Transaction>(TransactionCount);
        foreach (var part in Parts)
        {
            if (part.Transaction is not null) transactions.Add(part.Transaction);
            else transactions.AddRange(source.Range(part.Height, part.First, part.Count).Select(entry => entry.Transaction));
        }

        return transactions;
    }
}
