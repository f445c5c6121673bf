using System.Buffers.Binary;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>
/// The coinbase transaction, without witness, as the bytes before extranonce1 and after extranonce2. Its input script is: height (BIP 34) |
/// push of process start, job serial, variant, extranonce1, extranonce2 | push of the tag | push of the node's flags. Everything is pushed
/// as data, so no byte of it counts as a signature operation. Tag and flags may be missing (<see cref="Forms"/>).
/// </summary>
internal static class Coinbase
{
    /// <summary>Longest input script that consensus allows.</summary>
    public const int ScriptMax = 100;

    /// <summary>Bytes of extranonce1.</summary>
    public const int Extranonce1Size = 4;

    // A push of up to 75 bytes is its length and the bytes.
    private const int PushMax = 75;
    private const int UniqueSize = sizeof(ushort) + sizeof(uint) + sizeof(ushort);

    /// <summary>
    /// The coinbase in its forms, largest first: whole, without the node's flags, without the tag too. What is required is in all of them.
    /// </summary>
    public static CoinbaseForm[] Forms(BlockTemplate template, JobRequest request)
    {
        var head = Head(template, request);
        var rest = Rest(template, request);
        var room = ScriptMax - head.Length - sizeof(ushort) - Extranonce1Size - request.Extranonce2Size;
        var tag = Push(request.Tag.AsSpan(0, Math.Min(request.Tag.Length, Math.Min(room - 1, PushMax))));
        var flags = template.CoinbaseFlags.Length <= PushMax ? Push(template.CoinbaseFlags) : [];
        if (flags.Length > room - tag.Length) flags = [];

        var forms = new List<CoinbaseForm>(3) { Form([.. tag, .. flags]) };
        if (flags.Length > 0) forms.Add(Form(tag));
        if (tag.Length > 0) forms.Add(Form([]));
        return [.. forms];

        CoinbaseForm Form(byte[] tail) => new(head, request.Extranonce2Size, tail, rest);
    }

    /// <summary>
    /// The height as BIP 34 wants it, which is how Bitcoin's script builder writes numbers: 0 to 16 as one opcode, others as a push of the
    /// least bytes, little-endian, the highest bit being a sign.
    /// </summary>
    public static byte[] HeightPush(int height)
    {
        Check.That(height >= 0);
        if (height == 0) return [0];
        if (height <= 16) return [(byte)(0x50 + height)];

        Span<byte> number = stackalloc byte[sizeof(int) + 1];
        number.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(number, height);
        var size = number.LastIndexOfAnyExcept((byte)0) + 1;
        if (number[size - 1] >= 0x80) size++;
        return [(byte)size, .. number[..size]];
    }

    /// <summary>
    /// The coinbase as it stands in a block with witnesses: marker and flag after the version, the reserved value before the locktime.
    /// </summary>
    public static byte[] WithWitness(ReadOnlySpan<byte> coinbase)
    {
        Check.That(coinbase.Length > 2 * sizeof(uint));
        return [.. coinbase[..4], 0, 1, .. coinbase[4..^4], 1, 32, .. new byte[32], .. coinbase[^4..]];
    }

    // The input script up to the variant.
    private static byte[] Head(BlockTemplate template, JobRequest request)
    {
        var nonces = UniqueSize + Extranonce1Size + request.Extranonce2Size;
        return [.. HeightPush(template.Height), (byte)nonces, .. UInt16(request.ProcessStart), .. UInt32(request.Serial)];
    }

    private static byte[] Rest(BlockTemplate template, JobRequest request)
    {
        var commitment = template.WitnessCommitment is { } script ? Output(0, script) : [];
        var outputs = (byte)(commitment.Length == 0 ? 1 : 2);
        return
        [
            .. UInt32(uint.MaxValue), outputs, .. Output(template.CoinbaseValue, request.PayoutScript), .. commitment, .. UInt32(0),
        ];
    }

    private static byte[] Push(ReadOnlySpan<byte> data) => data.IsEmpty ? [] : [(byte)data.Length, .. data];

    private static byte[] Output(long value, byte[] script)
    {
        Check.That(script.Length < 0xfd);
        return [.. UInt64(value), (byte)script.Length, .. script];
    }

    private static byte[] UInt16(ushort value) => [(byte)value, (byte)(value >> 8)];

    private static byte[] UInt32(uint value) => [.. UInt16((ushort)value), .. UInt16((ushort)(value >> 16))];

    private static byte[] UInt64(long value) => [.. UInt32((uint)value), .. UInt32((uint)(value >> 32))];
}
