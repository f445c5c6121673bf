namespace Viddhana.Simnode.Wire;

/// <summary>The few script forms that a pool, its wallet and a coinbase use.</summary>
public static class Script
{
    /// <summary>Bytes before the 32-byte commitment in a BIP 141 commitment output.</summary>
    public static ReadOnlySpan<byte> CommitmentPrefix => [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

    /// <summary>What BIP 34 wants at the start of a coinbase's script: 0 to 16 as one opcode, else the shortest signed number.</summary>
    public static byte[] HeightPush(int height)
    {
        if (height == 0) return [0x00];
        if (height <= 16) return [(byte)(0x50 + height)];

        var number = new List<byte>();
        for (var rest = height; rest > 0; rest >>= 8) number.Add((byte)rest);
        if ((number[^1] & 0x80) != 0) number.Add(0);
        return [(byte)number.Count, .. number];
    }

    /// <summary>An output script <c>OP_RETURN commitment</c> of BIP 141.</summary>
    public static byte[] Commitment(Hash256 commitment) => [.. CommitmentPrefix, .. commitment.ToBytes()];

    public static byte[] P2wpkh(ReadOnlySpan<byte> keyHash) => [0x00, 0x14, .. keyHash];

    public static byte[] P2pkh(ReadOnlySpan<byte> keyHash) => [0x76, 0xa9, 0x14, .. keyHash, 0x88, 0xac];

    public static bool IsP2wpkh(ReadOnlySpan<byte> script) => script is [0x00, 0x14, ..] && script.Length == 22;

    public static bool IsP2pkh(ReadOnlySpan<byte> script) => script is [0x76, 0xa9, 0x14, .., 0x88, 0xac] && script.Length == 25;

    public static bool IsP2sh(ReadOnlySpan<byte> script) => script is [0xa9, 0x14, .., 0x87] && script.Length == 23;

    /// <summary>A version and a program of 2 to 40 bytes.</summary>
    public static bool IsWitnessProgram(ReadOnlySpan<byte> script) =>
        script.Length is >= 4 and <= 42 && script[0] is 0 or (>= 0x51 and <= 0x60) && script[1] == script.Length - 2;

    /// <summary>Data that nobody can spend.</summary>
    public static bool IsNullData(ReadOnlySpan<byte> script) => script is [0x6a, ..];

    /// <summary>The type word of <c>decodescript</c> and friends.</summary>
    public static string TypeName(ReadOnlySpan<byte> script)
    {
        if (IsP2wpkh(script)) return "witness_v0_keyhash";
        if (IsP2pkh(script)) return "pubkeyhash";
        if (IsP2sh(script)) return "scripthash";
        if (IsNullData(script)) return "nulldata";
        if (!IsWitnessProgram(script)) return "nonstandard";
        if (script[0] == 0) return script.Length == 34 ? "witness_v0_scripthash" : "nonstandard";
        return script[0] == 0x51 && script.Length == 34 ? "witness_v1_taproot" : "witness_unknown";
    }

    /// <summary>BIP 141 sigops cost of a script's own opcodes, times four: CHECKSIG counts 1, CHECKMULTISIG 20.</summary>
    public static int LegacySigops(ReadOnlySpan<byte> script)
    {
        var count = 0;
        for (var i = 0; i < script.Length; i++)
        {
            var op = script[i];
            if (op is 0xac or 0xad) count++;
            else if (op is 0xae or 0xaf) count += 20;
            else if (op <= 75) i += op;
            else if (op == 76 && i + 1 < script.Length) i += 1 + script[i + 1];
            else if (op == 77 && i + 2 < script.Length) i += 2 + (script[i + 1] | (script[i + 2] << 8));
            else if (op == 78) break;   // a push that long ends any script that fits a block
        }

        return count;
    }

    /// <summary>Readable form of <c>scriptPubKey.asm</c>: pushes as hex, the opcodes of the forms above by name.</summary>
    public static string Asm(ReadOnlySpan<byte> script)
    {
        var words = new List<string>();
        for (var i = 0; i < script.Length; i++)
        {
            var op = script[i];
            if (op is > 0 and <= 75)
            {
                var end = Math.Min(script.Length, i + 1 + op);
                words.Add(HexText.Of(script[(i + 1)..end]));
                i = end - 1;
                continue;
            }

            words.Add(OpName(op));
        }

        return string.Join(' ', words);
    }

    private static string OpName(byte op) => op switch
    {
        0x00 => "0",
        >= 0x51 and <= 0x60 => $"{op - 0x50}",
        0x6a => "OP_RETURN",
        0x76 => "OP_DUP",
        0x87 => "OP_EQUAL",
        0x88 => "OP_EQUALVERIFY",
        0xa9 => "OP_HASH160",
        0xac => "OP_CHECKSIG",
        _ => $"OP_{op:x2}",
    };
}
