using Viddhana.Core.Jobs;

namespace Viddhana.Engine.Net;

/// <summary>
/// Sends a pool's new job to all its connections: a letter to each loop, which sends the same rendered bytes to everyone there.
/// </summary>
public sealed class Broadcaster(IReadOnlyList<Loop> loops)
{
    /// <summary>Returns at once; the job is on its way.</summary>
    public Broadcast Send(IMiningPool pool, Job job)
    {
        var broadcast = new Broadcast(job, loops.Count);
        foreach (var loop in loops) loop.PostJob(pool, broadcast);
        return broadcast;
    }
}
