namespace Viddhana.Backoffice.Live;

/// <summary>What the live channel tells the operator.</summary>
internal static partial class LiveLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "live: nothing new is seen: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "live: the database answers again")]
    public static partial void Recovered(ILogger logger);
}
