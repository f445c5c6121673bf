using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Control;

/// <summary>
/// What tests and operators order beside the RPC: <c>POST /control/block|reorg|latency|speed|fail</c> with a JSON object, answered by one.
/// No password: the node listens on loopback unless told otherwise.
/// </summary>
public sealed class ControlApi(SimulatedNode node, Faults faults, BackgroundMiner background)
{
    private const int BlocksMax = 10_000;

    /// <summary>Answers one request.</summary>
    public HttpAnswer Answer(HttpRequest request)
    {
        if (request.Method != "POST") return Text(405, json => json.WriteString("error", "control takes POST"));

        try
        {
            using var body = JsonDocument.Parse(request.Body.Length == 0 ? "{}"u8.ToArray() : request.Body);
            if (body.RootElement.ValueKind != JsonValueKind.Object) throw new ArgumentException("the body must be a JSON object");

            var order = new Order(body.RootElement);
            return request.Path["/control/".Length..] switch
            {
                "block" => Block(order),
                "reorg" => Reorg(order),
                "latency" => Latency(order),
                "speed" => Speed(order),
                "fail" => Fail(order),
                _ => Text(404, json => json.WriteString("error", "control knows block, reorg, latency, speed and fail")),
            };
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return Text(400, json => json.WriteString("error", e.Message));
        }
    }

    private HttpAnswer Block(Order order)
    {
        var count = order.Int("count", 1, 1, BlocksMax);
        var empty = order.Flag("empty");
        order.Done();
        lock (node.Gate) return Tip(node.MineOnTip(count, empty: empty));
    }

    private HttpAnswer Reorg(Order order)
    {
        lock (node.Gate)
        {
            var depth = order.Int("depth", 1, 1, Math.Max(1, node.Tree.Tip.Height));
            var length = order.Int("length", depth + 1, 1, BlocksMax);
            var empty = order.Flag("empty");
            order.Done();
            if (depth > node.Tree.Tip.Height) throw new ArgumentException("there is no block to orphan yet");

            return Tip(node.MineBranch(depth, length, empty));
        }
    }

    private HttpAnswer Latency(Order order)
    {
        var milliseconds = order.Int("ms", 0, 0, 3_600_000);
        var method = order.Text("method");
        order.Done();
        faults.SetLatency(method, milliseconds);
        return Text(200, json =>
        {
            json.WriteNumber("ms", milliseconds);
            json.WriteString("method", method);
        });
    }

    private HttpAnswer Speed(Order order)
    {
        var seconds = order.Double("background_block_interval", background.IntervalSeconds);
        var bits = order.Text("bits");
        var version = order.Text("version");
        order.Done();
        uint nextBits = 0, nextVersion = 0;
        if (bits is not null && !TryBits(bits, out nextBits))
            throw new ArgumentException("bits must be eight hex digits of a target no easier than 207fffff");
        if (version is not null && !TryVersion(version, out nextVersion))
            throw new ArgumentException("version must be eight hex digits from 00000004 to 7fffffff");

        lock (node.Gate)
        {
            if (bits is not null) node.SetBits(nextBits);
            if (version is not null) node.SetVersion(nextVersion);
        }

        background.IntervalSeconds = seconds;
        return Text(200, json =>
        {
            json.WriteNumber("background_block_interval", seconds);
            json.WriteString("bits", node.Rules.Bits.ToString("x8", CultureInfo.InvariantCulture));
            if (version is not null) json.WriteString("version", node.Rules.Version.ToString("x8", CultureInfo.InvariantCulture));
        });
    }

    private HttpAnswer Fail(Order order)
    {
        const int TimesMax = 1_000_000;
        var kind = order.Flag("hang") ? FaultKind.Hang : order.Flag("drop") ? FaultKind.Drop : FaultKind.Error;
        var fault = new Fault(
            order.Text("method"),
            kind,
            order.Int("code", RpcCode.Misc, -100_000, 0),
            order.Text("message") ?? "failed by order",
            order.Int("times", 1, -1, TimesMax));
        order.Done();
        faults.Add(fault);
        return Text(200, json =>
        {
            json.WriteString("method", fault.Method);
            json.WriteString("kind", fault.Kind switch { FaultKind.Hang => "hang", FaultKind.Drop => "drop", _ => "error" });
            json.WriteNumber("times", fault.Times);
        });
    }

    /// <summary>Reads compact bits as hex, with or without <c>0x</c>.</summary>
    public static bool TryBits(string text, out uint bits)
    {
        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bits)
            && digits.Length == 8 && CompactTarget.TryTarget(bits, out _);
    }

    // Blocks below version 4 are refused from height 1.
    private static bool TryVersion(string text, out uint version) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out version)
        && text.Length == 8 && version is >= 4 and <= int.MaxValue;

    private HttpAnswer Tip(List<Hash256> hashes) => Text(200, json =>
    {
        json.WriteNumber("height", node.Tree.Tip.Height);
        json.WriteString("hash", node.Tree.Tip.Hash.ToString());
        json.WriteStartArray("blocks");
        foreach (var hash in hashes) json.WriteStringValue(hash.ToString());
        json.WriteEndArray();
    });

    private static HttpAnswer Text(int status, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonText.Strict);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return new HttpAnswer(status, buffer.WrittenMemory);
    }
}
