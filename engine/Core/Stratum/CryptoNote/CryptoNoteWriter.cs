using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.CryptoNote;

/// <summary>Renders what the dialect says. XMRig takes no line of less than 22 characters and reads errors only as objects.</summary>
internal static class CryptoNoteWriter
{
    /// <summary>
    /// The hardest whole difficulty that is told in 4 bytes, which every client reads. What 4 bytes cannot say makes the client work up to
    /// one part in 4096 more than it is credited with there; above it 8 bytes are sent.
    /// </summary>
    public const ulong ShortTargetMax = 1 << 20;

    /// <summary>What the job object begins with, the same for every connection: up to the digits of the blob.</summary>
    public static byte[] JobHead(JobVariant work)
    {
        var blob = work.Blob;
        Check.That(blob is { NonceSize: 4, HasOwnBlobs: true });
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"job_id\":\"{work.WireId:x16}\",\"height\":{work.Job.Height},\"seed_hash\":\"{Hex.ToText(blob!.SeedHash)}\",\"blob\":\"");
        return Encoding.ASCII.GetBytes(head);
    }

    /// <summary>A job object.</summary>
    public static void Job(FrameBuffer output, in Assignment work, ReadOnlySpan<byte> blob, string algorithm)
    {
        output.Write(work.Work.Notify);
        WriteHex(output, blob);
        output.Write("\",\"target\":\""u8);
        WriteTarget(output, work.Difficulty);
        output.Write("\",\"algo\":\""u8);
        output.Advance(Encoding.ASCII.GetBytes(algorithm, output.GetSpan(algorithm.Length)));
        output.Write("\"}"u8);
    }

    /// <summary>
    /// The compact target: what the topmost bytes of the hash, read as a little-endian number, must stay below. Never easier than the exact
    /// target, so no share that meets it is refused.
    /// </summary>
    public static void WriteTarget(FrameBuffer output, ShareDifficulty difficulty)
    {
        var value = difficulty.Difficulty;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        if (value is { Tens: 0, Twos: 0, Mantissa: <= ShortTargetMax })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(uint.MaxValue / value.Mantissa));
            bytes = bytes[..sizeof(uint)];
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, difficulty.Target.L3);
        }

        WriteHex(output, bytes);
    }

    /// <summary>The beginning of an answer: what follows is the result.</summary>
    public static void BeginResult(FrameBuffer output, ReadOnlySpan<byte> id)
    {
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"jsonrpc\":\"2.0\",\"error\":null,\"result\":"u8);
    }

    /// <summary>A result that is a status.</summary>
    public static void Status(FrameBuffer output, ReadOnlySpan<byte> id, ReadOnlySpan<byte> status)
    {
        BeginResult(output, id);
        output.Write("{\"status\":\""u8);
        output.Write(status);
        output.Write("\"}}\n"u8);
    }

    /// <summary>An error; the message is plain ASCII without quotes.</summary>
    public static void Error(FrameBuffer output, ReadOnlySpan<byte> id, ReadOnlySpan<byte> message)
    {
        output.Write("{\"id\":"u8);
        output.Write(id);
        output.Write(",\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"message\":\""u8);
        output.Write(message);
        output.Write("\"},\"result\":null}\n"u8);
    }

    /// <summary>
    /// What a refused share is answered with. XMRig reconnects on the first two, which is right: it is not logged in, or it works on
    /// something that this connection was never given.
    /// </summary>
    public static ReadOnlySpan<byte> MessageOf(ShareResult verdict) => verdict switch
    {
        ShareResult.Unauthorized or ShareResult.NotSubscribed => "Unauthenticated"u8,
        ShareResult.UnknownJob => "Invalid job id"u8,
        ShareResult.Stale => "Block expired"u8,
        ShareResult.Duplicate => "Duplicate share"u8,
        ShareResult.LowDifficulty => "Low difficulty share"u8,
        ShareResult.Malformed => "Malformed share"u8,
        ShareResult.Unavailable => "Pool cannot record shares"u8,
        _ => throw new BrokenInvariantException($"{verdict} is no error of a blob's share"),
    };

    /// <summary>Writes the digits of some bytes.</summary>
    public static void WriteHex(FrameBuffer output, ReadOnlySpan<byte> bytes)
    {
        Hex.Write(bytes, output.GetSpan(2 * bytes.Length));
        output.Advance(2 * bytes.Length);
    }
}
