namespace Viddhana.Simnode.Wire;

/// <summary>The 80 bytes that are hashed.</summary>
public sealed class BlockHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 80;

    private BlockHeader(ReadOnlySpan<byte> bytes)
    {
        Raw = bytes.ToArray();
        var reader = new ByteReader(bytes);
        Version = (int)reader.U32();
        Previous = reader.Hash();
        MerkleRoot = reader.Hash();
        Time = reader.U32();
        Bits = reader.U32();
        Nonce = reader.U32();
        Hash = Hash256.Of(bytes);
    }

    public byte[] Raw { get; }

    public int Version { get; }

    public Hash256 Previous { get; }

    public Hash256 MerkleRoot { get; }

    /// <summary>Seconds since 1970.</summary>
    public uint Time { get; }

    /// <summary>The target in compact form.</summary>
    public uint Bits { get; }

    public uint Nonce { get; }

    /// <summary>The block's id, and for sha256d its proof of work.</summary>
    public Hash256 Hash { get; }

    /// <summary>Reads exactly 80 bytes.</summary>
    public static BlockHeader Read(ReadOnlySpan<byte> bytes) => new(bytes[..Size]);

    /// <summary>Makes one from its parts.</summary>
    public static BlockHeader Make(int version, Hash256 previous, Hash256 merkleRoot, uint time, uint bits, uint nonce) =>
        new(new ByteWriter().U32((uint)version).Hash(previous).Hash(merkleRoot).U32(time).U32(bits).U32(nonce).Written);
}

/// <summary>A header and its transactions.</summary>
public sealed record Block(BlockHeader Header, IReadOnlyList<Transaction> Transactions)
{
    /// <summary>Reads a block; null if the bytes are none. What follows the block is ignored, as nodes do.</summary>
    public static Block? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < BlockHeader.Size + 1) return null;

        var reader = new ByteReader(bytes) { Position = BlockHeader.Size };
        var count = reader.Count();
        if (reader.Failed || count > reader.Left / 10) return null;   // no transaction is shorter than 10 bytes

        var transactions = new Transaction[count];
        for (var i = 0; i < count; i++)
        {
            if (Transaction.Read(ref reader) is not { } transaction) return null;

            transactions[i] = transaction;
        }

        return new Block(BlockHeader.Read(bytes), transactions);
    }

    /// <summary>The bytes sent to <c>submitblock</c> and shown by <c>getblock</c> at verbosity 0.</summary>
    public byte[] Encode()
    {
        var writer = new ByteWriter().Raw(Header.Raw).Count(Transactions.Count);
        foreach (var transaction in Transactions) writer.Raw(transaction.Raw);
        return writer.ToArray();
    }
}
