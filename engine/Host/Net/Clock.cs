using System.Diagnostics;
using Viddhana.Core;

namespace Viddhana.Engine.Net;

/// <summary>The engine's only clock.</summary>
public static class Clock
{
    /// <summary>The present, to hand into Core.</summary>
    public static Now Now() => new(MonotonicMs(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    /// <summary>Milliseconds of a clock that never steps.</summary>
    public static long MonotonicMs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000);
}
