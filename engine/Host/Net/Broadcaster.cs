using System.Diagnostics;
using Viddhana.Core.Jobs;

namespace Viddhana.Engine.Net;

/// <summary>
/// Sends a pool's new job to all its connections: a letter to each loop, which sends the same rendered bytes to everyone there.
/// </summary>
public sealed class Broadcaster(IReadOnlyList<Loop> loops)
{
    /// <summary>Returns at once.</summary>
    public void Send(IMiningPool pool, Job job)
    {
        var ticks = Stopwatch.GetTimestamp();
        foreach (var loop in loops) loop.PostJob(pool, job, ticks);
    }
}
