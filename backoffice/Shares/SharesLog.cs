namespace Viddhana.Backoffice.Shares;

/// <summary>What the share feature tells the operator.</summary>
internal static partial class SharesLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "shares come from {Source}")]
    public static partial void Reading(ILogger logger, string source);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Gap}")]
    public static partial void Gap(ILogger logger, string gap);

    [LoggerMessage(Level = LogLevel.Information, Message = "engine journal {Source}: the missing sequences are here or were skipped")]
    public static partial void GapClosed(ILogger logger, SourceKey source);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Source}: message {Id} of {Bytes} bytes is damaged; it is kept in damaged_messages")]
    public static partial void Damaged(ILogger logger, string source, string id, int bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "dropped {Partition}: no window reaches it and it is older than is kept")]
    public static partial void Dropped(ILogger logger, string partition);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Partition}: its slices became hours, since no window reaches them")]
    public static partial void RolledUp(ILogger logger, string partition);
}
