using Viddhana.Core.Jobs;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine.Metrics;

/// <summary>What each kind of device is given of a pool's coinbase. A device that can read none of it is said in the log, once.</summary>
internal sealed class CoinbaseMetrics
{
    private readonly string _pool;
    private readonly CoinbaseProfile[] _profiles;
    private readonly Gauge[] _bytes;
    private readonly bool[] _isRefused;
    private readonly Log _log;

    public CoinbaseMetrics(MetricsRegistry metrics, string pool, CoinbaseProfile[] profiles, Log log)
    {
        _pool = pool;
        _profiles = profiles;
        _log = log;
        _isRefused = new bool[profiles.Length];
        _bytes = [.. profiles.Select(profile => metrics.Gauge(
            "stratum_coinbase_bytes",
            "Coinbase of the current job as devices of the profile get it; 0: too large for them, they are refused.",
            ("pool", pool),
            ("profile", profile.Name)))];
    }

    /// <summary>
    /// Renders what the devices will be sent, so that no loop waits for another one that renders, and tells what they get.
    /// </summary>
    public void Prepare(Job job)
    {
        for (var i = 0; i < _profiles.Length; i++)
        {
            var profile = _profiles[i];
            var isRefused = job.Variants.Get(job, 0, profile.CoinbaseMax) is null;
            _bytes[i].Set(job.Variants.SizeFor(profile.CoinbaseMax));
            if (isRefused != _isRefused[i]) Tell(profile, isRefused);
            _isRefused[i] = isRefused;
        }
    }

    private void Tell(CoinbaseProfile profile, bool isRefused)
    {
        if (isRefused)
            _log.Warning("job", $"pool {_pool}: the coinbase has more than the {profile.CoinbaseMax} bytes that devices of profile "
                + $"{profile.Name} can read (engine.coinbase), even without tag and flags: they get no work");
        else
            _log.Info("job", $"pool {_pool}: devices of coinbase profile {profile.Name} can read the coinbase again");
    }
}
