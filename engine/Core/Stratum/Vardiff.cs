namespace Viddhana.Core.Stratum;

/// <summary>How difficulty follows the hash rate.</summary>
/// <param name="TargetMs">Time aimed at between two shares.</param>
/// <param name="RetargetMs">Time between two looks.</param>
/// <param name="Variance">Share times within target × (1 ± variance) are left alone.</param>
/// <param name="IdleMs">Silence after which difficulty falls whatever was measured before.</param>
public readonly record struct VardiffRules(long TargetMs, long RetargetMs, double Variance, long IdleMs);

/// <summary>
/// Measures one miner and says by which factor its difficulty should change. It counts work, not shares, so shares of earlier difficulties
/// do not mislead it; it changes nothing before the deviation is more than three standard deviations of what chance does, so a steady miner
/// is left alone; and it believes many shares only when they come in many different seconds, so shares that were held back and come in
/// one burst do not raise the difficulty.
/// </summary>
public struct Vardiff
{
    /// <summary>Most that one change multiplies difficulty by.</summary>
    public const double RaiseMax = 16;

    /// <summary>Most that one change divides difficulty by.</summary>
    public const double LowerMax = 8;

    private const double RaiseMaxOnFewShares = 4;
    private const int ManyShares = 64;
    private const int EarlyShares = 16;
    private const long EarlyMs = 5_000;
    private const double Deviations = 3;

    // When this many shares should have come, the older half of the window is forgotten.
    private const double WindowShares = 200;

    private double _work;
    private long _sinceMs;
    private long _lookedMs;
    private long _lastShareMs;
    private long _lastSecond;
    private int _seconds;

    /// <summary>Forgets all measurements: at the first work and after each change.</summary>
    public void Restart(long nowMs)
    {
        this = default;
        _sinceMs = _lookedMs = _lastShareMs = nowMs;
        _lastSecond = -1;
    }

    /// <summary>Counts a credited share.</summary>
    /// <param name="work">Expected hashes it was credited with.</param>
    /// <param name="nowMs">When it came.</param>
    public void OnShare(ulong work, long nowMs)
    {
        _work += work;
        _lastShareMs = nowMs;
        var second = nowMs / 1000;
        if (second == _lastSecond) return;

        _lastSecond = second;
        _seconds++;
    }

    /// <summary>
    /// The factor by which difficulty should change now: 1, or between 1 / <see cref="LowerMax"/> and <see cref="RaiseMax"/>. The caller
    /// restarts the measurement when it follows.
    /// </summary>
    /// <param name="rules">The port's rules.</param>
    /// <param name="work">Expected hashes of one share at the present difficulty.</param>
    /// <param name="nowMs">The present.</param>
    public double Factor(in VardiffRules rules, ulong work, long nowMs)
    {
        var elapsedMs = nowMs - _sinceMs;
        var isDue = nowMs - _lookedMs >= rules.RetargetMs;
        if (!isDue && (elapsedMs < EarlyMs || _work < (double)work * EarlyShares)) return 1;

        var expected = (double)elapsedMs / rules.TargetMs;
        var shares = Believable(_work / work, elapsedMs);
        if (!isDue) return shares >= EarlyShares && shares > 4 * (expected + 1) ? Raise(shares, expected) : 1;

        _lookedMs = nowMs;
        if (nowMs - _lastShareMs >= rules.IdleMs) return IdleFactor(rules, nowMs);

        var factor = FactorOf(rules, shares, expected);
        if (factor == 1 && expected > WindowShares) ForgetOlderHalf(nowMs);
        return factor;
    }

    private static double FactorOf(in VardiffRules rules, double shares, double expected)
    {
        // Anscombe's transform makes the spread of a Poisson count 1/2, whatever its mean.
        var deviations = 2 * Math.Abs(Math.Sqrt(shares + 0.375) - Math.Sqrt(expected + 0.375));
        if (deviations < Deviations) return 1;

        if (shares * (1 - rules.Variance) > expected) return Raise(shares, expected);
        if (shares * (1 + rules.Variance) < expected) return Math.Max(1 / LowerMax, (shares + 0.5) / expected);
        return 1;
    }

    private static double Raise(double shares, double expected) =>
        Math.Min(shares / expected, shares >= ManyShares ? RaiseMax : RaiseMaxOnFewShares);

    private readonly double IdleFactor(in VardiffRules rules, long nowMs) =>
        Math.Clamp((double)rules.TargetMs / (nowMs - _lastShareMs), 1 / LowerMax, 0.5);

    // Shares that come at random in s of T seconds come at a rate of -ln(1 - s / T). Half as much again is allowed for chance.
    private readonly double Believable(double shares, long elapsedMs)
    {
        var seconds = elapsedMs / 1000.0;
        if (_seconds >= 0.9 * seconds) return shares;
        return Math.Min(shares, 1.5 * seconds * -Math.Log(1 - (_seconds / seconds)));
    }

    private void ForgetOlderHalf(long nowMs)
    {
        _sinceMs = nowMs - ((nowMs - _sinceMs) / 2);
        _work /= 2;
        _seconds /= 2;
    }
}
