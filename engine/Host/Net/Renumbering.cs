namespace Viddhana.Engine.Net;

/// <summary>
/// A fresh extranonce1 for some connections, all over the loops: <c>mining.set_extranonce</c> with clean work to those that agreed to it.
/// Loops report when they are through.
/// </summary>
/// <param name="choice">Which connections.</param>
/// <param name="loops">How many loops look for them.</param>
internal sealed class Renumbering(ConnectionChoice choice, int loops) : IVisit
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = loops;
    private int _moved;
    private int _unable;

    /// <summary>Connections that have a fresh number.</summary>
    public int Moved => Volatile.Read(ref _moved);

    /// <summary>Connections that were meant and keep theirs: the client did not agree, or no number is free.</summary>
    public int Unable => Volatile.Read(ref _unable);

    /// <summary>Waits until all loops are through; false: some are not yet.</summary>
    public bool Wait(int timeoutMs) => _done.Task.Wait(timeoutMs);

    /// <summary>Looks at one connection, on its loop.</summary>
    public void Visit(MinerConnection connection, Core.Now now)
    {
        if (!connection.Session.IsMining || !choice.Includes(connection)) return;
        Interlocked.Increment(ref connection.TryRenumber(now) ? ref _moved : ref _unable);
    }

    /// <summary>A loop is through.</summary>
    public void LoopIsDone()
    {
        if (Interlocked.Decrement(ref _open) == 0) _done.SetResult();
    }
}
