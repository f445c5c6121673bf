using System.Globalization;
using System.Text.Json;
using Viddhana.Contracts;

namespace Viddhana.Engine.Node;

/// <summary>A solved block on its way to the nodes.</summary>
public sealed class BlockCandidate
{
    /// <summary>What was found.</summary>
    public required BlockFound Found { get; init; }

    /// <summary>The whole block as hex digits, as submitblock takes it.</summary>
    public required byte[] BlockHex { get; init; }
}

/// <summary>
/// A candidate in its own file: one line of JSON that says what it is, one line with the block's hex digits; in <c>done/</c> a third
/// line with the verdict. An operator can submit it by hand: <c>sed -n 2p FILE</c>.
/// </summary>
internal static class CandidateFile
{
    private const int Version = 1;

    public static string NameOf(BlockFound found) =>
        $"{found.Height.ToString("D10", CultureInfo.InvariantCulture)}-{found.Hash}.candidate";

    /// <summary>The first line; the block's digits and a newline follow it.</summary>
    public static byte[] Head(string pool, BlockCandidate candidate)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) WriteHead(json, pool, candidate);
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    /// <summary>Reads a file back. False when it is damaged: a crash of the machine may leave a name without its content.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out string pool, out BlockCandidate? candidate)
    {
        (pool, candidate) = ("", null);
        try
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0) return false;

            var hex = bytes[(end + 1)..];
            using var head = JsonDocument.Parse(bytes[..end].ToArray());
            var size = head.RootElement.GetProperty("hexDigits").GetInt32();
            if (head.RootElement.GetProperty("version").GetInt32() != Version) return false;
            if (size < 162 || hex.Length < size + 1 || hex[size] != (byte)'\n') return false;

            pool = head.RootElement.GetProperty("pool").GetString() ?? "";
            candidate = new BlockCandidate { Found = ReadFound(head.RootElement), BlockHex = hex[..size].ToArray() };
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or OverflowException)
        {
            return false;
        }
    }

    private static void WriteHead(Utf8JsonWriter json, string pool, BlockCandidate candidate)
    {
        var found = candidate.Found;
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteString("pool", pool);
        json.WriteString("hash", found.Hash);
        json.WriteNumber("height", found.Height);
        json.WriteString("prevHash", found.PrevHash);
        json.WriteString("coinbaseTxid", found.CoinbaseTxid);
        json.WriteNumber("reward", found.Reward);
        json.WriteString("networkWork", found.NetworkWork.ToString(CultureInfo.InvariantCulture));
        json.WriteString("worker", found.Worker);
        json.WriteNumber("shareSequence", found.ShareSequence);
        json.WriteNumber("shareUtcMs", found.ShareUtcMs);
        json.WriteNumber("shareWork", found.ShareWork);
        json.WriteNumber("hexDigits", candidate.BlockHex.Length);
        json.WriteEndObject();
    }

    private static BlockFound ReadFound(JsonElement head) => new()
    {
        Hash = head.GetProperty("hash").GetString()!,
        Height = head.GetProperty("height").GetUInt32(),
        PrevHash = head.GetProperty("prevHash").GetString()!,
        CoinbaseTxid = head.GetProperty("coinbaseTxid").GetString()!,
        Reward = head.GetProperty("reward").GetInt64(),
        NetworkWork = UInt128.Parse(head.GetProperty("networkWork").GetString()!, CultureInfo.InvariantCulture),
        Worker = head.GetProperty("worker").GetString()!,
        ShareSequence = head.GetProperty("shareSequence").GetUInt64(),
        ShareUtcMs = head.GetProperty("shareUtcMs").GetInt64(),
        ShareWork = head.GetProperty("shareWork").GetUInt64(),
    };
}
