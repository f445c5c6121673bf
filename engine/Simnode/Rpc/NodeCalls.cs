using Viddhana.Contracts;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Rpc;

/// <summary>What a node tells of itself, and of addresses.</summary>
/// <param name="zmqAddress">Where blocks are announced, as <c>tcp://HOST:PORT</c>; null if nowhere.</param>
/// <param name="stop">Ends the program.</param>
public sealed class NodeCalls(SimulatedNode node, RpcTable table, string? zmqAddress, Action stop)
{
    private const int Version = 309_900;

    /// <summary>Adds the methods.</summary>
    public void Register()
    {
        table.Add("getnetworkinfo", "", GetNetworkInfo);
        table.Add("getconnectioncount", "", call => call.Json.WriteNumberValue(1));
        table.Add("getpeerinfo", "", GetPeerInfo);
        table.Add("getzmqnotifications", "", GetZmqNotifications);
        table.Add("uptime", "", call => call.Json.WriteNumberValue(node.Settings.UnixTime() - node.StartedAt));
        table.Add("ping", "", call => call.Json.WriteNullValue());
        table.Add("help", "command?", Help);
        table.Add("stop", "", Stop);
        table.Add("validateaddress", "address", ValidateAddress);
    }

    private void GetNetworkInfo(RpcCall call)
    {
        var json = call.Json;
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteString("subversion", "/viddhana-simnode:0.1.0/");
        json.WriteNumber("protocolversion", 70016);
        json.WriteString("localservices", "0000000000000409");
        json.WriteBoolean("localrelay", true);
        json.WriteNumber("timeoffset", 0);
        json.WriteBoolean("networkactive", true);
        json.WriteNumber("connections", 1);
        json.WriteNumber("connections_in", 0);
        json.WriteNumber("connections_out", 1);
        json.WriteStartArray("networks");
        json.WriteEndArray();
        call.WriteCoins("relayfee", 1000);
        call.WriteCoins("incrementalfee", 1000);
        json.WriteStartArray("localaddresses");
        json.WriteEndArray();
        json.WriteString("warnings", "");
        json.WriteEndObject();
    }

    private void GetPeerInfo(RpcCall call)
    {
        var json = call.Json;
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteNumber("id", 0);
        json.WriteString("addr", "other-miners.invalid:18444");
        json.WriteNumber("version", 70016);
        json.WriteString("subver", "/viddhana-simnode:0.1.0/");
        json.WriteBoolean("inbound", false);
        json.WriteNumber("synced_headers", node.Tree.Tip.Height);
        json.WriteNumber("synced_blocks", node.Tree.Tip.Height);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void GetZmqNotifications(RpcCall call)
    {
        call.Json.WriteStartArray();
        if (zmqAddress is not null)
        {
            call.Json.WriteStartObject();
            call.Json.WriteString("type", "pubhashblock");
            call.Json.WriteString("address", zmqAddress);
            call.Json.WriteNumber("hwm", 1000);
            call.Json.WriteEndObject();
        }

        call.Json.WriteEndArray();
    }

    private void Help(RpcCall call)
    {
        if (call[0] is not { } name)
        {
            call.Json.WriteStringValue(string.Join('\n', table.All.Select(method => method.Usage)));
            return;
        }

        var method = table.Find(RpcCall.Text(name));
        call.Json.WriteStringValue(method is null ? $"help: unknown command: {RpcCall.Text(name)}" : method.Usage);
    }

    private void Stop(RpcCall call)
    {
        call.Json.WriteStringValue("viddhana-simnode stopping");
        stop();
    }

    private static void ValidateAddress(RpcCall call)
    {
        var json = call.Json;
        var address = call.Text(0);
        json.WriteStartObject();
        if (AddressCodec.TryDecode(address, Render.Network, out var script, out var error))
        {
            json.WriteBoolean("isvalid", true);
            json.WriteString("address", address);
            json.WriteString("scriptPubKey", HexText.Of(script));
            json.WriteBoolean("isscript", Script.IsP2sh(script) || script.Length == 34);
            json.WriteBoolean("iswitness", Script.IsWitnessProgram(script));
            WriteWitness(json, script);
        }
        else
        {
            json.WriteBoolean("isvalid", false);
            json.WriteStartArray("error_locations");
            json.WriteEndArray();
            json.WriteString("error", $"Invalid or unsupported address: it {error}");
        }

        json.WriteEndObject();
    }

    /// <summary>Witness version and program, where a script has them.</summary>
    internal static void WriteWitness(System.Text.Json.Utf8JsonWriter json, byte[] script)
    {
        if (!Script.IsWitnessProgram(script)) return;

        json.WriteNumber("witness_version", script[0] == 0 ? 0 : script[0] - 0x50);
        json.WriteString("witness_program", HexText.Of(script.AsSpan(2)));
    }
}
