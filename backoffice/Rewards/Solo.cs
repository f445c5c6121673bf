namespace Viddhana.Backoffice.Rewards;

/// <summary>The finder gets all that the fee leaves.</summary>
public sealed class Solo : IRewardScheme
{
    /// <inheritdoc/>
    public string Name => "solo";

    /// <inheritdoc/>
    public bool NeedsHistory => false;

    /// <inheritdoc/>
    public Task<RewardSplit> SplitAsync(RewardTerms block, IShareHistory history, CancellationToken cancel)
    {
        var fee = RewardSplit.FeeOf(block.Reward, block.FeePpm);
        return Task.FromResult(new RewardSplit(fee, [new Credit(block.Finder, 0, block.Reward - fee)]));
    }
}
