namespace Viddhana.Miner.Load;

/// <summary>Where a generator run stands.</summary>
internal enum LoadPhase
{
    /// <summary>Connections are being opened.</summary>
    Setup,

    /// <summary>Load is on, nothing is counted.</summary>
    Warmup,

    /// <summary>What happens now is the result.</summary>
    Measure,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>What the worker threads are told while they run.</summary>
internal sealed class LoadState
{
    private volatile LoadPhase _phase;
    private volatile bool _isRound;

    public LoadPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    /// <summary>Broadcast: a round is on, clean jobs are noted.</summary>
    public bool IsRound
    {
        get => _isRound;
        set => _isRound = value;
    }
}
