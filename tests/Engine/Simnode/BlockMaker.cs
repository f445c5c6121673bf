using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>
/// Builds a block from a template with code of its own, and can break each part of it. It shares nothing with the node or the engine.
/// </summary>
public sealed class BlockMaker
{
    public BlockMaker(JsonElement template)
    {
        Height = template.GetProperty("height").GetInt32();
        Version = template.GetProperty("version").GetInt32();
        Previous = Reversed(template.GetProperty("previousblockhash").GetString()!);
        Time = template.GetProperty("curtime").GetUInt32();
        MinTime = template.GetProperty("mintime").GetUInt32();
        Bits = Convert.ToUInt32(template.GetProperty("bits").GetString(), 16);
        Value = template.GetProperty("coinbasevalue").GetInt64();
        Commitment = Convert.FromHexString(template.GetProperty("default_witness_commitment").GetString()!);
        foreach (var each in template.GetProperty("transactions").EnumerateArray()) Add(each);
    }

    public int Height { get; set; }

    public int Version { get; set; }

    public byte[] Previous { get; set; }

    public uint Time { get; set; }

    public uint MinTime { get; }

    public uint Bits { get; set; }

    public long Value { get; set; }

    /// <summary>Output script of the commitment; null leaves it out.</summary>
    public byte[]? Commitment { get; set; }

    /// <summary>Goes into the coinbase after the height, so that blocks differ.</summary>
    public byte[] Extra { get; set; } = [8, .. RandomNumberGenerator.GetBytes(8)];

    /// <summary>Transaction that the coinbase's input names; all zero in a real one.</summary>
    public byte[] CoinbasePrevout { get; set; } = new byte[32];

    /// <summary>Replaces the whole coinbase script.</summary>
    public byte[]? CoinbaseScript { get; set; }

    /// <summary>What the witness form of the coinbase carries; null sends the form without witness.</summary>
    public byte[]? Reserved { get; set; } = new byte[32];

    public byte[] PayTo { get; set; } = Convert.FromHexString("0014751e76e8199196d454941c45d1b3a323f1433bd6");

    public uint LockTime { get; set; }

    public uint Sequence { get; set; } = uint.MaxValue;

    public List<(byte[] Raw, byte[] Txid, byte[] Wtxid)> Transactions { get; } = [];

    /// <summary>Replaces the merkle root.</summary>
    public byte[]? MerkleRoot { get; set; }

    /// <summary>False looks for a header that misses the target.</summary>
    public bool Solve { get; set; } = true;

    public byte[] Hash { get; private set; } = [];

    /// <summary>As nodes show it.</summary>
    public string HashText => Convert.ToHexStringLower([.. Hash.Reverse()]);

    public static byte[] DoubleSha(ReadOnlySpan<byte> bytes) => SHA256.HashData(SHA256.HashData(bytes));

    public static byte[] Reversed(string hex) => [.. Convert.FromHexString(hex).Reverse()];

    public static byte[] Root(IEnumerable<byte[]> leaves)
    {
        var level = leaves.ToArray();
        while (level.Length > 1)
        {
            if (level.Length % 2 == 1) level = [.. level, level[^1]];
            level = [.. level.Chunk(2).Select(pair => DoubleSha([.. pair[0], .. pair[1]]))];
        }

        return level[0];
    }

    /// <summary>The commitment over the transactions as they are now.</summary>
    public byte[] CommitmentNow() =>
        [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed,
            .. DoubleSha([.. Root([new byte[32], .. Transactions.Select(each => each.Wtxid)]), .. Reserved!])];

    /// <summary>Adds a transaction whose two ids are known.</summary>
    public void Add(byte[] raw, byte[] txid, byte[] wtxid) => Transactions.Add((raw, txid, wtxid));

    public string Build()
    {
        var coinbase = Coinbase(witness: false);
        var root = MerkleRoot ?? Root([DoubleSha(coinbase), .. Transactions.Select(each => each.Txid)]);
        var header = new byte[80];
        BinaryPrimitives.WriteInt32LittleEndian(header, Version);
        Previous.CopyTo(header, 4);
        root.CopyTo(header, 36);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), Time);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), Bits);
        var target = new BigInteger(Bits & 0x7FFFFF) << (8 * ((int)(Bits >> 24) - 3));
        for (uint nonce = 0; ; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
            Hash = DoubleSha(header);
            if (new BigInteger(Hash, isUnsigned: true) <= target == Solve) break;
        }

        byte[] block =
        [
            .. header, .. VarInt(1 + Transactions.Count), .. Reserved is null ? coinbase : Coinbase(witness: true),
            .. Transactions.SelectMany(each => each.Raw),
        ];
        return Convert.ToHexStringLower(block);
    }

    private byte[] Coinbase(bool witness)
    {
        byte[] script = CoinbaseScript ?? [.. HeightPush(Height), .. Extra];
        byte[] outputs =
        [
            (byte)(Commitment is null ? 1 : 2), .. BitConverter.GetBytes(Value), (byte)PayTo.Length, .. PayTo,
            .. Commitment is null ? [] : (byte[])[.. new byte[8], (byte)Commitment.Length, .. Commitment],
        ];
        return
        [
            2, 0, 0, 0, .. witness ? (byte[])[0, 1] : [],
            1, .. CoinbasePrevout, 0xFF, 0xFF, 0xFF, 0xFF, .. VarInt(script.Length), .. script,
            .. BitConverter.GetBytes(Sequence), .. outputs, .. witness ? (byte[])[1, .. VarInt(Reserved!.Length), .. Reserved] : [],
            .. BitConverter.GetBytes(LockTime),
        ];
    }

    private static byte[] HeightPush(int height) => height switch
    {
        <= 16 => [(byte)(0x50 + height)],
        < 128 => [1, (byte)height],
        < 32768 => [2, (byte)height, (byte)(height >> 8)],
        _ => throw new ArgumentOutOfRangeException(nameof(height)),
    };

    private static byte[] VarInt(int value) => value < 0xFD ? [(byte)value] : [0xFD, (byte)value, (byte)(value >> 8)];

    private void Add(JsonElement transaction) => Add(
        Convert.FromHexString(transaction.GetProperty("data").GetString()!),
        Reversed(transaction.GetProperty("txid").GetString()!),
        Reversed(transaction.GetProperty("hash").GetString()!));
}
