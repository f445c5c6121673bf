using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum.EthStratum;

/// <summary>Renders what the dialect says. Errors are arrays, as in V1.</summary>
internal static class EthStratumWriter
{
    /// <summary>Bytes of a header hash: the blob before its nonce.</summary>
    public const int HeaderSize = 32;

    private const int NumberDigitsMax = 10;

    /// <summary>What EthereumStratum's notify begins with, the same for every connection: up to the digits of the header hash.</summary>
    public static byte[] NotifyHead(JobVariant work)
    {
        var blob = work.Blob;
        Check.That(blob is { Size: HeaderSize + 8, NonceOffset: HeaderSize, NonceSize: 8 });
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"{work.WireId:x16}\",\"{Hex.ToText(blob!.SeedHash)}\",\"");
        return Encoding.ASCII.GetBytes(head);
    }

    /// <summary>EthereumStratum's mining.notify: job id, seed hash, header hash, clean.</summary>
    public static void Notify(FrameBuffer output, JobVariant work, ReadOnlySpan<byte> header, bool clean)
    {
        output.Write(work.Notify);
        WriteHex(output, header);
        output.Write(clean ? "\",true]}\n"u8 : "\",false]}\n"u8);
    }

    /// <summary>Plain mining.notify: job id, header hash, seed hash, boundary, clean, height; no 0x, as XMRig wants it.</summary>
    public static void PlainNotify(FrameBuffer output, in Assignment work, ReadOnlySpan<byte> header, bool clean)
    {
        Span<byte> id = stackalloc byte[WireJobId.TextSize];
        Hex.WriteUInt64(work.Work.WireId, id);
        output.Write("{\"id\":null,\"method\":\"mining.notify\",\"params\":[\""u8);
        output.Write(id);
        output.Write("\",\""u8);
        WriteHex(output, header);
        output.Write("\",\""u8);
        WriteHex(output, work.Work.Blob!.SeedHash);
        output.Write("\",\""u8);
        WriteBoundary(output, work.Difficulty);
        output.Write(clean ? "\",true,"u8 : "\",false,"u8);
        Utf8Formatter.TryFormat(work.Work.Job.Height, output.GetSpan(NumberDigitsMax), out var digits);
        output.Advance(digits);
        output.Write("]}\n"u8);
    }

    /// <summary>What eth_getWork gives: header hash, seed hash, boundary.</summary>
    public static void Work(FrameBuffer output, in Assignment work, ReadOnlySpan<byte> header)
    {
        output.Write("[\"0x"u8);
        WriteHex(output, header);
        output.Write("\",\"0x"u8);
        WriteHex(output, work.Work.Blob!.SeedHash);
        output.Write("\",\"0x"u8);
        WriteBoundary(output, work.Difficulty);
        output.Write("\"]"u8);
    }

    /// <summary>The same unasked: ETHPROXY's clients take id 0 for new work.</summary>
    public static void PushedWork(FrameBuffer output, in Assignment work, ReadOnlySpan<byte> header)
    {
        output.Write("{\"id\":0,\"jsonrpc\":\"2.0\",\"result\":"u8);
        Work(output, work, header);
        output.Write("}\n"u8);
    }

    /// <summary>EthereumStratum's answer to mining.subscribe; clients know it by the tag.</summary>
    public static void Subscribed(FrameBuffer output, ReadOnlySpan<byte> id, uint extranonce1, ReadOnlySpan<byte> extranonce)
    {
        Span<byte> session = stackalloc byte[8];
        Hex.WriteUInt32(extranonce1, session);
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"result\":[[\"mining.notify\",\""u8);
        output.Write(session);
        output.Write("\",\"EthereumStratum/1.0.0\"],\""u8);
        WriteHex(output, extranonce);
        output.Write("\"],\"error\":null}\n"u8);
    }

    /// <summary>The answer to a plain mining.subscribe.</summary>
    public static void PlainSubscribed(FrameBuffer output, ReadOnlySpan<byte> id, ReadOnlySpan<byte> extranonce)
    {
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"result\":[null,\""u8);
        WriteHex(output, extranonce);
        output.Write("\"],\"error\":null}\n"u8);
    }

    /// <summary>Answers a submission; refused ones with the result that NiceHash's text gives them, false.</summary>
    public static void Verdict(FrameBuffer output, ReadOnlySpan<byte> id, ShareResult verdict)
    {
        if (verdict is ShareResult.Accepted or ShareResult.SolvesBlock) V1Writer.Result(output, id, "true"u8);
        else V1Writer.Error(output, id, "false"u8, V1Writer.ErrorOf(verdict));
    }

    private static void WriteBoundary(FrameBuffer output, ShareDifficulty difficulty)
    {
        var target = difficulty.Target;
        var digits = output.GetSpan(64);
        Hex.WriteUInt64(target.L3, digits);
        Hex.WriteUInt64(target.L2, digits[16..]);
        Hex.WriteUInt64(target.L1, digits[32..]);
        Hex.WriteUInt64(target.L0, digits[48..]);
        output.Advance(64);
    }

    private static void WriteHex(FrameBuffer output, ReadOnlySpan<byte> bytes)
    {
        Hex.Write(bytes, output.GetSpan(2 * bytes.Length));
        output.Advance(2 * bytes.Length);
    }
}
