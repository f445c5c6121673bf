using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Notices;

/// <summary>Puts mails, channels, alerts and payout settings into the program.</summary>
internal static class NoticesFeature
{
    public static IServiceCollection AddNotices(this IServiceCollection services, ViddhanaConfig config)
    {
        var notices = config.Backoffice.Notices;
        return services
            .AddSingleton(provider => new NoticeSenders(notices, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton(provider => new MailQueue(
                provider.GetRequiredService<NpgsqlDataSource>(),
                notices.Mail is { } mail ? new SmtpSender(mail, provider.GetRequiredService<TimeProvider>()) : null,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<Metrics>(),
                provider.GetRequiredService<ILogger<MailQueue>>()))
            .AddSingleton<IMailer>(provider => provider.GetRequiredService<MailQueue>())
            .AddSingleton<NoticeOutbox>()
            .AddSingleton<Alerts>()
            .AddSingleton<AddressChanges>()
            .AddSingleton(provider => new ChannelBook(
                provider.GetRequiredService<NpgsqlDataSource>(),
                provider.GetRequiredService<NoticeSenders>(),
                provider.GetRequiredService<IMailer>(),
                provider.GetRequiredService<AuditLog>(),
                provider.GetRequiredService<TimeProvider>(),
                notices.Webhook.AllowPrivate))
            .AddActive<MailLoop>()
            .AddActive<NoticeLoop>()
            .AddActive<AlertLoop>();
    }

    public static void MapNotices(this IEndpointRouteBuilder routes)
    {
        routes.MapChannels();
        routes.MapChannelsAdmin();
        routes.MapAlertRules();
        routes.MapWorkerLabels();
    }
}
