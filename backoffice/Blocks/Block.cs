namespace Viddhana.Backoffice.Blocks;

/// <summary>What has become of a candidate.</summary>
public enum BlockState
{
    /// <summary>The chain has not shown it yet.</summary>
    Found,

    /// <summary>In the chain, its coinbase not spendable; the split is provisional.</summary>
    Immature,

    /// <summary>Mature, the split fixed and spendable.</summary>
    Confirmed,

    /// <summary>Not in the chain.</summary>
    Orphaned,
}

/// <summary>A block as the tracker works on it.</summary>
internal sealed record Block
{
    public required long BlockId { get; init; }

    public required int PoolId { get; init; }

    public required string Hash { get; init; }

    public required long Height { get; init; }

    public required long Reward { get; init; }

    public required UInt128 NetworkWork { get; init; }

    public required long Finder { get; init; }

    public required int SourceId { get; init; }

    public required ulong ShareSequence { get; init; }

    public required long ShareMs { get; init; }

    public required int EngineId { get; init; }

    public required ulong Epoch { get; init; }

    public required string Scheme { get; init; }

    public required int FeePpm { get; init; }

    public required long WindowTenThousandths { get; init; }

    public required BlockState State { get; init; }

    public required int Cycle { get; init; }

    public required bool IsSplitFixed { get; init; }
}
