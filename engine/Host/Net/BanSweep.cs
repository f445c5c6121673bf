using Viddhana.Core.Access;

namespace Viddhana.Engine.Net;

/// <summary>
/// Closes the connections of those who are banned by now, all over the loops. Who comes meanwhile has met the new directory at the door.
/// </summary>
/// <param name="directory">Who is banned.</param>
/// <param name="loops">How many loops look.</param>
/// <param name="log">One line when all are through.</param>
internal sealed class BanSweep(StratumDirectory directory, int loops, Log log) : IVisit
{
    private int _open = loops;
    private int _closed;

    /// <inheritdoc/>
    public void Visit(MinerConnection connection, Core.Now now)
    {
        var ban = connection.Session.FindBan(directory);
        if (ban is null && !connection.IsBalancers) ban = directory.FindBan(connection.Address);
        if (ban is null) return;

        connection.OnBanned(ban, now);
        Interlocked.Increment(ref _closed);
    }

    /// <inheritdoc/>
    public void LoopIsDone()
    {
        if (Interlocked.Decrement(ref _open) == 0 && _closed > 0) log.Info("net", $"{_closed} connections closed by bans");
    }
}
