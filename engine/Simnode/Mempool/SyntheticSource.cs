using System.Buffers.Binary;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Mempool;

/// <summary>A transaction that waits for a block, with what a template says of it.</summary>
/// <param name="Fee">Base units.</param>
/// <param name="SigopsCost">BIP 141 cost.</param>
public sealed record MempoolEntry(Transaction Transaction, long Fee, int SigopsCost)
{
    /// <summary>Unix seconds of arrival.</summary>
    public long Time { get; init; }
}

/// <summary>
/// Makes well-formed transactions out of (seed, height, index), so that a block of thousands of them can be checked and kept without
/// keeping them. Each spends outputs that exist only for its height, which also makes it impossible to use one twice on a chain.
/// </summary>
public sealed class SyntheticSource(ulong seed)
{
    private const int SetsMax = 4;
    private static readonly byte[] Marker = "viddhana"u8.ToArray();

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, List<MempoolEntry>> _sets = [];

    /// <summary>What all of them depend on.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>True if the first input names an output of this source.</summary>
    public static bool IsMarked(Transaction transaction, out uint height, out uint index)
    {
        (height, index) = (0, 0);
        if (transaction.Inputs.Length == 0) return false;

        Span<byte> txid = stackalloc byte[32];
        transaction.Inputs[0].Prevout.Txid.Write(txid);
        if (!txid.StartsWith(Marker)) return false;

        height = BinaryPrimitives.ReadUInt32LittleEndian(txid[8..]);
        index = BinaryPrimitives.ReadUInt32LittleEndian(txid[12..]);
        return true;
    }

    /// <summary>The transactions of a height from <paramref name="first"/> on; the newest few heights are remembered.</summary>
    public List<MempoolEntry> Range(uint height, uint first, uint count)
    {
        lock (_gate)
        {
            if (!_sets.TryGetValue(height, out var set))
            {
                if (_sets.Count >= SetsMax) _sets.Remove(_sets.Keys.Min());
                _sets[height] = set = [];
            }

            while (set.Count < first + count) set.Add(Make(height, (uint)set.Count));
            return set.GetRange((int)first, (int)count);
        }
    }

    /// <summary>
    /// The entry that <paramref name="transaction"/> is, byte for byte, or null if this source did not make it for this height.
    /// </summary>
    public MempoolEntry? Match(Transaction transaction, uint height, uint indexMax)
    {
        if (!IsMarked(transaction, out var itsHeight, out var index) || itsHeight != height || index >= indexMax) return null;

        var entry = Range(height, index, 1)[0];
        return entry.Transaction.Wtxid == transaction.Wtxid ? entry : null;
    }

    // Four of five are segwit; most have one input and two outputs. The fee rate falls with the index, as in a node's template.
    private MempoolEntry Make(uint height, uint index)
    {
        var random = new SplitMix(Seed ^ ((ulong)height << 32) ^ (index * 0x9E3779B97F4A7C15));
        var segwit = random.Below(5) != 0;
        var inputs = new TxIn[random.Below(7) switch { < 4 => 1, < 6 => 2, _ => 3 }];
        for (var i = 0; i < inputs.Length; i++) inputs[i] = Input(ref random, segwit, height, index, (uint)i);

        var outputs = new TxOut[random.Below(7) switch { 0 => 1, < 5 => 2, 5 => 3, _ => 4 }];
        for (var i = 0; i < outputs.Length; i++)
            outputs[i] = new TxOut(546 + (long)random.Below(1_000_000_000), Script.P2wpkh(random.Bytes(20)));

        var transaction = Transaction.Make(2, inputs, outputs, 0);
        var rate = 1 + (4_000_000 / (40_000 + ((long)index * 100)));   // sat per virtual byte, from 101 down
        return new MempoolEntry(transaction, (transaction.VirtualSize * rate) + (long)random.Below(50), segwit ? inputs.Length : 0);
    }

    private static TxIn Input(ref SplitMix random, bool segwit, uint height, uint index, uint input)
    {
        var txid = new byte[32];
        Marker.CopyTo(txid, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(txid.AsSpan(8), height);
        BinaryPrimitives.WriteUInt32LittleEndian(txid.AsSpan(12), index);
        BinaryPrimitives.WriteUInt32LittleEndian(txid.AsSpan(16), input);
        random.Bytes(12).CopyTo(txid, 20);

        byte[] signature = [0x30, 0x44, 0x02, 0x20, .. random.Bytes(32), 0x02, 0x20, .. random.Bytes(32), SignatureHash.All];
        byte[] key = [(byte)(2 + random.Below(2)), .. random.Bytes(32)];
        var prevout = new OutPoint(Hash256.Read(txid), (uint)random.Below(4));
        return segwit
            ? new TxIn(prevout, [], 0xFFFFFFFD, [signature, key])
            : new TxIn(prevout, [(byte)signature.Length, .. signature, (byte)key.Length, .. key], 0xFFFFFFFD, []);
    }

    private struct SplitMix(ulong state)
    {
        private ulong _state = state;

        public ulong Below(ulong limit) => Next() % limit;

        public byte[] Bytes(int count)
        {
            var bytes = new byte[count];
            Span<byte> word = stackalloc byte[8];
            for (var at = 0; at < count; at += 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
                word[..Math.Min(8, count - at)].CopyTo(bytes.AsSpan(at));
            }

            return bytes;
        }

        private ulong Next()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
