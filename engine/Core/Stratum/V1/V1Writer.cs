using System.Globalization;
using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>Renders everything that Stratum V1 says. Every line ends with a newline; notifications carry <c>"id":null</c>.</summary>
public static class V1Writer
{
    /// <summary>The <c>mining.notify</c> line of a job variant: nine parameters, every field padded to its full length.</summary>
    public static byte[] Notify(JobVariant work, bool clean)
    {
        Check.That(work.Blob is null);
        var job = work.Job;
        var line = new StringBuilder(512 + (2 * (work.Coinbase1.Length + work.Coinbase2.Length + job.MerkleBranches.Length)));
        line.Append(CultureInfo.InvariantCulture, $"{{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"{work.WireId:x16}\",\"");
        AppendPrevHash(line, job.PrevHash);
        line.Append("\",\"").Append(Hex.ToText(work.Coinbase1));
        line.Append("\",\"").Append(Hex.ToText(work.Coinbase2));
        line.Append("\",[");
        AppendBranches(line, job.MerkleBranches);
        line.Append(CultureInfo.InvariantCulture, $"],\"{job.Version:x8}\",\"{job.Nbits:x8}\",\"{job.CurTime:x8}\",");
        line.Append(clean ? "true]}\n" : "false]}\n");
        return Encoding.ASCII.GetBytes(line.ToString());
    }

    /// <summary>Answers a submission. Allocates nothing.</summary>
    public static void Verdict(FrameBuffer output, ReadOnlySpan<byte> id, ShareResult verdict)
    {
        if (verdict is ShareResult.Accepted or ShareResult.SolvesBlock) Result(output, id, "true"u8);
        else Error(output, id, "null"u8, ErrorOf(verdict));
    }

    /// <summary>The error a verdict is answered with, as JSON.</summary>
    public static ReadOnlySpan<byte> ErrorOf(ShareResult verdict) => verdict switch
    {
        ShareResult.UnknownJob => "[21,\"Job not found\",null]"u8,
        ShareResult.Stale => "[21,\"Stale share\",null]"u8,
        ShareResult.Duplicate => "[22,\"Duplicate share\",null]"u8,
        ShareResult.LowDifficulty => "[23,\"Low difficulty share\",null]"u8,
        ShareResult.TimeOutOfRange => "[20,\"Time out of range\",null]"u8,
        ShareResult.VersionNotAllowed => "[20,\"Version bits not allowed\",null]"u8,
        ShareResult.Malformed => "[20,\"Malformed share\",null]"u8,
        ShareResult.Unauthorized => "[24,\"Unauthorized worker\",null]"u8,
        ShareResult.NotSubscribed => "[25,\"Not subscribed\",null]"u8,
        ShareResult.Unavailable => "[20,\"Pool cannot record shares\",null]"u8,
        _ => throw new BrokenInvariantException($"{verdict} is no error"),
    };

    /// <summary>A successful answer; both are JSON.</summary>
    internal static void Result(FrameBuffer output, ReadOnlySpan<byte> id, ReadOnlySpan<byte> result)
    {
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"result\":"u8);
        output.Write(result);
        output.Write(",\"error\":null}\n"u8);
    }

    /// <summary>An error answer; all are JSON.</summary>
    internal static void Error(FrameBuffer output, ReadOnlySpan<byte> id, ReadOnlySpan<byte> result, ReadOnlySpan<byte> error)
    {
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"result\":"u8);
        output.Write(result);
        output.Write(",\"error\":"u8);
        output.Write(error);
        output.Write("}\n"u8);
    }

    /// <summary>The result of mining.subscribe; session id and extranonce1 are the same 8 digits.</summary>
    internal static void Subscribed(FrameBuffer output, ReadOnlySpan<byte> id, uint extranonce1, int extranonce2Size)
    {
        Span<byte> session = stackalloc byte[8];
        Hex.WriteUInt32(extranonce1, session);
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"result\":[[[\"mining.set_difficulty\",\""u8);
        output.Write(session);
        output.Write("\"],[\"mining.notify\",\""u8);
        output.Write(session);
        output.Write("\"]],\""u8);
        output.Write(session);
        output.Write("\","u8);
        output.Write([(byte)('0' + extranonce2Size)]);
        output.Write("],\"error\":null}\n"u8);
    }

    /// <summary>mining.set_difficulty, exact, without exponent.</summary>
    internal static void SetDifficulty(FrameBuffer output, Difficulty difficulty)
    {
        output.Write("{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":["u8);
        output.Write(Encoding.ASCII.GetBytes(difficulty.Text));
        output.Write("]}\n"u8);
    }

    /// <summary>mining.set_version_mask.</summary>
    internal static void SetVersionMask(FrameBuffer output, uint mask)
    {
        output.Write("{\"id\":null,\"method\":\"mining.set_version_mask\",\"params\":[\""u8);
        Mask(output, mask);
        output.Write("\"]}\n"u8);
    }

    /// <summary>A version mask: 8 digits.</summary>
    internal static void Mask(FrameBuffer output, uint mask)
    {
        Span<byte> digits = stackalloc byte[8];
        Hex.WriteUInt32(mask, digits);
        output.Write(digits);
    }

    /// <summary>client.reconnect to where the client came from: the only form that every client follows or ignores safely.</summary>
    internal static void Reconnect(FrameBuffer output) => output.Write("{\"id\":null,\"method\":\"client.reconnect\",\"params\":[]}\n"u8);

    // Header order with the bytes of each 32-bit word reversed: what miners copy into the header after swapping it back.
    private static void AppendPrevHash(StringBuilder line, byte[] prevHash)
    {
        Check.That(prevHash.Length == 32);
        Span<byte> swapped = stackalloc byte[32];
        for (var i = 0; i < 32; i++) swapped[i] = prevHash[i ^ 3];
        line.Append(Hex.ToText(swapped));
    }

    private static void AppendBranches(StringBuilder line, byte[] branches)
    {
        Check.That(branches.Length % 32 == 0);
        for (var at = 0; at < branches.Length; at += 32)
        {
            if (at > 0) line.Append(',');
            line.Append('"').Append(Hex.ToText(branches.AsSpan(at, 32))).Append('"');
        }
    }
}
