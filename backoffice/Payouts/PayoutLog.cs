namespace Viddhana.Backoffice.Payouts;

/// <summary>What payouts say.</summary>
internal static partial class PayoutLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "pool {Pool}: payout {Payout} prepared: {Lines} lines, {Total} coins")]
    public static partial void Prepared(ILogger log, string pool, long payout, int lines, string total);

    [LoggerMessage(Level = LogLevel.Information, Message = "pool {Pool}: payout {Payout} signed: {Lines} lines in {Txid}")]
    public static partial void Signed(ILogger log, string pool, long payout, int lines, string txid);

    [LoggerMessage(Level = LogLevel.Information, Message = "pool {Pool}: payout {Payout} sent as {Txid}")]
    public static partial void Sent(ILogger log, string pool, long payout, string txid);

    [LoggerMessage(Level = LogLevel.Information, Message = "pool {Pool}: payout {Payout} confirmed by {Txid}")]
    public static partial void Confirmed(ILogger log, string pool, long payout, string txid);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "pool {Pool}: payout {Payout} was taken out of the chain by a reorganisation; the same bytes are sent again")]
    public static partial void Unconfirmed(ILogger log, string pool, long payout);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "pool {Pool}: payout {Payout} was given up before it was signed: an account's settings have changed; it is chosen anew")]
    public static partial void Outdated(ILogger log, string pool, long payout);

    [LoggerMessage(Level = LogLevel.Debug, Message = "pool {Pool}: payout {Payout} waits for the wallet: {Why}")]
    public static partial void Waits(ILogger log, string pool, long payout, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "pool {Pool}: payout {Payout} is stuck, an operator must look: {Why}")]
    public static partial void Stuck(ILogger log, string pool, long payout, string why);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "pool {Pool}: payout {Payout}: the wallet's transaction is not what was asked for, it is not sent: {Why}")]
    public static partial void WrongTransaction(ILogger log, string pool, long payout, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pool {Pool}: {Account} is not paid: {Why}")]
    public static partial void LineRefused(ILogger log, string pool, string account, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pool {Pool}: payouts are off: {Why}")]
    public static partial void Off(ILogger log, string pool, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "pool {Pool}: payouts are on, threshold {Threshold}")]
    public static partial void On(ILogger log, string pool, string threshold);

    [LoggerMessage(Level = LogLevel.Error, Message = "pool {Pool}: the payout round failed, tried again at the next: {Why}")]
    public static partial void RoundFailed(ILogger log, string pool, string why);
}
