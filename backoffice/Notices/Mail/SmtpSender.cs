using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Notices;

/// <summary>What became of a message.</summary>
internal enum Delivery
{
    /// <summary>The other side has taken it.</summary>
    Sent,

    /// <summary>Not now: tried again later.</summary>
    Later,

    /// <summary>Never: trying again would change nothing.</summary>
    Refused,
}

/// <summary>What became of a message, and why; the reason holds no secret.</summary>
/// <param name="Wait">How long the other side asks to be left alone; zero: it does not say.</param>
internal readonly record struct DeliveryResult(Delivery Outcome, string Reason, TimeSpan Wait = default)
{
    public static readonly DeliveryResult Good = new(Delivery.Sent, "");
}

/// <summary>Gives one mail to the configured server: a connection each.</summary>
internal sealed class SmtpSender(MailConfig config, TimeProvider time)
{
    /// <summary>Sends it; whatever the world does is a result.</summary>
    /// <param name="mail">The address must be valid.</param>
    /// <param name="id">Left side of the Message-ID, the same at every attempt.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<DeliveryResult> Send(Mail mail, string id, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(config.TimeoutSeconds));
        try
        {
            return await Converse(mail, id, patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(Delivery.Later, $"no answer within {config.TimeoutSeconds} s");
        }
        catch (Exception error) when (error is IOException or SocketException or AuthenticationException or CryptographicException)
        {
            return new(Delivery.Later, error.Message);
        }
    }

    private async Task<DeliveryResult> Converse(Mail mail, string id, CancellationToken cancel)
    {
        var client = new TcpClient();
        SmtpConversation conversation;
        try
        {
            await client.ConnectAsync(config.Host, config.PortOrUsual(), cancel);
            conversation = new SmtpConversation(client);
        }
        catch
        {
            client.Dispose();
            throw;
        }

        using (conversation)
        {
            if (await Begin(conversation, cancel) is { } refusal) return refusal;
            if (await SignIn(conversation, cancel) is { } refused) return refused;
            return await Hand(conversation, mail, id, cancel);
        }
    }

    /// <summary>Greeting, EHLO and TLS; null when all is ready.</summary>
    private async Task<DeliveryResult?> Begin(SmtpConversation with, CancellationToken cancel)
    {
        if (config.Tls == MailTls.Implicit) await with.Protect(TlsOptions(), cancel);
        if (Refusal(await with.Read(cancel), "greeting") is { } noGreeting) return noGreeting;
        if (Refusal(await with.Hello(cancel), "EHLO") is { } noHello) return noHello;
        if (config.Tls != MailTls.StartTls) return null;

        // A server that does not offer it may be somebody in between who has taken the offer out.
        if (!with.Offers.ContainsKey("STARTTLS")) return new(Delivery.Later, "the server offers no STARTTLS: set tls to implicit or none");
        if (Refusal(await with.Ask("STARTTLS", cancel), "STARTTLS") is { } noTls) return noTls;
        await with.Protect(TlsOptions(), cancel);
        return Refusal(await with.Hello(cancel), "EHLO");
    }

    /// <summary>AUTH (RFC 4954) by PLAIN, or LOGIN where a server knows no better.</summary>
    private async Task<DeliveryResult?> SignIn(SmtpConversation with, CancellationToken cancel)
    {
        if (config.User is not { } user) return null;
        var password = config.Password ?? "";
        var offered = with.Offers.GetValueOrDefault("AUTH", "").ToUpperInvariant().Split(' ');
        if (offered.Contains("PLAIN"))
            return Waits(await with.Ask("AUTH PLAIN " + Base64($"\0{user}\0{password}"), cancel), "AUTH");
        if (!offered.Contains("LOGIN")) return new(Delivery.Later, "the server offers neither AUTH PLAIN nor LOGIN");

        if (Waits(await with.Ask("AUTH LOGIN", cancel), "AUTH") is { } refused) return refused;
        if (Waits(await with.Ask(Base64(user), cancel), "AUTH") is { } noUser) return noUser;
        return Waits(await with.Ask(Base64(password), cancel), "AUTH");
    }

    private async Task<DeliveryResult> Hand(SmtpConversation with, Mail mail, string id, CancellationToken cancel)
    {
        if (Waits(await with.Ask($"MAIL FROM:<{config.From}>", cancel), "MAIL") is { } noSender) return noSender;
        if (Refusal(await with.Ask($"RCPT TO:<{mail.To}>", cancel), "RCPT") is { } noRecipient) return noRecipient;
        if (Refusal(await with.Ask("DATA", cancel), "DATA") is { } noData) return noData;
        var message = MailText.Compose(mail, config, id, time.GetUtcNow());
        if (Refusal(await with.Data(message, cancel), "message") is { } refused) return refused;

        await SayGoodbye(with, cancel);
        return DeliveryResult.Good;
    }

    /// <summary>The mail is taken: whatever goes wrong now must not make us send it again.</summary>
    private static async Task SayGoodbye(SmtpConversation with, CancellationToken cancel)
    {
        try
        {
            await with.Ask("QUIT", cancel);
        }
        catch (Exception rude) when (rude is IOException or OperationCanceledException)
        {
            // It hung up first.
        }
    }

    private static DeliveryResult? Refusal(SmtpReply reply, string what) => reply.IsGood
        ? null
        : new(reply.Code >= 500 ? Delivery.Refused : Delivery.Later, $"{what}: {reply}");

    /// <summary>What is wrong with our own account at the server is the operator's to mend: the mail waits meanwhile.</summary>
    private static DeliveryResult? Waits(SmtpReply reply, string what) => reply.IsGood ? null : new(Delivery.Later, $"{what}: {reply}");

    private SslClientAuthenticationOptions TlsOptions()
    {
        var options = new SslClientAuthenticationOptions { TargetHost = config.Host };
        if (config.CaFile is not { } file) return options;

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        options.CertificateChainPolicy = policy;
        return options;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
