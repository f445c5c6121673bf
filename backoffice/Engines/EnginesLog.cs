namespace Viddhana.Backoffice.Engines;

/// <summary>What the log says about engines, bans and alerts.</summary>
internal static partial class EnginesLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Not every engine's status can be read: {Why}")]
    public static partial void StatusAway(ILogger log, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "The engines' status can be read again")]
    public static partial void StatusBack(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Published {Names} stratum names and {Bans} bans (version {Version})")]
    public static partial void Published(ILogger log, int names, int bans, string version);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Dropped} stratum names are not published: there are more than {Most}")]
    public static partial void NamesDropped(ILogger log, long dropped, int most);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Alert ({Severity}): {Subject}: {What}")]
    public static partial void AlertRaised(ILogger log, string severity, string subject, string what);

    [LoggerMessage(Level = LogLevel.Information, Message = "Alert over: {Subject}: {What}")]
    public static partial void AlertOver(ILogger log, string subject, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for alerts failed by a fault of our own")]
    public static partial void AlertsFailed(ILogger log, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Alerts cannot be written down: {Why}")]
    public static partial void AlertsNotKept(ILogger log, string why);
}
