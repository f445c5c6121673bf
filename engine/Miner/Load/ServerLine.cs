using System.Buffers.Text;

namespace Viddhana.Miner.Load;

/// <summary>
/// Reads what servers send, without a JSON tree and without allocating: the generator is to cost less than what it measures. It takes the
/// keys in any order, as long as the server is honest; wrong JSON from a server is not its business.
/// </summary>
internal static class ServerLine
{
    /// <summary>The number in "id". False: there is none, or it is null (a notification).</summary>
    public static bool TryReadId(ReadOnlySpan<byte> line, out long id, out int end)
    {
        id = 0;
        end = 0;
        var at = line.StartsWith("{\"id\":"u8) ? 0 : line.IndexOf("\"id\":"u8) - 1;
        if (at < -1) return false;

        at += 6;
        while (at < line.Length && line[at] == (byte)' ') at++;
        var start = at;
        while (at < line.Length && line[at] is >= (byte)'0' and <= (byte)'9') id = (id * 10) + (line[at++] - '0');
        end = at;
        return at > start;
    }

    /// <summary>True for an answer that says yes.</summary>
    /// <param name="line">The line.</param>
    /// <param name="idEnd">Where its id ends: most servers write the result right behind it.</param>
    public static bool IsTrue(ReadOnlySpan<byte> line, int idEnd) =>
        line[idEnd..].StartsWith(",\"result\":true"u8) || line.IndexOf("\"result\":true"u8) >= 0 || line.IndexOf("\"result\": true"u8) >= 0;

    /// <summary>True for a request or notification of the server, which may have an id too.</summary>
    public static bool IsCall(ReadOnlySpan<byte> line, int idEnd) =>
        !line[idEnd..].StartsWith(",\"result\":"u8) && line.IndexOf("\"method\":"u8) >= 0;

    /// <summary>The code of a refusal: <c>[23,…]</c> or <c>{"code":23,…}</c>; 0 when there is none.</summary>
    public static int ErrorCode(ReadOnlySpan<byte> line)
    {
        var at = line.IndexOf("\"error\":"u8);
        if (at < 0) return 0;

        var rest = line[(at + 8)..];
        at = rest.IndexOf("\"code\":"u8);
        rest = at >= 0 ? rest[(at + 7)..] : rest.TrimStart(" ["u8);
        return Utf8Parser.TryParse(rest.TrimStart((byte)' '), out int code, out _) ? code : 0;
    }

    /// <summary>The size of extranonce2 in the answer to subscribe: the number behind the last string of "result".</summary>
    public static bool TryReadExtranonce2Size(ReadOnlySpan<byte> line, out int size)
    {
        size = 0;
        var at = line.IndexOf("\"result\":"u8);
        if (at < 0) return false;

        // [[[…],[…]],"extranonce1",size]: the first number that stands behind a quote and a comma.
        for (var rest = line[(at + 9)..]; ; rest = rest[(at + 1)..])
        {
            at = rest.IndexOf(","u8);
            if (at < 0) return false;

            var digits = rest[(at + 1)..].TrimStart((byte)' ');
            if (digits is [>= (byte)'0' and <= (byte)'9', ..]) return Utf8Parser.TryParse(digits, out size, out _);
        }
    }

    /// <summary>Job id, time and cleanness of a <c>mining.notify</c>.</summary>
    public static bool TryReadJob(ReadOnlySpan<byte> line, out JobLine job)
    {
        job = default;
        var start = line.IndexOf("\"params\":"u8);
        var end = line.LastIndexOf((byte)']');
        if (start < 0 || end < start) return false;

        var parameters = line[(start + 9)..end];
        if (!TryQuoted(parameters, parameters.IndexOf((byte)'"'), out var id)) return false;

        var last = parameters.LastIndexOf((byte)'"');
        if (last <= 0) return false;

        var first = parameters[..last].LastIndexOf((byte)'"');
        job = new JobLine(id, parameters[(first + 1)..last], parameters[last..].IndexOf("true"u8) >= 0);
        return first >= 0;
    }

    /// <summary>The version mask in the answer to configure or in <c>mining.set_version_mask</c>: 8 hex digits, or nothing.</summary>
    public static ReadOnlySpan<byte> VersionMask(ReadOnlySpan<byte> line)
    {
        var at = line.IndexOf("\"version-rolling.mask\":"u8);
        at = at >= 0 ? at + 23 : line.IndexOf("\"params\":"u8) + 9;
        return TryQuoted(line[at..], line[at..].IndexOf((byte)'"'), out var digits) ? digits : [];
    }

    private static bool TryQuoted(ReadOnlySpan<byte> text, int quote, out ReadOnlySpan<byte> value)
    {
        value = [];
        if (quote < 0) return false;

        var rest = text[(quote + 1)..];
        var end = rest.IndexOf((byte)'"');
        if (end < 0) return false;

        value = rest[..end];
        return true;
    }
}

/// <summary>What the generator takes from a <c>mining.notify</c>: parts of the line.</summary>
internal readonly ref struct JobLine(ReadOnlySpan<byte> id, ReadOnlySpan<byte> ntime, bool isClean)
{
    public ReadOnlySpan<byte> Id { get; } = id;

    public ReadOnlySpan<byte> Ntime { get; } = ntime;

    public bool IsClean { get; } = isClean;
}
