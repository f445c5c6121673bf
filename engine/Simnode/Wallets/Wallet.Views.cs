using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <content>What follows from a wallet's transactions and the chain as they are now.</content>
public sealed partial class Wallet
{
    /// <summary>Confirmations: 0 while unconfirmed, negative when a confirmed transaction spends the same coins.</summary>
    public int Depth(WalletTransaction transaction)
    {
        if (_node.Tree.BlockOf(transaction.Transaction.Txid) is { } block) return DepthOf(block);

        foreach (var rival in Conflicts(transaction))
        {
            if (_node.Tree.BlockOf(rival) is { } rivalBlock) return -DepthOf(rivalBlock);
        }

        return 0;

        int DepthOf(BlockNode at) => _node.Tree.Tip.Height - at.Height + 1;
    }

    /// <summary>Other transactions of this wallet that spend a coin of this one's.</summary>
    public IEnumerable<Hash256> Conflicts(WalletTransaction transaction) => transaction.Transaction.Inputs
        .Where(input => _spenders.ContainsKey(input.Prevout))
        .SelectMany(input => _spenders[input.Prevout])
        .Where(txid => txid != transaction.Transaction.Txid)
        .Distinct();

    /// <summary>Blocks until a coinbase may be spent; 0 for anything else.</summary>
    public int BlocksToMaturity(WalletTransaction transaction) =>
        transaction.Transaction.IsCoinbase ? Math.Max(0, ChainRules.Maturity + 1 - Depth(transaction)) : 0;

    /// <summary>Sum of this wallet's outputs that a transaction spends.</summary>
    public long Debit(Transaction transaction) => transaction.Inputs.Sum(input => OwnOutput(input.Prevout)?.Value ?? 0);

    /// <summary>Sum of a transaction's outputs to this wallet.</summary>
    public long Credit(Transaction transaction) => transaction.Outputs.Where(output => IsMine(output.Script)).Sum(output => output.Value);

    /// <summary>Our own output at a point, spent or not, or null.</summary>
    public TxOut? OwnOutput(OutPoint point)
    {
        if (Find(point.Txid) is not { } parent || point.Index >= parent.Transaction.Outputs.Length) return null;

        var output = parent.Transaction.Outputs[point.Index];
        return IsMine(output.Script) ? output : null;
    }

    /// <summary>True if only this wallet paid into it and it waits in the mempool, or a block holds it.</summary>
    public bool IsTrusted(WalletTransaction transaction)
    {
        var depth = Depth(transaction);
        if (depth != 0) return depth > 0;

        return _node.Pool.Find(transaction.Transaction.Txid) is not null
            && transaction.Transaction.Inputs.All(input => OwnOutput(input.Prevout) is not null);
    }

    /// <summary>Unspent outputs that count: confirmed and mature, or waiting in the mempool.</summary>
    public List<WalletCoin> Coins()
    {
        var coins = new List<WalletCoin>();
        foreach (var transaction in Transactions)
        {
            var depth = Depth(transaction);
            var waits = depth == 0 && _node.Pool.Find(transaction.Transaction.Txid) is not null;
            if ((depth <= 0 && !waits) || BlocksToMaturity(transaction) > 0) continue;

            coins.AddRange(UnspentOf(transaction, depth, IsTrusted(transaction)));
        }

        return coins;
    }

    /// <summary>Sum of coinbase outputs that blocks hold but that may not yet be spent.</summary>
    public long ImmatureBalance() => Transactions
        .Where(transaction => Depth(transaction) > 0 && BlocksToMaturity(transaction) > 0)
        .Sum(transaction => UnspentOf(transaction, 1, true).Sum(coin => coin.Output.Value));

    private IEnumerable<WalletCoin> UnspentOf(WalletTransaction transaction, int depth, bool trusted)
    {
        for (var i = 0; i < transaction.Transaction.Outputs.Length; i++)
        {
            var output = transaction.Transaction.Outputs[i];
            var point = new OutPoint(transaction.Transaction.Txid, (uint)i);
            if (Keys.Find(output.Script) is { } address && !IsSpent(point))
                yield return new WalletCoin(point, output, depth, trusted, address);
        }
    }

    // A spender that neither a block nor the mempool holds still counts until it is given up or contradicted.
    private bool IsSpent(OutPoint point) => SpendersOf(point).Any(spender => !spender.IsAbandoned && Depth(spender) >= 0);

    private IEnumerable<WalletTransaction> SpendersOf(OutPoint point) =>
        _spenders.TryGetValue(point, out var txids) ? txids.Select(txid => _transactions[txid]) : [];
}
