using System.Net;
using System.Net.Sockets;
using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Engine.Node;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Node;

/// <summary>The RPC client against everything that may sit at the other end.</summary>
internal sealed class NodeClientTests
{
    private static Task<RpcReply> Call(NodeClient client, string method = "getbestblockhash") =>
        client.CallAsync(method, null, CancellationToken.None);

    [Test]
    public async Task A_result_comes_back_as_the_raw_json_that_the_node_sent()
    {
        await using var node = new FakeNode();
        node.On("anything", p => FakeReply.Result($"{{\"params\":{p.GetRawText()}, \"n\" : 1}}"));
        using var client = new NodeClient(node.Config());

        using var reply = await client.CallAsync("anything", "[7,\"x\"]", CancellationToken.None);

        Assert.That(reply.Error, Is.Null);
        Assert.That(Encoding.UTF8.GetString(reply.Result), Is.EqualTo("{\"params\":[7,\"x\"], \"n\" : 1}"));
    }

    [TestCase("{\"result\":\"ok\",\"error\":null,\"id\":1}\n")]
    [TestCase("{\"result\":\"ok\",\"error\":null,\"id\":123456}")]
    [TestCase("{ \"error\" : null, \"id\" : \"a\", \"result\" : \"ok\" }")]
    [TestCase("{\"jsonrpc\":\"2.0\",\"result\":\"ok\",\"id\":1}")]
    [TestCase("{\"id\":1,\"extra\":{\"result\":\"no\",\"error\":{\"code\":1}},\"result\":\"ok\"}")]
    public async Task A_result_is_found_wherever_it_stands(string body)
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Http(200, body));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error, Is.Null);
        Assert.That(reply.ResultText, Is.EqualTo("ok"));
    }

    [Test]
    public async Task A_node_may_be_named_by_its_host()
    {
        await using var node = new FakeNode();
        using var client = new NodeClient(new NodeConfig { Url = $"http://localhost:{node.Port}" });

        using var reply = await Call(client);

        Assert.That(reply.Error, Is.Null);
        Assert.That(client.Name, Is.EqualTo($"localhost:{node.Port}"));
    }

    [Test]
    public async Task A_null_result_is_no_text()
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Result("null"));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error, Is.Null);
        Assert.That(reply.ResultText, Is.Null);
    }

    [TestCase(500)]
    [TestCase(404)]
    [TestCase(200)]
    public async Task A_json_error_keeps_its_code_whatever_the_http_status(int status)
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Error(-28, "Loading block index…\n    at stack.trace (file.js:1)", status));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error!.Is(RpcError.WarmingUp));
        Assert.That(reply.Error!.Message, Does.Contain("Loading block index…").And.Contain(node.Name).And.Not.Contain("stack"));
        Assert.That(reply.Result.IsEmpty);
    }

    [Test]
    public async Task An_empty_401_is_explained_as_a_wrong_login_and_never_shows_the_password()
    {
        await using var node = new FakeNode { Login = FakeNode.Basic("u:right-word") };
        using var client = new NodeClient(node.Config("pooluser:wrong-word"));

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.Unauthorized));
        Assert.That(reply.Error!.Message, Does.Contain("pooluser").And.Contain("401").And.Not.Contain("wrong-word"));
    }

    [Test]
    public async Task A_password_that_a_node_repeats_is_blacked_out()
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Error(-1, "bad login u:secret-word or " + FakeNode.Basic("u:secret-word")));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error!.Message, Does.Contain("***").And.Not.Contain("secret-word"));
        Assert.That(reply.Error!.Message, Does.Not.Contain(FakeNode.Basic("u:secret-word")[6..]));
    }

    [Test]
    public async Task A_password_of_its_own_key_wins_over_the_url_and_may_hold_any_letter()
    {
        await using var node = new FakeNode { Login = FakeNode.Basic("u:p@ss:w/rd%20") };
        var config = node.Config("u:other");
        config.Password = "p@ss:w/rd%20";
        using var client = new NodeClient(config);

        using var reply = await Call(client);

        Assert.That(reply.Error, Is.Null);
    }

    [Test]
    public async Task A_url_may_carry_escaped_letters()
    {
        await using var node = new FakeNode { Login = FakeNode.Basic("u:a b@c") };
        using var client = new NodeClient(node.Config("u:a%20b%40c"));

        using var reply = await Call(client);

        Assert.That(reply.Error, Is.Null);
    }

    [Test]
    public async Task A_cookie_file_is_read_again_when_the_node_writes_a_new_one()
    {
        var path = Path.Combine(Path.GetTempPath(), $"node-cookie-{Guid.NewGuid():n}");
        try
        {
            await File.WriteAllTextAsync(path, "__cookie__:aaaaaaaa");
            await using var node = new FakeNode { Login = FakeNode.Basic("__cookie__:aaaaaaaa") };
            using var client = new NodeClient(new NodeConfig { Url = $"http://{node.Name}", CookieFile = path });
            using (var reply = await Call(client)) Assert.That(reply.Error, Is.Null);

            // Same length, and the time stamp of the old one: only the 401 can tell.
            var stamp = File.GetLastWriteTimeUtc(path);
            await File.WriteAllTextAsync(path, "__cookie__:bbbbbbbb");
            File.SetLastWriteTimeUtc(path, stamp);
            node.Login = FakeNode.Basic("__cookie__:bbbbbbbb");
            using (var reply = await Call(client)) Assert.That(reply.Error, Is.Null);

            await File.WriteAllTextAsync(path, "__cookie__:cccccccccc");
            node.Login = FakeNode.Basic("__cookie__:cccccccccc");
            var before = node.Logins.Count;
            using (var reply = await Call(client)) Assert.That(reply.Error, Is.Null);
            Assert.That(node.Logins.Count, Is.EqualTo(before + 1), "a cookie with a new stamp is used at the first try");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public async Task A_missing_cookie_file_is_named()
    {
        using var client = new NodeClient(new NodeConfig { Url = "http://127.0.0.1:1", CookieFile = "/nowhere/.cookie" });

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.Unauthorized));
        Assert.That(reply.Error!.Message, Does.Contain("/nowhere/.cookie").And.Contain("does not exist"));
    }

    [Test]
    public async Task Nothing_listening_is_explained()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = new NodeClient(new NodeConfig { Url = $"http://u:secret-word@127.0.0.1:{port}" });

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.Unreachable));
        Assert.That(reply.Error!.Message, Does.Contain($"127.0.0.1:{port}").And.Contain("is the node running").And.Not.Contain("secret"));
    }

    [TestCase("<html>hello</html>", TestName = "Another_web_server_is_no_node")]
    [TestCase("{\"result\":", TestName = "Half_a_json_answer_is_no_node")]
    [TestCase("[]", TestName = "A_json_list_is_no_node")]
    [TestCase("", TestName = "An_empty_answer_is_no_node")]
    [TestCase("{\"hello\":1}", TestName = "Json_without_result_is_no_node")]
    public async Task Not_a_node(string body)
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Http(200, body));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.NotANode));
        Assert.That(reply.Error!.Message, Does.Contain("is the port right"));
    }

    [Test]
    public async Task A_port_that_does_not_speak_http_is_explained()
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Raw("\x00\x01\x02 not http\r\n\r\n"));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.NotANode).Or.EqualTo(RpcErrorKind.Broken));
        Assert.That(reply.Error!.Message, Does.Contain(node.Name));
    }

    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"result\":\"o", TestName = "An_answer_cut_in_its_body_is_broken")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"res\r\n", TestName = "An_answer_cut_in_a_chunk_is_broken")]
    [TestCase("HTTP/1.1 200 OK\r\nConte", TestName = "An_answer_cut_in_its_head_is_broken")]
    [TestCase("", TestName = "A_connection_closed_without_an_answer_is_broken")]
    public async Task Cut(string bytes)
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Raw(bytes));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.Broken));
    }

    [Test]
    public async Task A_chunked_answer_is_put_together()
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "b\r\n{\"result\":\"\r\n2\r\nok\r\n16\r\n\",\"error\":null,\"id\":1}\r\n0\r\n\r\n"));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.ResultText, Is.EqualTo("ok"));
    }

    [Test]
    public async Task A_hung_node_costs_only_the_time_limit_and_other_calls_go_on()
    {
        await using var node = new FakeNode();
        node.OnAsync("hang", async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return FakeReply.Result("1");
        });
        var config = node.Config();
        config.TimeoutMs = 500;
        using var client = new NodeClient(config);

        var hung = Call(client, "hang");
        using (var reply = await Call(client)) Assert.That(reply.Error, Is.Null);
        using var late = await Eventually.Result(hung, "the hung call to end");

        Assert.That(late.Error!.Kind, Is.EqualTo(RpcErrorKind.TimedOut));
    }

    [Test]
    public async Task A_node_that_dribbles_its_answer_costs_only_the_time_limit()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        _ = Task.Run(async () =>
        {
            using var peer = await listener.AcceptTcpClientAsync();
            var stream = peer.GetStream();
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"u8.ToArray());
            while (!stop.IsCancellationRequested)
            {
                await stream.WriteAsync("x"u8.ToArray());
                await Task.Delay(10);
            }
        });
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var client = new NodeClient(new NodeConfig { Url = $"http://127.0.0.1:{port}", TimeoutMs = 500 });

        using var reply = await Eventually.Result(Call(client), "the dribbling call to end");
        await stop.CancelAsync();
        listener.Stop();

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.TimedOut));
    }

    [Test]
    public async Task The_callers_own_cancellation_is_an_exception()
    {
        await using var node = new FakeNode();
        node.OnAsync("hang", async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return FakeReply.Result("1");
        });
        using var client = new NodeClient(node.Config());
        using var stop = new CancellationTokenSource();

        var call = client.CallAsync("hang", null, stop.Token);
        await Eventually.True(() => node.CountOf("hang") == 1, "the call arrived");
        await stop.CancelAsync();

        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_template_of_four_megabytes_arrives_whole()
    {
        await using var node = new FakeNode();
        var transactions = string.Join(',', Enumerable.Range(0, 4_000).Select(n => $"{{\"data\":\"{new string('a', 1_000)}{n:d6}\"}}"));
        node.On("getblocktemplate", _ => FakeReply.Result(node.Template(transactions)));
        using var client = new NodeClient(node.Config());

        for (var i = 0; i < 3; i++)
        {
            using var reply = await client.CallAsync("getblocktemplate", "[{}]", CancellationToken.None);
            Assert.That(reply.Result.Length, Is.GreaterThan(4_000_000));
            var head = TemplateHead.TryRead(reply.Result);
            Assert.That(head!.Value.Height, Is.EqualTo(101));
            Assert.That(head!.Value.PrevHash, Is.EqualTo(node.Tip));
        }
    }

    [Test]
    public async Task An_answer_without_end_is_cut_off_at_the_limit()
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Raw($"HTTP/1.1 200 OK\r\nContent-Length: {NodeClient.AnswerMax + 1}\r\n\r\n"));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.NotANode));
        Assert.That(reply.Error!.Message, Does.Contain("MiB"));
    }

    [Test]
    public async Task A_block_is_sent_from_where_it_lies()
    {
        await using var node = new FakeNode();
        var sent = "";
        node.On("submitblock", p =>
        {
            sent = p[0].GetString()!;
            return FakeReply.Result("null");
        });
        using var client = new NodeClient(node.Config());
        var hex = Encoding.ASCII.GetBytes(new string('f', 3_000_000));

        using var reply = await client.SubmitBlockAsync(hex, 20_000, CancellationToken.None);

        Assert.That(reply.ResultText, Is.Null);
        Assert.That(sent, Is.EqualTo(new string('f', 3_000_000)));
    }

    [Test]
    public async Task A_full_work_queue_is_busy()
    {
        await using var node = new FakeNode();
        node.On("getbestblockhash", _ => FakeReply.Http(503, "Work queue depth exceeded"));
        using var client = new NodeClient(node.Config());

        using var reply = await Call(client);

        Assert.That(reply.Error!.Kind, Is.EqualTo(RpcErrorKind.Busy));
    }

    [TestCase("ftp://x:1")]
    [TestCase("127.0.0.1:8332")]
    [TestCase("")]
    public void A_url_that_cannot_be_used_is_refused_without_repeating_it(string url)
    {
        Assert.That(() => new NodeClient(new NodeConfig { Url = url }), Throws.InstanceOf<FormatException>());
    }
}
