using System.Security.Cryptography;

namespace Viddhana.Tests.Engine.ChainFamilies;

/// <summary>A block taken apart, by code that shares nothing with the engine's.</summary>
internal sealed class RawBlock
{
    private readonly byte[] _bytes;
    private int _at;

    public RawBlock(byte[] bytes)
    {
        _bytes = bytes;
        Header = Take(80);
        var count = (int)TakeVarInt();
        Transactions = [.. Enumerable.Range(0, count).Select(_ => TakeTransaction())];
        Suffix = bytes[_at..];
    }

    public byte[] Header { get; }

    public IReadOnlyList<RawTransaction> Transactions { get; }

    public byte[] Suffix { get; }

    public static byte[] HashTwice(byte[] bytes) => SHA256.HashData(SHA256.HashData(bytes));

    /// <summary>The textbook way: every level in full, the last of an odd number twice.</summary>
    public static byte[] MerkleRoot(IEnumerable<byte[]> leaves)
    {
        var level = leaves.ToList();
        while (level.Count > 1)
        {
            if (level.Count % 2 == 1) level.Add(level[^1]);
            level = [.. Enumerable.Range(0, level.Count / 2).Select(i => HashTwice([.. level[2 * i], .. level[(2 * i) + 1]]))];
        }

        return level[0];
    }

    /// <summary>The root of a tree above a first leaf, by its path.</summary>
    public static byte[] Climb(byte[] leaf, byte[] path) =>
        path.Chunk(32).Aggregate(leaf, (node, branch) => HashTwice([.. node, .. branch]));

    private RawTransaction TakeTransaction()
    {
        var start = _at;
        var version = Take(4);
        var flag = _bytes[_at] == 0 ? Take(2)[1] : (byte)0;
        var bodyStart = _at;
        for (var inputs = TakeVarInt(); inputs > 0; inputs--)
        {
            Take(36);
            Take((int)TakeVarInt());
            Take(4);
        }

        for (var outputs = TakeVarInt(); outputs > 0; outputs--)
        {
            Take(8);
            Take((int)TakeVarInt());
        }

        var body = _bytes[bodyStart.._at];
        var inputCount = body[0] < 0xfd ? body[0] : body[1] | (body[2] << 8);
        for (var i = 0; (flag & 1) != 0 && i < inputCount; i++)
        {
            for (var items = TakeVarInt(); items > 0; items--) Take((int)TakeVarInt());
        }

        if ((flag & 8) != 0) Assert.That(Take(1)[0], Is.Zero, "only the HogEx carries the MWEB flag in a block");
        byte[] legacy = [.. version, .. body, .. Take(4)];
        return new RawTransaction(_bytes[start.._at], legacy, flag);
    }

    private byte[] Take(int count)
    {
        _at += count;
        return _bytes[(_at - count).._at];
    }

    private ulong TakeVarInt()
    {
        var first = Take(1)[0];
        return first switch
        {
            0xfd => BitConverter.ToUInt16(Take(2)),
            0xfe => BitConverter.ToUInt32(Take(4)),
            0xff => BitConverter.ToUInt64(Take(8)),
            _ => first,
        };
    }
}

/// <summary>A transaction in both forms. Ids in internal order.</summary>
internal sealed record RawTransaction(byte[] Bytes, byte[] Legacy, byte Flag)
{
    public byte[] Txid { get; } = RawBlock.HashTwice(Legacy);

    // A HogEx has no witness: its two ids are one.
    public byte[] WitnessId => (Flag & 1) != 0 ? RawBlock.HashTwice(Bytes) : Txid;
}
