using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;

namespace Viddhana.Miner.Stratum;

/// <summary>One <c>mining.notify</c>, with what was valid when it came: difficulty, extranonce1 and version mask.</summary>
internal sealed class StratumJob
{
    public const int HeaderSize = 80;
    public const int NonceOffset = 76;

    private const int BranchesMax = 64;
    private const int PartBytesMax = 1 << 20;

    /// <summary>The job id as sent, and sent back with shares.</summary>
    public required string Id { get; init; }

    /// <summary>The header up to the nonce, without merkle root: version, previous block, time and bits are in place.</summary>
    public required byte[] Header { get; init; }

    public required byte[] Coinb1 { get; init; }

    public required byte[] Coinb2 { get; init; }

    public required byte[][] Branches { get; init; }

    public required uint Version { get; init; }

    public required uint Ntime { get; init; }

    /// <summary>The block target.</summary>
    public required UInt256 BlockTarget { get; init; }

    /// <summary>True when work on earlier jobs is worth nothing any more.</summary>
    public required bool IsClean { get; init; }

    /// <summary>How many clean jobs came before it on the connection: shares of another era are stale.</summary>
    public int Era { get; set; }

    public required ShareTarget Difficulty { get; init; }

    public required byte[] Extranonce1 { get; init; }

    public required int Extranonce2Size { get; init; }

    /// <summary>Version bits that may be rolled in this job; zero without BIP 310.</summary>
    public required uint VersionMask { get; init; }

    /// <summary>When it came, monotonic milliseconds.</summary>
    public required long ReceivedMs { get; init; }

    /// <summary>Reads the parameters of <c>mining.notify</c>. On false, <paramref name="error"/> says which one is wrong.</summary>
    public static bool TryRead(
        JsonElement parameters, ShareTarget difficulty, byte[] extranonce1, int extranonce2Size, uint versionMask, long nowMs,
        [NotNullWhen(true)] out StratumJob? job, out string error)
    {
        job = null;
        error = "mining.notify needs nine parameters";
        if (parameters.ValueKind != JsonValueKind.Array || parameters.GetArrayLength() < 9) return false;

        error = "mining.notify: a parameter is not what it should be";
        if (parameters[0].ValueKind != JsonValueKind.String) return false;
        if (!TryHex(parameters[1], 32, out var prevhash)) return false;
        if (!TryHex(parameters[2], -1, out var coinb1) || !TryHex(parameters[3], -1, out var coinb2)) return false;
        if (!TryBranches(parameters[4], out var branches)) return false;
        if (!TryNumber(parameters[5], out var version) || !TryNumber(parameters[6], out var nbits)) return false;
        if (!TryNumber(parameters[7], out var ntime)) return false;
        if (!Targets.TryFromCompact(nbits, out var blockTarget)) return false;

        job = new StratumJob
        {
            Id = parameters[0].GetString()!,
            Header = StartHeader(version, prevhash, ntime, nbits),
            Coinb1 = coinb1,
            Coinb2 = coinb2,
            Branches = branches,
            Version = version,
            Ntime = ntime,
            BlockTarget = blockTarget,
            IsClean = parameters[8].ValueKind == JsonValueKind.True,
            Difficulty = difficulty,
            Extranonce1 = extranonce1,
            Extranonce2Size = extranonce2Size,
            VersionMask = versionMask,
            ReceivedMs = nowMs,
        };
        return true;
    }

    /// <summary>The whole header but for the nonce.</summary>
    public byte[] BuildHeader(ReadOnlySpan<byte> extranonce2, uint version, uint ntime)
    {
        byte[] coinbase = [.. Coinb1, .. Extranonce1, .. extranonce2, .. Coinb2];
        Span<byte> node = stackalloc byte[64];
        Span<byte> root = stackalloc byte[32];
        Sha256d.Hash(coinbase, root);
        foreach (var branch in Branches)
        {
            root.CopyTo(node);
            branch.CopyTo(node[32..]);
            Sha256d.Hash(node, root);
        }

        var header = Header.AsSpan().ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(header, version);
        root.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), ntime);
        return header;
    }

    private static byte[] StartHeader(uint version, byte[] prevhash, uint ntime, uint nbits)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, version);

        // Stratum sends the previous block in header order with the bytes of each 32-bit word turned round.
        for (var i = 0; i < 32; i += 4) prevhash.AsSpan(i, 4).Reverse();
        prevhash.CopyTo(header, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), ntime);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), nbits);
        return header;
    }

    private static bool TryBranches(JsonElement element, out byte[][] branches)
    {
        branches = [];
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > BranchesMax) return false;

        branches = new byte[element.GetArrayLength()][];
        for (var i = 0; i < branches.Length; i++)
        {
            if (!TryHex(element[i], 32, out branches[i])) return false;
        }

        return true;
    }

    private static bool TryNumber(JsonElement element, out uint value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.String && Hex.TryReadUInt32(Encoding.UTF8.GetBytes(element.GetString()!), out value);
    }

    private static bool TryHex(JsonElement element, int size, out byte[] bytes)
    {
        bytes = [];
        if (element.ValueKind != JsonValueKind.String) return false;

        var digits = element.GetString()!;
        if (size >= 0 ? digits.Length != 2 * size : digits.Length > 2 * PartBytesMax || digits.Length % 2 != 0) return false;

        bytes = new byte[digits.Length / 2];
        return Hex.TryReadBytes(digits, bytes);
    }
}
