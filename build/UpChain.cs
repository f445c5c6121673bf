using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viddhana.Build;

/// <summary>The chain under <c>up</c>: a simulated one that it starts, or a real node.</summary>
internal static class UpChain
{
    /// <summary>
    /// About 96 million hashes a block: one block a minute or so for 1.6 MH/s, and most shares are not blocks.
    /// </summary>
    private const string Bits = "1d2cbd00";

    private static readonly string[] Hashrates = ["200kH", "400kH", "1MH"];

    /// <summary>Starts viddhana-simnode with its data in the data directory, and makes two wallets: the pool's and the miners'.</summary>
    public static async Task<UpPool> StartSimulated(RunningPrograms programs, UpOptions options, CancellationToken stop)
    {
        var folder = Path.Combine(options.Data, "simnode");
        Directory.CreateDirectory(folder);
        programs.Start(
            "simnode", Path.Combine(Repository.Out, "viddhana-simnode"), "--data", folder, "--rpc-listen", "127.0.0.1", "--rpc-port",
            options.SimnodePort.ToString(CultureInfo.InvariantCulture), "--bits", Bits, "--background-block-interval",
            options.BackgroundSeconds.ToString(CultureInfo.InvariantCulture));
        var url = $"http://127.0.0.1:{options.SimnodePort}";
        var cookie = Path.Combine(folder, ".cookie");
        var rpc = new UpRpc(url, cookie);
        await programs.Until("simnode", async () => (await rpc.Call("getblockcount")).Error is null, stop);

        var address = await Addresses(rpc, "pool", 1, stop);
        var miners = await Addresses(rpc, "miners", Hashrates.Length, stop);
        return new UpPool("sim", "bitcoin", "regtest", "sha256d", address[0], url, cookie, "pool", [.. miners.Zip(Hashrates)]);
    }

    /// <summary>Asks a real node which network it is on and, unless told, its wallet for an address to pay to.</summary>
    public static async Task<UpPool> UseNode(UpOptions options, CancellationToken stop)
    {
        var rpc = new UpRpc(options.Node!, null);
        var (info, error) = await rpc.Call("getblockchaininfo");
        if (error is not null) throw new BuildFailedException($"the node at {rpc.Name} does not answer: {error}");

        var network = (string?)info?["chain"] switch { "main" => "mainnet", "test" => "testnet", var other => other ?? "regtest" };
        var wallet = await WalletName(rpc);
        var address = options.Address;
        if (address is null)
        {
            if (wallet is null)
                throw new BuildFailedException("the node has no wallet loaded: give --address ADDRESS, or create a wallet in the node", 2);
            address = (await Addresses(rpc.Wallet(wallet), null, 1, stop))[0];
        }

        var algorithm = options.Coin == "litecoin" ? "scrypt" : "sha256d";
        string[] rates = algorithm == "scrypt" ? ["100H", "200H", "500H"] : Hashrates;
        var miners = network == "regtest" ? await VirtualMiners(rpc, wallet, address, rates.Length, stop) : [];
        return new UpPool(options.Coin!, options.Coin!, network, algorithm, address, options.Node!, null, wallet, [.. miners.Zip(rates)]);
    }

    // Only on regtest, where coins are worth nothing. Without a wallet nothing can be paid out, so they all mine for the pool's address.
    private static async Task<string[]> VirtualMiners(UpRpc rpc, string? wallet, string address, int count, CancellationToken stop) =>
        wallet is null ? [.. Enumerable.Repeat(address, count)] : await Addresses(rpc.Wallet(wallet), null, count, stop);

    private static async Task<string?> WalletName(UpRpc rpc)
    {
        var (wallets, error) = await rpc.Call("listwallets");
        return error is null && wallets is JsonArray { Count: > 0 } list ? (string?)list[0] : null;
    }

    /// <summary>The wallet's addresses under the label "viddhana", made at the first call, so that a second run finds them again.</summary>
    private static async Task<string[]> Addresses(UpRpc rpc, string? createWallet, int count, CancellationToken stop)
    {
        if (createWallet is not null)
        {
            var created = await rpc.Call("createwallet", createWallet);
            if (created.Error is not null) await rpc.Call("loadwallet", createWallet);
            rpc = rpc.Wallet(createWallet);
        }

        var made = new List<string>();
        for (var i = 0; i < count; i++)
        {
            stop.ThrowIfCancellationRequested();
            var label = $"viddhana-{count}-{i}";
            var (known, _) = await rpc.Call("getaddressesbylabel", label);
            if (known is JsonObject { Count: > 0 } addresses)
            {
                made.Add(addresses.First().Key);
                continue;
            }

            var (address, error) = await rpc.Call("getnewaddress", label, "bech32");
            if (error is not null) throw new BuildFailedException($"the wallet at {rpc.Name} gives no address: {error}");
            made.Add((string)address!);
        }

        return [.. made];
    }
}

/// <summary>JSON-RPC of a node, as far as <c>up</c> needs it.</summary>
internal sealed class UpRpc
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Uri _url;
    private readonly string _login;
    private readonly string? _cookieFile;

    /// <param name="url">The node, with user and password where no cookie file is given.</param>
    /// <param name="cookieFile">The node's own credentials, new at each of its starts.</param>
    public UpRpc(string url, string? cookieFile)
    {
        var parsed = new Uri(url);
        _login = Uri.UnescapeDataString(parsed.UserInfo);
        _cookieFile = cookieFile;
        _url = new UriBuilder(parsed) { UserName = "", Password = "" }.Uri;
    }

    private UpRpc(Uri url, string login, string? cookieFile) => (_url, _login, _cookieFile) = (url, login, cookieFile);

    /// <summary>The address without credentials.</summary>
    public string Name => _url.Authority;

    public UpRpc Wallet(string name) => new(new Uri(_url, "/wallet/" + Uri.EscapeDataString(name)), _login, _cookieFile);

    /// <summary>Calls a method; the error is null when it went well.</summary>
    public async Task<(JsonNode? Result, string? Error)> Call(string method, params string[] parameters)
    {
        var body = new JsonObject
        {
            ["jsonrpc"] = "1.0",
            ["id"] = 1,
            ["method"] = method,
            ["params"] = new JsonArray([.. parameters.Select(p => JsonValue.Create(p))]),
        };
        using var request = new HttpRequestMessage(
            HttpMethod.Post, _url)
        { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        try
        {
            var login = _cookieFile is null ? _login : (await File.ReadAllTextAsync(_cookieFile)).Trim();
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));
            using var response = await Client.SendAsync(request);
            if (response.StatusCode == System.Net.HttpStatusCode.Unauthorized) return (null, "it refuses user or password (HTTP 401)");
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync());
            var error = answer?["error"];
            return error is null ? (answer?["result"]?.DeepClone(), null) : (null, (string?)error["message"] ?? error.ToJsonString());
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or JsonException or IOException)
        {
            return (null, failure.Message);
        }
    }
}
