using System.Buffers;
using System.Text.Json;
using Viddhana.Core.Bytes;

namespace Viddhana.Miner.Stratum;

/// <summary>The requests of a miner, one line each.</summary>
internal static class StratumWriter
{
    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    public static void Configure(IBufferWriter<byte> output, long id, uint mask)
    {
        var json = Begin(output, id, "mining.configure");
        json.WriteStartArray();
        json.WriteStringValue("version-rolling"u8);
        json.WriteEndArray();
        json.WriteStartObject();
        json.WriteString("version-rolling.mask"u8, mask.ToString("x8"));
        json.WriteNumber("version-rolling.min-bit-count"u8, 2);
        json.WriteEndObject();
        End(json, output);
    }

    public static void Subscribe(IBufferWriter<byte> output, long id, string agent)
    {
        var json = Begin(output, id, "mining.subscribe");
        json.WriteStringValue(agent);
        End(json, output);
    }

    public static void SuggestDifficulty(IBufferWriter<byte> output, long id, string difficulty)
    {
        var json = Begin(output, id, "mining.suggest_difficulty");
        json.WriteRawValue(difficulty);
        End(json, output);
    }

    public static void Authorize(IBufferWriter<byte> output, long id, string user, string password)
    {
        var json = Begin(output, id, "mining.authorize");
        json.WriteStringValue(user);
        json.WriteStringValue(password);
        End(json, output);
    }

    public static void ExtranonceSubscribe(IBufferWriter<byte> output, long id) =>
        End(Begin(output, id, "mining.extranonce.subscribe"), output);

    public static void Submit(IBufferWriter<byte> output, long id, string user, in FoundShare share)
    {
        var unit = share.Unit;
        Span<byte> digits = stackalloc byte[8];
        var json = Begin(output, id, "mining.submit");
        json.WriteStringValue(user);
        json.WriteStringValue(unit.Job.Id);
        json.WriteStringValue(unit.Extranonce2);
        Hex.WriteUInt32(unit.Ntime, digits);
        json.WriteStringValue(digits);
        Hex.WriteUInt32(share.Nonce, digits);
        json.WriteStringValue(digits);
        if (unit.Job.VersionMask != 0)
        {
            Hex.WriteUInt32(unit.VersionBits, digits);
            json.WriteStringValue(digits);
        }

        End(json, output);
    }

    public static void Reply(IBufferWriter<byte> output, string rawId, string result)
    {
        var json = Writer(output);
        json.WriteStartObject();
        json.WritePropertyName("id"u8);
        json.WriteRawValue(rawId);
        json.WriteString("result"u8, result);
        json.WriteNull("error"u8);
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static Utf8JsonWriter Begin(IBufferWriter<byte> output, long id, string method)
    {
        var json = Writer(output);
        json.WriteStartObject();
        json.WriteNumber("id"u8, id);
        json.WriteString("method"u8, method);
        json.WriteStartArray("params"u8);
        return json;
    }

    private static void End(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.Write("\n"u8);
    }

    private static Utf8JsonWriter Writer(IBufferWriter<byte> output)
    {
        if (_json is null) _json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        else _json.Reset(output);
        return _json;
    }
}
