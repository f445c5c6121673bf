using System.Diagnostics.CodeAnalysis;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Stratum;

/// <summary>
/// What is kept of a session whose connection is gone, so that the client may go on where it was: its extranonce1, and what it was sent
/// with it, each piece with its own difficulty. It names no worker: whoever resumes must authorise again.
/// </summary>
/// <param name="id">The session id, which only its client and the pool know.</param>
/// <param name="extranonce1">The number; nobody else gets it meanwhile.</param>
/// <param name="ring">What was handed out.</param>
/// <param name="job">The last job handed out.</param>
/// <param name="variant">Its last variant: later work of that job must have a higher one, or the client would repeat itself.</param>
/// <param name="sinceMs">When the connection ended, monotonic milliseconds.</param>
internal sealed class ParkedSession(ulong id, uint extranonce1, AssignmentRing ring, Job job, ushort variant, long sinceMs)
{
    public ulong Id => id;

    public uint Extranonce1 => extranonce1;

    public AssignmentRing Ring => ring;

    public Job Job => job;

    public ushort Variant => variant;

    public long SinceMs => sinceMs;
}

/// <summary>
/// Sessions that may be resumed: for a while after their connection ended, and only so many, the oldest going first. Safe from several
/// loops at once.
/// </summary>
/// <param name="keepMs">How long; 0: none is kept.</param>
/// <param name="countMax">How many; about half a kilobyte each.</param>
/// <param name="numbers">Gets back what nobody came for.</param>
public sealed class ParkedSessions(long keepMs, int countMax, IExtranonceNumbers numbers)
{
    private readonly Dictionary<ulong, LinkedListNode<ParkedSession>> _byId = [];
    private readonly LinkedList<ParkedSession> _byAge = new();
    private readonly Lock _lock = new();

    /// <summary>Sessions kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _byId.Count;
        }
    }

    /// <summary>Gives up those whose time is over.</summary>
    public void Expire(long nowMs)
    {
        lock (_lock) DropOldest(nowMs, room: 0);
    }

    /// <summary>Keeps a session. False: none are kept, and the number is still the caller's.</summary>
    internal bool TryPark(ParkedSession session)
    {
        if (keepMs == 0 || countMax == 0) return false;
        lock (_lock)
        {
            if (_byId.ContainsKey(session.Id)) return false;

            DropOldest(session.SinceMs, room: 1);
            _byId.Add(session.Id, _byAge.AddLast(session));
            return true;
        }
    }

    /// <summary>The session with this id, which is the caller's from now on; it cannot be resumed a second time.</summary>
    internal bool TryTake(ulong id, long nowMs, [NotNullWhen(true)] out ParkedSession? session)
    {
        lock (_lock)
        {
            DropOldest(nowMs, room: 0);
            session = null;
            if (!_byId.Remove(id, out var place)) return false;

            session = place.Value;
            _byAge.Remove(place);
            return true;
        }
    }

    private void DropOldest(long nowMs, int room)
    {
        while (_byAge.First is { } oldest && (nowMs - oldest.Value.SinceMs >= keepMs || _byAge.Count + room > countMax))
        {
            _byAge.Remove(oldest);
            _byId.Remove(oldest.Value.Id);
            numbers.Return(oldest.Value.Extranonce1);
        }
    }
}
