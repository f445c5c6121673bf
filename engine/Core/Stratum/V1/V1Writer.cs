using System.Globalization;
using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>Renders everything that Stratum V1 says. Every line ends with a newline; notifications carry <c>"id":null</c>.</summary>
public static class V1Writer
{
    /// <summary>Digits of a session id: clients keep it as text of any length, this one they can read.</summary>
    public const int SessionIdSize = 16;

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

    /// <summary>The result of mining.subscribe: the session id as 16 digits, extranonce1 as 8.</summary>
    internal static void Subscribed(FrameBuffer output, ReadOnlySpan<byte> id, ulong sessionId, uint extranonce1, int extranonce2Size)
    {
        Span<byte> session = stackalloc byte[SessionIdSize];
        Hex.WriteUInt32((uint)(sessionId >> 32), session);
        Hex.WriteUInt32((uint)sessionId, session[8..]);
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"result\":[[[\"mining.set_difficulty\",\""u8);
        output.Write(session);
        output.Write("\"],[\"mining.notify\",\""u8);
        output.Write(session);
        output.Write("\"]],\""u8);
        Digits(output, extranonce1);
        output.Write("\","u8);
        output.Write([(byte)('0' + extranonce2Size)]);
        output.Write("],\"error\":null}\n"u8);
    }

    /// <summary>mining.set_extranonce: counts from the next notify on.</summary>
    internal static void SetExtranonce(FrameBuffer output, uint extranonce1, int extranonce2Size)
    {
        output.Write("{\"id\":null,\"method\":\"mining.set_extranonce\",\"params\":[\""u8);
        Digits(output, extranonce1);
        output.Write("\","u8);
        output.Write([(byte)('0' + extranonce2Size)]);
        output.Write("]}\n"u8);
    }

    /// <summary>client.show_message; the text is ours: printable ASCII without quotes and backslashes.</summary>
    internal static void ShowMessage(FrameBuffer output, ReadOnlySpan<byte> text)
    {
        output.Write("{\"id\":null,\"method\":\"client.show_message\",\"params\":[\""u8);
        output.Write(text);
        output.Write("\"]}\n"u8);
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
        Digits(output, mask);
        output.Write("\"]}\n"u8);
    }

    /// <summary>Eight hex digits, the most significant first.</summary>
    internal static void Digits(FrameBuffer output, uint value)
    {
        Span<byte> digits = stackalloc byte[8];
        Hex.WriteUInt32(value, digits);
        output.Write(digits);
    }

    /// <summary>
    /// client.reconnect. To null, where the client came from: the form that every client follows or ignores safely. To another place: name
    /// and integer port, and 0 s to wait; cgminer and its kin follow only within their own domain, others ignore the place.
    /// </summary>
    internal static void Reconnect(FrameBuffer output, HostAndPort? to)
    {
        output.Write("{\"id\":null,\"method\":\"client.reconnect\",\"params\":["u8);
        if (to is not null) output.Write(Encoding.ASCII.GetBytes($"\"{to.Host}\",{to.Port},0"));
        output.Write("]}\n"u8);
    }

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
