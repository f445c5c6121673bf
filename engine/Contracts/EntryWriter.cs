using System.Buffers.Binary;
using System.Text;
using static Viddhana.Contracts.EntryFormat;

namespace Viddhana.Contracts;

/// <summary>
/// Writes entries one after another into a buffer that is used again after <see cref="Clear"/>: nothing is allocated once it has reached
/// its working size. Not thread-safe. The bytes are laid out as <c>EntryFormat</c> says.
/// </summary>
public sealed class EntryWriter
{
    /// <summary>Most bytes of one entry.</summary>
    public const int EntryMax = LengthMax;

    private readonly byte[] _names = new byte[LengthMax];
    private readonly byte[] _shares = new byte[LengthMax];
    private readonly byte[] _rejects = new byte[LengthMax];
    private readonly double[] _best = new double[NamesMax];
    private byte[] _buffer = new byte[LengthMax];
    private int _length;
    private int _bodyAt;
    private int _namesLength;
    private int _nameCount;
    private int _shareCount;
    private int _rejectCount;
    private int _room;

    /// <summary>The entries written since the last <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Shares in the entry that was begun.</summary>
    public int ShareCount => _shareCount;

    /// <summary>Reject counters in the entry that was begun.</summary>
    public int RejectCount => _rejectCount;

    /// <summary>The bytes of one entry on their own. The header's sequence count must be what the entry takes.</summary>
    public static byte[] Write(Entry entry)
    {
        var writer = new EntryWriter();
        if (entry.Found is { } found) writer.WriteFound(entry.Header, found);
        else if (entry.Verdict is { } verdict) writer.WriteVerdict(entry.Header, verdict);
        else writer.WriteShares(entry);
        return writer.Written.ToArray();
    }

    /// <summary>Drops what was written.</summary>
    public void Clear() => _length = 0;

    /// <summary>Begins an entry of shares. Kind and sequence count of the header are filled in by <see cref="EndShares"/>.</summary>
    public void BeginShares(in EntryHeader header)
    {
        _bodyAt = StartEntry(header, EntryKind.Shares);
        (_namesLength, _nameCount, _shareCount, _rejectCount) = (0, 0, 0, 0);
        _room = LengthMax - (_bodyAt - _length) - SharesHeadSize - ChecksumSize;
    }

    /// <summary>True if a share or a reject counter, with a new name of this many bytes, still fits into the entry.</summary>
    public bool HasRoom(int nameLength) => _room >= 1 + nameLength + BestSize + ShareSize;

    /// <summary>Adds a name of at most 255 bytes of UTF-8; returns its index. Only with <see cref="HasRoom"/>.</summary>
    public uint AddName(ReadOnlySpan<byte> name)
    {
        Take(1 + name.Length + BestSize);
        _best[_nameCount] = 0;
        _names[_namesLength] = checked((byte)name.Length);
        name.CopyTo(_names.AsSpan(_namesLength + 1));
        _namesLength += 1 + name.Length;
        return (uint)_nameCount++;
    }

    /// <summary>Adds an accepted share. Only with <see cref="HasRoom"/>.</summary>
    /// <param name="share">The share.</param>
    /// <param name="achieved">
    /// Expected hashes of its own hash, up to <see cref="ShareRecord.BestMax"/>; the best of each name is written. 0: not known.
    /// </param>
    public void AddShare(in ShareRecord share, double achieved)
    {
        ref var best = ref _best[share.NameIndex];
        if (achieved > best) best = achieved;
        Take(ShareSize);
        var to = _shares.AsSpan(_shareCount++ * ShareSize, ShareSize);
        BinaryPrimitives.WriteUInt32LittleEndian(to, share.OffsetMs);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], share.NameIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], share.Work);
        to[16] = share.Flags;
    }

    /// <summary>Adds a reject counter. Only with <see cref="HasRoom"/>.</summary>
    public void AddReject(in RejectCount reject)
    {
        Take(RejectSize);
        var to = _rejects.AsSpan(_rejectCount++ * RejectSize, RejectSize);
        BinaryPrimitives.WriteUInt32LittleEndian(to, reject.NameIndex);
        to[4] = (byte)reject.Reason;
        BinaryPrimitives.WriteUInt32LittleEndian(to[5..], reject.Count);
    }

    /// <summary>
    /// Ends the entry of shares; returns how many sequences it takes. An entry without shares and counters is not written: 0.
    /// </summary>
    public uint EndShares()
    {
        var count = (uint)_shareCount + (_rejectCount > 0 ? 1u : 0u);
        if (count == 0) return 0;

        var at = _bodyAt;
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(at), (ushort)_nameCount);
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(at + 2), (ushort)_shareCount);
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(at + 4), (ushort)_rejectCount);
        at = Append(at + SharesHeadSize, _names.AsSpan(0, _namesLength));
        at = Append(at, _shares.AsSpan(0, _shareCount * ShareSize));
        at = Append(at, _rejects.AsSpan(0, _rejectCount * RejectSize));
        for (var i = 0; i < _nameCount; i++, at += BestSize) BinaryPrimitives.WriteDoubleLittleEndian(_buffer.AsSpan(at), _best[i]);
        EndEntry(at, count);
        return count;
    }

    /// <summary>Writes a found block. Kind and sequence count of the header are set; texts above 255 bytes are cut.</summary>
    public void WriteFound(in EntryHeader header, BlockFound found)
    {
        var at = StartEntry(header, EntryKind.BlockFound);
        at = AppendHash(at, found.Hash);
        at = AppendHash(at, found.PrevHash);
        at = AppendHash(at, found.CoinbaseTxid);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(at), found.Height);
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(at + 4), found.Reward);
        BinaryPrimitives.WriteUInt128LittleEndian(_buffer.AsSpan(at + 12), found.NetworkWork);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(at + 28), found.ShareSequence);
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(at + 36), found.ShareUtcMs);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(at + 44), found.ShareWork);
        EndEntry(AppendText(at + 52, found.Worker), 1);
    }

    /// <summary>Writes a verdict. Kind and sequence count of the header are set; texts above 255 bytes are cut.</summary>
    public void WriteVerdict(in EntryHeader header, BlockVerdict verdict)
    {
        var at = StartEntry(header, EntryKind.BlockVerdict);
        at = AppendHash(at, verdict.Hash);
        _buffer[at++] = verdict.Accepted ? (byte)1 : (byte)0;
        at = AppendText(at, verdict.Reason);
        EndEntry(AppendText(at, verdict.Node), 1);
    }

    private void WriteShares(Entry entry)
    {
        BeginShares(entry.Header);
        foreach (var name in entry.Names) AddName(Encoding.UTF8.GetBytes(name));
        foreach (var share in entry.Shares) AddShare(share, 0);
        entry.Best.CopyTo(_best, 0);
        foreach (var reject in entry.Rejects) AddReject(reject);
        EndShares();
    }

    private int StartEntry(in EntryHeader header, EntryKind kind)
    {
        if (_buffer.Length - _length < LengthMax) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + LengthMax));

        var to = _buffer.AsSpan(_length);
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        to[VersionAt] = kind == EntryKind.Shares ? SharesVersion : EntryFormat.Version;
        to[KindAt] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(to[EngineAt..], header.EngineId);
        BinaryPrimitives.WriteUInt64LittleEndian(to[EpochAt..], header.Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(to[SequenceAt..], header.FirstSequence);
        BinaryPrimitives.WriteInt64LittleEndian(to[TimeAt..], header.UtcMs);
        BinaryPrimitives.WriteUInt32LittleEndian(to[NbitsAt..], header.Nbits);
        BinaryPrimitives.WriteUInt32LittleEndian(to[HeightAt..], header.Height);
        to[PoolAt] = (byte)Encoding.UTF8.GetBytes(header.Pool, to.Slice(PoolAt + 1, PoolMax));
        return _length + PoolAt + 1 + to[PoolAt];
    }

    private void EndEntry(int end, uint count)
    {
        var entry = _buffer.AsSpan(_length, end + ChecksumSize - _length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[LengthAt..], (uint)entry.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[CountAt..], count);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[^ChecksumSize..], Crc32C.Of(entry[..^ChecksumSize]));
        _length += entry.Length;
    }

    private int Append(int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(at));
        return at + bytes.Length;
    }

    private int AppendHash(int at, string hash) => Append(at, Convert.FromHexString(hash));

    private int AppendText(int at, string text)
    {
        Encoding.UTF8.GetEncoder().Convert(text, _buffer.AsSpan(at + 1, TextMax), flush: true, out _, out var written, out _);
        _buffer[at] = (byte)written;
        return at + 1 + written;
    }

    private void Take(int bytes)
    {
        if (_room < bytes) throw new InvalidOperationException("The entry is full: HasRoom was not asked.");
        _room -= bytes;
    }
}
