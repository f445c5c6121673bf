using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Audit;

/// <summary>
/// Verifies the chain every minute in which it grew, and every hour; notes its end in file and log; alarms where it is broken.
/// </summary>
internal sealed class AuditWatch(NpgsqlDataSource database, AuditChain chain, TimeProvider time, ILogger<AuditWatch> log)
    : BackgroundService, IDependency
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Whole = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _one = new(1, 1);
    private AuditReport? _last;

    /// <inheritdoc/>
    public string Name => "audit";

    /// <summary>A report that is at most so old; several who ask at once share it.</summary>
    public async Task<AuditReport> ReportAsync(TimeSpan ageMax, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_last is { } last && time.GetUtcNow() - last.CheckedAt < ageMax) return last;
            var report = await chain.VerifyAsync(database, cancel);
            if (!report.IsWhole && _last is not { IsWhole: false }) AccountsLog.AuditBroken(log, report.Detail);
            if (chain.Anchor(report)) AccountsLog.AuditHead(log, report.HeadId, report.HeadHash);
            return _last = report;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public Task<HealthEntry> CheckAsync(CancellationToken cancel) => Task.FromResult(_last is { IsWhole: false } broken
        ? new HealthEntry(Name, false, broken.Detail) { IsRequired = false }
        : new HealthEntry(Name, true, _last is { } last ? $"{last.Entries} entries, whole" : "not verified yet") { IsRequired = false });

    /// <inheritdoc/>
    public override void Dispose()
    {
        _one.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (await HasGrownAsync(stoppingToken)) await ReportAsync(TimeSpan.Zero, stoppingToken);
                else await ReportAsync(Whole, stoppingToken);
            }
            catch (Exception error) when (ActiveLoop.IsTheWorlds(error) || error is IOException or StorageException)
            {
                // Tried again in a minute; the database's own dependency tells that it is away.
                AccountsLog.AuditUnread(log, error.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> HasGrownAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        var head = await connection.ScalarAsync<long>("SELECT coalesce(max(entry_id), 0) FROM audit_entries", [], cancel);
        return _last is null || head != _last.HeadId;
    }
}
