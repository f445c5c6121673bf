namespace Viddhana.Backoffice.Shares;

/// <summary>
/// A worker's best share in a pool as far as this consumer has seen it, so that the database hears only of what beats it: of a worker's
/// shares of a day the hundredth is the best one time in a hundred. What is not known here is written, and the database keeps the better
/// one; so this may be forgotten, and an entry may come twice.
/// </summary>
internal sealed class WorkerBest(int poolId)
{
    private const long DayMs = 86_400_000;

    private readonly int _poolId = poolId;
    private double _ever;
    private int _day = -1;
    private double _ofDay;
    private WorkerBest? _next;

    /// <summary>Number of the UTC day of a time: days since 1970-01-01.</summary>
    public static int DayOf(long ms) => (int)(ms / DayMs);

    /// <summary>A worker's in a pool; nearly all work in one.</summary>
    public static WorkerBest Of(WorkerEntry worker, int poolId)
    {
        for (var best = worker.Best; best is not null; best = best._next)
            if (best._poolId == poolId) return best;
        return worker.Best = new WorkerBest(poolId) { _next = worker.Best };
    }

    /// <summary>Sees a share; tells whether it is the best so far of all time, and of its day.</summary>
    public (bool IsBestEver, bool IsBestOfDay) See(int day, double work)
    {
        // Yesterday's that come late do not make today's forgotten: they are written, should they be known or not.
        if (day > _day) (_day, _ofDay) = (day, 0);
        var result = (work > _ever, day < _day || work > _ofDay);
        _ever = Math.Max(_ever, work);
        if (day == _day) _ofDay = Math.Max(_ofDay, work);
        return result;
    }
}
