using System.Diagnostics;

namespace Viddhana.Miner.Load;

/// <summary>The moments at which shares are due: evenly spread and fixed from the start, whatever becomes of them.</summary>
/// <param name="perSecond">How many in a second.</param>
internal sealed class ShareClock(double perSecond)
{
    private readonly double _ticksPerShare = perSecond > 0 ? Stopwatch.Frequency / perSecond : 0;
    private long _start;
    private long _taken;

    /// <summary>When the next one is due, in Stopwatch ticks.</summary>
    public long NextTicks => _start + (long)(_taken * _ticksPerShare);

    /// <summary>The first one is due now.</summary>
    public void Start(long nowTicks) => _start = nowTicks;

    /// <summary>Takes the next one: when it was due.</summary>
    public long Take()
    {
        var due = NextTicks;
        _taken++;
        return due;
    }

    /// <summary>How many are due and not taken.</summary>
    public long Waiting(long nowTicks) => Math.Max(0, (long)((nowTicks - _start) / _ticksPerShare) + 1 - _taken);
}
