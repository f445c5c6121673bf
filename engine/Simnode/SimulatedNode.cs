using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Mempool;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode;

/// <summary>How a simulated node behaves.</summary>
public sealed record NodeSettings
{
    /// <summary>Where the chain is kept; null keeps it in memory only.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Seed of synthetic transactions; null takes what the data directory has, or 1.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Compact target of every block.</summary>
    public uint Bits { get; init; } = ChainRules.DefaultBits;

    /// <summary>Blocks between halvings.</summary>
    public int HalvingInterval { get; init; } = ChainRules.RegtestHalving;

    /// <summary>The simulated mempool.</summary>
    public MempoolShape Mempool { get; init; } = new(2500, 0, 5);

    /// <summary>Seconds until a waiting <c>getblocktemplate</c> first looks at the mempool; then every sixth of it.</summary>
    public double LongpollMempoolSeconds { get; init; } = 60;

    /// <summary>Seconds since 1970.</summary>
    public Func<long> UnixTime { get; init; } = () => DateTimeOffset.UtcNow.ToUnixTimeSeconds();
}

/// <summary>
/// Chain, mempool and templates of one simulated node under one lock. Whoever touches <see cref="Tree"/>, <see cref="Pool"/> or
/// <see cref="Templates"/> holds <see cref="Gate"/>.
/// </summary>
public sealed class SimulatedNode : IDisposable
{
    private readonly BlockFile? _file;
    private TaskCompletionSource _tipChange = NewSignal();
    private int _prepareHeight;
    private int _preparing;

    /// <summary>Opens the data directory, or starts a new chain.</summary>
    /// <exception cref="InvalidDataException">The chain file is damaged.</exception>
    /// <exception cref="ArgumentException">The chain file has another seed.</exception>
    public SimulatedNode(NodeSettings settings)
    {
        Settings = settings;
        Rules = new ChainRules { Bits = settings.Bits, HalvingInterval = settings.HalvingInterval, UnixTime = settings.UnixTime };
        if (settings.DataDirectory is { } directory)
        {
            Directory.CreateDirectory(directory);
            _file = new BlockFile(Path.Combine(directory, "chain.dat"), settings.Seed);
        }

        Source = new SyntheticSource(_file?.Seed ?? settings.Seed ?? 1);
        Tree = new BlockTree(Rules, Source);
        BytesCutAtStart = _file?.Load(Tree) ?? 0;
        Pool = new TransactionPool(Tree);
        Templates = new TemplateSource(Tree, Pool, Source, settings.Mempool);
        Tree.Stored += (header, body) => _file?.Append(header, body);
        Tree.Condemned += node => _file?.AppendInvalidate(node);
        Tree.Changed += OnChanged;
        StartedAt = settings.UnixTime();
        Prepare();
    }

    /// <summary>Raised under <see cref="Gate"/> after mempool and templates followed a change of the best chain.</summary>
    public event Action<ChainChange>? TipChanged;

    public NodeSettings Settings { get; }

    /// <summary>Held by whoever reads or changes chain, mempool or wallets.</summary>
    public Lock Gate { get; } = new();

    public ChainRules Rules { get; }

    public SyntheticSource Source { get; }

    public BlockTree Tree { get; }

    public TransactionPool Pool { get; }

    public TemplateSource Templates { get; }

    /// <summary>Unix seconds.</summary>
    public long StartedAt { get; }

    /// <summary>Bytes of a half-written record that were cut off the chain file.</summary>
    public long BytesCutAtStart { get; }

    /// <summary>Completes at the next change of tip.</summary>
    public Task NextTip => _tipChange.Task;

    /// <summary>Other miners find blocks on the tip; returns their hashes.</summary>
    /// <param name="script">Whom the coinbase pays; null is a stranger.</param>
    /// <param name="empty">No transactions but the coinbase.</param>
    public List<Hash256> MineOnTip(int count, byte[]? script = null, bool empty = false)
    {
        var hashes = new List<Hash256>();
        for (var i = 0; i < count; i++)
        {
            // Blocks found at once follow so quickly that the mempool has not filled again.
            var entries = empty ? [] : i == 0 ? Templates.Fresh().Entries : Pool.Entries.ToList();
            hashes.Add(Mine(Tree.Tip, entries, script ?? OtherMiners.Script).Hash);
        }

        return hashes;
    }

    /// <summary>
    /// Other miners make a branch of <paramref name="length"/> blocks that starts <paramref name="depth"/> blocks below the tip. It becomes
    /// the best chain once it is longer. The mempool's own transactions are not in it.
    /// </summary>
    public List<Hash256> MineBranch(int depth, int length, bool empty = false)
    {
        var parent = Tree.Tip.Ancestor(Tree.Tip.Height - depth);
        var hashes = new List<Hash256>();
        for (var i = 0; i < length; i++)
        {
            var height = (uint)parent.Height + 1;
            var entries = empty ? []
                : Source.Range(height, 0, (uint)Math.Min(Settings.Mempool.Transactions, OtherMiners.BranchTransactionsMax));
            parent = Mine(parent, entries, OtherMiners.Script);
            hashes.Add(parent.Hash);
        }

        return hashes;
    }

    /// <summary>Changes the target of all blocks from now on.</summary>
    public void SetBits(uint bits)
    {
        Rules.Bits = bits;
        Templates.Forget();
        Signal();
    }

    /// <summary>Sets the block version of templates from now on.</summary>
    public void SetVersion(uint version)
    {
        Rules.Version = version;
        Templates.Forget();
        Signal();
    }

    /// <summary><c>invalidateblock</c>, kept over restarts.</summary>
    public void Invalidate(BlockNode node)
    {
        _file?.AppendInvalidate(node);
        Tree.Invalidate(node);
    }

    /// <summary><c>reconsiderblock</c>, kept over restarts.</summary>
    public void Reconsider(BlockNode node)
    {
        _file?.AppendReconsider(node);
        Tree.Reconsider(node);
    }

    /// <summary><c>preciousblock</c>, kept over restarts.</summary>
    public void Prefer(BlockNode node)
    {
        _file?.AppendPrefer(node);
        Tree.Prefer(node);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tipChange.TrySetCanceled();
        _file?.Dispose();
    }

    private BlockNode Mine(BlockNode parent, IReadOnlyList<MempoolEntry> entries, byte[] script)
    {
        var block = OtherMiners.Make(Rules, parent, entries, script);
        var answer = Tree.AcceptExempt(block);
        if (answer is not null and not "inconclusive") throw new InvalidOperationException($"a block of our own was refused: {answer}");

        return Tree.Find(block.Header.Hash)!;
    }

    private void OnChanged(ChainChange change)
    {
        Pool.Follow(change);
        TipChanged?.Invoke(change);
        Signal();
        Prepare();
    }

    private void Signal()
    {
        var old = _tipChange;
        _tipChange = NewSignal();
        old.TrySetResult();
    }

    // One task at a time: when many blocks come at once, only the last heights are worth preparing.
    private void Prepare()
    {
        Volatile.Write(ref _prepareHeight, Tree.Tip.Height + 1);
        if (Interlocked.Exchange(ref _preparing, 1) == 1) return;

        _ = Task.Run(() =>
        {
            int height;
            do
            {
                height = Volatile.Read(ref _prepareHeight);
                Templates.Prepare(height);
                Templates.Prepare(height + 1);
            }
            while (height != Volatile.Read(ref _prepareHeight));
            Volatile.Write(ref _preparing, 0);
        });
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
