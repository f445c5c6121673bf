using Viddhana.Contracts.Config;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;

namespace Viddhana.Core.Jobs;

/// <summary>
/// One unit of work as chain and template determine it. It has no share target: that belongs to the <see cref="Shares.Assignment"/>.
/// Immutable but for its retirement; shared by all sessions and loops.
/// </summary>
public sealed class Job
{
    /// <summary>Size in bytes of the largest block header of any chain here.</summary>
    public const int HeaderSizeMax = 80;

    /// <summary>Bytes of the largest coinbase (without witness) that a chain may make: what the most capable devices read.</summary>
    public const int CoinbaseSizeMax = CoinbaseConfig.BytesMax;

    /// <summary>Version bits set aside for miners by BIP 320.</summary>
    public const uint RollableVersionBits = 0x1fffe000;

    /// <summary>Counts up by one per job in a process; 1 is the first. Part of the wire job id and of the coinbase.</summary>
    public required uint Serial { get; init; }

    /// <summary>Counts up by one whenever the best block (previous hash) changes. Jobs of one tip share it.</summary>
    public required uint Tip { get; init; }

    /// <summary>Height of the block that this job would make.</summary>
    public required int Height { get; init; }

    /// <summary>Block version of the template, as the node gave it.</summary>
    public required uint Version { get; init; }

    /// <summary>Version bits a miner may roll: <c>1fffe000 &amp; ~version</c> (BIP 320), or 0 where the chain has none to roll.</summary>
    public required uint VersionMask { get; init; }

    /// <summary>Previous block id, 32 bytes in header order (least significant first).</summary>
    public required byte[] PrevHash { get; init; }

    /// <summary>Compact block target as in the header.</summary>
    public required uint Nbits { get; init; }

    /// <summary>The block target as the node gave it.</summary>
    public required UInt256 BlockTarget { get; init; }

    /// <summary>Expected number of hashes for a block: floor(2^256 / (target + 1)).</summary>
    public required UInt128 NetworkWork { get; init; }

    /// <summary>Smallest ntime allowed (median time past + 1).</summary>
    public required uint MinTime { get; init; }

    /// <summary>The template's time: the ntime that is sent to miners.</summary>
    public required uint CurTime { get; init; }

    /// <summary>Merkle path of the coinbase (Stratum V1 branches): 32 bytes a step in internal order, one after another.</summary>
    public required byte[] MerkleBranches { get; init; }

    /// <summary>What the coinbase pays in all, in base units (template <c>coinbasevalue</c>).</summary>
    public required long CoinbaseValue { get; init; }

    /// <summary>Bytes of extranonce2 that the coinbase has room for, 4 to 8.</summary>
    public required int Extranonce2Size { get; init; }

    /// <summary>Everything the chain needs to turn a solved header into a block; opaque to all but the chain that made the job.</summary>
    public required object Template { get; init; }

    /// <summary>When the job was made, monotonic milliseconds.</summary>
    public required long CreatedMs { get; init; }

    /// <summary>The first job of its tip: miners must drop earlier work.</summary>
    public required bool IsNewTip { get; init; }

    /// <summary>The variants of this job that have been asked for so far.</summary>
    public required JobVariants Variants { get; init; }

    private long _retiredMs = long.MaxValue;
    private JobWords? _words;

    /// <summary>The job as the share kernels read it: made for its first share, given back with the job.</summary>
    internal JobWords Words => Volatile.Read(ref _words) ?? MakeWords();

    /// <summary>True once the job's tip was replaced, the node refused its proposal, or it expired: its shares are stale.</summary>
    public bool IsRetired => Volatile.Read(ref _retiredMs) != long.MaxValue;

    /// <summary>Retires the job for ever. A tip that comes back gets new jobs.</summary>
    public void Retire(long nowMs) => Interlocked.CompareExchange(ref _retiredMs, nowMs, long.MaxValue);

    /// <summary>
    /// True when ntime lies in mintime … curtime + age of the job + 7200 s. Judged against the template, not against the wall clock.
    /// </summary>
    public bool AllowsTime(uint ntime, long nowMs) =>
        ntime >= MinTime && ntime <= CurTime + (Math.Max(0, nowMs - CreatedMs) / 1000) + 7200;

    // Of two threads that come first, both go on with the words of one: what is not kept may be collected.
    private JobWords MakeWords()
    {
        var made = new JobWords(PrevHash, Nbits, MerkleBranches);
        return Interlocked.CompareExchange(ref _words, made, null) ?? made;
    }
}
