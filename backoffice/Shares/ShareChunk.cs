using System.Buffers.Binary;
using Viddhana.Backoffice.Rewards;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>
/// Single shares of one journal and pool, as a row of <c>raw_entries</c> keeps them: three to five bytes a share, where entries spell out
/// names. Sequence, time, worker, account, work and flag of every share can be read back. <c>varint</c> is 7 bits a byte, lowest first.
/// <code>
/// version   u8       2
/// shares    varint   how many
/// kinds     varint   how many; each: worker id, account id, work as varints
/// each share:
///   varint  zigzag(ms - ms of the share before, 0 before the first) &lt;&lt; 2
///           | 2 if sequences were left out before it | 1 if it solves a block
///   varint  how many sequences were left out, if so
///   varint  index of its kind
/// checksum  u32      little-endian CRC-32C of all bytes before it
/// </code>
/// The first sequence is the row's <c>from_sequence</c>; what takes a sequence and is no share (reject counters, blocks, other pools'
/// shares) is left out.
/// </summary>
internal sealed class ShareChunk(int poolId, int sourceId, ulong fromSequence, long firstMs)
{
    /// <summary>First byte of a chunk; an entry as the engine wrote it, as older rows hold them, begins with another.</summary>
    public const byte Version = 2;

    /// <summary>Bytes after which a chunk is closed.</summary>
    private const int BytesMax = 1 << 20;

    private const long DayMs = 86_400_000;
    private const int ShareBytesMax = 30;
    private const int ChecksumSize = 4;

    private readonly Dictionary<(WorkerEntry Worker, ulong Work), int> _kinds = [];
    private byte[] _shares = new byte[4_096];
    private int _length;
    private int _count;
    private long _previousMs;
    private ulong _nextSequence = fromSequence;

    public int PoolId { get; } = poolId;

    public int SourceId { get; } = sourceId;

    public ulong FromSequence { get; } = fromSequence;

    public long FirstMs { get; private set; } = firstMs;

    public long LastMs { get; private set; } = firstMs;

    /// <summary>True if a share of this time still belongs into it: a chunk lies in the partition of one day.</summary>
    public bool Takes(long ms) => _length < BytesMax && ms / DayMs == FirstMs / DayMs;

    /// <summary>Adds a share; sequences go up.</summary>
    public void Add(long ms, ulong sequence, WorkerEntry worker, in ShareRecord share)
    {
        if (_shares.Length - _length < ShareBytesMax) Array.Resize(ref _shares, _shares.Length * 2);
        if (!_kinds.TryGetValue((worker, share.Work), out var kind)) _kinds.Add((worker, share.Work), kind = _kinds.Count);

        var delta = ms - _previousMs;
        var gap = sequence - _nextSequence;
        var head = (ulong)((delta << 1) ^ (delta >> 63)) << 2;
        Write(head | (gap > 0 ? 2ul : 0) | (share.Flags & (ulong)ShareRecord.SolvesBlock), _shares, ref _length);
        if (gap > 0) Write(gap, _shares, ref _length);
        Write((ulong)kind, _shares, ref _length);
        (_previousMs, _nextSequence) = (ms, sequence + 1);
        (FirstMs, LastMs) = (Math.Min(FirstMs, ms), Math.Max(LastMs, ms));
        _count++;
    }

    /// <summary>As it is stored.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[1 + ((2 + (_kinds.Count * 3)) * 10) + _length + ChecksumSize];
        var at = 1;
        bytes[0] = Version;
        Write((ulong)_count, bytes, ref at);
        Write((ulong)_kinds.Count, bytes, ref at);
        foreach (var (worker, work) in _kinds.Keys)
        {
            Write((ulong)worker.WorkerId, bytes, ref at);
            Write((ulong)worker.AccountId, bytes, ref at);
            Write(work, bytes, ref at);
        }

        _shares.AsSpan(0, _length).CopyTo(bytes.AsSpan(at));
        at += _length;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Crc32C.Of(bytes.AsSpan(0, at)));
        return bytes[..(at + ChecksumSize)];
    }

    /// <summary>Reads the shares with times in [startMs, endMs) into a page.</summary>
    /// <exception cref="InvalidOperationException">They are not as they were written.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, ulong fromSequence, long startMs, long endMs, SharePage page)
    {
        var body = bytes[..^ChecksumSize];
        if (body[0] != Version || BinaryPrimitives.ReadUInt32LittleEndian(bytes[body.Length..]) != Crc32C.Of(body))
            throw new InvalidOperationException($"the stored shares from sequence {fromSequence} on are damaged");

        var at = 1;
        var count = (int)Read(body, ref at);
        for (var kinds = (int)Read(body, ref at); kinds > 0; kinds--)
        {
            Read(body, ref at);
            page.AddKind(new ShareKind((long)Read(body, ref at), Read(body, ref at)));
        }

        var shares = page.Reserve(count);
        var (ms, sequence, taken) = (0L, fromSequence, 0);
        for (var i = 0; i < count; i++, sequence++)
        {
            var head = Read(body, ref at);
            var zigzag = head >> 2;
            ms += (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
            if ((head & 2) != 0) sequence += Read(body, ref at);
            var kind = (int)Read(body, ref at);
            if (ms >= startMs && ms < endMs) shares[taken++] = new PageShare(ms, sequence, kind);
        }

        page.Take(taken);
    }

    private static void Write(ulong value, byte[] to, ref int at)
    {
        for (; value >= 0x80; value >>= 7) to[at++] = (byte)(value | 0x80);
        to[at++] = (byte)value;
    }

    private static ulong Read(ReadOnlySpan<byte> from, ref int at)
    {
        ulong value = from[at++];
        if (value < 0x80) return value;

        value &= 0x7F;
        for (var shift = 7; ; shift += 7)
        {
            ulong next = from[at++];
            value |= (next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }
}
