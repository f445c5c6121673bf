using System.Buffers.Text;

namespace Viddhana.Contracts.Redis;

/// <summary>
/// Reads RESP2 replies from whatever bytes are there. Bounded: a reply above the limits is nonsense, not a reason to grow.
/// </summary>
internal static class RespParser
{
    private const int BulkMax = 64 << 20;
    private const int ItemsMax = 1 << 20;
    private const int LineMax = 64 << 10;
    private const int DepthMax = 8;

    /// <summary>
    /// Reads one reply at the start of <paramref name="bytes"/>. False: more bytes are needed. Throws <see cref="RedisException"/> for what
    /// is no RESP.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RespValue value, out int consumed)
    {
        value = default;
        consumed = 0;
        // First only measured: a long list that arrives in many pieces must not be built again and again.
        if (!TryRead(bytes, ref consumed, 0, isBuilt: false, out _)) return false;

        consumed = 0;
        return TryRead(bytes, ref consumed, 0, isBuilt: true, out value);
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, ref int at, int depth, bool isBuilt, out RespValue value)
    {
        value = default;
        if (depth > DepthMax) throw new RedisException("the peer does not speak RESP: lists nested too deeply");
        if (!TryReadLine(bytes, ref at, out var line)) return false;

        var text = line[1..];
        switch (line[0])
        {
            case (byte)'+':
                if (isBuilt) value = RespValue.OfText(text.ToArray());
                return true;
            case (byte)'-':
                if (isBuilt) value = RespValue.OfError(text.ToArray());
                return true;
            case (byte)':':
                value = RespValue.OfNumber(Number(text));
                return true;
            case (byte)'$':
                return TryReadBulk(bytes, ref at, Number(text), isBuilt, out value);
            case (byte)'*':
                return TryReadList(bytes, ref at, Number(text), depth, isBuilt, out value);
            default:
                throw new RedisException($"the peer does not speak RESP: a reply begins with byte {line[0]}");
        }
    }

    private static bool TryReadLine(ReadOnlySpan<byte> bytes, ref int at, out ReadOnlySpan<byte> line)
    {
        var rest = bytes[at..];
        line = default;
        var end = rest.IndexOf("\r\n"u8);
        if (end == 0 || end > LineMax || (end < 0 && rest.Length > LineMax))
            throw new RedisException("the peer does not speak RESP: no line");
        if (end < 0) return false;

        line = rest[..end];
        at += end + 2;
        return true;
    }

    private static bool TryReadBulk(ReadOnlySpan<byte> bytes, ref int at, long length, bool isBuilt, out RespValue value)
    {
        value = RespValue.Null;
        if (length == -1) return true;
        if (length is < 0 or > BulkMax) throw new RedisException($"the peer does not speak RESP: a string of {length} bytes");
        if (bytes.Length - at < length + 2) return false;

        var end = at + (int)length;
        if (bytes[end] != '\r' || bytes[end + 1] != '\n')
            throw new RedisException("the peer does not speak RESP: a string without its end");
        if (isBuilt) value = RespValue.OfText(bytes[at..end].ToArray());
        at = end + 2;
        return true;
    }

    private static bool TryReadList(ReadOnlySpan<byte> bytes, ref int at, long count, int depth, bool isBuilt, out RespValue value)
    {
        value = RespValue.Null;
        if (count == -1) return true;
        // The least reply takes three bytes: a count that cannot be there yet allocates nothing.
        if (count is < 0 or > ItemsMax) throw new RedisException($"the peer does not speak RESP: a list of {count}");
        if ((bytes.Length - at) / 3 < count) return false;

        var items = isBuilt ? new RespValue[count] : [];
        for (var i = 0; i < count; i++)
        {
            if (!TryRead(bytes, ref at, depth + 1, isBuilt, out var item)) return false;
            if (isBuilt) items[i] = item;
        }

        if (isBuilt) value = RespValue.OfList(items);
        return true;
    }

    private static long Number(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out long number, out var used) && used == digits.Length
            ? number
            : throw new RedisException("the peer does not speak RESP: a number is missing");
}
