using Viddhana.Core.Shares;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Net;

/// <summary>What is counted per pool. Safe on any thread; loops do not contend.</summary>
public sealed class PoolMetrics
{
    private static readonly double[] s_bounds =
        [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

    private readonly Counter[] _results = new Counter[Enum.GetValues<ShareResult>().Length];
    private readonly Histogram _seconds;

    /// <summary>Registers the pool's metrics.</summary>
    public PoolMetrics(MetricsRegistry metrics, string pool)
    {
        foreach (var result in Enum.GetValues<ShareResult>())
            _results[(int)result] = metrics.Counter(
                "stratum_shares_processed_total", "Submissions answered, by result.", ("pool", pool), ("result", ResultName(result)));
        _seconds = metrics.Histogram(
            "stratum_share_processing_seconds", "From reading a submission to its answer being sent.", s_bounds, ("pool", pool));
        BlocksFound = metrics.Counter("stratum_blocks_found_total", "Submissions that met the block target.", ("pool", pool));
        Hashrate = new HashrateMeter();
        metrics.Gauge(
            "stratum_pool_hashrate",
            "Hashes per second, from the work of accepted shares of the last ten minutes.",
            () => Hashrate.PerSecond(Clock.MonotonicMs()),
            ("pool", pool));
    }

    /// <summary>Block candidates.</summary>
    public Counter BlocksFound { get; }

    /// <summary>Accepted work over time.</summary>
    public HashrateMeter Hashrate { get; }

    /// <summary>Counts a round that has been answered.</summary>
    /// <param name="round">The round with its final verdicts.</param>
    /// <param name="seconds">From reading to sending.</param>
    /// <param name="nowMs">Monotonic milliseconds.</param>
    public void Count(Round round, double seconds, long nowMs)
    {
        Span<int> counts = stackalloc int[_results.Length];
        counts.Clear();
        var work = 0.0;
        var verdicts = round.Verdicts;
        for (var i = 0; i < verdicts.Length; i++)
        {
            counts[(int)verdicts[i]]++;
            if (verdicts[i] is ShareResult.Accepted or ShareResult.SolvesBlock) work += round.Pending[i].Work.Difficulty.Work;
        }

        for (var result = 0; result < counts.Length; result++)
            if (counts[result] > 0) _results[result].Add(counts[result]);
        _seconds.Observe(seconds, verdicts.Length);
        if (work > 0) Hashrate.Add(work, nowMs);
    }

    /// <summary>The labels of verdicts, each once, in the order of <see cref="Totals"/>.</summary>
    public static IReadOnlyList<string> ResultNames { get; } =
        ["valid", "stale", "duplicate", "lowdiff", "invalid", "unauthorized", "unavailable"];

    /// <summary>Submissions answered since the start, by result.</summary>
    /// <param name="totals">As many places as <see cref="ResultNames"/> has.</param>
    public void Totals(Span<long> totals)
    {
        totals.Clear();
        for (var result = 0; result < _results.Length; result++)
        {
            // Several verdicts may share a counter: the registry gives the same one for the same label.
            var isFirst = Array.IndexOf(_results, _results[result]) == result;
            if (isFirst) totals[IndexOf(ResultName((ShareResult)result))] += _results[result].Value;
        }
    }

    private static int IndexOf(string name)
    {
        for (var i = 0; i < ResultNames.Count; i++)
            if (ResultNames[i] == name) return i;

        throw new ArgumentException(name);
    }

    /// <summary>The label of a verdict.</summary>
    public static string ResultName(ShareResult result) => result switch
    {
        ShareResult.Accepted or ShareResult.SolvesBlock => "valid",
        ShareResult.UnknownJob or ShareResult.Stale => "stale",
        ShareResult.Duplicate => "duplicate",
        ShareResult.LowDifficulty => "lowdiff",
        ShareResult.Unauthorized or ShareResult.NotSubscribed => "unauthorized",
        ShareResult.Unavailable => "unavailable",
        _ => "invalid",
    };
}

/// <summary>Accepted work of the last ten minutes as a rate.</summary>
public sealed class HashrateMeter
{
    private const int SlotMs = 10_000;
    private const int Slots = 60;

    private readonly double[] _work = new double[Slots];
    private readonly Lock _lock = new();
    private long _slot = long.MinValue;
    private long _startMs = long.MinValue;

    /// <summary>Adds expected hashes.</summary>
    public void Add(double work, long nowMs)
    {
        lock (_lock)
        {
            if (_startMs == long.MinValue) _startMs = nowMs;
            Advance(nowMs / SlotMs);
            _work[_slot % Slots] += work;
        }
    }

    /// <summary>
    /// Hashes per second over the last ten minutes, or over the time since the first share if that is shorter (but at least 10 s).
    /// </summary>
    public double PerSecond(long nowMs)
    {
        lock (_lock)
        {
            if (_startMs == long.MinValue) return 0;
            Advance(nowMs / SlotMs);
            var sum = 0.0;
            foreach (var work in _work) sum += work;
            var windowMs = ((Slots - 1) * SlotMs) + (nowMs % SlotMs);
            return sum * 1_000 / Math.Clamp(nowMs - _startMs, SlotMs, windowMs);
        }
    }

    private void Advance(long slot)
    {
        if (_slot == long.MinValue) _slot = slot;
        for (var passed = Math.Min(slot - _slot, Slots); passed > 0; passed--)
        {
            _slot = slot - passed + 1;
            _work[_slot % Slots] = 0;
        }
    }
}
