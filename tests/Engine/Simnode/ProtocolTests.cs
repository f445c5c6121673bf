using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Viddhana.Tests.Engine.Simnode;

/// <summary>HTTP and JSON-RPC as nodes speak them, and what may be ordered beside.</summary>
public sealed class ProtocolTests
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(60) };
    private StartedSimnode _node = null!;

    [SetUp]
    public void Start() => _node = StartedSimnode.Start();

    [TearDown]
    public async Task Stop() => await _node.DisposeAsync();

    [TestCase("""{"id":7,"method":"getblockcount"}""", 200, """{"result":0,"error":null,"id":7}""")]
    [TestCase("""{"id":"x","method":"nope"}""", 404, """{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":"x"}""")]
    [TestCase("""{"method":"getblockhash","params":[9]}""", 500,
        """{"result":null,"error":{"code":-8,"message":"Block height out of range"},"id":null}""")]
    [TestCase("""{"method":"getblockhash","params":{"height":9}}""", 500,
        """{"result":null,"error":{"code":-8,"message":"Block height out of range"},"id":null}""")]
    [TestCase("""{"method":"getblockhash","params":[]}""", 500,
        """{"result":null,"error":{"code":-1,"message":"getblockhash height"},"id":null}""")]
    [TestCase(
        """{"method":"getblockcount","params":[1]}""", 500, """{"result":null,"error":{"code":-1,"message":"getblockcount"},"id":null}""")]
    [TestCase("""{"method":1}""", 400, """{"result":null,"error":{"code":-32600,"message":"Method must be a string"},"id":null}""")]
    [TestCase("""{"method":"uptime","params":3}""", 400,
        """{"result":null,"error":{"code":-32600,"message":"Params must be an array or object"},"id":null}""")]
    [TestCase("{", 500, """{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}""")]
    [TestCase("""{"jsonrpc":"2.0","id":1,"method":"getblockcount"}""", 200, """{"jsonrpc":"2.0","result":0,"id":1}""")]
    [TestCase("""{"jsonrpc":"2.0","id":1,"method":"nope"}""", 200,
        """{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}""")]
    [TestCase("""{"jsonrpc":"2.0","method":"getblockcount"}""", 204, "")]
    [TestCase("""[{"id":1,"method":"getblockcount"},{"id":2,"method":"nope"}]""", 200,
        """[{"result":0,"error":null,"id":1},{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":2}]""")]
    [TestCase("[]", 200, "[]")]
    public async Task Requests_get_the_answers_of_a_node(string request, int status, string answer)
    {
        using var response = await Post("/", request, "u:p");
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That((await response.Content.ReadAsStringAsync()).TrimEnd(), Is.EqualTo(answer));
    }

    [TestCase("u:x")]
    [TestCase("")]
    [TestCase("u:pp")]
    [TestCase("x:p")]
    public async Task A_wrong_password_gets_401_and_an_empty_body(string login)
    {
        using var response = await Post("/", """{"method":"getblockcount"}""", login);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
        Assert.That(response.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Basic realm=\"jsonrpc\""));
    }

    [Test]
    public async Task Get_and_unknown_paths_are_refused()
    {
        using var get = await Client.GetAsync(_node.Server.RpcUrl);
        Assert.That(get.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        using var path = await Post("/x", "{}", "u:p");
        Assert.That(path.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Every_call_is_refused_while_the_node_warms_up()
    {
        await using var cold = StartedSimnode.Start(more: settings => settings with { WarmupSeconds = 600 });
        var (_, error) = await cold.Rpc.Try("getblockcount");
        Assert.That(error!.Value.GetProperty("code").GetInt32(), Is.EqualTo(-28));
    }

    [Test]
    public async Task A_cookie_file_lets_in_and_is_gone_after_the_stop()
    {
        using var folder = new Shared.TemporaryFolder();
        var cookie = Path.Combine(folder.Path, ".cookie");
        await using (var node = StartedSimnode.Start(StartedSimnode.Settings(folder.Path), settings => settings with { Login = null }))
        {
            var rpc = new Shared.NodeRpc($"http://{await File.ReadAllTextAsync(cookie)}@{node.Server.RpcUrl.Authority}");
            Assert.That(await rpc.Height(), Is.Zero);
            if (!OperatingSystem.IsWindows())
                Assert.That(File.GetUnixFileMode(cookie), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        Assert.That(File.Exists(cookie), Is.False);
    }

    [TestCase("\r\n")]
    [TestCase("\n")]
    public async Task A_request_cut_anywhere_and_requests_glued_together_are_understood(string end)
    {
        var body = """{"id":1,"method":"getblockcount"}""";
        var login = Convert.ToBase64String("u:p"u8);
        var request = Encoding.ASCII.GetBytes(
            $"POST / HTTP/1.1{end}Host: x{end}Authorization: Basic {login}{end}Content-Length: {body.Length}{end}{end}{body}");
        using var socket = new TcpClient();
        await socket.ConnectAsync(_node.Server.RpcUrl.Host, _node.Server.RpcUrl.Port);
        var stream = socket.GetStream();
        for (var cut = 1; cut < request.Length; cut += 7)
        {
            await stream.WriteAsync(request.AsMemory(0, cut));
            await stream.FlushAsync();
            await stream.WriteAsync(request.AsMemory(cut));
            Assert.That(await Answer(stream), Does.EndWith("""{"result":0,"error":null,"id":1}""" + "\n"), $"cut at {cut}");
        }

        await stream.WriteAsync((byte[])[.. request, .. request]);
        await Answer(stream);
        Assert.That(await Answer(stream), Does.Contain("\"result\":0"));
    }

    [Test]
    public async Task Help_names_every_method_and_stop_stops()
    {
        var help = (await _node.Rpc.Call("help")).GetString()!;
        Assert.That(help, Does.Contain("getblocktemplate ( template_request )").And.Contain("\nsubmitblock hexdata"));
        Assert.That((await _node.Rpc.Call("help", "ping")).GetString(), Is.EqualTo("ping"));
        await _node.Rpc.Call("stop");
        await _node.Server.Stopped().WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Test]
    public async Task Ordered_errors_come_as_often_as_ordered_and_only_for_their_method()
    {
        await _node.Control("fail", new { method = "getblockcount", code = -9, message = "not connected", times = 2 });
        for (var i = 0; i < 2; i++)
        {
            var (_, error) = await _node.Rpc.Try("getblockcount");
            Assert.That(error!.Value.GetRawText(), Is.EqualTo("""{"code":-9,"message":"not connected"}"""));
            Assert.That((await _node.Rpc.Try("getbestblockhash")).Error, Is.Null);
        }

        Assert.That(await _node.Rpc.Height(), Is.Zero);
    }

    [Test]
    public async Task A_dropped_call_gets_no_answer_and_a_hanging_one_none_in_time()
    {
        await _node.Control("fail", new { method = "ping", drop = true });
        Assert.That(async () => await _node.Rpc.Call("ping"), Throws.InstanceOf<HttpRequestException>());

        await _node.Control("fail", new { method = "ping", hang = true });
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var request = new HttpRequestMessage(HttpMethod.Post, _node.Server.RpcUrl) { Content = new StringContent("""{"method":"ping"}""") };
        request.Headers.Authorization = Login("u:p");
        Assert.That(async () => await Client.SendAsync(request, impatient.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await _node.Rpc.Try("ping")).Error, Is.Null);
    }

    [Test]
    public async Task An_ordered_delay_holds_back_its_method_only()
    {
        await _node.Control("latency", new { ms = 3_600_000, method = "ping" });
        var slow = _node.Rpc.Call("ping");
        await _node.Rpc.Call("uptime");
        Assert.That(slow.IsCompleted, Is.False);
        await _node.Control("latency", new { ms = 0, method = "ping" });
        await _node.Rpc.Call("ping");
    }

    [Test]
    public async Task The_speed_of_other_miners_and_the_target_can_be_changed()
    {
        await _node.Control("speed", new { background_block_interval = 0.05 });
        await Shared.Eventually.Holds("other miners find blocks", async () => await _node.Rpc.Height() >= 3);
        var (_, answer) = await _node.Control("speed", new { background_block_interval = 0, bits = "1d00ffff" });
        Assert.That(answer.GetRawText(), Is.EqualTo("""{"background_block_interval":0,"bits":"1d00ffff"}"""));
        Assert.That((await _node.Template()).GetProperty("bits").GetString(), Is.EqualTo("1d00ffff"));
        Assert.That((await _node.Rpc.Call("getmininginfo")).GetProperty("difficulty").GetDouble(), Is.EqualTo(1));
    }

    [Test]
    public async Task The_version_of_templates_can_be_changed()
    {
        var (_, answer) = await _node.Control("speed", new { version = "20c00004" });
        Assert.That(answer.GetProperty("version").GetString(), Is.EqualTo("20c00004"));
        Assert.That((await _node.Template()).GetProperty("version").GetInt64(), Is.EqualTo(0x20c00004));
    }

    [TestCase("block", """{"count":0}""", "count")]
    [TestCase("block", """{"cuont":1}""", "cuont")]
    [TestCase("block", "[]", "object")]
    [TestCase("reorg", """{"depth":1}""", "no block")]
    [TestCase("speed", """{"bits":"217fffff"}""", "bits")]
    [TestCase("speed", """{"version":"2000000"}""", "version")]
    [TestCase("speed", """{"version":"00000003"}""", "version")]
    [TestCase("fail", """{"times":"x"}""", "times")]
    public async Task A_wrong_order_is_refused_with_the_reason(string verb, string body, string reason)
    {
        using var response = await Post("/control/" + verb, body, "");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain(reason));
    }

    [Test]
    public async Task Blocks_of_other_miners_hold_the_mempool_unless_ordered_empty()
    {
        var (_, full) = await _node.Control("block", new { count = 1 });
        var (_, empty) = await _node.Control("block", new { empty = true });
        Assert.That(await TransactionsOf(full), Is.EqualTo(6));
        Assert.That(await TransactionsOf(empty), Is.EqualTo(1));
    }

    [Test]
    public async Task Blocks_and_transactions_can_be_read_back_in_every_form()
    {
        var block = await _node.Maker();
        var hex = block.Build();
        await _node.Rpc.Call("submitblock", hex);
        Assert.That((await _node.Rpc.Call("getblock", block.HashText, 0)).GetString(), Is.EqualTo(hex));
        Assert.That((await _node.Rpc.Call("getblockheader", block.HashText, false)).GetString(), Is.EqualTo(hex[..160]));

        var one = await _node.Rpc.Call("getblock", block.HashText, 1);
        var two = await _node.Rpc.Call("getblock", block.HashText, 2);
        Assert.That(two.GetProperty("tx").EnumerateArray().Select(tx => tx.GetProperty("txid").GetString()),
            Is.EqualTo(one.GetProperty("tx").EnumerateArray().Select(tx => tx.GetString())));
        var synthetic = one.GetProperty("tx")[1].GetString();
        var found = await _node.Rpc.Call("getrawtransaction", synthetic, true, block.HashText);
        Assert.That(found.GetProperty("confirmations").GetInt32(), Is.EqualTo(1));
        var coinbase = one.GetProperty("tx")[0].GetString();
        Assert.That(
            (await _node.Rpc.Call("getrawtransaction", coinbase, true)).GetProperty("blockhash").GetString(), Is.EqualTo(block.HashText));
    }

    private async Task<int> TransactionsOf(JsonElement answer) =>
        (await _node.Rpc.Call("getblock", answer.GetProperty("hash").GetString())).GetProperty("nTx").GetInt32();

    private async Task<HttpResponseMessage> Post(string path, string body, string login)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Post, new Uri(_node.Server.RpcUrl, path)) { Content = new StringContent(body) };
        if (login.Length > 0) request.Headers.Authorization = Login(login);
        return await Client.SendAsync(request);
    }

    private static AuthenticationHeaderValue Login(string login) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));

    // One answer: head, then as many bytes as it says.
    private static async Task<string> Answer(NetworkStream stream)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        var length = -1;
        while (length < 0 || text.Length < length)
        {
            await stream.ReadExactlyAsync(one).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            text.Append((char)one[0]);
            if (length >= 0 || !text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) continue;

            var line = text.ToString().Split("\r\n").First(each => each.StartsWith("Content-Length: ", StringComparison.Ordinal));
            length = text.Length + int.Parse(line[16..], null);
        }

        return text.ToString();
    }
}
