using System.Text;
using System.Text.Json;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine.Net;

/// <summary>
/// Takes passwords, and ids that resume a session, out of what is shown of the wire, before anybody reads it. Errs on the side of hiding:
/// of a request that logs in, the user name is shown and little else that a client chose; a line that is no JSON is shown as far as no
/// password can have begun.
/// </summary>
public static class WireSecrets
{
    // Of an id that resumes a session so much is shown as tells two apart.
    private const int ShownOfId = 4;

    private static ReadOnlySpan<byte> Stars => "***"u8;

    /// <summary>What miners ask for in the password is no secret, and what operators need to see.</summary>
    private static readonly string[] s_options = ["d", "md", "fd", "diff", "mindiff", "fixeddiff", "sd", "vardiff"];

    /// <summary>Appends a line of ours without its secrets: the ids in the answer to mining.subscribe.</summary>
    public static void WriteSent(ReadOnlySpan<byte> line, FrameBuffer output)
    {
        foreach (var name in (ReadOnlySpan<string>)["[\"mining.set_difficulty\",\"", "[\"mining.notify\",\""])
        {
            var start = line.IndexOf(Encoding.ASCII.GetBytes(name));
            if (start < 0) continue;
            start += name.Length;
            var end = line[start..].IndexOf((byte)'"');
            if (end < 0) end = line.Length - start;
            output.Write(line[..(start + Math.Min(end, ShownOfId))]);
            output.Write(Stars);
            line = line[(start + end)..];
        }

        output.Write(line);
    }

    /// <summary>Appends a line of a miner's without its secrets.</summary>
    public static void Write(ReadOnlySpan<byte> line, FrameBuffer output)
    {
        List<(int Start, int End)> secrets = [];
        try
        {
            if (!Find(line, secrets)) secrets = [HiddenPart(line)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            secrets = [HiddenPart(line)];
        }

        var shown = 0;
        foreach (var (start, end) in secrets)
        {
            output.Write(line[shown..start]);
            if (start < end) output.Write(Stars);
            shown = end;
        }

        output.Write(line[shown..]);
    }

    // False: no JSON object.
    private static bool Find(ReadOnlySpan<byte> line, List<(int Start, int End)> secrets)
    {
        var logsIn = LogsIn(line, out var isObject, out var subscribes);
        if (!isObject) return false;

        var reader = new Utf8JsonReader(line);
        var (key, hidden, isFirst) = ("", false, true);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                key = reader.GetString()!;
                if (reader.CurrentDepth == 1) hidden = logsIn && key is not ("id" or "method" or "jsonrpc" or "worker");
            }
            else if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                var isInList = key == "params";
                var isUser = isInList && isFirst && reader.CurrentDepth == 2;
                var isHarmless = isUser || key is "login" or "user" or "username" or "agent" or "algo" or "rigid";
                if (IsSecretKey(key) || (hidden && !isHarmless)) Add(ref reader, secrets);
                else if (subscribes && isInList && !isFirst) AddId(ref reader, secrets);
                if (isInList) isFirst = false;
            }
        }

        return true;
    }

    private static void Add(ref Utf8JsonReader reader, List<(int Start, int End)> secrets)
    {
        if (reader.TokenType == JsonTokenType.String && IsOptions(reader.GetString()!)) return;
        var start = (int)reader.TokenStartIndex + (reader.TokenType == JsonTokenType.String ? 1 : 0);
        secrets.Add((start, start + reader.ValueSpan.Length));
    }

    // Only where it has the form of an id of ours: clients send other things in that place too.
    private static void AddId(ref Utf8JsonReader reader, List<(int Start, int End)> secrets)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length <= ShownOfId) return;
        foreach (var digit in reader.ValueSpan)
            if (!char.IsAsciiHexDigit((char)digit)) return;
        var start = (int)reader.TokenStartIndex + 1;
        secrets.Add((start + ShownOfId, start + reader.ValueSpan.Length));
    }

    // A request without a method may be a log-in that went wrong.
    private static bool LogsIn(ReadOnlySpan<byte> line, out bool isObject, out bool subscribes)
    {
        subscribes = false;
        var reader = new Utf8JsonReader(line);
        isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
        var (hasMethod, hasParams, logsIn) = (false, false, false);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
            hasParams |= reader.ValueTextEquals("params"u8);
            if (!reader.ValueTextEquals("method"u8)) continue;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String) continue;
            hasMethod = true;
            var method = reader.GetString()!;
            logsIn |= IsLogIn(method);
            subscribes |= Has(method, "subscribe");
        }

        return logsIn || (hasParams && !hasMethod);
    }

    private static bool IsLogIn(string text) => Has(text, "auth") || Has(text, "login");

    private static bool IsSecretKey(string key) => Has(key, "pass") || Has(key, "pwd") || Has(key, "secret") || Has(key, "hmac");

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    /// <summary>True for <c>x</c>, <c>d=1024</c>, <c>x,md=64</c> and the like: whoever has that for a password has none.</summary>
    private static bool IsOptions(string password)
    {
        foreach (var part in password.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=');
            var isOption = at > 0 && Array.IndexOf(s_options, part[..at]) >= 0 && decimal.TryParse(part.AsSpan(at + 1), out _);
            if (!isOption && part is not ("x" or "X")) return false;
        }

        return true;
    }

    // The end of the first text of a list, however broken what follows is.
    private static int EndOfFirst(string text, int at)
    {
        if (at + 1 >= text.Length || text[at] != '[' || text[at + 1] != '"') return Math.Min(at, text.Length);

        var end = text.AsSpan(at + 2).IndexOfAny(',', '"');
        return end < 0 ? text.Length : at + 2 + end + (text[at + 2 + end] == '"' ? 1 : 0);
    }

    // No JSON: a password follows the first value of params, if it has begun at all.
    private static (int Start, int End) HiddenPart(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line);
        if (!IsLogIn(text) && !IsSecretKey(text)) return (0, 0);

        var at = text.IndexOf("params", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return (0, line.Length);

        at += "params".Length;
        while (at < text.Length && text[at] is '"' or ':' or ' ') at++;
        return (EndOfFirst(text, at), line.Length);
    }
}
