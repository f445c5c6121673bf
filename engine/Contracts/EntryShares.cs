using System.Buffers.Binary;
using static Viddhana.Contracts.EntryFormat;

namespace Viddhana.Contracts;

/// <summary>
/// The body of an entry of shares, read where it lies: nothing is allocated. Whoever has one knows that every index points to a name.
/// </summary>
public readonly ref struct EntryShares
{
    private readonly ReadOnlySpan<byte> _names;
    private readonly ReadOnlySpan<byte> _shares;
    private readonly ReadOnlySpan<byte> _rejects;
    private readonly ReadOnlySpan<byte> _best;

    /// <summary>Cuts what follows the counts; <paramref name="bestSize"/> is 0 for version 1.</summary>
    private EntryShares(int nameCount, ReadOnlySpan<byte> body, int namesSize, int sharesSize, int bestSize)
    {
        NameCount = nameCount;
        HasBest = bestSize > 0;
        _names = body[..namesSize];
        _shares = body.Slice(namesSize, sharesSize);
        _rejects = body[(namesSize + sharesSize)..^bestSize];
        _best = body[^bestSize..];
    }

    /// <summary>Names; one may stand there more than once.</summary>
    public int NameCount { get; }

    /// <summary>Accepted shares.</summary>
    public int ShareCount => _shares.Length / ShareSize;

    /// <summary>Reject counters.</summary>
    public int RejectCount => _rejects.Length / RejectSize;

    /// <summary>False for an entry of version 1, which does not tell of the best hashes.</summary>
    public bool HasBest { get; }

    /// <summary>
    /// Reads a whole entry of kind <see cref="EntryKind.Shares"/>, as <see cref="EntryReader.TryReadHeader"/> found it; false if its body
    /// is not exactly as it was written.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> entry, in EntryHeader header, out EntryShares shares)
    {
        shares = default;
        var body = entry[(PoolAt + 1 + entry[PoolAt])..^ChecksumSize];
        if (header.Kind != EntryKind.Shares || body.Length < SharesHeadSize) return false;

        var nameCount = BinaryPrimitives.ReadUInt16LittleEndian(body);
        var bestSize = entry[VersionAt] == SharesVersion ? nameCount * BestSize : 0;
        var sharesSize = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]) * ShareSize;
        var rejectsSize = BinaryPrimitives.ReadUInt16LittleEndian(body[4..]) * RejectSize;
        body = body[SharesHeadSize..];
        var namesSize = body.Length - sharesSize - rejectsSize - bestSize;
        if (namesSize < 0 || !AreNames(body[..namesSize], nameCount)) return false;

        var read = new EntryShares(nameCount, body, namesSize, sharesSize, bestSize);
        if (header.SequenceCount != read.ShareCount + (read.RejectCount > 0 ? 1 : 0) || !read.IsSound()) return false;

        shares = read;
        return true;
    }

    /// <summary>The next name's UTF-8 bytes, or false at the end. Begin with <paramref name="at"/> 0.</summary>
    public bool TryNextName(ref int at, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (at >= _names.Length) return false;

        name = _names.Slice(at + 1, _names[at]);
        at += 1 + name.Length;
        return true;
    }

    /// <summary>An accepted share.</summary>
    public ShareRecord Share(int index)
    {
        var bytes = _shares.Slice(index * ShareSize, ShareSize);
        return new ShareRecord(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            bytes[16]);
    }

    /// <summary>A reject counter.</summary>
    public RejectCount Reject(int index)
    {
        var bytes = _rejects.Slice(index * RejectSize, RejectSize);
        return new RejectCount(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes), (RejectReason)bytes[4], BinaryPrimitives.ReadUInt32LittleEndian(bytes[5..]));
    }

    /// <summary>Expected hashes of the best hash among a name's shares in this entry; 0 if it has none. Only with <see cref="HasBest"/>.
    /// </summary>
    public double Best(int name) => BinaryPrimitives.ReadDoubleLittleEndian(_best.Slice(name * BestSize, BestSize));

    private static bool AreNames(ReadOnlySpan<byte> bytes, int count)
    {
        var at = 0;
        for (; count > 0 && at < bytes.Length; count--) at += 1 + bytes[at];
        return count == 0 && at == bytes.Length;
    }

    private bool IsSound()
    {
        for (var i = 0; i < ShareCount; i++)
        {
            var share = Share(i);
            if (share.NameIndex >= NameCount || share.Flags > ShareRecord.SolvesBlock) return false;
        }

        for (var i = 0; i < RejectCount; i++)
        {
            var reject = Reject(i);
            if (reject.NameIndex >= NameCount || reject.Reason is < RejectReason.Stale or > RejectReason.Invalid) return false;
        }

        // Written so that what is no number is not sound either; minus zero would be a second way to say zero.
        for (var i = 0; HasBest && i < NameCount; i++)
            if (!(Best(i) >= 0 && Best(i) <= ShareRecord.BestMax) || double.IsNegative(Best(i))) return false;

        return true;
    }
}
