using Viddhana.Contracts.Config;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>The dialect of Ethash miners as ethminer meets it in each of its modes, down to the verdicts of real shares.</summary>
[Category("a70")]
public sealed class EthStratumTests
{
    private ulong _nonce;

    [Test]
    public void EthereumStratum_is_this_to_the_byte()
    {
        var rig = new BlobRig(BlobForm.Ethash, new DifficultyConfig { Start = "0.5", Min = "0.0001" });
        Assert.That(
            rig.Send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"ethminer 0.19.0\",\"EthereumStratum/1.0.0\"]}\n"),
            Is.EqualTo("{\"id\":1,\"result\":[[\"mining.notify\",\"0140000a\",\"EthereumStratum/1.0.0\"],\"40000a\"],\"error\":null}\n"));
        Assert.That(
            rig.Send("{\"id\":2,\"method\":\"mining.extranonce.subscribe\",\"params\":[]}\n"),
            Is.EqualTo("{\"id\":2,\"result\":true,\"error\":null}\n"));
        Assert.That(rig.Session.IsMining, Is.False);
        var lines = rig.Send("{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"4wallet.rig1\",\"x\"]}\n").Split('\n');
        Assert.That(lines[0], Is.EqualTo("{\"id\":3,\"result\":true,\"error\":null}"));
        Assert.That(lines[1], Is.EqualTo("{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[0.5]}"));
        Assert.That(
            lines[2],
            Does.Match("^{\"id\":null,\"method\":\"mining.notify\",\"params\":\\[\"0007000000010000\"(,\"[0-9a-f]{64}\"){2},true\\]}$"));
        Assert.That(lines, Has.Length.EqualTo(4));
        Assert.That(
            rig.NewJob(1),
            Does.Match("^{\"id\":null,\"method\":\"mining.notify\",\"params\":\\[\"0007000000020000\"(,\"[0-9a-f]{64}\"){2},false\\]}\n$"));
        Assert.That(
            rig.Send("{\"id\":40,\"method\":\"mining.submit\",\"params\":[\"4wallet.rig1\",\"bf0488aa\",\"6a909d9bbc\"]}\n"),
            Is.EqualTo("{\"id\":40,\"result\":false,\"error\":[21,\"Job not found\",null]}\n"));
    }

    [TestCase(EthminerMode.Stratum)]
    [TestCase(EthminerMode.EthProxy)]
    [TestCase(EthminerMode.EthereumStratum)]
    public void Ethminer_mines_in_every_mode(object mode)
    {
        var (rig, client) = LoggedIn((EthminerMode)mode);
        Assert.That(client.Jobs, Is.EqualTo(1));
        for (var device = 0; device < 3; device++) client.Receive(rig.Send(client.Mine(ref _nonce, device)));
        Assert.That(
            client.Answers.Select(answer => (answer.Id, answer.IsAccepted)),
            Is.EqualTo(new[] { (40, true), (41, true), (42, true) }));
        Assert.That(rig.Judged[0].Pending.Worker!.Name, Is.EqualTo("4wallet.rig1"));

        client.Receive(rig.Send(client.Hashrate()));
        var late = client.Mine(ref _nonce);
        client.Receive(rig.NewJob(2));
        client.Height = 3_000_002;
        Assert.That(client.Jobs, Is.EqualTo(2));
        client.Receive(rig.Send(late));
        Assert.That(client.Answers[3].Error, Does.Contain("Stale share"));

        var share = client.Mine(ref _nonce);
        client.Receive(rig.Send(share));
        client.Receive(rig.Send(share));
        client.Receive(rig.Send(client.Mine(ref _nonce, good: false)));
        Assert.That(client.Answers[4].IsAccepted);
        Assert.That(client.Answers[5].Error, Does.Contain("Duplicate share"));
        Assert.That(client.Answers[6].Error, Does.Contain("Low difficulty share"));
        Assert.That(client.Closed, Is.Null);
    }

    [Test]
    public void The_easiest_difficulty_that_ethminer_knows_means_the_same_to_both()
    {
        var rig = new BlobRig(BlobForm.Ethash, new DifficultyConfig { Start = "0.0001", Min = "0.0001", Vardiff = false });
        var client = ConverseAsIs(rig, new EthminerModel(EthminerMode.EthereumStratum));
        client.Receive(rig.Send(client.Mine(ref _nonce)));
        client.Receive(rig.Send(client.Mine(ref _nonce, good: false)));
        Assert.That(client.Answers.Select(answer => answer.IsAccepted), Is.EqualTo(new[] { true, false }));
        var (told, exact) = (client.Boundary.ToBigInteger(), rig.Judged[0].Pending.Work.Difficulty.Target.ToBigInteger());
        Assert.That((double)(told - exact) / (double)exact, Is.Zero.Within(1e-12));
    }

    [Test]
    public void Auto_detection_gets_an_error_at_once_and_then_what_it_speaks()
    {
        var rig = new BlobRig(BlobForm.Ethash, Easy);
        var second = new EthminerModel(EthminerMode.EthereumStratum2);
        Assert.That(second.Receive(rig.Send(second.First())), Is.Empty);
        Assert.That(second.Closed, Is.EqualTo("negotiation failed"));
        Assert.That(rig.Session.CloseReason, Is.Null);

        rig.Connect(11);
        var first = new EthminerModel(EthminerMode.EthereumStratum);
        Assert.That(Converse(rig, first).IsAuthorized);
    }

    [TestCase(EthminerMode.Stratum, false)]
    [TestCase(EthminerMode.EthProxy, false)]
    [TestCase(EthminerMode.EthereumStratum, true)]
    public void On_a_header_that_all_share_only_clients_with_nonces_of_their_own_are_served(object mode, bool isServed)
    {
        var rig = new BlobRig(BlobForm.SharedEthash, Easy);
        var client = Converse(rig, new EthminerModel((EthminerMode)mode));
        Assert.That(client.IsAuthorized, Is.EqualTo(isServed));
        Assert.That(client.Closed, Is.EqualTo(isServed ? null : "negotiation failed"));
    }

    [TestCase(EthminerMode.Stratum)]
    [TestCase(EthminerMode.EthProxy)]
    public void The_same_shows_at_the_first_job_to_who_came_before_it(object mode)
    {
        var rig = new BlobRig(BlobForm.SharedEthash, Easy, hasWork: false);
        Converse(rig, new EthminerModel((EthminerMode)mode));
        Assert.That(rig.Session.CloseReason, Is.Null);
        Assert.That(rig.NewJob(1), Is.Empty);
        Assert.That(rig.Session.CloseReason, Is.EqualTo("This pool needs EthereumStratum/1.0.0"));
    }

    [TestCase("6a909d9bb")]
    [TestCase("6a909d9bbc00")]
    [TestCase("0x6a909d9b")]
    [TestCase("40000a6a909d9bbc")]
    [TestCase("")]
    public void A_minernonce_has_eight_bytes_less_those_of_the_extranonce(string nonce)
    {
        var (rig, client) = LoggedIn(EthminerMode.EthereumStratum);
        Assert.That(client.Extranonce, Has.Length.EqualTo(6), "three bytes");
        var line = $"{{\"id\":40,\"method\":\"mining.submit\",\"params\":[\"4wallet.rig1\",\"{client.Job}\",\"{nonce}\"]}}\n";
        client.Receive(rig.Send(line));
        Assert.That(client.Answers[0].Error, Does.Contain("Malformed share"));
    }

    [Test]
    public void The_nonce_of_a_share_begins_with_the_connections_extranonce()
    {
        var (rig, client) = LoggedIn(EthminerMode.EthereumStratum);
        rig.Send(client.Mine(ref _nonce));
        var nonce = BitConverter.GetBytes(rig.Judged[0].Pending.Share.BlobNonce);
        Assert.That(Convert.ToHexStringLower(nonce), Does.StartWith(client.Extranonce));
        Assert.That(nonce[3..].Reverse().ToArray().Concat(new byte[3]).ToArray(), Is.EqualTo(BitConverter.GetBytes(_nonce)));
    }

    [Test]
    public void Two_connections_never_search_the_same()
    {
        foreach (var form in Enum.GetValues<BlobForm>().Where(form => form != BlobForm.CryptoNote))
        {
            var rig = new BlobRig(form, Easy);
            var first = Converse(rig, new EthminerModel(EthminerMode.EthereumStratum));
            rig.Connect(0x0140000b);
            var second = Converse(rig, new EthminerModel(EthminerMode.EthereumStratum));
            Assert.That(second.Extranonce, Is.Not.EqualTo(first.Extranonce));
            Assert.That(second.Job, Is.EqualTo(first.Job));
            Assert.That(second.Header.SequenceEqual(first.Header), Is.EqualTo(form == BlobForm.SharedEthash));
        }
    }

    [Test]
    public void A_difficulty_comes_before_its_first_job_and_a_new_one_with_new_work()
    {
        var rig = new BlobRig(BlobForm.Ethash, new DifficultyConfig { Start = "0.0001", Min = "0.0001", TargetSeconds = 100 });
        var client = Converse(rig, new EthminerModel(EthminerMode.EthereumStratum));
        Assert.That(client.Jobs, Is.EqualTo(1));
        var job = client.Job;
        var text = "";
        for (var minute = 0; minute < 30 && text.Length == 0; minute++) text = rig.Tick(60_000);
        Assert.That(text, Is.Empty, "it is at the minimum already");

        rig = new BlobRig(BlobForm.Ethash, new DifficultyConfig { Start = "8", Min = "0.0001", TargetSeconds = 10 });
        client = Converse(rig, new EthminerModel(EthminerMode.EthereumStratum));
        for (var minute = 0; minute < 30 && text.Length == 0; minute++) text = rig.Tick(60_000);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.Contain("mining.set_difficulty"));
        Assert.That(lines[1], Does.Contain("0007000000010001").And.EndWith("false]}"));
        var header = client.Header;
        client.Receive(text);
        Assert.That(client.Header, Is.Not.EqualTo(header));
        Assert.That(client.Job, Is.Not.EqualTo(job));
    }

    [Test]
    public void ETHPROXY_is_this_to_the_byte()
    {
        var rig = new BlobRig(BlobForm.Ethash, new DifficultyConfig { Start = "1", Min = "0.0001" });
        Assert.That(
            rig.Send("{\"id\":1,\"method\":\"eth_submitLogin\",\"params\":[\"4wallet\",\"x\"],\"worker\":\"rig1\"}\n"),
            Is.EqualTo("{\"id\":1,\"result\":true,\"error\":null}\n"));
        var work = rig.Send("{\"id\":5,\"method\":\"eth_getWork\",\"params\":[]}\n");
        const string Boundary = "0x00000000ffff0000000000000000000000000000000000000000000000000000";
        Assert.That(work, Does.Match($"^\\{{\"id\":5,\"result\":\\[(\"0x[0-9a-f]{{64}}\",){{2}}\"{Boundary}\"\\],\"error\":null\\}}\n$"));
        Assert.That(rig.Send("{\"id\":5,\"method\":\"eth_getWork\",\"params\":[]}\n"), Is.EqualTo(work), "asking changes nothing");
        var pushed = rig.NewJob(2);
        Assert.That(
            pushed, Does.Match($"^\\{{\"id\":0,\"jsonrpc\":\"2.0\",\"result\":\\[(\"0x[0-9a-f]{{64}}\",){{2}}\"{Boundary}\"\\]\\}}\n$"));
        Assert.That(
            rig.Send("{\"id\":6,\"jsonrpc\":\"2.0\",\"worker\":\"rig1\",\"method\":\"eth_submitHashrate\",\"params\":[\"0x1\",\"0x2\"]}\n"),
            Is.EqualTo("{\"id\":6,\"result\":true,\"error\":null}\n"));
    }

    [Test]
    public void ETHPROXY_credits_the_rig_that_a_share_names_as_far_as_there_is_room()
    {
        var (rig, client) = LoggedIn(EthminerMode.EthProxy);
        foreach (var name in (string[])["rig1", "rig2", "rig3", "rig4", "rig5"])
            rig.Send(client.Mine(ref _nonce).Replace("rig1", name, StringComparison.Ordinal));
        rig.Send(client.Mine(ref _nonce).Replace(",\"worker\":\"rig1\"", "", StringComparison.Ordinal));
        Assert.That(
            rig.Judged.Select(judged => judged.Pending.Worker!.Name),
            Is.EqualTo(new[] { "4wallet.rig1", "4wallet.rig2", "4wallet.rig3", "4wallet.rig4", "4wallet.rig1", "4wallet.rig1" }));
        Assert.That(rig.Judged.Select(judged => judged.Verdict), Is.All.EqualTo(ShareResult.Accepted));
    }

    [Test]
    public void ETHPROXY_submits_to_the_header_it_names_and_to_no_other()
    {
        var (rig, client) = LoggedIn(EthminerMode.EthProxy);
        var old = client.Mine(ref _nonce);
        client.Receive(rig.NewJob(1));
        rig.Send(client.Mine(ref _nonce));
        rig.Send(old);
        Assert.That(rig.Judged.Select(judged => judged.Verdict), Is.All.EqualTo(ShareResult.Accepted), "both are alive");
        Assert.That(rig.Judged[0].Pending.Share.JobId, Is.Not.EqualTo(rig.Judged[1].Pending.Share.JobId));

        rig.Send(client.Mine(ref _nonce).Replace(Convert.ToHexStringLower(client.Header), new string('7', 64), StringComparison.Ordinal));
        Assert.That(rig.Judged[2].Verdict, Is.EqualTo(ShareResult.UnknownJob));

        for (var i = 0; i < 40; i++) client.Receive(rig.NewJob(1));
        rig.Send(client.Mine(ref _nonce));
        rig.Send(old);
        Assert.That(rig.Judged[3].Verdict, Is.EqualTo(ShareResult.Accepted));
        Assert.That(rig.Judged[4].Verdict, Is.EqualTo(ShareResult.UnknownJob), "it names one of the last sixteen");
    }

    [Test]
    public void ETHPROXY_without_work_is_told_so_and_gets_it_when_there_is_some()
    {
        var rig = new BlobRig(BlobForm.Ethash, Easy, hasWork: false);
        var client = Converse(rig, new EthminerModel(EthminerMode.EthProxy));
        Assert.That(client.IsAuthorized);
        Assert.That(client.Jobs, Is.Zero);
        Assert.That(
            rig.Send("{\"id\":5,\"method\":\"eth_getWork\",\"params\":[]}\n"),
            Is.EqualTo("{\"id\":5,\"result\":false,\"error\":[21,\"No work yet\",null]}\n"));
        client.Receive(rig.NewJob(1));
        client.Receive(rig.Send(client.Mine(ref _nonce)));
        Assert.That(client.Answers.Single().IsAccepted);
    }

    [TestCase("eth_getWork", "[24,\"Not logged in\",null]", "false")]
    [TestCase("eth_submitWork", "[25,\"Not subscribed\",null]", "false")]
    [TestCase("mining.submit", "[25,\"Not subscribed\",null]", "false")]
    [TestCase("mining.hello", "[-3,\"Method not found\",null]", "null")]
    [TestCase("mining.configure", "[-3,\"Method not found\",null]", "null")]
    public void Before_a_login_everything_is_answered_at_once(string method, string error, string result)
    {
        var rig = new BlobRig(BlobForm.Ethash, Easy);
        Assert.That(
            rig.Send($"{{\"id\":\"a\",\"method\":\"{method}\",\"params\":[]}}\n"),
            Is.EqualTo($"{{\"id\":\"a\",\"result\":{result},\"error\":{error}}}\n"));
    }

    [TestCase("{\"id\":1,\"method\":\"eth_submitLogin\",\"params\":[\"5other\"]}")]
    [TestCase("{\"id\":1,\"method\":\"eth_submitLogin\",\"params\":[]}")]
    [TestCase("{\"id\":1,\"method\":\"eth_submitLogin\",\"params\":null,\"worker\":7}")]
    [TestCase("{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"5other\"]}")]
    public void A_login_that_pays_nobody_is_refused_with_a_word(string line)
    {
        var rig = new BlobRig(BlobForm.Ethash, Easy);
        Assert.That(rig.Send(line + "\n"), Does.StartWith("{\"id\":1,\"result\":false,\"error\":[24,\"Unknown account"));
        Assert.That(rig.Session.IsMining, Is.False);
    }

    [Test]
    public void The_modes_do_not_mix_on_one_connection()
    {
        var rig = new BlobRig(BlobForm.Ethash, Easy);
        const string Login = "{\"id\":1,\"method\":\"eth_submitLogin\",\"params\":[\"4wallet\"]}\n";
        const string Subscribe = "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"x\",\"EthereumStratum/1.0.0\"]}\n";
        const string Authorize = "{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"4wallet\"]}\n";
        Assert.That(rig.Send(Login), Does.Contain("true"));
        Assert.That(rig.Send(Subscribe), Does.Contain("Logged in by eth_submitLogin"));
        Assert.That(rig.Send(Authorize), Does.Contain("Logged in by eth_submitLogin"));

        rig.Connect();
        var answer = rig.Send(Subscribe);
        Assert.That(rig.Send(Login), Does.Contain("Logged in by mining.authorize"));
        Assert.That(rig.Send(Subscribe), Is.EqualTo(answer), "the same answer a second time");
        Assert.That(rig.Send("{\"id\":1,\"method\":\"eth_submitWork\",\"params\":[]}\n"), Does.Contain("Unauthorized"));
        Assert.That(rig.Send(Authorize), Does.Contain("mining.notify"));
    }

    [Test]
    public void Another_version_of_EthereumStratum_is_refused_with_a_word()
    {
        var rig = new BlobRig(BlobForm.Ethash, Easy);
        Assert.That(
            rig.Send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"x\",\"EthereumStratum/2.0.0\"]}\n"),
            Is.EqualTo("{\"id\":1,\"result\":false,\"error\":[20,\"Only EthereumStratum/1.0.0 is spoken here\",null]}\n"));
    }

    [Test]
    public void A_block_is_found_also_by_who_may_not_submit_it()
    {
        const string Easy256 = "3fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
        var rig = new BlobRig(BlobForm.Ethash, Easy, hasWork: false);
        rig.NewJob(1, Easy256);
        var client = Converse(rig, new EthminerModel(EthminerMode.EthereumStratum));
        for (var i = 0; i < 1_000 && rig.Blocks.Count == 0; i++) client.Receive(rig.Send(client.Mine(ref _nonce)));
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.SolvesBlock));
        Assert.That(rig.Blocks[0].Header, Has.Length.EqualTo(40 + 32));
        Assert.That(rig.Blocks[0].Header[40..], Is.Not.EqualTo(new byte[32]), "the digest of the proof of work");

        var blocks = rig.Blocks.Count;
        for (var i = 0; i < 1_000 && rig.Blocks.Count == blocks; i++)
            rig.Send(client.Mine(ref _nonce).Replace("4wallet", "5other", StringComparison.Ordinal));
        Assert.That(rig.Blocks, Has.Count.EqualTo(blocks + 1));
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Unauthorized));
    }

    private static DifficultyConfig Easy => new() { Start = "0.000000001", Min = "0.000000001", Vardiff = false };

    private static (BlobRig Rig, EthminerModel Client) LoggedIn(EthminerMode mode)
    {
        var rig = new BlobRig(BlobForm.Ethash, Easy);
        var client = Converse(rig, new EthminerModel(mode));
        Assert.That(client.IsAuthorized, client.Closed);
        Assert.That(client.Boundary, Is.Not.EqualTo(UInt256.Zero));
        return (rig, client);
    }

    private static EthminerModel Converse(BlobRig rig, EthminerModel client)
    {
        // Its own floor of 0.0001 would make it search for a second.
        client.DifficultyFloor = 0;
        return ConverseAsIs(rig, client);
    }

    private static EthminerModel ConverseAsIs(BlobRig rig, EthminerModel client)
    {
        for (var toSend = client.First(); toSend.Length > 0;) toSend = client.Receive(rig.Send(toSend));
        return client;
    }
}
