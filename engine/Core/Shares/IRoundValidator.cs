namespace Viddhana.Core.Shares;

/// <summary>Fills the verdicts of a round. Owned by one thread.</summary>
public interface IRoundValidator
{
    /// <summary>
    /// Fills <see cref="Round.Verdicts"/> and <see cref="Round.Blocks"/>. A verdict that the dialect has decided stays, but where the
    /// submission has an assignment its hash is still tested: a block is never lost to a rule of the pool.
    /// </summary>
    void Process(Round round, Now now);
}
