namespace Viddhana.Simnode.Wire;

/// <summary>An output by the transaction that made it and its place there.</summary>
public readonly record struct OutPoint(Hash256 Txid, uint Index)
{
    /// <summary>What a coinbase's only input names.</summary>
    public static readonly OutPoint None = new(Hash256.Zero, uint.MaxValue);

    /// <inheritdoc/>
    public override string ToString() => $"{Txid}:{Index}";
}

/// <summary>One input. <see cref="Witness"/> is empty where there is none.</summary>
public sealed record TxIn(OutPoint Prevout, byte[] Script, uint Sequence, byte[][] Witness);

/// <summary>One output: base units and script.</summary>
public sealed record TxOut(long Value, byte[] Script);

/// <summary>A transaction with everything that follows from its bytes. Never changes.</summary>
public sealed class Transaction
{
    private Transaction(int version, TxIn[] inputs, TxOut[] outputs, uint lockTime, byte[] raw, byte[] stripped)
    {
        Version = version;
        Inputs = inputs;
        Outputs = outputs;
        LockTime = lockTime;
        Raw = raw;
        StrippedSize = stripped.Length;
        Txid = Hash256.Of(stripped);
        Wtxid = ReferenceEquals(raw, stripped) ? Txid : Hash256.Of(raw);
    }

    public int Version { get; }

    public TxIn[] Inputs { get; }

    public TxOut[] Outputs { get; }

    public uint LockTime { get; }

    /// <summary>The bytes with witness, as sent on the network.</summary>
    public byte[] Raw { get; }

    /// <summary>Bytes without witness.</summary>
    public int StrippedSize { get; }

    public Hash256 Txid { get; }

    /// <summary>Hash over the bytes with witness; equal to <see cref="Txid"/> without one.</summary>
    public Hash256 Wtxid { get; }

    /// <summary>BIP 141 weight.</summary>
    public int Weight => (3 * StrippedSize) + Raw.Length;

    /// <summary>Weight / 4, rounded up.</summary>
    public int VirtualSize => (Weight + 3) / 4;

    public bool HasWitness => Raw.Length != StrippedSize;

    /// <summary>One input that names no output.</summary>
    public bool IsCoinbase => Inputs is [var only] && only.Prevout == OutPoint.None;

    /// <summary>Sum of the outputs.</summary>
    public long OutputValue => Outputs.Sum(output => output.Value);

    /// <summary>Makes one from its parts.</summary>
    public static Transaction Make(int version, TxIn[] inputs, TxOut[] outputs, uint lockTime)
    {
        var stripped = Write(version, inputs, outputs, lockTime, witness: false);
        var raw = inputs.Any(input => input.Witness.Length > 0) ? Write(version, inputs, outputs, lockTime, witness: true) : stripped;
        return new Transaction(version, inputs, outputs, lockTime, raw, stripped);
    }

    /// <summary>
    /// Reads one transaction; null if the bytes are none. <paramref name="allowWitness"/> false reads the form before segwit.
    /// </summary>
    public static Transaction? Read(ref ByteReader reader, bool allowWitness = true)
    {
        var start = reader.Position;
        var version = (int)reader.U32();
        var inputs = ReadInputs(ref reader);
        var extended = allowWitness && inputs.Length == 0 && !reader.Failed && reader.Left > 0;
        if (extended)
        {
            if (reader.U8() != 1) return null;   // the only flag there is

            inputs = ReadInputs(ref reader);
        }

        var outputs = ReadOutputs(ref reader);
        if (extended && !ReadWitness(ref reader, inputs)) return null;

        var lockTime = reader.U32();
        if (reader.Failed) return null;

        var raw = reader.Between(start, reader.Position).ToArray();
        var stripped = extended ? Write(version, inputs, outputs, lockTime, witness: false) : raw;
        return new Transaction(version, inputs, outputs, lockTime, raw, stripped);
    }

    /// <summary>Reads exactly one transaction, with or without inputs, as nodes decode hex: first with witness, then without.</summary>
    public static Transaction? Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var found = Read(ref reader);
        if (found is not null && reader.Left == 0) return found;

        reader = new ByteReader(bytes);
        found = Read(ref reader, allowWitness: false);
        return reader.Left == 0 ? found : null;
    }

    private static TxIn[] ReadInputs(ref ByteReader reader)
    {
        var count = reader.Count();
        var inputs = new List<TxIn>();
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var prevout = new OutPoint(reader.Hash(), reader.U32());
            inputs.Add(new TxIn(prevout, reader.Bytes(), reader.U32(), []));
        }

        return [.. inputs];
    }

    private static TxOut[] ReadOutputs(ref ByteReader reader)
    {
        var count = reader.Count();
        var outputs = new List<TxOut>();
        for (var i = 0; i < count && !reader.Failed; i++) outputs.Add(new TxOut(reader.I64(), reader.Bytes()));
        return [.. outputs];
    }

    // False for a witness section in which every witness is empty: nodes refuse that form.
    private static bool ReadWitness(ref ByteReader reader, TxIn[] inputs)
    {
        var any = false;
        for (var i = 0; i < inputs.Length; i++)
        {
            var items = new List<byte[]>();
            var count = reader.Count();
            for (var j = 0; j < count && !reader.Failed; j++) items.Add(reader.Bytes());
            inputs[i] = inputs[i] with { Witness = [.. items] };
            any |= count > 0;
        }

        return any;
    }

    private static byte[] Write(int version, TxIn[] inputs, TxOut[] outputs, uint lockTime, bool witness)
    {
        var writer = new ByteWriter().U32((uint)version);
        if (witness) writer.U8(0).U8(1);
        writer.Count(inputs.Length);
        foreach (var input in inputs) writer.Hash(input.Prevout.Txid).U32(input.Prevout.Index).Bytes(input.Script).U32(input.Sequence);
        writer.Count(outputs.Length);
        foreach (var output in outputs) writer.I64(output.Value).Bytes(output.Script);
        if (witness)
        {
            foreach (var input in inputs)
            {
                writer.Count(input.Witness.Length);
                foreach (var item in input.Witness) writer.Bytes(item);
            }
        }

        return writer.U32(lockTime).ToArray();
    }
}
