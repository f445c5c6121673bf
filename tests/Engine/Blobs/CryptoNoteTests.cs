using System.Numerics;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts.Config;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Core.Stratum.CryptoNote;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>The CryptoNote dialect as XMRig meets it, down to the verdicts of real shares.</summary>
[Category("a68")]
public sealed class CryptoNoteTests
{
    private uint _nonce;

    [Test]
    public void XMRig_logs_in_and_its_shares_are_accepted()
    {
        var (rig, client) = LoggedIn();
        Assert.That(client.Jobs, Is.EqualTo(1));
        Assert.That(client.Extensions, Is.EqualTo(new[] { "algo", "keepalive" }));
        Assert.That(client.Height, Is.EqualTo(3_000_001));
        Assert.That(client.IsNicehash, Is.False, "the nonce in the blob is zero");
        Assert.That(rig.Session.IsMining);

        for (var i = 0; i < 20; i++)
        {
            client.Receive(rig.Send(client.Mine(ref _nonce, out var id)));
            Assert.That(client.Answers[id], Is.Null);
        }

        Assert.That(client.Closed, Is.Null);
        Assert.That(rig.Judged.Select(judged => judged.Verdict), Is.All.EqualTo(ShareResult.Accepted));
        Assert.That(rig.Judged[0].Pending.Worker!.Name, Is.EqualTo("4wallet.rig1"));
        Assert.That(rig.Judged[0].Pending.Work.Difficulty.Work, Is.EqualTo(4));
    }

    [Test]
    [Category("a65")]
    public void A_stop_sends_XMRig_on_with_the_port_as_text_and_says_nothing_without_a_place()
    {
        var rig = new BlobRig(BlobForm.CryptoNote, drainTo: "pool2.example.com:3333");
        rig.Session.OnDrain(rig.Output);
        Assert.That(rig.Output.Count, Is.Zero, "nobody is logged in");

        rig.Send(XmrigModel.LoginLine(BlobRig.Wallet));
        rig.Session.OnDrain(rig.Output);
        Assert.That(
            Encoding.ASCII.GetString(rig.Output.Written),
            Is.EqualTo("""{"id":null,"jsonrpc":"2.0","method":"client.reconnect","params":["pool2.example.com","3333"]}""" + "\n"));

        var (placeless, _) = LoggedIn();
        placeless.Session.OnDrain(placeless.Output);
        Assert.That(placeless.Output.Count, Is.Zero);
    }

    [Test]
    public void The_transcript_is_this_to_the_byte()
    {
        var rig = new BlobRig(BlobForm.CryptoNote);
        var login = rig.Send(XmrigModel.LoginLine(BlobRig.Wallet));
        var blob = BlobOf(login);
        var seed = Convert.ToHexStringLower(rig.Job.Variants.Get(rig.Job, 0).Blob!.SeedHash);
        Assert.That(seed, Has.Length.EqualTo(64));
        var job = "{\"job_id\":\"0007000000010000\",\"height\":3000001,\"seed_hash\":\"" + seed + "\",\"blob\":\"" + blob
            + "\",\"target\":\"ffffff3f\",\"algo\":\"test/0\"}";

        Assert.That(login, Is.EqualTo(
            "{\"id\":1,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"id\":\"0140000a\",\"job\":" + job
            + ",\"extensions\":[\"algo\",\"keepalive\"],\"status\":\"OK\"}}\n"));
        Assert.That(
            rig.Send("{\"id\":3,\"jsonrpc\":\"2.0\",\"method\":\"keepalived\",\"params\":{\"id\":\"0140000a\"}}\n"),
            Is.EqualTo("{\"id\":3,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"status\":\"KEEPALIVED\"}}\n"));
        Assert.That(
            rig.Send("{\"id\":4,\"method\":\"getjob\",\"params\":{\"id\":\"0140000a\"}}\n"),
            Is.EqualTo("{\"id\":4,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":" + job + "}\n"));

        var next = rig.NewJob(2);
        Assert.That(next, Does.StartWith(
            "{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{\"job_id\":\"0007000000020000\",\"height\":3000002,"));
        Assert.That(
            rig.Send("{\"id\":\"x\",\"method\":\"submit\",\"params\":{\"id\":\"0140000a\",\"job_id\":\"1\",\"nonce\":\"00000000\","
                + "\"result\":\"" + new string('0', 64) + "\"}}\n"),
            Is.EqualTo("{\"id\":\"x\",\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"message\":\"Invalid job id\"},\"result\":null}\n"));
    }

    [Test]
    public void Every_verdict_is_told_in_the_words_that_clients_know()
    {
        var (rig, client) = LoggedIn();
        var good = client.Mine(ref _nonce, out var first);
        client.Receive(rig.Send(good));
        client.Receive(rig.Send(good));
        Assert.That(client.Answers[first], Is.EqualTo("Duplicate share"));

        client.Receive(rig.Send(client.MineBad(ref _nonce, out var low)));
        Assert.That(client.Answers[low], Is.EqualTo("Low difficulty share"));

        rig.CanRecord = false;
        client.Receive(rig.Send(client.Mine(ref _nonce, out var lost)));
        Assert.That(client.Answers[lost], Is.EqualTo("Pool cannot record shares"));
        rig.CanRecord = true;

        var late = client.Mine(ref _nonce, out var stale);
        client.Receive(rig.NewJob(2));
        client.Receive(rig.Send(late));
        Assert.That(client.Answers[stale], Is.EqualTo("Block expired"));
        Assert.That(client.Closed, Is.Null, "none of these is worth a reconnect");
        Assert.That(
            rig.Judged.Select(judged => judged.Verdict),
            Is.EqualTo(new[]
            {
                ShareResult.Accepted, ShareResult.Duplicate, ShareResult.LowDifficulty, ShareResult.Unavailable, ShareResult.Stale,
            }));
    }

    [Test]
    public void A_job_that_was_never_handed_out_makes_the_client_come_back()
    {
        var (rig, client) = LoggedIn();
        var line = client.Mine(ref _nonce, out _).Replace(client.JobId, "0007000000010001", StringComparison.Ordinal);
        client.Receive(rig.Send(line));
        Assert.That(client.Closed, Is.EqualTo("Invalid job id"));
        Assert.That(rig.Session.CloseReason, Is.Null, "the client decides");
    }

    [Test]
    public void A_block_is_found_whatever_the_pool_thinks_of_the_share()
    {
        var rig = new BlobRig(BlobForm.CryptoNote, new DifficultyConfig { Start = "1", Min = "1" }, hasWork: false);
        rig.NewJob(1, "3fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        var client = new XmrigModel();
        client.Receive(rig.Send(client.Login()));
        var line = "";
        for (var i = 0; i < 1_000 && rig.Blocks.Count == 0; i++)
        {
            line = client.Mine(ref _nonce, out _);
            client.Receive(rig.Send(line));
        }

        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.SolvesBlock));
        var block = rig.Blocks[0];
        Assert.That(block.Header, Has.Length.EqualTo(76 + 32));
        Assert.That(block.Header[39..43], Is.EqualTo(BitConverter.GetBytes(_nonce)));
        Assert.That(block.Coinbase[^4..], Is.EqualTo(BitConverter.GetBytes(0x0140000au)), "the connection's number");

        rig.NewJob(2, "3fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        rig.Send(line);
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Stale));
        Assert.That(rig.Blocks, Has.Count.EqualTo(2));
        rig.Send(line.Replace("\"id\":\"0140000a\"", "\"id\":\"0140000b\"", StringComparison.Ordinal));
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Unauthorized));
        Assert.That(rig.Blocks, Has.Count.EqualTo(3));
    }

    [Test]
    public void Work_is_never_sent_twice_and_each_new_difficulty_comes_with_new_work()
    {
        var rig = new BlobRig(BlobForm.CryptoNote, new DifficultyConfig { Start = "4", Min = "1", Max = "4096" });
        var client = new XmrigModel();
        client.Receive(rig.Send(client.Login()));
        for (var tip = 1; tip <= 12; tip++)
        {
            for (var share = 0; share < 20; share++) client.Receive(rig.Send(client.Mine(ref _nonce, out _)));
            client.Receive(rig.Tick(5_000));
            client.Receive(rig.NewJob(tip / 3));
            client.Receive(rig.Tick(30_000));
            Assert.That(client.Closed, Is.Null);
        }

        var difficulties = rig.Judged.Select(judged => judged.Pending.Work.Difficulty.Difficulty).Distinct().ToList();
        Assert.That(difficulties, Has.Count.GreaterThan(1), "vardiff went up");
        Assert.That(
            rig.Judged.GroupBy(judged => judged.Pending.Share.JobId)
                .Select(job => job.Select(judged => judged.Pending.Work.Difficulty).Distinct().Count()),
            Is.All.EqualTo(1), "a job has one difficulty for ever");
        Assert.That(
            rig.Judged.Select(judged => judged.Verdict), Is.All.EqualTo(ShareResult.Accepted).Or.EqualTo(ShareResult.Stale));
    }

    [Test]
    public void Two_connections_never_search_the_same()
    {
        var (rig, first) = LoggedIn();
        rig.Connect(0x0140000b);
        var second = new XmrigModel();
        second.Receive(rig.Send(second.Login()));
        Assert.That(second.JobId, Is.EqualTo(first.JobId), "one job for everybody");
        Assert.That(second.Blob, Is.Not.EqualTo(first.Blob));

        // The same nonces on the one and on the other are other work.
        var line = first.Mine(ref _nonce, out _);
        rig.Send(line.Replace("0140000a", "0140000b", StringComparison.Ordinal));
        var elsewhere = rig.Judged[0].Verdict;
        rig.Connect();
        rig.Send(first.Login() + line);
        Assert.That(elsewhere, Is.AnyOf(ShareResult.Accepted, ShareResult.LowDifficulty));
        Assert.That(rig.Judged[0].Verdict, Is.EqualTo(ShareResult.Accepted));
    }

    [TestCase("4wallet", "rig1", "4wallet.rig1")]
    [TestCase("4wallet", null, "4wallet")]
    [TestCase("4wallet.left", null, "4wallet.left")]
    [TestCase("4wallet.left", "right", "4wallet.right")]
    [TestCase("4wallet+5000", "rig1", "4wallet.rig1")]
    [TestCase("4wallet.left+5000", null, "4wallet.left")]
    [TestCase("4wallet.0123456789abcdef", "rig1", "4integrated0123456789abcdef.rig1")]
    [TestCase("4wallet.0123456789abcdef.left+5000", null, "4integrated0123456789abcdef.left")]
    [Category("a69")]
    public void The_rig_id_names_the_worker_and_a_payment_id_belongs_to_the_account(string login, string? rigId, string worker)
    {
        var rig = new BlobRig(BlobForm.CryptoNote, new DifficultyConfig { Start = "4", Min = "1" });
        var client = new XmrigModel();
        client.Receive(rig.Send(XmrigModel.LoginLine(login, rig: rigId)));
        Assert.That(client.IsLoggedIn, client.Closed);
        Assert.That(rig.Session.HasWorker(Encoding.ASCII.GetBytes(worker)));
        Assert.That(client.TargetText, Is.EqualTo(login.Contains('+') ? "711b0d00" : "ffffff3f"));
    }

    [TestCase("5other", "Unknown account: the user name must begin with your payout address")]
    [TestCase("", "Unknown account: the user name must begin with your payout address")]
    [TestCase("4wallet.0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "Unknown account: the user name must begin with your payout address")]
    public void A_login_that_pays_nobody_is_refused_with_a_word_and_ends(string login, string message)
    {
        var rig = new BlobRig(BlobForm.CryptoNote);
        var client = new XmrigModel();
        client.Receive(rig.Send(XmrigModel.LoginLine(login)));
        Assert.That(client.Closed, Is.EqualTo(message));
        Assert.That(rig.Session.CloseReason, Is.Not.Null);
        Assert.That(rig.Session.IsMining, Is.False);
    }

    [TestCase("\"rx/0\",\"cn/r\"", false)]
    [TestCase("\"test/00\",\"est/0\"", false)]
    [TestCase("1,null,[\"test/0\"]", false)]
    [TestCase("", false)]
    [TestCase("\"rx/0\",\"test\\/0\"", true)]
    [Category("a69")]
    public void A_client_that_does_not_know_the_algorithm_is_refused_with_a_word(string algorithms, bool isKnown)
    {
        var rig = new BlobRig(BlobForm.CryptoNote);
        var client = new XmrigModel();
        client.Receive(rig.Send(XmrigModel.LoginLine(BlobRig.Wallet, algorithms: algorithms)));
        Assert.That(client.IsLoggedIn, Is.EqualTo(isKnown));
        if (!isKnown) Assert.That(client.Closed, Is.EqualTo("Unsupported algorithm: this pool mines test/0"));
    }

    [Test]
    public void A_client_that_names_no_algorithm_is_served()
    {
        var rig = new BlobRig(BlobForm.CryptoNote);
        const string Login = "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"4wallet\",\"pass\":\"x\"}}\n";
        Assert.That(rig.Send(Login), Does.Contain("\"status\":\"OK\""));
    }

    [Test]
    public void A_login_before_there_is_work_is_told_so_and_ends()
    {
        var rig = new BlobRig(BlobForm.CryptoNote, hasWork: false);
        var client = new XmrigModel();
        client.Receive(rig.Send(client.Login()));
        Assert.That(client.Closed, Is.EqualTo("No work yet: try again in a few seconds"));
        Assert.That(rig.Session.CloseReason, Is.Not.Null);
    }

    [TestCase("keepalived")]
    [TestCase("getjob")]
    [TestCase("submit")]
    public void Without_a_login_nothing_is_done(string method)
    {
        var rig = new BlobRig(BlobForm.CryptoNote);
        var answer = rig.Send("{\"id\":7,\"method\":\"" + method + "\",\"params\":{\"id\":\"0140000a\"}}\n");
        Assert.That(answer, Is.EqualTo(
            "{\"id\":7,\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"message\":\"Unauthenticated\"},\"result\":null}\n"));
    }

    [Test]
    public void Another_session_id_than_its_own_is_not_authenticated()
    {
        var (rig, client) = LoggedIn();
        client.Receive(rig.Send(client.Mine(ref _nonce, out _).Replace("0140000a", "0140000b", StringComparison.Ordinal)));
        Assert.That(client.Closed, Is.EqualTo("Unauthenticated"));
    }

    [TestCase("\"nonce\":\"0000000\"")]
    [TestCase("\"nonce\":\"0x000000\"")]
    [TestCase("\"nonce\":\"000000000\"")]
    [TestCase("\"nonce\":1")]
    [TestCase("\"x\":1")]
    public void A_field_that_is_not_exactly_what_it_should_be_is_malformed(string nonce)
    {
        var (rig, client) = LoggedIn();
        var line = $"{{\"id\":9,\"method\":\"submit\",\"params\":{{\"id\":\"0140000a\",\"job_id\":\"{client.JobId}\",{nonce},"
            + $"\"result\":\"{new string('0', 64)}\"}}}}\n";
        Assert.That(rig.Send(line), Does.Contain("\"message\":\"Malformed share\""));
        Assert.That(rig.Pow.Count, Is.Zero.Or.EqualTo(1));
    }

    [Test]
    public void A_nonce_in_capitals_is_the_same_nonce()
    {
        var (rig, client) = LoggedIn();
        string line;
        do line = client.Mine(ref _nonce, out _);
        while (!NonceOf(line).Any(char.IsAsciiLetter));
        rig.Send(line);
        rig.Send(line.Replace(NonceOf(line), NonceOf(line).ToUpperInvariant(), StringComparison.Ordinal));
        Assert.That(rig.Judged.Select(judged => judged.Verdict), Is.EqualTo(new[] { ShareResult.Accepted, ShareResult.Duplicate }));
    }

    [Test]
    public void What_is_asked_behind_a_share_is_answered_behind_it()
    {
        var (rig, client) = LoggedIn();
        var share = client.Mine(ref _nonce, out var id);
        var answers = rig.Send(share + client.KeepAlive() + client.Mine(ref _nonce, out var next));
        var ids = answers.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetInt64());
        Assert.That(ids, Is.EqualTo(new[] { id, id + 1, next }));
    }

    [Test]
    public void An_unknown_method_is_answered_by_an_error_object()
    {
        var rig = new BlobRig(BlobForm.CryptoNote);
        Assert.That(
            rig.Send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n"), Does.Contain("\"message\":\"Method not found\""));
        Assert.That(rig.Send("{\"method\":\"mining.subscribe\",\"params\":[]}\n"), Is.Empty);
        Assert.That(rig.Session.CloseReason, Is.Null);
    }

    [Test]
    public void The_password_chooses_a_difficulty_and_wins_over_the_login()
    {
        Assert.That(TargetOf("4wallet", "x;d=5000"), Is.EqualTo("711b0d00"));
        Assert.That(TargetOf("4wallet+5000", "d=77"), Is.EqualTo("ec1d5303"));
        Assert.That(TargetOf("4wallet", "rig:mail@example.org"), Is.EqualTo("ffffff3f"));
    }

    /// <summary>What the client takes for a share meets the exact target, and it works hardly more than it is credited with.</summary>
    [Test]
    public void Compact_targets_are_never_easier_than_the_exact_ones()
    {
        var table = new DifficultyTable(UInt256.Max);
        var random = new Random(68);
        for (var i = 0; i < 20_000; i++)
        {
            var value = Math.Max(1, (long)Math.Exp(random.NextDouble() * Math.Log(int.MaxValue)));
            var difficulty = table.Get(Difficulty.FromInteger(value));
            var output = new FrameBuffer();
            CryptoNoteWriter.WriteTarget(output, difficulty);
            var text = Encoding.ASCII.GetString(output.Written);
            var target = XmrigModel.Target(text);
            var hardest = (new BigInteger(target) << 192) - 1;
            Assert.That(hardest <= difficulty.Target.ToBigInteger(), $"{value}: {text}");
            Assert.That((double)ulong.MaxValue / target, Is.EqualTo((double)value).Within(value / 4095.0), $"{value}: {text}");
            Assert.That(text, Has.Length.EqualTo((ulong)value <= CryptoNoteWriter.ShortTargetMax ? 8 : 16));
        }
    }

    [Test]
    public void A_worker_that_comes_again_starts_where_it_was()
    {
        var (rig, client) = LoggedIn();
        var text = client.TargetText;
        for (var second = 0; second < 60 && client.TargetText == text; second++)
        {
            for (var share = 0; share < 20; share++) client.Receive(rig.Send(client.Mine(ref _nonce, out _)));
            client.Receive(rig.Tick(1_000));
        }

        Assert.That(client.TargetText, Is.Not.EqualTo(text));
        rig.Session.OnClosed(rig.Now);
        rig.Connect(11);
        var again = new XmrigModel();
        again.Receive(rig.Send(again.Login()));
        Assert.That(again.TargetText, Is.EqualTo(client.TargetText));
    }

    [Test]
    public void A_chain_whose_work_it_cannot_tell_is_refused_when_it_is_rendered()
    {
        var rig = new BlobRig(BlobForm.Ethash);
        var numbers = new JobNumbers(9, 1, true);
        var request = rig.Request(numbers) with { Render = new CryptoNoteDialect().RenderNotify };
        var chain = new TestBlobChain(BlobForm.Ethash);
        var template = chain.ReadTemplate(
            Encoding.ASCII.GetBytes(TestBlobChain.TemplateJson(1, BlobRig.HardTarget)), BlobRig.Coin(BlobForm.Ethash), out _)!;
        var job = chain.MakeJob(template, request);
        Assert.That(() => job.Variants.Get(job, 0), Throws.TypeOf<Viddhana.Core.BrokenInvariantException>());
    }

    private static string TargetOf(string login, string password)
    {
        var client = new XmrigModel();
        client.Receive(new BlobRig(BlobForm.CryptoNote).Send(XmrigModel.LoginLine(login, password)));
        return client.TargetText;
    }

    private static string NonceOf(string line) => line.Substring(line.IndexOf("\"nonce\":\"", StringComparison.Ordinal) + 9, 8);

    private static string BlobOf(string text)
    {
        var at = text.IndexOf("\"blob\":\"", StringComparison.Ordinal) + 8;
        return text[at..text.IndexOf('"', at)];
    }

    private static (BlobRig Rig, XmrigModel Client) LoggedIn()
    {
        var rig = new BlobRig(BlobForm.CryptoNote);
        var client = new XmrigModel();
        client.Receive(rig.Send(client.Login()));
        Assert.That(client.Closed, Is.Null);
        return (rig, client);
    }
}
