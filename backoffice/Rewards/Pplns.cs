namespace Viddhana.Backoffice.Rewards;

/// <summary>
/// Pay per last N shares: from the winning share inclusive back until the work reaches factor × the block's network work; the oldest
/// share is cut. A window that is not full is divided by what is in it.
/// </summary>
public sealed class Pplns : IRewardScheme
{
    /// <inheritdoc/>
    public string Name => "pplns";

    /// <inheritdoc/>
    public bool NeedsHistory => true;

    /// <summary>The window's size: floor(factor × network work).</summary>
    public static UInt128 WindowWork(UInt128 networkWork, long windowTenThousandths) =>
        Wide.MulDiv(networkWork, (UInt128)windowTenThousandths, 10_000);

    /// <inheritdoc/>
    public async Task<RewardSplit> SplitAsync(RewardTerms block, IShareHistory history, CancellationToken cancel)
    {
        var window = new ShareWindow(block.PoolId, block.Winner, WindowWork(block.NetworkWork, block.WindowTenThousandths), history);
        return RewardSplit.ByWork(block.Reward, block.FeePpm, await window.ReadAsync(cancel), block.Finder);
    }
}
