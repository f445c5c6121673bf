using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Shares;

/// <summary>The rules of the pool for one share whose hash is known. Every branch is here; what it calls only computes.</summary>
/// <param name="seen">The pool's filter of duplicates.</param>
internal sealed class ShareValidator(DuplicateFilter seen)
{
    /// <summary>True when there is work to hash the share against; otherwise the dialect has decided, or it is malformed.</summary>
    public static bool CanHash(in Pending pending) =>
        pending.Work.Work is { } work && pending.Share.Extranonce2Size == work.Job.Extranonce2Size;

    /// <summary>
    /// The version of the share's header (BIP 310): the template's outside the mask, the miner's inside. A share that breaks its mask is
    /// hashed as firmware means it that knows only BIP 320's bits, so that a block it solves is not lost; it is refused nevertheless.
    /// </summary>
    public static uint VersionOf(in Pending pending)
    {
        var version = pending.Work.Work.Job.Version;
        if (!pending.Share.HasVersionBits) return version;

        var mask = BreaksMask(pending) ? Job.RollableVersionBits : pending.Work.VersionMask;
        return (version & ~mask) | (pending.Share.VersionBits & mask);
    }

    /// <summary>The verdict. <paramref name="isBlock"/>: the hash meets the block target, which the caller has dealt with.</summary>
    public ShareResult Validate(in Pending pending, in UInt256 hash, bool isBlock, long nowMs)
    {
        if (pending.Verdict is { } decided) return decided;

        var job = pending.Work.Work.Job;
        if (!job.AllowsTime(pending.Share.Ntime, nowMs)) return ShareResult.TimeOutOfRange;
        if (BreaksMask(pending)) return ShareResult.VersionNotAllowed;
        return Judge(pending, job, hash, isBlock);
    }

    /// <summary>The same where the header has neither a time nor a version that miners set: <see cref="BlobWork"/>.</summary>
    public ShareResult ValidateBlob(in Pending pending, in UInt256 hash, bool isBlock) =>
        pending.Verdict ?? Judge(pending, pending.Work.Work.Job, hash, isBlock);

    private ShareResult Judge(in Pending pending, Job job, in UInt256 hash, bool isBlock)
    {
        if (job.IsRetired) return ShareResult.Stale;
        if (hash > pending.Work.Difficulty.Target) return ShareResult.LowDifficulty;

        // Without room to remember it, it could be credited twice; without a live tip, it is late.
        var sighting = seen.See(job, hash);
        if (sighting == Sighting.Again) return ShareResult.Duplicate;
        if (sighting != Sighting.First) return ShareResult.Stale;
        return isBlock ? ShareResult.SolvesBlock : ShareResult.Accepted;
    }

    private static bool BreaksMask(in Pending pending) =>
        pending.Share.HasVersionBits && (pending.Share.VersionBits & ~pending.Work.VersionMask) != 0;
}
