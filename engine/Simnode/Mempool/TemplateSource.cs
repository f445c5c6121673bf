using System.Collections.Frozen;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Mempool;

/// <summary>How full the simulated mempool is.</summary>
/// <param name="Transactions">Synthetic transactions of a fresh tip.</param>
/// <param name="PerSecond">Synthetic transactions that arrive afterwards.</param>
/// <param name="RenewSeconds">A template of the same tip is made anew at most this often.</param>
public sealed record MempoolShape(int Transactions, double PerSecond, double RenewSeconds);

/// <summary>Makes templates and keeps the newest. Not safe for several threads but for <see cref="Prepare"/>.</summary>
public sealed class TemplateSource(BlockTree tree, TransactionPool pool, SyntheticSource synthetic, MempoolShape shape)
{
    // What a node leaves for header, coinbase and the pool's outputs.
    private const int ReservedWeight = 8000;
    private const int BasesMax = 3;

    private readonly Lock _gate = new();
    private BlockTemplate? _newest;
    private long _newestTicks;
    private BlockNode? _tip;
    private long _tipTicks;
    private readonly SortedDictionary<uint, (List<MempoolEntry> Entries, byte[] Json)> _bases = [];

    /// <summary>State of the whole mempool, as in longpoll ids.</summary>
    public long Updates => pool.Updates + Arrived();

    /// <summary>The template to hand out: that of a moment ago unless tip or mempool changed.</summary>
    public BlockTemplate Current()
    {
        var isOld = Environment.TickCount64 - _newestTicks >= shape.RenewSeconds * 1000;
        if (_newest is null || _newest.Previous != tree.Tip || (isOld && _newest.Updates != Updates)) Renew();
        return _newest!;
    }

    /// <summary>A template as of this moment, for blocks of other miners.</summary>
    public BlockTemplate Fresh()
    {
        if (_newest is null || _newest.Previous != tree.Tip || _newest.Updates != Updates) Renew();
        return _newest!;
    }

    /// <summary>Forgets the newest template: the rules changed.</summary>
    public void Forget() => _newest = null;

    /// <summary>Makes the transactions of a coming height ahead of time, so that its first template costs little. Any thread.</summary>
    public void Prepare(int height) => Base((uint)height);

    /// <summary>Synthetic transactions that wait now.</summary>
    public List<MempoolEntry> Synthetic() => synthetic.Range((uint)tree.Tip.Height + 1, 0, (uint)(shape.Transactions + Arrived()));

    private void Renew()
    {
        var updates = Updates;
        var height = (uint)tree.Tip.Height + 1;
        var (entries, json) = Base(height);
        var all = new List<MempoolEntry>(entries);
        var weight = all.Sum(entry => (long)entry.Transaction.Weight);
        var later = synthetic.Range(height, (uint)shape.Transactions, (uint)Arrived()).Concat(pool.Entries).ToList();
        var taken = Fitting(later, ChainRules.MaxBlockWeight - ReservedWeight - weight);
        all.AddRange(taken);

        var positions = new Dictionary<Hash256, int>();
        for (var i = entries.Count; i < all.Count; i++) positions[all[i].Transaction.Txid] = i + 1;
        _newest = BlockTemplate.Make(tree.Rules, tree.Tip, all, [json, BlockTemplate.RenderTransactions(taken, positions)], updates);
        _newestTicks = Environment.TickCount64;
    }

    private (List<MempoolEntry> Entries, byte[] Json) Base(uint height)
    {
        lock (_gate)
        {
            if (_bases.TryGetValue(height, out var ready)) return ready;

            // A quarter of a block stays free for what comes later and for the wallet.
            var entries = Fitting(synthetic.Range(height, 0, (uint)shape.Transactions), ChainRules.MaxBlockWeight * 7L / 8);
            var json = BlockTemplate.RenderTransactions(entries, FrozenDictionary<Hash256, int>.Empty);
            _bases[height] = (entries, json);
            if (_bases.Count > BasesMax) _bases.Remove(_bases.Keys.First(other => other != height));
            return (entries, json);
        }
    }

    // Counts up while a tip stands; a new tip starts again.
    private int Arrived()
    {
        if (_tip != tree.Tip) (_tip, _tipTicks) = (tree.Tip, Environment.TickCount64);

        var arrived = (Environment.TickCount64 - _tipTicks) / 1000.0 * shape.PerSecond;
        return (int)Math.Min(arrived, BlockChecks.SyntheticMax - shape.Transactions);
    }

    private static List<MempoolEntry> Fitting(List<MempoolEntry> entries, long weight)
    {
        var taken = new List<MempoolEntry>(entries.Count);
        var left = new HashSet<Hash256>();   // what spends from a transaction that did not fit, does not fit either
        foreach (var entry in entries)
        {
            if (entry.Transaction.Weight > weight || entry.Transaction.Inputs.Any(input => left.Contains(input.Prevout.Txid)))
            {
                left.Add(entry.Transaction.Txid);
                continue;
            }

            weight -= entry.Transaction.Weight;
            taken.Add(entry);
        }

        return taken;
    }
}
