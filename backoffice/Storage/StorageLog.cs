namespace Viddhana.Backoffice.Storage;

/// <summary>What the storage tells the operator.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "this is the active backoffice: it consumes, tracks and pays")]
    public static partial void Active(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the lease of the active backoffice: {Reason}")]
    public static partial void LeaseFailed(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Loop}: {Reason}; trying again")]
    public static partial void LoopFailed(ILogger logger, string loop, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Loop}: works again")]
    public static partial void LoopRecovered(ILogger logger, string loop);
}
