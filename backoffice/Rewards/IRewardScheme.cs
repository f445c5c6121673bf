namespace Viddhana.Backoffice.Rewards;

/// <summary>How a block's reward is divided. A new scheme is a file beside this one and a line in <see cref="RewardSchemes"/>.</summary>
public interface IRewardScheme
{
    /// <summary>Name in <c>pools[].rewards.scheme</c>.</summary>
    string Name { get; }

    /// <summary>True if it looks at shares before the winning one, so that they must be kept.</summary>
    bool NeedsHistory { get; }

    /// <summary>Fee and credits of a block; they sum to its reward, none is negative. The same history gives the same split.</summary>
    Task<RewardSplit> SplitAsync(RewardTerms block, IShareHistory history, CancellationToken cancel);
}

/// <summary>What a scheme knows of a block.</summary>
/// <param name="PoolId">Whose shares count.</param>
/// <param name="Reward">Base units to divide, fee included.</param>
/// <param name="FeePpm">Fee in millionths.</param>
/// <param name="NetworkWork">Expected hashes for a block at its difficulty.</param>
/// <param name="WindowTenThousandths">PPLNS factor × 10,000.</param>
/// <param name="Winner">The winning share's place in the order of shares.</param>
/// <param name="Finder">Who found it.</param>
public sealed record RewardTerms(
    int PoolId, long Reward, int FeePpm, UInt128 NetworkWork, long WindowTenThousandths, ShareKey Winner, long Finder);

/// <summary>The one order of shares: by share time, engine, epoch, sequence. Arrival plays no part.</summary>
public readonly record struct ShareKey(long Ms, int EngineId, ulong Epoch, ulong Sequence) : IComparable<ShareKey>
{
    /// <inheritdoc/>
    public int CompareTo(ShareKey other)
    {
        if (Ms != other.Ms) return Ms.CompareTo(other.Ms);
        if (EngineId != other.EngineId) return EngineId.CompareTo(other.EngineId);
        return Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Sequence.CompareTo(other.Sequence);
    }

    /// <summary>Order.</summary>
    public static bool operator <(ShareKey left, ShareKey right) => left.CompareTo(right) < 0;

    /// <summary>Order.</summary>
    public static bool operator >(ShareKey left, ShareKey right) => left.CompareTo(right) > 0;

    /// <summary>Order.</summary>
    public static bool operator <=(ShareKey left, ShareKey right) => left.CompareTo(right) <= 0;

    /// <summary>Order.</summary>
    public static bool operator >=(ShareKey left, ShareKey right) => left.CompareTo(right) >= 0;
}

/// <summary>A share as a window sees it.</summary>
public readonly record struct WindowShare(ShareKey Key, long AccountId, ulong Work);

/// <summary>All work of a pool in [StartMs, EndMs). Spans do not overlap.</summary>
public readonly record struct WorkSpan(long StartMs, long EndMs, UInt128 Work);

/// <summary>The stored shares of a pool: sums by span of time, and single shares where a span must be opened.</summary>
public interface IShareHistory
{
    /// <summary>Spans that begin at or before a time, newest first.</summary>
    IAsyncEnumerable<WorkSpan> SpansAsync(int poolId, long untilMs, CancellationToken cancel);

    /// <summary>Work by account in [startMs, endMs), which must be whole spans.</summary>
    Task<Dictionary<long, UInt128>> WorkByAccountAsync(int poolId, long startMs, long endMs, CancellationToken cancel);

    /// <summary>Every single share in [startMs, endMs), in any order. A page is used again for the next.</summary>
    IAsyncEnumerable<SharePage> SharesAsync(int poolId, long startMs, long endMs, CancellationToken cancel);
}
