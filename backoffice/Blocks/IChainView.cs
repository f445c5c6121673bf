namespace Viddhana.Backoffice.Blocks;

/// <summary>What the chain says of a block.</summary>
public enum ChainPlace
{
    /// <summary>The node cannot tell yet: it does not know the block and has not come to its height, or is still loading.</summary>
    Unknown,

    /// <summary>In the best chain.</summary>
    InChain,

    /// <summary>Another block is at its height in the best chain.</summary>
    NotInChain,
}

/// <summary>Where a block stands.</summary>
/// <param name="Place">In the chain or not.</param>
/// <param name="Confirmations">1 for the tip; 0 unless in the chain.</param>
/// <param name="Reason">In words, where it is not in the chain.</param>
public readonly record struct ChainAnswer(ChainPlace Place, int Confirmations, string Reason);

/// <summary>The best block.</summary>
public readonly record struct ChainTip(string Hash, long Height);

/// <summary>The best chain as one node of a pool sees it.</summary>
public interface IChainView
{
    /// <summary>The tip of a node that is synchronised. World's failures are thrown.</summary>
    Task<ChainTip> TipAsync(CancellationToken cancel);

    /// <summary>Looks up a block, with the tip that <see cref="TipAsync"/> gave.</summary>
    Task<ChainAnswer> LookAsync(string hash, long height, ChainTip tip, CancellationToken cancel);
}
