namespace Viddhana.Core.Shares;

/// <summary>
/// The submissions of one loop turn, in the order in which they were read. Bounded: when it is full, sessions stop parsing and go on in the
/// next round. Not thread-safe; a loop owns it.
/// </summary>
/// <param name="capacity">Most submissions in one round.</param>
public sealed class Round(int capacity)
{
    private readonly Pending[] _pending = new Pending[capacity];
    private readonly ShareResult[] _verdicts = new ShareResult[capacity];
    private readonly double[] _achieved = new double[capacity];

    /// <summary>Submissions so far.</summary>
    public int Count { get; private set; }

    /// <summary>True when no more fit.</summary>
    public bool IsFull => Count == _pending.Length;

    /// <summary>The submissions.</summary>
    public ReadOnlySpan<Pending> Pending => _pending.AsSpan(0, Count);

    /// <summary>One verdict for each submission, filled by the processor.</summary>
    public Span<ShareResult> Verdicts => _verdicts.AsSpan(0, Count);

    /// <summary>Expected hashes of each share's own hash, filled by the processor for those it accepts.</summary>
    public Span<double> Achieved => _achieved.AsSpan(0, Count);

    /// <summary>Block candidates of the round, whatever their verdict as shares; filled by the processor.</summary>
    public List<SolvedBlock> Blocks { get; } = [];

    /// <summary>Room for one more; the caller fills it. Only when not <see cref="IsFull"/>.</summary>
    public ref Pending Add()
    {
        Check.That(!IsFull);
        // A verdict that nobody fills must not read as accepted.
        _verdicts[Count] = ShareResult.Unavailable;
        _achieved[Count] = 0;
        return ref _pending[Count++];
    }

    /// <summary>Empties the round and drops its references.</summary>
    public void Clear()
    {
        _pending.AsSpan(0, Count).Clear();
        Blocks.Clear();
        Count = 0;
    }
}

/// <summary>A submission whose hash meets the block target.</summary>
/// <param name="Index">Its place in the round.</param>
/// <param name="Header">The solved header; of a <see cref="Jobs.BlobWork"/> what it built.</param>
/// <param name="Coinbase">The coinbase transaction without witness; of a <see cref="Jobs.BlobWork"/> what it built.</param>
public sealed record SolvedBlock(int Index, byte[] Header, byte[] Coinbase);
