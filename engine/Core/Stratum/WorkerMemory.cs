using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>
/// What ties a session's difficulty to its worker beyond the connection: what the worker had last counts at login, or a little later where
/// another engine has to be asked, and what was measured is left for the next time.
/// </summary>
internal struct WorkerMemory
{
    // About a second each: another engine's word comes within one or two.
    private const int RecallTicks = 5;

    private long _savedMs;
    private byte _ticks;

    /// <summary>The first worker is there.</summary>
    public void Begin(WorkerDifficulties known, Worker worker, SessionDifficulty difficulty, Now now)
    {
        if (known.KeepMs == 0) return;

        _savedMs = now.MonotonicMs;
        if (TryRecall(known, worker, difficulty, now) || !known.IsShared) return;

        known.Ask(worker);
        _ticks = RecallTicks;
    }

    /// <summary>
    /// Once a second or so. Login waits for nobody: another engine's word may come while the worker mines at the port's start.
    /// </summary>
    public void OnTick(WorkerDifficulties known, Worker worker, SessionDifficulty difficulty, Now now)
    {
        if (_ticks > 0) _ticks = TryRecall(known, worker, difficulty, now) ? (byte)0 : (byte)(_ticks - 1);
    }

    /// <summary>True once what was left of the worker is half forgotten.</summary>
    public readonly bool IsDue(WorkerDifficulties known, Now now) =>
        known.KeepMs > 0 && now.MonotonicMs - _savedMs >= known.KeepMs / 2;

    /// <summary>Leaves what was measured, if anything was.</summary>
    public void Save(WorkerDifficulties known, Worker worker, SessionDifficulty difficulty, bool hasShares, Now now)
    {
        if (!difficulty.IsMeasured(hasShares)) return;

        _savedMs = now.MonotonicMs;
        known.Set(worker, difficulty.Wanted.Difficulty, now);
    }

    private static bool TryRecall(WorkerDifficulties known, Worker worker, SessionDifficulty difficulty, Now now)
    {
        if (!known.TryGet(worker, now, out var last)) return false;

        difficulty.Recall(last, now.MonotonicMs);
        return true;
    }
}
