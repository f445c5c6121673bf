using System.Diagnostics;
using Viddhana.Core.Jobs;

namespace Viddhana.Engine.Net;

/// <summary>A new job on its way to all connections of a pool. Loops report when they have sent it; the last one completes it.</summary>
/// <param name="job">The job.</param>
/// <param name="loops">How many loops send it.</param>
public sealed class Broadcast(Job job, int loops)
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _publishedTicks = Stopwatch.GetTimestamp();
    private int _open = loops;

    /// <summary>The job.</summary>
    public Job Job { get; } = job;

    /// <summary>
    /// Ends when every loop has handed it to all of its sockets, or has begun with a newer one. A loop that stops never reports: bound the
    /// wait.
    /// </summary>
    public Task Sent => _sent.Task;

    /// <summary>Time since publication.</summary>
    public double Seconds => Stopwatch.GetElapsedTime(_publishedTicks).TotalSeconds;

    /// <summary>A loop is done with it.</summary>
    internal void LoopIsDone()
    {
        if (Interlocked.Decrement(ref _open) == 0) _sent.SetResult();
    }
}
