using System.Globalization;
using System.Text.Json;
using Viddhana.Contracts;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Rpc;

/// <summary>Templates, blocks from miners, and blocks made by order.</summary>
public sealed class MiningCalls(SimulatedNode node)
{
    private const string TemplateUsage =
        "getblocktemplate {\"mode\":\"str\",\"capabilities\":[\"str\",...],\"rules\":[\"segwit\",...],\"longpollid\":\"str\",...}";

    private const int GenerateMax = 10_000;

    /// <summary>Adds the methods.</summary>
    public void Register(RpcTable table)
    {
        table.Add("getblocktemplate", "template_request?", GetBlockTemplate, WaitForTemplateAsync);
        table.Add("submitblock", "hexdata dummy?", SubmitBlock);
        table.Add("submitheader", "hexdata", SubmitHeader);
        table.Add("getmininginfo", "", GetMiningInfo);
        table.Add("getnetworkhashps", "nblocks? height?", call => call.Json.WriteNumberValue(NetworkHashrate()));
        table.Add("prioritisetransaction", "txid dummy? fee_delta?", call => call.Json.WriteBooleanValue(true));
        table.Add("generatetoaddress", "nblocks address maxtries?", call => Generate(call, AddressScript(call.Text(1))));
        table.Add("generatetodescriptor", "num_blocks descriptor maxtries?", call => Generate(call, DescriptorScript(call.Text(1))));
        table.Add("getdescriptorinfo", "descriptor", GetDescriptorInfo);
    }

    /// <summary>The output script of an address, or the error −5 that nodes give.</summary>
    public static byte[] AddressScript(string address) => AddressCodec.TryDecode(address, Render.Network, out var script, out _)
        ? script
        : throw new RpcException(RpcCode.InvalidAddressOrKey, "Error: Invalid address");

    private void GetBlockTemplate(RpcCall call)
    {
        var request = TemplateRequest(call);
        if (IsProposal(request))
        {
            if (!request.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.String)
                throw new RpcException(RpcCode.Type, "Missing data String key for proposal");

            WriteVerdict(call.Json, node.Tree.Propose(DecodeBlock(data.GetString()!)));
            return;
        }

        node.Templates.Current().WriteTo(call.Json, node.Settings.UnixTime());
    }

    // The longpoll: until the tip is another one or, after a while, the mempool changed.
    private async Task WaitForTemplateAsync(RpcCall call)
    {
        var request = TemplateRequest(call);
        if (IsProposal(request) || !request.TryGetProperty("longpollid", out var id) || id.ValueKind != JsonValueKind.String) return;

        var text = id.GetString()!;
        if (text.Length < 64 || !Hash256.TryParse(text[..64], out var watched))
            throw new RpcException(RpcCode.InvalidParameter, "longpollid is not one of ours");

        var seen = long.TryParse(text[64..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var untilMempool = Task.Delay(TimeSpan.FromSeconds(node.Settings.LongpollMempoolSeconds), call.Closed);
        while (true)
        {
            Task nextTip;
            lock (node.Gate)
            {
                if (node.Tree.Tip.Hash != watched || (untilMempool.IsCompleted && node.Templates.Updates != seen)) return;

                nextTip = node.NextTip;
            }

            if (untilMempool.IsCompleted)
                untilMempool = Task.Delay(TimeSpan.FromSeconds(node.Settings.LongpollMempoolSeconds / 6), call.Closed);
            if (await Task.WhenAny(nextTip, untilMempool) == nextTip && !nextTip.IsCanceled) return;

            call.Closed.ThrowIfCancellationRequested();
            if (nextTip.IsCanceled) throw new RpcException(RpcCode.NotConnected, "Shutting down");
        }
    }

    private static JsonElement TemplateRequest(RpcCall call)
    {
        if (call[0] is null) throw new RpcException(RpcCode.Misc, TemplateUsage);

        var request = call.Object(0);
        var mode = request.TryGetProperty("mode", out var given) && given.ValueKind != JsonValueKind.Null ? given : default;
        if (mode.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.String)
            || (mode.ValueKind == JsonValueKind.String && mode.GetString() is not ("template" or "proposal")))
            throw new RpcException(RpcCode.InvalidParameter, "Invalid mode");

        if (IsProposal(request) || HasRule(request, "segwit")) return request;

        throw new RpcException(
            RpcCode.InvalidParameter, "getblocktemplate must be called with the segwit rule set (call with {\"rules\": [\"segwit\"]})");
    }

    private static bool IsProposal(JsonElement request) =>
        request.TryGetProperty("mode", out var mode) && mode.ValueKind == JsonValueKind.String && mode.ValueEquals("proposal");

    private static bool HasRule(JsonElement request, string rule) =>
        request.TryGetProperty("rules", out var rules) && rules.ValueKind == JsonValueKind.Array
        && rules.EnumerateArray().Any(each => each.ValueKind == JsonValueKind.String && each.ValueEquals(rule));

    private void SubmitBlock(RpcCall call) => WriteVerdict(call.Json, node.Tree.Submit(DecodeBlock(call.Text(0))));

    private void SubmitHeader(RpcCall call)
    {
        if (!HexText.TryRead(call.Text(0), out var bytes) || bytes.Length < BlockHeader.Size)
            throw new RpcException(RpcCode.Deserialization, "Block header decode failed");

        var header = BlockHeader.Read(bytes);
        if (node.Tree.Find(header.Previous) is null)
            throw new RpcException(RpcCode.Verify, $"Must submit previous header ({header.Previous}) first");

        call.Json.WriteNullValue();   // headers alone change nothing here: a block is taken with its transactions
    }

    private static Block DecodeBlock(string hex) => HexText.TryRead(hex, out var bytes) && Block.Decode(bytes) is { } block
        ? block
        : throw new RpcException(RpcCode.Deserialization, "Block decode failed");

    private static void WriteVerdict(Utf8JsonWriter json, string? verdict)
    {
        if (verdict is null) json.WriteNullValue();
        else json.WriteStringValue(verdict);
    }

    private void GetMiningInfo(RpcCall call)
    {
        var json = call.Json;
        var tip = node.Tree.Tip;
        json.WriteStartObject();
        json.WriteNumber("blocks", tip.Height);
        json.WriteString("bits", Render.Bits(tip.Header.Bits));
        json.WriteNumber("difficulty", CompactTarget.Difficulty(node.Rules.Bits));
        json.WriteNumber("networkhashps", NetworkHashrate());
        json.WriteNumber("pooledtx", node.Templates.Synthetic().Count + node.Pool.Entries.Count());
        json.WriteString("chain", "regtest");
        json.WriteStartObject("next");
        json.WriteNumber("height", tip.Height + 1);
        json.WriteString("bits", Render.Bits(node.Rules.Bits));
        json.WriteNumber("difficulty", CompactTarget.Difficulty(node.Rules.Bits));
        json.WriteEndObject();
        json.WriteString("warnings", "");
        json.WriteEndObject();
    }

    // Work of the last 120 blocks over the time between the first and the last of them.
    private double NetworkHashrate()
    {
        var tip = node.Tree.Tip;
        var first = tip.Ancestor(Math.Max(0, tip.Height - 120));
        var earliest = first.Header.Time;
        var latest = earliest;
        for (var each = tip; each != first; each = each.Previous!)
        {
            earliest = Math.Min(earliest, each.Header.Time);
            latest = Math.Max(latest, each.Header.Time);
        }

        return latest == earliest ? 0 : (double)(tip.ChainWork - first.ChainWork) / (latest - earliest);
    }

    private void Generate(RpcCall call, byte[] script)
    {
        var count = call.Number(0);
        if (count is < 0 or > GenerateMax) throw new RpcException(RpcCode.InvalidParameter, $"nblocks must be from 0 to {GenerateMax}");

        call.Json.WriteStartArray();
        foreach (var hash in node.MineOnTip((int)count, script)) call.Json.WriteStringValue(hash.ToString());
        call.Json.WriteEndArray();
    }

    private static void GetDescriptorInfo(RpcCall call)
    {
        var text = call.Text(0);
        DescriptorScript(text);
        call.Json.WriteStartObject();
        call.Json.WriteString("descriptor", $"{Body(text)}#{DescriptorChecksum.Of(Body(text))}");
        call.Json.WriteString("checksum", DescriptorChecksum.Of(Body(text)));
        call.Json.WriteBoolean("isrange", false);
        call.Json.WriteBoolean("issolvable", false);
        call.Json.WriteBoolean("hasprivatekeys", false);
        call.Json.WriteEndObject();
    }

    // raw(HEX) and addr(ADDRESS), the two that name a script without keys.
    private static byte[] DescriptorScript(string text)
    {
        var body = Body(text);
        if (text.Length > body.Length && text[(body.Length + 1)..] != DescriptorChecksum.Of(body))
            throw new RpcException(RpcCode.InvalidAddressOrKey, "Provided checksum does not match computed checksum");

        if (body.StartsWith("raw(", StringComparison.Ordinal) && body.EndsWith(')') && HexText.TryRead(body[4..^1], out var script))
            return script;
        if (body.StartsWith("addr(", StringComparison.Ordinal) && body.EndsWith(')')) return AddressScript(body[5..^1]);

        throw new RpcException(RpcCode.InvalidAddressOrKey, $"'{body}' is not a valid descriptor function");
    }

    private static string Body(string descriptor) => descriptor.Split('#')[0];
}
