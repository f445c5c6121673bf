using Viddhana.Backoffice.Notices;

namespace Viddhana.Backoffice.Accounts;

/// <summary>What the mails about accounts say. No text of anyone else stands in them.</summary>
internal static class MailTexts
{
    public static Mail Confirm(string email, string link) => new(
        email,
        "Confirm your account at the mining pool",
        $"""
        Someone, probably you, wants an account at this mining pool with this address.

        To confirm it, open this link within 24 hours:
        {link}

        If it was not you, do nothing: without the link there is no account.
        """);

    public static Mail AlreadyThere(string email, string page) => new(
        email,
        "Your account at the mining pool",
        $"""
        Someone, probably you, wants an account at this mining pool with this address. There is one already.

        Sign in at {page}, or ask there for a new password.

        If it was not you, do nothing: your account is as it was.
        """);

    public static Mail Reset(string email, string link) => new(
        email,
        "A new password for your account at the mining pool",
        $"""
        Someone, probably you, asked for a new password of your account at this mining pool.

        To set it, open this link within one hour:
        {link}

        All devices are signed out then. If it was not you, do nothing: your password is as it was.
        """);
}
