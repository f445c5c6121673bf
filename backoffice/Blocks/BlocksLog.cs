namespace Viddhana.Backoffice.Blocks;

/// <summary>What the block feature tells the operator.</summary>
internal static partial class BlocksLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "pool {Pool}: block {Height} {Hash} is in the chain, immature, reward {Reward}")]
    public static partial void Immature(ILogger logger, string pool, long height, string hash, long reward);

    [LoggerMessage(Level = LogLevel.Information, Message = "pool {Pool}: block {Height} {Hash} is mature, its rewards are fixed")]
    public static partial void Confirmed(ILogger logger, string pool, long height, string hash);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pool {Pool}: block {Height} {Hash} is not in the chain: {Reason}")]
    public static partial void Orphaned(ILogger logger, string pool, long height, string hash, string reason);
}
