namespace Viddhana.Contracts;

/// <summary>What <see cref="EntryReader.TryRead"/> found.</summary>
public enum EntryStatus
{
    /// <summary>A whole, undamaged entry.</summary>
    Ok,

    /// <summary>The bytes end before the entry does: read on, or the tail is torn.</summary>
    NeedMore,

    /// <summary>These bytes are not an entry of a known version, or their checksum is wrong.</summary>
    Damaged,
}

/// <summary>
/// One entry of journal and stream, read. Lists that its kind does not have are empty; <see cref="Found"/> and <see cref="Verdict"/> null.
/// </summary>
public sealed record Entry
{
    /// <summary>What every entry has.</summary>
    public required EntryHeader Header { get; init; }

    /// <summary>
    /// Worker names that <see cref="Shares"/> and <see cref="Rejects"/> point into. A name may stand there more than once.
    /// </summary>
    public string[] Names { get; init; } = [];

    /// <summary>
    /// Accepted shares. The sequence of the n-th is <see cref="EntryHeader.FirstSequence"/> + n, its time the header's + its offset.
    /// </summary>
    public ShareRecord[] Shares { get; init; } = [];

    /// <summary>Reject counters; together they take one sequence, the last of the entry.</summary>
    public RejectCount[] Rejects { get; init; } = [];

    /// <summary>
    /// By name, as many as <see cref="Names"/>: expected hashes of the best hash among its accepted shares here, 0 where it has none; none
    /// at all in an entry of version 1, which does not tell.
    /// </summary>
    public double[] Best { get; init; } = [];

    /// <summary>The candidate of an entry of kind <see cref="EntryKind.BlockFound"/>.</summary>
    public BlockFound? Found { get; init; }

    /// <summary>The verdict of an entry of kind <see cref="EntryKind.BlockVerdict"/>.</summary>
    public BlockVerdict? Verdict { get; init; }
}

/// <summary>
/// The bytes of an entry. All numbers are little-endian.
/// <code>
///  0  magic       4 bytes  F6 56 4A FE (no UTF-8 text contains them)
///  4  version     u8       2 for shares, 1 for blocks and verdicts; shares of version 1 end before the best hashes
///  5  kind        u8       EntryKind
///  6  engine id   u16      0 to 1023
///  8  length      u32      of the whole entry, checksum included; at most 65,536
/// 12  epoch       u64
/// 20  sequence    u64      of the first record
/// 28  count       u32      sequences taken
/// 32  time        i64      Unix milliseconds
/// 40  nbits       u32
/// 44  height      u32
/// 48  pool        u8 length, then that many bytes of [a-z0-9-]
///     body        by kind
///     checksum    u32      CRC-32C of all bytes before it
///
/// Shares:   names u16, shares u16, rejects u16; each name: u8 length, UTF-8 bytes;
///           each share: offset ms u32, name u32, work u64, flags u8; each reject: name u32, reason u8, count u32;
///           each name again: f64, expected hashes of the best hash among its shares here (0: none), at most 2^128
/// Found:    hash 32, previous hash 32, coinbase txid 32 (as nodes print them), height u32, reward i64, network work u128,
///           share sequence u64, share time i64, share work u64, worker: u8 length, UTF-8 bytes
/// Verdict:  hash 32, accepted u8, reason: u8 length, UTF-8 bytes, node: u8 length, UTF-8 bytes
/// </code>
/// </summary>
internal static class EntryFormat
{
    public const uint Magic = 0xFE4A56F6;
    public const byte Version = 1;
    public const byte SharesVersion = 2;
    public const int VersionAt = 4;
    public const int KindAt = 5;
    public const int EngineAt = 6;
    public const int LengthAt = 8;
    public const int EpochAt = 12;
    public const int SequenceAt = 20;
    public const int CountAt = 28;
    public const int TimeAt = 32;
    public const int NbitsAt = 40;
    public const int HeightAt = 44;
    public const int PoolAt = 48;
    public const int PoolMax = 32;
    public const int ChecksumSize = 4;
    public const int SharesHeadSize = 6;
    public const int ShareSize = 17;
    public const int RejectSize = 9;
    public const int BestSize = 8;
    public const int NamesMax = LengthMax / (1 + BestSize);
    public const int TextMax = byte.MaxValue;
    public const int EngineIdMax = 1023;
    public const int LengthMin = PoolAt + 1 + 1 + ChecksumSize;
    public const int LengthMax = Streams.MessageMax;
}
