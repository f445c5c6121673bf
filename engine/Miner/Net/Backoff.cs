namespace Viddhana.Miner.Net;

/// <summary>
/// Pauses between attempts: doubled each time up to a limit, each stretched or shortened at random so that rigs do not return in step.
/// </summary>
/// <param name="random">Chance.</param>
/// <param name="limitMs">Longest pause before the random part.</param>
internal sealed class Backoff(Random random, int limitMs)
{
    private const int FirstMs = 250;

    private int _failures;

    /// <summary>The next pause: half to one and a half times 250 ms, 500 ms, 1 s … up to the limit.</summary>
    public int NextMs()
    {
        var pause = Math.Min((long)FirstMs << Math.Min(_failures, 20), limitMs);
        _failures++;
        return (int)(pause * (0.5 + random.NextDouble()));
    }

    /// <summary>It went well: the next pause is the first one again.</summary>
    public void Reset() => _failures = 0;
}
