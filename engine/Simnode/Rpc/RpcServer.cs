using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Viddhana.Simnode.Control;

namespace Viddhana.Simnode.Rpc;

/// <summary>
/// JSON-RPC over HTTP as bitcoin's nodes speak it: versions 1.x and 2.0, batches, basic authentication, their status codes.
/// </summary>
public sealed class RpcServer(RpcTable table, Lock gate, IReadOnlyList<string> credentials, ControlApi control, Faults faults)
{
    /// <summary>Until then every call is refused with −28. Milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long WarmUntilMs { get; init; }

    /// <summary>Answers one HTTP request; null closes the connection.</summary>
    public async Task<HttpAnswer?> AnswerAsync(HttpRequest request, CancellationToken closed)
    {
        if (request.Path.StartsWith("/control/", StringComparison.Ordinal)) return control.Answer(request);
        if (request.Method != "POST") return new HttpAnswer(405, "JSONRPC server handles only POST requests"u8.ToArray());
        if (!IsAllowed(request.Authorization)) return new HttpAnswer(401, default);

        string? wallet = null;
        if (request.Path.StartsWith("/wallet/", StringComparison.Ordinal)) wallet = Uri.UnescapeDataString(request.Path[8..]);
        else if (request.Path != "/") return new HttpAnswer(404, default);

        try
        {
            using var document = JsonDocument.Parse(request.Body);
            return await AnswerAsync(document.RootElement, wallet, closed);
        }
        catch (JsonException)
        {
            return Failure(500, default, isVersion2: false, new RpcException(RpcCode.Parse, "Parse error"));
        }
        catch (DroppedException)
        {
            return null;
        }
    }

    private async Task<HttpAnswer> AnswerAsync(JsonElement root, string? wallet, CancellationToken closed)
    {
        if (root.ValueKind != JsonValueKind.Array) return await AnswerOneAsync(root, wallet, closed);

        var all = new ArrayBufferWriter<byte>();
        all.Write("["u8);
        foreach (var each in root.EnumerateArray())
        {
            var answer = await AnswerOneAsync(each, wallet, closed);
            if (answer.Body.Length == 0) continue;   // a notification

            if (all.WrittenCount > 1) all.Write(","u8);
            all.Write(answer.Body.Span.TrimEnd((byte)'\n'));
        }

        all.Write("]\n"u8);
        return new HttpAnswer(200, all.WrittenMemory);
    }

    private async Task<HttpAnswer> AnswerOneAsync(JsonElement request, string? wallet, CancellationToken closed)
    {
        JsonElement id = default;
        var isVersion2 = false;
        try
        {
            if (request.ValueKind != JsonValueKind.Object) throw new RpcException(RpcCode.InvalidRequest, "Invalid Request object");

            var hasId = request.TryGetProperty("id", out id);
            isVersion2 = request.TryGetProperty("jsonrpc", out var version) && version.ValueKind == JsonValueKind.String
                && version.ValueEquals("2.0");
            var body = await RunAsync(request, wallet, id, isVersion2, closed);
            return isVersion2 && !hasId ? new HttpAnswer(204, default) : new HttpAnswer(200, body);
        }
        catch (Exception e) when (e is not (RpcException or DroppedException or OperationCanceledException))
        {
            await Console.Error.WriteLineAsync($"viddhana-simnode: {e}");
            return Failure(500, id, isVersion2, new RpcException(RpcCode.Internal, e.Message));
        }
        catch (RpcException e)
        {
            var status = isVersion2 ? 200 : e.Code switch
            {
                RpcCode.InvalidRequest => 400,
                RpcCode.MethodNotFound => 404,
                _ => 500,
            };
            return Failure(status, id, isVersion2, e);
        }
    }

    private async Task<ReadOnlyMemory<byte>> RunAsync(
        JsonElement request, string? wallet, JsonElement id, bool isVersion2, CancellationToken closed)
    {
        if (!request.TryGetProperty("method", out var name)) throw new RpcException(RpcCode.InvalidRequest, "Missing method");
        if (name.ValueKind != JsonValueKind.String) throw new RpcException(RpcCode.InvalidRequest, "Method must be a string");

        JsonElement? given = request.TryGetProperty("params", out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        if (given is { ValueKind: not (JsonValueKind.Array or JsonValueKind.Object) })
            throw new RpcException(RpcCode.InvalidRequest, "Params must be an array or object");

        await faults.ApplyAsync(name.GetString()!, closed);
        if (Environment.TickCount64 < WarmUntilMs) throw new RpcException(RpcCode.InWarmup, "Loading block index…");

        var method = table.Find(name.GetString()!) ?? throw new RpcException(RpcCode.MethodNotFound, "Method not found");
        var arguments = method.Arrange(given);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonText.Loose);
        var call = new RpcCall(method, arguments, wallet, json, closed);
        json.WriteStartObject();
        if (isVersion2) json.WriteString("jsonrpc", "2.0");
        json.WritePropertyName("result");
        if (method.Wait is { } wait) await wait(call);
        lock (gate) method.Run(call);
        if (!isVersion2) json.WriteNull("error");
        WriteId(json, id);
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    private static HttpAnswer Failure(int status, JsonElement id, bool isVersion2, RpcException error)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonText.Strict);
        json.WriteStartObject();
        if (isVersion2) json.WriteString("jsonrpc", "2.0");
        else json.WriteNull("result");
        json.WriteStartObject("error");
        json.WriteNumber("code", error.Code);
        json.WriteString("message", error.Message);
        json.WriteEndObject();
        WriteId(json, id);
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return new HttpAnswer(status, buffer.WrittenMemory);
    }

    private static void WriteId(Utf8JsonWriter json, JsonElement id)
    {
        json.WritePropertyName("id");
        if (id.ValueKind == JsonValueKind.Undefined) json.WriteNullValue();
        else id.WriteTo(json);
    }

    private bool IsAllowed(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith("Basic ", StringComparison.Ordinal)) return false;

        var given = new byte[authorization.Length];
        return Convert.TryFromBase64String(authorization[6..].Trim(), given, out var length)
            && credentials.Any(each => CryptographicOperations.FixedTimeEquals(given.AsSpan(0, length), Encoding.UTF8.GetBytes(each)));
    }
}
