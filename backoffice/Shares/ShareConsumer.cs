using System.Diagnostics;
using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Shares;

/// <summary>Opens the source of entries behind the given marks.</summary>
public delegate Task<IShareSource> OpenShareSource(IReadOnlyDictionary<SourceKey, ulong> marks, CancellationToken cancel);

/// <summary>
/// Carries entries from the engines into the database: reads, puts in order, commits, publishes the marks, acknowledges — in this order,
/// so that death at any point repeats work and never loses or doubles it. After any failure it begins again from the marks in the
/// database.
/// </summary>
public sealed class ShareConsumer(
    NpgsqlDataSource database,
    PoolBook pools,
    int sliceMs,
    OpenShareSource open,
    ActiveLease lease,
    Metrics metrics,
    ILogger<ShareConsumer> log)
    : ActiveLoop(lease, log), IDependency
{
    private const int RefreshEveryMs = 2_000;

    private readonly Dictionary<SourceKey, SequenceGap> _gaps = [];
    private string _source = "not open yet";
    private long _refreshAt;

    /// <summary>For tests that die between two steps: called after the commit, and after the marks are published.</summary>
    internal Action<string>? Seam { get; set; }

    /// <inheritdoc/>
    public Task<HealthEntry> CheckAsync(CancellationToken cancel)
    {
        string? gap;
        lock (_gaps) gap = _gaps.Count == 0 ? null : string.Join("; ", _gaps.Values.Select(GapText));

        // A gap concerns one engine and no restart closes it: it is shown, and the backoffice is ready all the same.
        var isOk = Failure is null && gap is null;
        return Task.FromResult(new HealthEntry("shares", isOk, Failure ?? gap ?? _source) { IsRequired = Failure is not null });
    }

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken cancel)
    {
        var store = new ShareStore(database, pools, sliceMs);
        var marks = await store.ReadMarksAsync(cancel);
        await using var source = await open(marks, cancel);
        await source.PublishAsync(marks);
        _source = source.Name;
        SharesLog.Reading(log, source.Name);

        var intake = new ShareIntake();
        foreach (var (key, mark) in marks) intake.SetMark(key, mark);
        while (true)
        {
            await StepAsync(store, source, intake, cancel);
            Succeeded();
        }
    }

    private async Task StepAsync(ShareStore store, IShareSource source, ShareIntake intake, CancellationToken cancel)
    {
        var deliveries = await source.ReadAsync(cancel);
        if (source.TakeRestarted()) intake.Forget();
        foreach (var delivery in deliveries)
            if (!intake.Add(delivery)) await KeepDamagedAsync(store, source, delivery, cancel);

        await store.RegisterAsync(intake.Sources, cancel);
        await CommitAsync(store, source, intake, cancel);
        await source.DoneAsync(intake.TakeDone());
        if (intake.NeedsRewind)
        {
            intake.Forget();
            source.Rewind(intake.Marks);
        }

        if (Environment.TickCount64 < _refreshAt) return;
        _refreshAt = Environment.TickCount64 + RefreshEveryMs;
        await RefreshAsync(store, source, intake, cancel);
    }

    private async Task CommitAsync(ShareStore store, IShareSource source, ShareIntake intake, CancellationToken cancel)
    {
        var ready = intake.Take();
        if (ready.Count == 0) return;

        var watch = Stopwatch.GetTimestamp();
        var shares = await store.CommitAsync(ready, cancel);
        Seam?.Invoke("committed");
        var touched = ready.Select(entry => new SourceKey(entry.Entry.Header.EngineId, entry.Entry.Header.Epoch)).ToHashSet();
        await source.PublishAsync(intake.Marks.Where(mark => touched.Contains(mark.Key)).ToDictionary());
        Seam?.Invoke("published");

        metrics.Count("backoffice_entries_total", "Entries committed.", ready.Count);
        metrics.Count("backoffice_shares_total", "Shares committed.", shares);
        metrics.Set("backoffice_commit_seconds", "Time that the last commit of shares took.", Stopwatch.GetElapsedTime(watch).TotalSeconds);
    }

    /// <summary>
    /// Looks for marks that an operator moved, tells how far idle journals are complete, publishes all marks again (Redis may have been
    /// restored from an older copy), and reports gaps.
    /// </summary>
    private async Task RefreshAsync(ShareStore store, IShareSource source, ShareIntake intake, CancellationToken cancel)
    {
        foreach (var (key, mark) in await store.ReadMarksAsync(cancel)) intake.SetMark(key, mark);
        await CommitAsync(store, source, intake, cancel);
        await source.PublishAsync(intake.Marks);
        await store.SetCompleteAsync(await CompleteMsAsync(source, intake.Marks), cancel);
        ReportGaps(intake);
        metrics.Set("backoffice_waiting_bytes", "Bytes of entries that wait for missing ones.", intake.WaitingBytes);
    }

    /// <summary>Up to when all is committed that was ever recorded, by source.</summary>
    private static async Task<Dictionary<SourceKey, long>> CompleteMsAsync(
        IShareSource source, IReadOnlyDictionary<SourceKey, ulong> marks) =>
        (await source.CompleteAsync())
            .Where(complete => marks.GetValueOrDefault(complete.Key) >= complete.Value.Sequence)
            .ToDictionary(complete => complete.Key, complete => complete.Value.Ms);

    private async Task KeepDamagedAsync(ShareStore store, IShareSource source, Delivery delivery, CancellationToken cancel)
    {
        // A message that was deleted while it was pending comes without bytes and is none.
        if (delivery.Bytes.Length == 0) return;
        await store.KeepDamagedAsync($"{source.Name} {delivery.Id}", delivery.Bytes, cancel);
        SharesLog.Damaged(log, source.Name, delivery.Id, delivery.Bytes.Length);
        metrics.Count("backoffice_damaged_messages_total", "Messages that were no entries.");
    }

    private void ReportGaps(ShareIntake intake)
    {
        var gaps = intake.Gaps.ToDictionary(gap => gap.Source);
        metrics.Clear("backoffice_gap_sequences");
        lock (_gaps)
        {
            foreach (var gap in gaps.Values)
            {
                metrics.Set(
                    "backoffice_gap_sequences",
                    "Sequences that are missing while later ones are here.",
                    gap.To - gap.From + 1,
                    ("journal", gap.Source.ToString()));
                if (!_gaps.ContainsKey(gap.Source)) SharesLog.Gap(log, GapText(gap));
            }

            foreach (var closed in _gaps.Keys.Where(source => !gaps.ContainsKey(source))) SharesLog.GapClosed(log, closed);
            _gaps.Clear();
            foreach (var (source, gap) in gaps) _gaps.Add(source, gap);
        }
    }

    private static string GapText(SequenceGap gap) =>
        $"engine {gap.Source.EngineId} epoch {gap.Source.Epoch:x16}: sequences {gap.From} to {gap.To} are missing; they are waited for. "
        + $"If they are lost: viddhana-backoffice engine skip {gap.Source.EngineId} {gap.Source.Epoch:x16} {gap.To + 1}";
}
