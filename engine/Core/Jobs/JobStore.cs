namespace Viddhana.Core.Jobs;

/// <summary>Numbers for the next job of a pool.</summary>
/// <param name="Serial">Serial of the job.</param>
/// <param name="Tip">Number of its tip.</param>
/// <param name="IsNewTip">True for the first job of the tip.</param>
public readonly record struct JobNumbers(uint Serial, uint Tip, bool IsNewTip);

/// <summary>
/// The jobs of one pool that may still be mined on. Retires them when the tip changes, when they are too old or too many, and when the
/// node refuses them. Safe to use from several threads; <see cref="Current"/> is one volatile read.
/// </summary>
/// <param name="lifetimeMs">Age at which a job of the same tip expires; looked at whenever a job is published.</param>
public sealed class JobStore(long lifetimeMs = JobStore.DefaultLifetimeMs)
{
    /// <summary>Ten minutes.</summary>
    public const long DefaultLifetimeMs = 600_000;

    /// <summary>Most live jobs of one tip; the oldest is retired first.</summary>
    public const int JobsMax = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Job> _live = new();
    private volatile Job? _current;
    private string? _prevHash;
    private uint _serial;
    private uint _tip;
    private bool _isTipFresh;

    /// <summary>What new sessions are given; null before the first job and after all of them were withdrawn.</summary>
    public Job? Current => _current;

    /// <summary>
    /// Numbers for a job on <paramref name="prevHash"/>. A previous hash other than the last one begins a new tip, also when it was the tip
    /// before; so does <paramref name="forceNewTip"/>, which retires all work in hand (the filter of duplicates is full).
    /// The caller makes the job and publishes it before it asks again.
    /// </summary>
    public JobNumbers Next(string prevHash, bool forceNewTip = false)
    {
        lock (_lock)
        {
            if (forceNewTip || prevHash != _prevHash)
            {
                _prevHash = prevHash;
                _tip++;
                _isTipFresh = true;
            }

            return new JobNumbers(++_serial, _tip, _isTipFresh);
        }
    }

    /// <summary>
    /// Makes <paramref name="job"/> the current one. A new tip retires every earlier job first; otherwise they stay valid until
    /// they expire.
    /// </summary>
    public void Publish(Job job, long nowMs)
    {
        lock (_lock)
        {
            Check.That(_current is null || job.Serial > _current.Serial);
            while (_live.TryPeek(out var oldest) && IsOver(oldest, job, nowMs)) _live.Dequeue().Retire(nowMs);

            _live.Enqueue(job);
            _isTipFresh = false;
            _current = job;
        }
    }

    /// <summary>
    /// Retires a job that the node refuses; its blocks are still submitted. <see cref="Current"/> becomes the newest job of the tip that is
    /// still live, or null. Do not send that one again (some firmware then repeats work it has submitted): ask for a new template, whose
    /// job will be the first of its tip again, so that miners drop the refused one.
    /// </summary>
    public void Withdraw(Job job, long nowMs)
    {
        lock (_lock)
        {
            job.Retire(nowMs);
            if (job.Tip == _tip) _isTipFresh = true;
            if (ReferenceEquals(_current, job)) _current = _live.LastOrDefault(j => !j.IsRetired);
        }
    }

    private bool IsOver(Job old, Job job, long nowMs) =>
        job.IsNewTip || old.Tip != job.Tip || old.IsRetired || nowMs - old.CreatedMs >= lifetimeMs || _live.Count >= JobsMax;
}
