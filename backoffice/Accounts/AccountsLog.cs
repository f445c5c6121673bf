namespace Viddhana.Backoffice.Accounts;

/// <summary>What logins and the audit log tell the operator. Never a secret.</summary>
internal static partial class AccountsLog
{
    [LoggerMessage(LogLevel.Warning, "what was to be done after an answer about accounts was not done: {Reason}")]
    public static partial void WorkFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Information, "audit log: entry {Entry}, hash {Hash}")]
    public static partial void AuditHead(ILogger log, long entry, string hash);

    [LoggerMessage(LogLevel.Critical, "the audit log is broken: {Detail}")]
    public static partial void AuditBroken(ILogger log, string detail);

    [LoggerMessage(LogLevel.Warning, "the audit log could not be verified: {Reason}")]
    public static partial void AuditUnread(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "{Library}; miners cannot sign in with their wallets")]
    public static partial void NoSignatures(ILogger log, string library);
}
