using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viddhana.Tests.Backoffice.Payouts;

/// <summary>
/// A wallet behind HTTP that does what it is asked and can then fail to say so. A transaction's hex is its JSON, so that nothing is
/// hidden: it has one input of the wallet and the outputs that were asked for.
/// </summary>
internal sealed class FakeWallet : IAsyncDisposable
{
    private const long Fee = 1_000;
    private readonly RpcServer _server;
    private readonly Dictionary<string, int> _confirmations = [];
    private int _calls;
    private int _coin;

    public FakeWallet() => _server = new RpcServer(Answer);

    public string Url => _server.Url;

    /// <summary>Every different transaction that reached the network.</summary>
    public HashSet<string> Sent { get; } = [];

    /// <summary>Number of the call that is carried out and then not answered; 0 for none.</summary>
    public int LoseAnswerOf { get; set; }

    /// <summary>Number of the call that is refused; 0 for none.</summary>
    public int RefuseCall { get; set; }

    /// <summary>Name of calls that are refused; null for none.</summary>
    public string? RefuseMethod { get; set; }

    /// <summary>What happens before a call is carried out.</summary>
    public Action<string>? Before { get; set; }

    /// <summary>Calls so far.</summary>
    public int Calls => _calls;

    public bool IsMine { get; set; } = true;

    /// <summary>Name of the wallet where it is not the node's default; calls that need it are refused until it is loaded.</summary>
    public string? Name { get; init; }

    public bool IsLoaded { get; set; }

    public HashSet<string> InvalidAddresses { get; } = [];

    public HashSet<string> Locked { get; } = [];

    /// <summary>Every transaction that was sent is this deep.</summary>
    public void Confirm(int confirmations)
    {
        lock (_confirmations)
            foreach (var hex in Sent) _confirmations[Txid(hex)] = confirmations;
    }

    /// <summary>What a transaction pays, in base units by address.</summary>
    public static Dictionary<string, long> Pays(string hex) =>
        JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromHexString(hex)))!["outputs"]!.AsObject()
            .ToDictionary(o => o.Key, o => (long)o.Value!);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string Txid(string hex) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Convert.FromHexString(hex)));

    private (JsonNode? Result, JsonNode? Error)? Answer(string method, JsonArray parameters)
    {
        var number = ++_calls;
        Before?.Invoke(method);
        if (number == RefuseCall || method == RefuseMethod) return (null, RpcServer.Error(-4, "refused by the test"));
        var done = Name is null || IsLoaded || method == "loadwallet"
            ? Do(method, parameters)
            : (null, RpcServer.Error(-18, "Requested wallet does not exist or is not loaded"));
        return number == LoseAnswerOf ? null : done;
    }

    private (JsonNode? Result, JsonNode? Error) Do(string method, JsonArray p) => method switch
    {
        "loadwallet" => Load((string)p[0]!),
        "getaddressinfo" => (new JsonObject { ["ismine"] = IsMine }, null),
        "validateaddress" => (new JsonObject { ["isvalid"] = !InvalidAddresses.Contains((string)p[0]!) }, null),
        "createrawtransaction" => (Hex(Create(p)), null),
        "fundrawtransaction" => Fund(p),
        "signrawtransactionwithwallet" => (new JsonObject { ["hex"] = p[0]!.DeepClone(), ["complete"] = true }, null),
        "decoderawtransaction" => (Decode((string)p[0]!), null),
        "gettxout" => (new JsonObject { ["value"] = 50.0 }, null),
        "lockunspent" => Lock(p),
        "sendrawtransaction" => Send((string)p[0]!),
        "gettransaction" => Get((string)p[0]!),
        "getmempoolentry" when Sent.Any(hex => Txid(hex) == (string)p[0]!) => (new JsonObject(), null),
        "getmempoolentry" => (null, RpcServer.Error(-5, "Transaction not in mempool")),
        _ => (null, RpcServer.Error(-32601, "Method not found")),
    };

    private static JsonObject Create(JsonArray p)
    {
        var outputs = new JsonObject();
        foreach (var output in p[1]!.AsArray())
            foreach (var (address, amount) in output!.AsObject())
                outputs[address] = (long)(decimal.Parse((string)amount!, System.Globalization.CultureInfo.InvariantCulture) * 100_000_000m);
        var inputs = new JsonArray([.. p[0]!.AsArray().Select(i => JsonValue.Create((string)i!["txid"]!))]);
        return new JsonObject { ["inputs"] = inputs, ["outputs"] = outputs };
    }

    /// <summary>Each funding chooses another coin, as a wallet that was asked twice might.</summary>
    private (JsonNode? Result, JsonNode? Error) Fund(JsonArray p)
    {
        var draft = JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromHexString((string)p[0]!)))!.AsObject();
        draft["inputs"] = new JsonArray($"{++_coin:x64}");
        var outputs = draft["outputs"]!.AsObject();
        var bearers = p[1]!["subtractFeeFromOutputs"]!.AsArray();
        var names = outputs.Select(o => o.Key).ToArray();
        foreach (var bearer in bearers) outputs[names[(int)bearer!]] = (long)outputs[names[(int)bearer!]]! - (Fee / bearers.Count);
        var fee = bearers.Count == 0 ? Fee : Fee / bearers.Count * bearers.Count;
        outputs["change"] = 5_000_000L;
        var coins = JsonValue.Create(fee / 100_000_000m);
        return (new JsonObject { ["hex"] = Hex(draft), ["fee"] = coins, ["changepos"] = names.Length }, null);
    }

    private static JsonObject Decode(string hex)
    {
        var transaction = JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromHexString(hex)))!;
        var inputs = transaction["inputs"]!.AsArray().Select(i => (JsonNode)new JsonObject { ["txid"] = (string)i!, ["vout"] = 0 });
        var outputs = transaction["outputs"]!.AsObject().Select(o => (JsonNode)new JsonObject
        {
            ["value"] = JsonValue.Create((long)o.Value! / 100_000_000m),
            ["scriptPubKey"] = new JsonObject { ["hex"] = "00", ["addresses"] = new JsonArray(o.Key) },
        });
        return new JsonObject { ["txid"] = Txid(hex), ["vin"] = new JsonArray([.. inputs]), ["vout"] = new JsonArray([.. outputs]) };
    }

    private (JsonNode? Result, JsonNode? Error) Load(string name)
    {
        if (name != Name) return (null, RpcServer.Error(-18, "Path does not exist"));
        IsLoaded = true;
        return (new JsonObject { ["name"] = name }, null);
    }

    private (JsonNode? Result, JsonNode? Error) Lock(JsonArray p)
    {
        foreach (var output in p[1]!.AsArray())
        {
            var name = (string)output!["txid"]!;
            if ((bool)p[0]!) Locked.Remove(name);
            else if (!Locked.Add(name)) return (null, RpcServer.Error(-8, "Invalid parameter, output already locked"));
        }

        return (JsonValue.Create(true), null);
    }

    private (JsonNode? Result, JsonNode? Error) Send(string hex)
    {
        lock (_confirmations)
        {
            if (_confirmations.GetValueOrDefault(Txid(hex)) > 0) return (null, RpcServer.Error(-27, "transaction already in block chain"));
            Sent.Add(hex);
            _confirmations.TryAdd(Txid(hex), 0);
            return (JsonValue.Create(Txid(hex)), null);
        }
    }

    private (JsonNode? Result, JsonNode? Error) Get(string txid)
    {
        lock (_confirmations)
        {
            return _confirmations.TryGetValue(txid, out var depth)
                ? (new JsonObject { ["confirmations"] = depth, ["blockhash"] = depth > 0 ? new string('b', 64) : null }, null)
                : (null, RpcServer.Error(-5, "Invalid or non-wallet transaction id"));
        }
    }

    private static string Hex(JsonObject transaction) => Convert.ToHexStringLower(JsonSerializer.SerializeToUtf8Bytes(transaction));
}
