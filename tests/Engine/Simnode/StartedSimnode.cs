using System.Net;
using System.Text;
using System.Text.Json;
using Viddhana.Simnode;
using Viddhana.Simnode.Mempool;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>A simulated node in this process, used over HTTP as a stranger would.</summary>
internal sealed class StartedSimnode : IAsyncDisposable
{
    public const string Stranger = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(60) };

    private StartedSimnode(SimnodeServer server)
    {
        Server = server;
        Rpc = new NodeRpc(Url);
    }

    public SimnodeServer Server { get; }

    public NodeRpc Rpc { get; }

    public string Url => $"http://u:p@{Server.RpcUrl.Authority}";

    /// <summary>Blocks of two hashes, few transactions, templates that show a changed mempool at once.</summary>
    public static NodeSettings Settings(string? data = null, int transactions = 5) => new()
    {
        Bits = 0x207FFFFF,
        DataDirectory = data,
        Mempool = new MempoolShape(transactions, 0, 0),
        LongpollMempoolSeconds = 1,
    };

    public static StartedSimnode Start(NodeSettings? node = null, Func<ServerSettings, ServerSettings>? more = null)
    {
        var settings = new ServerSettings { Node = node ?? Settings(), Login = ("u", "p"), Rpc = new IPEndPoint(IPAddress.Loopback, 0) };
        return new StartedSimnode(new SimnodeServer(more is null ? settings : more(settings)));
    }

    public async Task<JsonElement> Template(string? longpollId = null) =>
        await Rpc.Call("getblocktemplate", new { rules = new[] { "segwit" }, longpollid = longpollId });

    /// <summary>A fresh block maker on the current template.</summary>
    public async Task<BlockMaker> Maker() => new(await Template());

    public async Task<string?> Submit(BlockMaker block) => (await Rpc.Call("submitblock", block.Build())).GetString();

    public async Task<string?> Propose(BlockMaker block) =>
        (await Rpc.Call("getblocktemplate", new { mode = "proposal", data = block.Build() })).GetString();

    public async Task<(HttpStatusCode Status, JsonElement Body)> Control(string verb, object order)
    {
        using var content = new StringContent(JsonSerializer.Serialize(order), Encoding.UTF8, "application/json");
        using var answer = await Client.PostAsync(new Uri(Server.RpcUrl, "/control/" + verb), content);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>Other miners find blocks; the answer is the new tip.</summary>
    public async Task<string> MineOthers(int count) => (await Control("block", new { count })).Body.GetProperty("hash").GetString()!;

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
