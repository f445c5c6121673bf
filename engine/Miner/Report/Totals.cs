using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Report;

/// <summary>What happened in a run. Under its gate, but for the hashes.</summary>
internal sealed class Totals
{
    private long _hashes;

    public long Submitted { get; private set; }

    public long Accepted { get; private set; }

    public UInt128 AcceptedWork { get; private set; }

    public long Rejected { get; private set; }

    public long Blocks { get; private set; }

    /// <summary>Shares whose answer was never read: the connection broke or the run ended.</summary>
    public long Unanswered { get; private set; }

    /// <summary>Work of the unanswered shares: they may have been credited.</summary>
    public UInt128 UnansweredWork { get; private set; }

    public long Connects { get; set; }

    public long Disconnects { get; set; }

    public int Connected { get; set; }

    public int Authorized { get; set; }

    public long Hashes => Interlocked.Read(ref _hashes);

    /// <summary>Rejected shares by error code.</summary>
    public SortedDictionary<int, long> RejectedByCode { get; } = [];

    /// <summary>Counts hashes; needs no gate.</summary>
    public void AddHashes(long count) => Interlocked.Add(ref _hashes, count);

    public void AddSubmitted() => Submitted++;

    public void AddUnanswered(in SubmittedShare share)
    {
        Unanswered++;
        UnansweredWork += share.Share.Unit.Job.Difficulty.Work;
    }

    public void AddAnswer(in SubmittedShare submitted, in ShareAnswer answer)
    {
        if (answer.IsAccepted)
        {
            Accepted++;
            AcceptedWork += submitted.Share.Unit.Job.Difficulty.Work;
            if (submitted.Share.SolvesBlock) Blocks++;
            return;
        }

        Rejected++;
        RejectedByCode[answer.ErrorCode] = RejectedByCode.GetValueOrDefault(answer.ErrorCode) + 1;
    }
}
