using Viddhana.Simnode.Mempool;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>What one change did to the best chain.</summary>
/// <param name="Disconnected">Blocks that left it, highest first.</param>
/// <param name="Connected">Blocks that joined it, lowest first.</param>
public sealed record ChainChange(IReadOnlyList<BlockNode> Disconnected, IReadOnlyList<BlockNode> Connected);

/// <summary>
/// All known blocks and the best chain among them: most work, then first seen. Not safe for several threads: its owner holds one lock.
/// </summary>
public sealed partial class BlockTree
{
    private readonly SyntheticSource _synthetic;
    private readonly BlockChecks _checks;
    private readonly Dictionary<Hash256, BlockNode> _byHash = [];
    private readonly List<BlockNode> _nodes = [];
    private readonly List<BlockNode> _active = [];
    private readonly Dictionary<Hash256, BlockNode> _confirmed = [];
    private long _arrivals;
    private long _precious;

    /// <summary>A tree that holds only the genesis block.</summary>
    public BlockTree(ChainRules rules, SyntheticSource synthetic)
    {
        Rules = rules;
        _synthetic = synthetic;
        _checks = new BlockChecks(rules, synthetic);
        var genesis = new BlockNode(ChainRules.Genesis.Header, null)
        {
            Body = new BlockBody([new BodyPart(ChainRules.Genesis.Transactions[0], 0, 0, 0)]),
            WasConnected = true,
        };
        _byHash[genesis.Hash] = genesis;
        _nodes.Add(genesis);
        _active.Add(genesis);
    }

    /// <summary>Raised after the best chain changed.</summary>
    public event Action<ChainChange>? Changed;

    /// <summary>Raised before a block becomes part of the tree; if this fails, it does not.</summary>
    public event Action<BlockHeader, BlockBody>? Stored;

    /// <summary>Raised when a stored block turned out to break a rule.</summary>
    public event Action<BlockNode>? Condemned;

    public ChainRules Rules { get; }

    /// <summary>Unspent outputs of the best chain.</summary>
    public Coins Coins { get; } = new();

    /// <summary>The best block.</summary>
    public BlockNode Tip => _active[^1];

    /// <summary>Every block, parents before children.</summary>
    public IReadOnlyList<BlockNode> All => _nodes;

    public BlockNode? Find(Hash256 hash) => _byHash.GetValueOrDefault(hash);

    /// <summary>The block of the best chain at a height, or null.</summary>
    public BlockNode? At(int height) => height >= 0 && height < _active.Count ? _active[height] : null;

    public bool IsActive(BlockNode node) => At(node.Height) == node;

    /// <summary>The block of the best chain that holds a transaction (synthetic ones are not indexed).</summary>
    public BlockNode? BlockOf(Hash256 txid) => _confirmed.GetValueOrDefault(txid);

    /// <summary>All transactions of a block.</summary>
    public Block Open(BlockNode node) => new(node.Header, node.Body!.Unpack(_synthetic));

    /// <summary><c>submitblock</c>: null if the block is the new tip, else the word that nodes answer.</summary>
    public string? Submit(Block submitted)
    {
        if (Find(submitted.Header.Hash) is { } known)
        {
            if (known.IsInvalid) return "duplicate-invalid";
            if (known.WasConnected) return "duplicate";
        }

        var block = Find(submitted.Header.Previous) is null ? submitted : BlockChecks.WithCoinbaseWitness(submitted);
        return Accept(block, exempt: false);
    }

    /// <summary><c>mode: proposal</c>: all rules but proof of work.</summary>
    public string? Propose(Block block)
    {
        if (Find(block.Header.Hash) is { } known)
            return known.IsInvalid ? "duplicate-invalid" : known.WasConnected ? "duplicate" : "duplicate-inconclusive";

        if (block.Header.Previous != Tip.Hash) return "inconclusive-not-best-prevblk";

        return _checks.HeaderOn(block.Header, Tip) ?? BlockChecks.Form(block) ?? BlockChecks.BodyOn(block, Tip)
            ?? _checks.Connect(block, Tip, Coins, verify: true);
    }

    /// <summary>Takes in a block of another miner, which needs no proof of work.</summary>
    public string? AcceptExempt(Block block) => Accept(block, exempt: true);

    private string? Accept(Block block, bool exempt)
    {
        var header = block.Header;
        if ((exempt ? null : BlockChecks.Work(header)) is { } weak) return weak;
        if (BlockChecks.Form(block) is { } malformed) return malformed;

        var node = Find(header.Hash);
        if (node is null)
        {
            if (Find(header.Previous) is not { } previous) return "prev-blk-not-found";
            if (previous.IsInvalid) return "bad-prevblk";
            if (_checks.HeaderOn(header, previous) is { } misplaced) return misplaced;

            node = AddNode(header, previous);
        }

        if (node.Body is not null) return "duplicate";
        if (BlockChecks.BodyOn(block, node.Previous!) is { } wrong)
        {
            if (!BlockChecks.IsMutation(wrong)) Fail(node);
            return wrong;
        }

        var body = BlockBody.Pack(block.Transactions, transaction => IsSynthetic(transaction, node.Height));
        Stored?.Invoke(node.Header, body);
        node.Body = body;
        var oldTip = Tip;
        var reason = Activate(node, block);
        Announce(oldTip);
        return reason ?? (IsActive(node) ? null : "inconclusive");
    }

    private bool IsSynthetic(Transaction transaction, int height) =>
        _synthetic.Match(transaction, (uint)height, BlockChecks.SyntheticMax) is not null;

    private BlockNode AddNode(BlockHeader header, BlockNode previous)
    {
        var node = new BlockNode(header, previous) { Sequence = ++_arrivals, OnFailed = previous.IsInvalid };
        _byHash[node.Hash] = node;
        _nodes.Add(node);
        return node;
    }
}
