using Viddhana.Core.Chains;
using Viddhana.Core.Jobs;
using Viddhana.Engine.Net;

namespace Viddhana.Engine.Metrics;

/// <summary>What is counted about a pool's jobs.</summary>
internal sealed class JobMetrics
{
    private readonly Counter _newTips;
    private readonly Counter _refreshes;
    private readonly Counter _empty;
    private readonly Gauge _transactions;

    public JobMetrics(MetricsRegistry metrics, string id, Func<Job?> current)
    {
        var pool = ("pool", id);
        const string Jobs = "stratum_jobs_total";
        _newTips = metrics.Counter(Jobs, "Jobs sent to miners.", pool, ("kind", "new_tip"));
        _refreshes = metrics.Counter(Jobs, "Jobs sent to miners.", pool, ("kind", "refresh"));
        Refused = metrics.Counter("stratum_jobs_refused_total", "Jobs whose proposal the node refused.", pool);
        _empty = metrics.Counter("stratum_jobs_empty_total", "Jobs without transactions: some firmware holds them against a pool.", pool);
        _transactions = metrics.Gauge("stratum_job_transactions", "Transactions in the current job.", pool);
        metrics.Gauge("stratum_job_height", "Height of the current job; 0 without one.", () => current()?.Height ?? 0, pool);
        metrics.Gauge("stratum_job_age_seconds", "Age of the current job; -1 without one.", () => Age(current()), pool);
        metrics.Gauge(
            "stratum_network_work", "Expected hashes for a block.", () => current() is { } job ? (double)job.NetworkWork : 0, pool);
    }

    public Counter Refused { get; }

    /// <summary>Jobs because of a new tip.</summary>
    public long NewTips => _newTips.Value;

    /// <summary>Jobs that refreshed work on the same tip.</summary>
    public long Refreshes => _refreshes.Value;

    /// <summary>Transactions of the current job.</summary>
    public int Transactions => (int)_transactions.Value;

    /// <summary>The reason of the last refusal, and when it was; null: none.</summary>
    public Note? LastRefusal { get; private set; }

    /// <summary>A proposal was refused.</summary>
    public void Refuse(string reason, long utcMs)
    {
        Refused.Add();
        LastRefusal = new Note(reason, utcMs);
    }

    public void Published(Job job, IChainTemplate template)
    {
        (job.IsNewTip ? _newTips : _refreshes).Add();
        _transactions.Set(template.TransactionCount);
        if (template.TransactionCount == 0) _empty.Add();
    }

    private static double Age(Job? job) => job is null ? -1 : (Clock.MonotonicMs() - job.CreatedMs) / 1_000.0;
}
