namespace Viddhana.Backoffice.Notices;

/// <summary>An e-mail in plain text.</summary>
/// <param name="To">One address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Lines of text.</param>
public sealed record Mail(string To, string Subject, string Text);

/// <summary>Sends e-mail.</summary>
public interface IMailer
{
    /// <summary>False: no server is configured, and nothing can be sent.</summary>
    bool IsConfigured { get; }

    /// <summary>Puts a mail into the queue. Never waits for the server: how long it takes tells nothing about the receiver.</summary>
    Task QueueAsync(Mail mail, CancellationToken cancel);
}

/// <summary>Where no server is configured.</summary>
internal sealed class NoMailer : IMailer
{
    public bool IsConfigured => false;

    public Task QueueAsync(Mail mail, CancellationToken cancel) => throw new InvalidOperationException("no mail server is configured");
}
