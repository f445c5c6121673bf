using System.Text.Json;

namespace Viddhana.Engine.Node;

/// <summary>Finds result and error in a JSON-RPC answer without building a tree.</summary>
internal static class RpcParser
{
    private const int MessageMax = 200;

    /// <summary>What an answer holds.</summary>
    /// <param name="Start">Where the raw result begins in the body.</param>
    /// <param name="Length">Its length; 0 with an error.</param>
    /// <param name="HasError">True when the node answered with an error.</param>
    /// <param name="Code">The error's code.</param>
    /// <param name="Message">The error's message: one line, bounded, without control characters.</param>
    public readonly record struct Answer(int Start, int Length, bool HasError, int Code, string Message);

    /// <summary>False when the body is not a JSON-RPC answer.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Answer answer)
    {
        if (TryCut(body, out answer)) return true;

        try
        {
            return TryWalk(body, out answer);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            answer = default;
            return false;
        }
    }

    /// <summary>
    /// The shape all known nodes give a success: <c>{"result":…,"error":null,"id":N}</c>. Cutting the ends off saves walking through
    /// megabytes of template; whoever reads the result checks it.
    /// </summary>
    private static bool TryCut(ReadOnlySpan<byte> body, out Answer answer)
    {
        answer = default;
        var start = "{\"result\":"u8;
        if (!body.StartsWith(start)) return false;

        var end = body.TrimEnd("\r\n "u8);
        if (end.Length < start.Length || end[^1] != (byte)'}') return false;

        end = end[..^1].TrimEnd("0123456789"u8);
        var tail = ",\"error\":null,\"id\":"u8;
        if (!end.EndsWith(tail) || end.Length <= start.Length + tail.Length) return false;

        answer = new Answer(start.Length, end.Length - tail.Length - start.Length, false, 0, "");
        return true;
    }

    private static bool TryWalk(ReadOnlySpan<byte> body, out Answer answer)
    {
        answer = default;
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;

        var (start, length, failed, code, message) = (0, 0, false, 0, "");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isResult = reader.ValueTextEquals("result"u8);
            var isError = reader.ValueTextEquals("error"u8);
            reader.Read();
            if (isError && reader.TokenType != JsonTokenType.Null)
            {
                failed = true;
                (code, message) = ReadError(ref reader);
                continue;
            }

            var from = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isResult) (start, length) = (from, (int)reader.BytesConsumed - from);
        }

        if (reader.TokenType != JsonTokenType.EndObject || (!failed && length == 0)) return false;

        answer = failed ? new Answer(0, 0, true, code, message) : new Answer(start, length, false, 0, "");
        return true;
    }

    private static (int Code, string Message) ReadError(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return (0, Clean(reader.GetString()!));
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return (0, "an error without a message");
        }

        var (code, message) = (0, "an error without a message");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isCode = reader.ValueTextEquals("code"u8);
            var isMessage = reader.ValueTextEquals("message"u8);
            reader.Read();
            if (isCode && reader.TokenType == JsonTokenType.Number) _ = reader.TryGetInt32(out code);
            else if (isMessage && reader.TokenType == JsonTokenType.String) message = Clean(reader.GetString()!);
            else reader.Skip();
        }

        return (code, message);
    }

    /// <summary>The first line, bounded: one node appends a stack trace, and what is logged must not paint the terminal.</summary>
    public static string Clean(string text)
    {
        var line = text.AsSpan();
        var end = line.IndexOfAny('\n', '\r');
        if (end >= 0) line = line[..end];
        if (line.Length > MessageMax) line = line[..MessageMax];

        return string.Create(line.Length, line, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++) to[i] = char.IsControl(from[i]) ? '.' : from[i];
        });
    }
}
