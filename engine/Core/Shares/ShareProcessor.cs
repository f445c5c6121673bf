using Viddhana.Core.Algorithms;

namespace Viddhana.Core.Shares;

/// <summary>
/// Decides a round of submissions with Bitcoin's header: hashes all that have an assignment, side by side, and gives each its verdict. One
/// processor per thread (it owns scratch memory); the filter is one per pool. Allocates nothing, but for block candidates and the filter's
/// growth.
/// </summary>
/// <param name="pow">The coin's proof of work.</param>
/// <param name="seen">The pool's filter of duplicates.</param>
public sealed class ShareProcessor(IPowAlgorithm pow, DuplicateFilter seen) : IRoundValidator
{
    private readonly HeaderBatch _batch = new(pow);
    private readonly ShareValidator _validator = new(seen);

    /// <inheritdoc/>
    public void Process(Round round, Now now)
    {
        var pending = round.Pending;
        for (var start = 0; start < pending.Length;)
        {
            _batch.Clear();
            var end = start;
            for (; end < pending.Length && !_batch.IsFull; end++)
            {
                if (ShareValidator.CanHash(pending[end])) _batch.Add(pending[end], end);
                else round.Verdicts[end] = pending[end].Verdict ?? ShareResult.Malformed;
            }

            // The round holds the assignments, and so the words that the batch points to, until its end.
            _batch.Hash();
            for (var lane = 0; lane < _batch.Count; lane++) seen.Expect(_batch.NumberOf(lane));
            for (var lane = 0; lane < _batch.Count; lane++) Decide(round, lane, now);
            start = end;
        }
    }

    private void Decide(Round round, int lane, Now now)
    {
        var index = _batch.IndexOf(lane);
        ref readonly var pending = ref round.Pending[index];
        var hash = _batch.NumberOf(lane);

        var isBlock = hash <= pending.Work.Work.Job.BlockTarget;
        if (isBlock) round.Blocks.Add(HeaderBatch.Build(pending, index));
        round.Achieved[index] = AchievedWork.Of(hash);
        round.Verdicts[index] = _validator.Validate(pending, hash, isBlock, now.MonotonicMs);
    }
}
