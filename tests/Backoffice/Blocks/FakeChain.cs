using Viddhana.Backoffice.Blocks;

namespace Viddhana.Tests.Backoffice.Blocks;

/// <summary>A chain that does what a test says.</summary>
internal sealed class FakeChain : IChainView
{
    public long Height { get; set; } = 1_000;

    /// <summary>Changes with every event, as a tip's hash does.</summary>
    public int Events { get; set; }

    /// <summary>Blocks that the chain has.</summary>
    public HashSet<string> Has { get; } = [];

    /// <summary>Blocks that the node has never heard of.</summary>
    public HashSet<string> Unknown { get; } = [];

    public Task<ChainTip> TipAsync(CancellationToken cancel) => Task.FromResult(new ChainTip($"{Height}-{Events}", Height));

    public Task<ChainAnswer> LookAsync(string hash, long height, ChainTip tip, CancellationToken cancel) => Task.FromResult(
        Unknown.Contains(hash) ? new ChainAnswer(ChainPlace.Unknown, 0, "unknown")
        : Has.Contains(hash) ? new ChainAnswer(ChainPlace.InChain, (int)(tip.Height - height + 1), "")
        : new ChainAnswer(ChainPlace.NotInChain, 0, "another block is there"));
}
