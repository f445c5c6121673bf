using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>The state of one Stratum V1 connection.</summary>
public sealed class V1Session : ISession
{
    /// <summary>A new connection's state; see <see cref="IDialect.NewSession"/>.</summary>
    public V1Session(SessionPool pool, SessionPort port, uint extranonce1, Now now)
    {
        Check.That(pool.Extranonce2Size is >= 4 and <= 8 && port.Difficulty is not null && extranonce1 >= 0 && now.MonotonicMs >= 0);
    }

    /// <inheritdoc/>
    public bool IsPaused { get; private set; }

    /// <inheritdoc/>
    public bool IsMining { get; private set; }

    /// <inheritdoc/>
    public string? CloseReason { get; private set; }

    /// <inheritdoc/>
    public int OnBytes(ReadOnlySpan<byte> received, Round round, FrameBuffer output, Now now) => received.Length;

    /// <inheritdoc/>
    public void OnVerdict(in Pending pending, ShareResult verdict, FrameBuffer output, Now now)
    {
        // Sessions parse nothing yet: there is nothing to answer.
    }

    /// <inheritdoc/>
    public void OnJob(Job job, FrameBuffer output, Now now)
    {
        // As above.
    }

    /// <inheritdoc/>
    public void OnTick(Now now, FrameBuffer output)
    {
        // As above.
    }

    /// <inheritdoc/>
    public void OnDrain(FrameBuffer output)
    {
        // As above.
    }
}
