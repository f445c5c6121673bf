using System.Buffers.Binary;
using Viddhana.Contracts;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <summary>
/// The chain on disk: one append-only file of blocks and of operators' verdicts on blocks, in order of arrival. A record is length,
/// CRC-32C and payload; what a killed process left half written at the end is cut off when the file is opened.
/// </summary>
public sealed class BlockFile : IDisposable
{
    private const byte KindBlock = 1;
    private const byte KindInvalidate = 2;
    private const byte KindReconsider = 3;
    private const byte KindPrefer = 4;
    private const int HeaderSize = 16;
    private const int RecordMax = 16 * 1024 * 1024;
    private static readonly byte[] Magic = "VSIMCH01"u8.ToArray();

    private readonly FileStream _file;

    /// <summary>Opens or makes the file.</summary>
    /// <param name="seed">Seed of the synthetic transactions for a new file; null takes what the file has, or 1.</param>
    /// <exception cref="InvalidDataException">Not such a file.</exception>
    /// <exception cref="ArgumentException">The file has another seed.</exception>
    public BlockFile(string path, ulong? seed)
    {
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Span<byte> header = stackalloc byte[HeaderSize];
        if (_file.Length < HeaderSize)
        {
            Seed = seed ?? 1;
            Magic.CopyTo(header);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], Seed);
            _file.SetLength(0);
            _file.Write(header);
            return;
        }

        _file.ReadExactly(header);
        Seed = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        var isOurs = header.StartsWith(Magic);
        if (isOurs && (seed is null || seed == Seed)) return;

        _file.Dispose();
        if (isOurs) throw new ArgumentException($"{path} was made with --seed {Seed}, not {seed}");

        throw new InvalidDataException($"{path} is not a chain file of viddhana-simnode");
    }

    /// <summary>Seed of the synthetic transactions in the file.</summary>
    public ulong Seed { get; }

    /// <summary>Plays all records into a fresh tree and cuts off a torn tail. Returns the number of bytes cut.</summary>
    /// <exception cref="InvalidDataException">Damage before the last record.</exception>
    public long Load(BlockTree tree)
    {
        var reader = new BufferedStream(_file, 1 << 20);
        reader.Position = HeaderSize;
        long good = HeaderSize;
        while (ReadRecord(reader) is { } payload)
        {
            Play(payload, tree);
            good += 8 + payload.Length;
        }

        var cut = _file.Length - good;
        _file.SetLength(good);
        _file.Position = good;
        return cut;
    }

    /// <summary>Appends a block.</summary>
    public void Append(BlockHeader header, BlockBody body)
    {
        var writer = new ByteWriter().U8(KindBlock).Raw(header.Raw).Count(body.Parts.Count);
        foreach (var part in body.Parts)
        {
            if (part.Transaction is { } transaction) writer.U8(0).Bytes(transaction.Raw);
            else writer.U8(1).U32(part.Height).U32(part.First).U32(part.Count);
        }

        Append(writer);
    }

    /// <summary>Appends <c>invalidateblock</c>.</summary>
    public void AppendInvalidate(BlockNode node) => Append(new ByteWriter().U8(KindInvalidate).Hash(node.Hash));

    /// <summary>Appends <c>reconsiderblock</c>.</summary>
    public void AppendReconsider(BlockNode node) => Append(new ByteWriter().U8(KindReconsider).Hash(node.Hash));

    /// <summary>Appends <c>preciousblock</c>.</summary>
    public void AppendPrefer(BlockNode node) => Append(new ByteWriter().U8(KindPrefer).Hash(node.Hash));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // One write call: a killed process leaves the record whole or as a torn tail.
    private void Append(ByteWriter payload)
    {
        var record = new ByteWriter().U32((uint)payload.Written.Length).U32(Crc32C.Of(payload.Written)).Raw(payload.Written);
        _file.Write(record.Written);
    }

    private static byte[]? ReadRecord(Stream reader)
    {
        Span<byte> head = stackalloc byte[8];
        if (reader.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8) return null;

        var length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (length > RecordMax) return null;

        var payload = new byte[length];
        if (reader.ReadAtLeast(payload, payload.Length, throwOnEndOfStream: false) < payload.Length) return null;

        if (Crc32C.Of(payload) == BinaryPrimitives.ReadUInt32LittleEndian(head[4..])) return payload;
        if (reader.Position == reader.Length) return null;

        throw new InvalidDataException($"the chain file is damaged in the record that ends at byte {reader.Position}");
    }

    private static void Play(byte[] payload, BlockTree tree)
    {
        var reader = new ByteReader(payload);
        var kind = reader.U8();
        if (kind == KindBlock)
        {
            var header = BlockHeader.Read(reader.Take(BlockHeader.Size));
            tree.Restore(header, ReadBody(ref reader));
            return;
        }

        if (tree.Find(reader.Hash()) is not { } node) return;
        if (kind == KindInvalidate) tree.Invalidate(node);
        else if (kind == KindReconsider) tree.Reconsider(node);
        else if (kind == KindPrefer) tree.Prefer(node);
    }

    private static BlockBody ReadBody(ref ByteReader reader)
    {
        var parts = new BodyPart[reader.Count()];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = reader.U8() == 0
                ? new BodyPart(Transaction.Decode(reader.Bytes()), 0, 0, 0)
                : new BodyPart(null, reader.U32(), reader.U32(), reader.U32());
        }

        return new BlockBody(parts);
    }
}
