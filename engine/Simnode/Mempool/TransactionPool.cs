using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Mempool;

/// <summary>Why a transaction is not taken: the reject string, and whether only its inputs are unknown.</summary>
public sealed record Refusal(string Reason, bool MissingInputs = false);

/// <summary>
/// Waiting transactions that were sent to this node (the synthetic ones are not here). Not safe for several threads: its owner
/// holds one lock.
/// </summary>
public sealed class TransactionPool(BlockTree tree)
{
    /// <summary>Base units per 1000 virtual bytes below which nothing is relayed.</summary>
    public const long MinRelayFee = 1000;

    /// <summary>Outputs of P2WPKH below this are dust; older forms need a little more.</summary>
    public const long DustSegwit = 294;

    private const long DustLegacy = 546;
    private const int PoolMax = 5000;

    private readonly Dictionary<Hash256, MempoolEntry> _entries = [];
    private readonly Dictionary<OutPoint, Hash256> _spenders = [];
    private readonly List<Hash256> _order = [];

    /// <summary>Raised when a transaction was taken in.</summary>
    public event Action<Transaction>? Added;

    /// <summary>Grows with every change.</summary>
    public long Updates { get; private set; }

    /// <summary>All entries, parents before children.</summary>
    public IEnumerable<MempoolEntry> Entries => _order.Select(txid => _entries[txid]);

    public MempoolEntry? Find(Hash256 txid) => _entries.GetValueOrDefault(txid);

    /// <summary>The waiting transaction that spends an output, or null.</summary>
    public MempoolEntry? SpenderOf(OutPoint point) => _spenders.TryGetValue(point, out var txid) ? _entries[txid] : null;

    /// <summary>The smallest output of a script form that nodes relay.</summary>
    public static long DustLimit(byte[] script) =>
        Script.IsNullData(script) ? 0 : Script.IsWitnessProgram(script) ? DustSegwit : DustLegacy;

    /// <summary>A coin of the chain or an output of a waiting transaction; null where it is spent or unknown.</summary>
    public Coin? FindCoin(OutPoint point, bool evenIfSpentHere = false)
    {
        if (!evenIfSpentHere && _spenders.ContainsKey(point)) return null;
        if (tree.Coins.Find(point) is { } coin) return coin;

        return _entries.TryGetValue(point.Txid, out var parent) && point.Index < parent.Transaction.Outputs.Length
            ? new Coin(parent.Transaction.Outputs[point.Index], tree.Tip.Height + 1, false)
            : null;
    }

    /// <summary>Takes a transaction in if it would be valid in the next block; null if taken (or there already).</summary>
    /// <param name="test">True only asks.</param>
    public Refusal? Accept(Transaction transaction, bool test = false)
    {
        if (Check(transaction, out var entry, out var replaced) is { } refusal) return refusal;
        if (test || entry is null) return null;

        foreach (var old in replaced) RemoveWithChildren(old);
        Add(entry);
        return null;
    }

    /// <summary>The fee a transaction would pay; false if its inputs are unknown.</summary>
    public bool TryFee(Transaction transaction, out long fee) =>
        TransactionChecks.Spend(
            transaction, point => FindCoin(point, evenIfSpentHere: true), tree.Tip.Height + 1, verify: false, out fee) is null;

    /// <summary>
    /// Follows the best chain: what was confirmed leaves, what lost its block comes back, what contradicts the chain goes.
    /// </summary>
    public void Follow(ChainChange change)
    {
        var back = change.Disconnected.Reverse().SelectMany(node => node.Body!.Own.Where(transaction => !transaction.IsCoinbase)).ToList();
        foreach (var node in change.Connected)
        {
            foreach (var transaction in node.Body!.Own) RemoveConfirmed(transaction);
        }

        if (change.Disconnected.Count == 0) return;

        // After a reorganisation everything is judged anew, oldest first.
        var waiting = back.Concat(Entries.Select(entry => entry.Transaction)).ToList();
        foreach (var txid in _order.ToArray()) Remove(txid);
        foreach (var transaction in waiting)
        {
            if (tree.BlockOf(transaction.Txid) is null) Accept(transaction);
        }
    }

    private Refusal? Check(Transaction transaction, out MempoolEntry? entry, out List<Hash256> replaced)
    {
        (entry, replaced) = (null, []);
        if (TransactionChecks.Form(transaction) is { } malformed) return new Refusal(malformed);
        if (transaction.IsCoinbase) return new Refusal("coinbase");
        if (transaction.Version is < 1 or > 3) return new Refusal("version");
        if (transaction.Outputs.Any(output => Script.TypeName(output.Script) == "nonstandard")) return new Refusal("scriptpubkey");
        if (transaction.Outputs.Any(output => output.Value < DustLimit(output.Script))) return new Refusal("dust");
        if (!TransactionChecks.IsFinal(transaction, tree.Tip.Height + 1, tree.Tip.MedianTimePast)) return new Refusal("non-final");
        if (_entries.ContainsKey(transaction.Txid)) return null;

        var height = tree.Tip.Height + 1;
        var reason = TransactionChecks.Spend(transaction, Find, height, verify: true, out var fee);
        if (reason == "bad-txns-inputs-missingorspent") return new Refusal(reason, MissingInputs: true);
        if (reason is not null) return new Refusal(reason);
        if (!BlockChecks.AreOldEnough(transaction, Find, height, tree.Tip)) return new Refusal("non-BIP68-final");

        var least = MinRelayFee * transaction.VirtualSize / 1000;
        if (fee < least) return new Refusal($"min relay fee not met, {fee} < {least}");
        if (CheckReplacement(transaction, fee, replaced) is { } conflict) return new Refusal(conflict);
        if (_entries.Count >= PoolMax) return new Refusal("mempool full");

        entry = new MempoolEntry(transaction, fee, TransactionChecks.SigopsCost(transaction)) { Time = tree.Rules.UnixTime() };
        return null;

        Coin? Find(OutPoint point) => FindCoin(point, evenIfSpentHere: true);
    }

    // BIP 125: every transaction in the way must have said that it may be replaced, and the newcomer pays more than all of them.
    private string? CheckReplacement(Transaction transaction, long fee, List<Hash256> replaced)
    {
        var direct = transaction.Inputs.Select(input => SpenderOf(input.Prevout)).OfType<MempoolEntry>().Distinct().ToList();
        if (direct.Count == 0) return null;
        if (!direct.All(entry => entry.Transaction.Inputs.Any(input => input.Sequence < 0xFFFFFFFE))) return "txn-mempool-conflict";

        foreach (var entry in direct) replaced.AddRange(WithChildren(entry.Transaction.Txid).Where(txid => !replaced.Contains(txid)));
        if (transaction.Inputs.Any(input => replaced.Contains(input.Prevout.Txid))) return "bad-txns-spends-conflicting-tx";

        var oldFees = replaced.Sum(txid => _entries[txid].Fee);
        var least = oldFees + (MinRelayFee * transaction.VirtualSize / 1000);
        return fee >= least ? null
            : $"insufficient fee, rejecting replacement {transaction.Txid}, less fees than conflicting txs; {fee} < {least}";
    }

    private void Add(MempoolEntry entry)
    {
        _entries[entry.Transaction.Txid] = entry;
        _order.Add(entry.Transaction.Txid);
        foreach (var input in entry.Transaction.Inputs) _spenders[input.Prevout] = entry.Transaction.Txid;
        Updates++;
        Added?.Invoke(entry.Transaction);
    }

    private void Remove(Hash256 txid)
    {
        if (!_entries.Remove(txid, out var entry)) return;

        _order.Remove(txid);
        foreach (var input in entry.Transaction.Inputs) _spenders.Remove(input.Prevout);
        Updates++;
    }

    private void RemoveConfirmed(Transaction transaction)
    {
        Remove(transaction.Txid);
        foreach (var input in transaction.Inputs)
        {
            if (_spenders.TryGetValue(input.Prevout, out var rival)) RemoveWithChildren(rival);
        }
    }

    private void RemoveWithChildren(Hash256 txid)
    {
        foreach (var each in WithChildren(txid)) Remove(each);
    }

    private List<Hash256> WithChildren(Hash256 txid)
    {
        var family = new List<Hash256> { txid };
        for (var i = 0; i < family.Count; i++)
        {
            var outputs = _entries.TryGetValue(family[i], out var entry) ? entry.Transaction.Outputs.Length : 0;
            for (var output = 0; output < outputs; output++)
            {
                if (_spenders.TryGetValue(new OutPoint(family[i], (uint)output), out var child) && !family.Contains(child))
                    family.Add(child);
            }
        }

        return family;
    }
}
