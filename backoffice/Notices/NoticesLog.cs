namespace Viddhana.Backoffice.Notices;

/// <summary>What notices say: a line per change of a channel's state. Neither targets nor secrets.</summary>
internal static partial class NoticesLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "channel {Channel} ({Kind}) fails: {Reason}")]
    public static partial void ChannelFails(ILogger log, long channel, string kind, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "channel {Channel} ({Kind}) works again")]
    public static partial void ChannelWorks(ILogger log, long channel, string kind);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the mail server does not take mails: {Reason}")]
    public static partial void MailFails(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "the mail server takes mails again")]
    public static partial void MailWorks(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "account {Account}: {Coin} {Network} is paid to another address from now on")]
    public static partial void AddressChanged(ILogger log, string account, string coin, string network);
}
