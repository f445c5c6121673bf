namespace Viddhana.Backoffice.Pools.Figures;

/// <summary>Windows of hash rates.</summary>
internal static class RateWindows
{
    /// <summary>By name, shortest first, in milliseconds.</summary>
    public static readonly IReadOnlyList<(string Name, long Ms)> All =
    [
        ("1m", 60_000), ("5m", 300_000), ("15m", 900_000), ("1h", 3_600_000), ("6h", 21_600_000), ("1d", 86_400_000), ("7d", 604_800_000),
    ];

    /// <summary>What states are judged by; not shown.</summary>
    public const long StateMs = 600_000;
}

/// <summary>Accepted shares of a window: the sum of their work, their number, and how long the window is.</summary>
/// <param name="Work">Expected hashes.</param>
/// <param name="Shares">Their number.</param>
/// <param name="Seconds">Length of the window, above 0.</param>
internal readonly record struct Mined(double Work, long Shares, double Seconds)
{
    /// <summary>Hashes per second.</summary>
    public double Hashrate => Work / Seconds;

    /// <summary>
    /// Relative standard error of the hash rate: finding shares is a Poisson process, so it is 1/sqrt(shares) where all were of one
    /// difficulty. Null without shares.
    /// </summary>
    public double? Error => Shares > 0 ? 1 / Math.Sqrt(Shares) : null;

    /// <summary>The same window with more in it.</summary>
    public Mined Plus(double work, long shares) => this with { Work = Work + work, Shares = Shares + shares };
}

/// <summary>Counts of refused shares.</summary>
internal readonly record struct Refused(long Stale, long Duplicate, long Lowdiff, long Invalid)
{
    /// <summary>Both together.</summary>
    public static Refused operator +(Refused a, Refused b) =>
        new(a.Stale + b.Stale, a.Duplicate + b.Duplicate, a.Lowdiff + b.Lowdiff, a.Invalid + b.Invalid);

    /// <summary>One reason's count, as the table numbers them.</summary>
    public static Refused Of(int reason, long shares) => reason switch
    {
        1 => new Refused(shares, 0, 0, 0),
        2 => new Refused(0, shares, 0, 0),
        3 => new Refused(0, 0, shares, 0),
        _ => new Refused(0, 0, 0, shares),
    };

    /// <summary>With the accepted ones, as the API gives them.</summary>
    public ShareCounts With(long valid) => new(valid, Stale, Duplicate, Lowdiff, Invalid);
}

/// <summary>How a rig or an account has mined of late: short windows, and what is not in the sums of hours yet.</summary>
internal sealed class Recent
{
    /// <summary>Windows of which slices are held: 1m, 5m, 10m, 15m, 1h, and since the sums end.</summary>
    public const int WindowCount = 6;

    /// <summary>Index of the ten minutes that states are judged by.</summary>
    public const int TenMinutes = 2;

    /// <summary>Index of the hour.</summary>
    public const int Hour = 4;

    /// <summary>Index of what the sums of hours do not hold yet.</summary>
    public const int Open = 5;

    private readonly double[] _work = new double[WindowCount];
    private readonly long[] _shares = new long[WindowCount];

    /// <summary>End of the last slice that holds an accepted share, Unix milliseconds; 0: none within the hour.</summary>
    public long LastShareMs { get; private set; }

    /// <summary>Refused shares since the sums end.</summary>
    public Refused OpenRefused { get; private set; }

    /// <summary>Expected hashes in a window.</summary>
    public double Work(int window) => _work[window];

    /// <summary>Accepted shares in a window.</summary>
    public long Shares(int window) => _shares[window];

    /// <summary>Adds shares of one work, counted by window.</summary>
    public void Add(double work, ReadOnlySpan<long> counts, long lastShareMs)
    {
        for (var i = 0; i < WindowCount; i++)
        {
            _work[i] += work * counts[i];
            _shares[i] += counts[i];
        }

        LastShareMs = Math.Max(LastShareMs, lastShareMs);
    }

    /// <summary>Adds refused shares.</summary>
    public void Add(Refused refused) => OpenRefused += refused;

    /// <summary>Adds all of another.</summary>
    public void Add(Recent other)
    {
        for (var i = 0; i < WindowCount; i++)
        {
            _work[i] += other._work[i];
            _shares[i] += other._shares[i];
        }

        LastShareMs = Math.Max(LastShareMs, other.LastShareMs);
        OpenRefused += other.OpenRefused;
    }
}

/// <summary>State of a rig.</summary>
internal enum RigState
{
    /// <summary>It works.</summary>
    Ok,

    /// <summary>It works at under half of its own last hour, and that is not by chance.</summary>
    Low,

    /// <summary>No share for ten minutes.</summary>
    Off,
}

/// <summary>The times that an activity is measured by, Unix milliseconds.</summary>
/// <param name="NowMs">When it was looked.</param>
/// <param name="EndMs">Up to here shares are known: a little before now, because they come in batches.</param>
/// <param name="FirstMs">Where the pool's history begins.</param>
/// <param name="LeastMs">No window is shorter than this.</param>
/// <param name="Starts">Where the windows begin, in the order of <see cref="Recent"/>.</param>
internal sealed record ActivityTimes(long NowMs, long EndMs, long FirstMs, long LeastMs, long[] Starts);

/// <summary>A pool's rigs at a moment.</summary>
internal sealed class Activity
{
    /// <summary>How long after its last share a rig counts as working.</summary>
    public const long ActiveMs = 600_000;

    /// <summary>By how many standard deviations a rig has to be under its hour to be low: one in forty is by chance.</summary>
    private const double Sigmas = 2;

    private readonly ActivityTimes _times;
    private readonly double[] _seconds;

    public Activity(ActivityTimes times)
    {
        _times = times;
        _seconds = Array.ConvertAll(times.Starts, SecondsSince);
    }

    /// <summary>When it was looked, Unix milliseconds.</summary>
    public long NowMs => _times.NowMs;

    /// <summary>Up to here the sums of hours hold everything.</summary>
    public long OpenFromMs => _times.Starts[Recent.Open];

    /// <summary>Rigs with shares within the hour, by number.</summary>
    public Dictionary<long, (long AccountId, Recent Recent)> Workers { get; } = [];

    /// <summary>Accounts with shares within the hour, by number.</summary>
    public Dictionary<long, AccountRecent> Accounts { get; } = [];

    /// <summary>Rigs by state; <c>off</c>: had a share within a day.</summary>
    public StateCounts States { get; set; } = new(0, 0, 0);

    /// <summary>Length of a window that begins at a time; a pool that is younger is measured over its life.</summary>
    public double SecondsSince(long fromMs) => Math.Max(_times.EndMs - Math.Max(fromMs, _times.FirstMs), _times.LeastMs) / 1_000.0;

    /// <summary>
    /// A long window: the sums of its hours, and what is not summed yet. It begins with the hour that it begins in.
    /// </summary>
    public Mined Hours(Recent? recent, long windowMs, double work, long shares)
    {
        var mined = new Mined(work, shares, SecondsSince((NowMs - windowMs) / SliceSums.HourMs * SliceSums.HourMs));
        return recent is null ? mined : mined.Plus(recent.Work(Recent.Open), recent.Shares(Recent.Open));
    }

    /// <summary>A window of a rig or account.</summary>
    public Mined Window(Recent? recent, int window) =>
        recent is null ? new Mined(0, 0, _seconds[window]) : new Mined(recent.Work(window), recent.Shares(window), _seconds[window]);

    /// <summary>State of a rig by what it has done within the hour; null: nothing.</summary>
    public RigState StateOf(Recent? recent)
    {
        if (recent is null || NowMs - recent.LastShareMs > ActiveMs) return RigState.Off;
        var (now, hour) = (Window(recent, Recent.TenMinutes), Window(recent, Recent.Hour));
        var expected = hour.Shares * now.Seconds / hour.Seconds;
        return now.Hashrate < hour.Hashrate / 2 && expected - now.Shares > Sigmas * Math.Sqrt(expected) ? RigState.Low : RigState.Ok;
    }

    /// <summary>Sums rigs up into accounts.</summary>
    public void SumAccounts()
    {
        foreach (var (accountId, recent) in Workers.Values)
        {
            if (!Accounts.TryGetValue(accountId, out var account)) Accounts.Add(accountId, account = new AccountRecent());
            account.Recent.Add(recent);
            var state = StateOf(recent);
            if (state == RigState.Off) continue;
            account.Active++;
            if (state == RigState.Low) account.Low++;
        }
    }
}

/// <summary>An account within the hour.</summary>
internal sealed class AccountRecent
{
    /// <summary>All its rigs together.</summary>
    public Recent Recent { get; } = new();

    /// <summary>Rigs with a share in the last ten minutes.</summary>
    public int Active { get; set; }

    /// <summary>Those of them that are low.</summary>
    public int Low { get; set; }
}
