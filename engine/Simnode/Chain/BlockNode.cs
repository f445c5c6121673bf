using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>A block in the tree, on the best chain or not.</summary>
public sealed class BlockNode
{
    private const int MedianSpan = 11;

    /// <summary>Makes the node of a block that lies on <paramref name="previous"/> (null for genesis).</summary>
    public BlockNode(BlockHeader header, BlockNode? previous)
    {
        Header = header;
        Previous = previous;
        Height = previous is null ? 0 : previous.Height + 1;
        ChainWork = (previous?.ChainWork ?? UInt128.Zero) + CompactTarget.Work(header.Bits);
    }

    public BlockHeader Header { get; }

    public BlockNode? Previous { get; }

    public int Height { get; }

    public Hash256 Hash => Header.Hash;

    /// <summary>Expected hashes from genesis to here.</summary>
    public UInt128 ChainWork { get; }

    /// <summary>Order of arrival: among equals the lower one is preferred. Precious blocks get negative numbers.</summary>
    public long Sequence { get; set; }

    /// <summary>Its transactions; null if only the header was ever accepted.</summary>
    public BlockBody? Body { get; set; }

    /// <summary>True once it was part of the best chain: all rules hold.</summary>
    public bool WasConnected { get; set; }

    /// <summary>Broke a rule, or an operator said so.</summary>
    public bool Failed { get; set; }

    /// <summary>Lies on a failed block.</summary>
    public bool OnFailed { get; set; }

    /// <summary>What it spent, while it is part of the best chain.</summary>
    public IReadOnlyList<KeyValuePair<OutPoint, Coin>>? Spent { get; set; }

    /// <summary>Failed itself or lies on one that did.</summary>
    public bool IsInvalid => Failed || OnFailed;

    /// <summary>BIP 113: median of the last eleven times up to this block.</summary>
    public uint MedianTimePast
    {
        get
        {
            var times = new List<uint>(MedianSpan);
            for (var node = this; node is not null && times.Count < MedianSpan; node = node.Previous) times.Add(node.Header.Time);
            times.Sort();
            return times[times.Count / 2];
        }
    }

    /// <summary>The ancestor (or this) at a height not above this one.</summary>
    public BlockNode Ancestor(int height)
    {
        var node = this;
        while (node.Height > height) node = node.Previous!;
        return node;
    }
}
