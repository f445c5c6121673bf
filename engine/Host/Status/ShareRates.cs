using Viddhana.Engine.Net;

namespace Viddhana.Engine.Status;

/// <summary>Submissions of one pool per second and result, over about the last minute. One thread calls it, once per document.</summary>
internal sealed class ShareRates
{
    private const int Samples = 32;
    private const long WindowMs = 60_000;

    private readonly long[] _atMs = new long[Samples];
    private readonly long[][] _totals = new long[Samples][];
    private int _count;

    /// <summary>The totals as told last; in the order of <see cref="PoolMetrics.ResultNames"/>.</summary>
    public IReadOnlyList<long> Totals => _count == 0 ? [] : _totals[(_count - 1) % Samples];

    /// <summary>Takes a sample. The newest gives way to it while that is close to the one before: the ring reaches a minute back.</summary>
    public void Sample(PoolMetrics metrics, long nowMs)
    {
        var isClose = _count > 1 && _atMs[(_count - 1) % Samples] - _atMs[(_count - 2) % Samples] < WindowMs / (Samples - 2);
        if (!isClose) _count++;
        var at = (_count - 1) % Samples;
        _atMs[at] = nowMs;
        metrics.Totals(_totals[at] ??= new long[PoolMetrics.ResultNames.Count]);
    }

    /// <summary>Per second, of one result.</summary>
    public double PerSecond(int result)
    {
        if (_count < 2) return 0;

        var newest = _count - 1;
        var oldest = newest;
        while (oldest > 0 && _count - oldest < Samples && _atMs[newest % Samples] - _atMs[oldest % Samples] < WindowMs) oldest--;
        var elapsedMs = _atMs[newest % Samples] - _atMs[oldest % Samples];
        return elapsedMs <= 0 ? 0 : (_totals[newest % Samples][result] - _totals[oldest % Samples][result]) * 1_000.0 / elapsedMs;
    }
}
