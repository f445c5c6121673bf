using Viddhana.Core.Bytes;
using Viddhana.Miner.Hashing;

namespace Viddhana.Miner.Stratum;

/// <summary>A nonce whose hash meets the share target of its work.</summary>
internal readonly record struct FoundShare(WorkUnit Unit, uint Nonce, UInt256 Hash)
{
    /// <summary>True when it is a block too.</summary>
    public bool SolvesBlock => Hash <= Unit.Job.BlockTarget;
}

/// <summary>A share on its way.</summary>
/// <param name="Share">What was submitted.</param>
/// <param name="SentMs">When, monotonic milliseconds.</param>
/// <param name="SentUtcMs">When, milliseconds since 1970.</param>
/// <param name="SentTicks">When, in Stopwatch ticks, for latencies.</param>
internal readonly record struct SubmittedShare(FoundShare Share, long SentMs, long SentUtcMs, long SentTicks);

/// <summary>What the pool said to a share.</summary>
/// <param name="Result">The <c>result</c> member: true, false or null.</param>
/// <param name="Error">The <c>error</c> member as JSON text; null if there was none.</param>
/// <param name="ErrorCode">Its number, or 0.</param>
internal readonly record struct ShareAnswer(bool? Result, string? Error, int ErrorCode)
{
    /// <summary>True when the share is credited.</summary>
    public bool IsAccepted => Result == true && Error is null;
}
