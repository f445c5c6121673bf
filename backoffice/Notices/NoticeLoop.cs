using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Notices;

/// <summary>Sends the mails of sign-in as they come due; apart from notices, so that none waits for somebody's slow webhook.</summary>
internal sealed class MailLoop(ActiveLease lease, MailQueue mails, ILogger<MailLoop> log) : ActiveLoop(lease, log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var isMore = await mails.SendDue(cancel);
            Succeeded();
            if (!isMore) await Task.Delay(Pause, cancel);
        }
    }
}

/// <summary>Sends notices as they come due. A channel that hangs holds up the others by its fifteen seconds at most.</summary>
internal sealed class NoticeLoop(ActiveLease lease, NoticeOutbox outbox, ILogger<NoticeLoop> log) : ActiveLoop(lease, log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var isMore = await outbox.SendDue(cancel);
            Succeeded();
            if (!isMore) await Task.Delay(Pause, cancel);
        }
    }
}

/// <summary>Once a slice or so: addresses that come into force, and alerts.</summary>
internal sealed class AlertLoop(ActiveLease lease, AddressChanges changes, Alerts alerts, ILogger<AlertLoop> log) : ActiveLoop(lease, log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await changes.ApplyDue(cancel);
            await alerts.Look(cancel);
            Succeeded();
            await Task.Delay(Pause, cancel);
        }
    }
}
