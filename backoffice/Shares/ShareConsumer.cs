using System.Diagnostics;
using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Shares;

/// <summary>Opens the source of entries behind the given marks.</summary>
public delegate Task<IShareSource> OpenShareSource(IReadOnlyDictionary<SourceKey, ulong> marks, CancellationToken cancel);

/// <summary>
/// Carries entries from the engines into the database: reads, puts in order, commits, publishes the marks, acknowledges — in this order,
/// so that death at any point repeats work and never loses or doubles it; while one batch is on its way the next is read and summed up.
/// After any failure it begins again from the marks in the database.
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

    /// <summary>What is missing between sequences that are here.</summary>
    internal IReadOnlyList<SequenceGap> Gaps
    {
        get
        {
            lock (_gaps) return [.. _gaps.Values];
        }
    }

    /// <summary>For tests that die between two steps: called after the commit, and after the marks are published.</summary>
    internal Action<string>? Seam { get; set; }

    /// <inheritdoc/>
    public string Name => "shares";

    /// <inheritdoc/>
    public Task<HealthEntry> CheckAsync(CancellationToken cancel)
    {
        string? gap;
        lock (_gaps) gap = _gaps.Count == 0 ? null : string.Join("; ", _gaps.Values.Select(GapText));

        // A gap concerns one engine and no restart closes it: it is shown, and the backoffice is ready all the same.
        var isOk = Failure is null && gap is null;
        return Task.FromResult(new HealthEntry(Name, isOk, Failure ?? gap ?? _source) { IsRequired = Failure is not null });
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
        var writing = Task.CompletedTask;
        try
        {
            while (true)
            {
                writing = await StepAsync(store, source, intake, writing, cancel);
                Succeeded();
            }
        }
        finally
        {
            // What failed here has failed for its own reason already, or because of the one that is on its way out.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Reads and sums up the next entries while the last ones are <paramref name="writing"/>: two processors serve one stream. Returns
    /// what is being written now.
    /// </summary>
    private async Task<Task> StepAsync(
        ShareStore store, IShareSource source, ShareIntake intake, Task writing, CancellationToken cancel)
    {
        var deliveries = await source.ReadAsync(cancel);
        if (writing.IsCompleted) await writing;
        if (source.TakeRestarted()) intake.Forget();
        foreach (var delivery in deliveries)
            if (!intake.Add(delivery)) await KeepDamagedAsync(store, source, delivery, cancel);

        await store.RegisterAsync(intake.Sources, cancel);
        writing = await WriteNextAsync(store, source, intake, writing, cancel);
        if (intake.NeedsRewind)
        {
            intake.Forget();
            source.Rewind(intake.Marks);
        }

        if (Environment.TickCount64 < _refreshAt) return writing;
        await writing;
        _refreshAt = Environment.TickCount64 + RefreshEveryMs;
        await RefreshAsync(store, source, intake, cancel);
        return Task.CompletedTask;
    }

    /// <summary>Begins to write what can be applied, after what is being written.</summary>
    private async Task<Task> WriteNextAsync(
        ShareStore store, IShareSource source, ShareIntake intake, Task writing, CancellationToken cancel)
    {
        var ready = intake.Take();
        var done = intake.TakeDone();
        var batch = ready.Count > 0 ? await store.PrepareAsync(ready, cancel) : null;
        if (batch is null && done.Count == 0) return writing;

        await writing;
        return WriteAsync(store, source, batch, done, ready.Count, cancel);
    }

    private async Task WriteAsync(
        ShareStore store, IShareSource source, ShareBatch? batch, IReadOnlyList<Delivery> done, int entries, CancellationToken cancel)
    {
        if (batch is not null)
        {
            var watch = Stopwatch.GetTimestamp();
            await store.WriteAsync(batch, cancel);
            Seam?.Invoke("committed");
            await source.PublishAsync(batch.Sources.ToDictionary(part => part.Key, part => part.Value.Last));
            Seam?.Invoke("published");

            var seconds = Stopwatch.GetElapsedTime(watch).TotalSeconds;
            metrics.Count("backoffice_entries_total", "Entries committed.", entries);
            metrics.Count("backoffice_shares_total", "Shares committed.", batch.ShareCount);
            metrics.Set("backoffice_commit_seconds", "Time that the last commit of shares took.", seconds);
        }

        await source.DoneAsync(done);
    }

    /// <summary>
    /// Looks for marks that an operator moved, tells how far idle journals are complete, publishes all marks again (Redis may have been
    /// restored from an older copy), and reports gaps.
    /// </summary>
    private async Task RefreshAsync(ShareStore store, IShareSource source, ShareIntake intake, CancellationToken cancel)
    {
        foreach (var (key, mark) in await store.ReadMarksAsync(cancel)) intake.SetMark(key, mark);
        await await WriteNextAsync(store, source, intake, Task.CompletedTask, cancel);
        await source.PublishAsync(intake.Marks);
        // Also when nothing new is done: what was done a moment ago may have waited to be trimmed.
        await source.DoneAsync([]);
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
