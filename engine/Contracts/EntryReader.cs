using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using static Viddhana.Contracts.EntryFormat;

namespace Viddhana.Contracts;

/// <summary>
/// Reads entries. Any bytes may be given: nothing throws, and what is not exactly as it was written is <see cref="EntryStatus.Damaged"/>.
/// </summary>
public static class EntryReader
{
    private static readonly SearchValues<byte> PoolCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-"u8);

    /// <summary>The bytes every entry begins with.</summary>
    public static ReadOnlySpan<byte> MagicBytes => [0xF6, 0x56, 0x4A, 0xFE];

    /// <summary>Reads the entry at the start of <paramref name="bytes"/>; <paramref name="consumed"/> is its length, 0 unless Ok.</summary>
    public static EntryStatus TryRead(ReadOnlySpan<byte> bytes, out Entry? entry, out int consumed)
    {
        entry = null;
        consumed = 0;
        var status = TryReadHeader(bytes, out var header, out var length);
        if (status != EntryStatus.Ok) return status;

        var body = new BodyReader(bytes[(PoolAt + 1 + bytes[PoolAt])..(length - ChecksumSize)]);
        entry = header.Kind switch
        {
            EntryKind.Shares => ReadShares(header, bytes[..length]),
            EntryKind.BlockFound => ReadFound(header, ref body),
            _ => ReadVerdict(header, ref body),
        };
        if (entry is null) return EntryStatus.Damaged;

        consumed = length;
        return EntryStatus.Ok;
    }

    /// <summary>Reads only the header of the entry at the start, and its length. The checksum of the whole entry is checked.</summary>
    public static EntryStatus TryReadHeader(ReadOnlySpan<byte> bytes, out EntryHeader header, out int length)
    {
        header = default;
        length = 0;
        var status = TryReadFrame(bytes, out var size);
        if (status != EntryStatus.Ok) return status;

        var entry = bytes[..size];
        if (entry[VersionAt] == SharesVersion && entry[KindAt] != (byte)EntryKind.Shares) return EntryStatus.Damaged;

        var poolLength = entry[PoolAt];
        if (poolLength is 0 or > PoolMax || PoolAt + 1 + poolLength + ChecksumSize > size) return EntryStatus.Damaged;

        var pool = entry.Slice(PoolAt + 1, poolLength);
        if (pool.ContainsAnyExcept(PoolCharacters)) return EntryStatus.Damaged;

        header = new EntryHeader(
            (EntryKind)entry[KindAt],
            Encoding.ASCII.GetString(pool),
            BinaryPrimitives.ReadUInt16LittleEndian(entry[EngineAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(entry[EpochAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(entry[SequenceAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[CountAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(entry[TimeAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[NbitsAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[HeightAt..]));
        if (!IsPlausible(header)) return EntryStatus.Damaged;

        length = size;
        return EntryStatus.Ok;
    }

    /// <summary>
    /// True if a whole, undamaged entry of a version that this program does not know stands at the start: the frame of an entry is the same
    /// in all versions. Such bytes are no torn tail.
    /// </summary>
    public static bool IsOfNewerProgram(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LengthMin || !bytes.StartsWith(MagicBytes) || bytes[VersionAt] <= SharesVersion) return false;

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthAt..]);
        if (length is < LengthMin or > LengthMax || length > bytes.Length) return false;

        var end = (int)length - ChecksumSize;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[end..]) == Crc32C.Of(bytes[..end]);
    }

    private static EntryStatus TryReadFrame(ReadOnlySpan<byte> bytes, out int size)
    {
        size = 0;
        var known = Math.Min(bytes.Length, MagicBytes.Length);
        if (!bytes[..known].SequenceEqual(MagicBytes[..known])) return EntryStatus.Damaged;
        if (bytes.Length > VersionAt && bytes[VersionAt] is not (EntryFormat.Version or SharesVersion)) return EntryStatus.Damaged;
        if (bytes.Length < LengthAt + 4) return EntryStatus.NeedMore;

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthAt..]);
        if (length is < LengthMin or > LengthMax) return EntryStatus.Damaged;
        if (bytes.Length < length) return EntryStatus.NeedMore;

        size = (int)length;
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(size - ChecksumSize)..]);
        return checksum == Crc32C.Of(bytes[..(size - ChecksumSize)]) ? EntryStatus.Ok : EntryStatus.Damaged;
    }

    private static bool IsPlausible(in EntryHeader header) =>
        header.Kind is EntryKind.Shares or EntryKind.BlockFound or EntryKind.BlockVerdict
        && header.EngineId <= EngineIdMax
        && header.FirstSequence > 0
        && header.SequenceCount > 0
        && header.FirstSequence <= ulong.MaxValue - header.SequenceCount;

    private static Entry? ReadShares(in EntryHeader header, ReadOnlySpan<byte> entry)
    {
        if (!EntryShares.TryRead(entry, header, out var body)) return null;

        var names = new string[body.NameCount];
        var at = 0;
        for (var i = 0; body.TryNextName(ref at, out var name); i++) names[i] = Encoding.UTF8.GetString(name);
        var shares = new ShareRecord[body.ShareCount];
        for (var i = 0; i < shares.Length; i++) shares[i] = body.Share(i);
        var rejects = new RejectCount[body.RejectCount];
        for (var i = 0; i < rejects.Length; i++) rejects[i] = body.Reject(i);
        var best = body.HasBest ? new double[names.Length] : [];
        for (var i = 0; i < best.Length; i++) best[i] = body.Best(i);
        return new Entry { Header = header, Names = names, Shares = shares, Rejects = rejects, Best = best };
    }

    private static Entry? ReadFound(in EntryHeader header, ref BodyReader body)
    {
        var found = new BlockFound
        {
            Hash = body.Hash(),
            PrevHash = body.Hash(),
            CoinbaseTxid = body.Hash(),
            Height = body.UInt32(),
            Reward = body.Int64(),
            NetworkWork = new UInt128(lower: body.UInt64(), upper: body.UInt64()),
            ShareSequence = body.UInt64(),
            ShareUtcMs = body.Int64(),
            ShareWork = body.UInt64(),
            Worker = body.Text(),
        };
        return body.IsWhole && header.SequenceCount == 1 ? new Entry { Header = header, Found = found } : null;
    }

    private static Entry? ReadVerdict(in EntryHeader header, ref BodyReader body)
    {
        var hash = body.Hash();
        var accepted = body.Byte();
        var verdict = new BlockVerdict(hash, accepted == 1, body.Text(), body.Text());
        return body.IsWhole && accepted <= 1 && header.SequenceCount == 1 ? new Entry { Header = header, Verdict = verdict } : null;
    }

    /// <summary>
    /// Reads on through a body. Past its end it gives zeros and is no longer whole, so that one check at the end suffices.
    /// </summary>
    private ref struct BodyReader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _left = bytes;
        private bool _isShort;

        public readonly bool IsWhole => !_isShort && _left.Length == 0;

        public byte Byte() => Take(1) is [var value] ? value : (byte)0;

        public uint UInt32() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;

        public ulong UInt64() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

        public long Int64() => (long)UInt64();

        public string Hash() => Convert.ToHexStringLower(Take(32));

        public string Text() => Encoding.UTF8.GetString(Take(Byte()));

        private ReadOnlySpan<byte> Take(int count)
        {
            if (_left.Length < count)
            {
                _isShort = true;
                _left = default;
                return default;
            }

            var taken = _left[..count];
            _left = _left[count..];
            return taken;
        }
    }
}
