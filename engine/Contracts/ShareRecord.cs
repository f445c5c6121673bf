namespace Viddhana.Contracts;

/// <summary>What a journal entry carries.</summary>
public enum EntryKind : byte
{
    /// <summary>Accepted shares and reject counters.</summary>
    Shares = 1,

    /// <summary>A block candidate was found.</summary>
    BlockFound = 2,

    /// <summary>A node's verdict on a candidate.</summary>
    BlockVerdict = 3,
}

/// <summary>Why shares were not credited, as counted per worker in batches and metrics.</summary>
public enum RejectReason : byte
{
    /// <summary>Unknown or replaced job.</summary>
    Stale = 1,

    /// <summary>The same work again.</summary>
    Duplicate = 2,

    /// <summary>Above the share target.</summary>
    LowDifficulty = 3,

    /// <summary>Time, version or form.</summary>
    Invalid = 4,
}

/// <summary>One accepted share as it lies in a batch.</summary>
/// <param name="OffsetMs">Milliseconds since the batch's time.</param>
/// <param name="NameIndex">Index into the batch's names.</param>
/// <param name="Work">Expected hashes credited: floor(2^256 / (target + 1)).</param>
/// <param name="Flags">Bit 0: the share solves a block.</param>
public readonly record struct ShareRecord(uint OffsetMs, uint NameIndex, ulong Work, byte Flags)
{
    /// <summary>Flag: the share solves a block.</summary>
    public const byte SolvesBlock = 1;

    /// <summary>The best hash that is told of: 2^128 expected hashes.</summary>
    public const double BestMax = 340282366920938463463374607431768211456.0;
}

/// <summary>Shares of one worker that were refused for one reason since the last batch that named it.</summary>
public readonly record struct RejectCount(uint NameIndex, RejectReason Reason, uint Count);

/// <summary>What every entry of journal and stream begins with.</summary>
/// <param name="Kind">What follows.</param>
/// <param name="Pool">Pool id.</param>
/// <param name="EngineId">Instance id of the engine, 0 to 1023.</param>
/// <param name="Epoch">Random number made with the journal directory.</param>
/// <param name="FirstSequence">Sequence of the first record; 1 is the first of an epoch.</param>
/// <param name="SequenceCount">
/// Sequences the entry takes: one per share, one more if there are reject counters; 1 for a block record.
/// </param>
/// <param name="UtcMs">Unix milliseconds; never before that of an earlier entry of the epoch.</param>
/// <param name="Nbits">Compact block target of the tip that the entry's shares worked on.</param>
/// <param name="Height">Height they worked for.</param>
public readonly record struct EntryHeader(
    EntryKind Kind, string Pool, ushort EngineId, ulong Epoch, ulong FirstSequence, uint SequenceCount, long UtcMs, uint Nbits, uint Height)
{
    /// <summary>The last sequence of the entry.</summary>
    public ulong LastSequence => FirstSequence + SequenceCount - 1;
}

/// <summary>A block candidate, as it travels in the journal.</summary>
public sealed record BlockFound
{
    /// <summary>Block id, 64 lowercase hex digits as nodes print it.</summary>
    public required string Hash { get; init; }

    /// <summary>Height.</summary>
    public required uint Height { get; init; }

    /// <summary>Previous block id, as nodes print it.</summary>
    public required string PrevHash { get; init; }

    /// <summary>Transaction id of the coinbase.</summary>
    public required string CoinbaseTxid { get; init; }

    /// <summary>What the coinbase pays to the pool's address, in base units.</summary>
    public required long Reward { get; init; }

    /// <summary>Expected hashes for a block at its difficulty.</summary>
    public required UInt128 NetworkWork { get; init; }

    /// <summary>Worker that found it.</summary>
    public required string Worker { get; init; }

    /// <summary>Sequence of the winning share; 0 if the candidate was not a credited share (stale, duplicate, odd time).</summary>
    public required ulong ShareSequence { get; init; }

    /// <summary>Unix milliseconds of the winning share.</summary>
    public required long ShareUtcMs { get; init; }

    /// <summary>Work credited for the winning share; 0 if none.</summary>
    public required ulong ShareWork { get; init; }
}

/// <summary>What a node said about a candidate in the end.</summary>
/// <param name="Hash">Block id.</param>
/// <param name="Accepted">
/// True for <c>null</c> and <c>duplicate</c>; <c>inconclusive</c> counts as accepted by the node, not by the chain.
/// </param>
/// <param name="Reason">The node's words, at most 255 bytes.</param>
/// <param name="Node">Which node, without credentials.</param>
public sealed record BlockVerdict(string Hash, bool Accepted, string Reason, string Node);
