using System.Text;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>What a submission becomes, and how each verdict is answered.</summary>
public sealed class SubmitTests
{
    private const string Job1 = "0003000000010000";

    [Test]
    public void A_share_reaches_the_round_in_binary_with_what_was_handed_out_under_its_job_id()
    {
        var rig = new Rig().LoggedIn();
        rig.Send(Rig.Ask("4", "mining.submit", $$"""["{{Rig.Address}}.rig","{{Job1}}","0102030405060708","6553f1ff","3b9a12"]"""));
        var (pending, _) = rig.Judged.Single();
        Assert.That(pending.Share.Extranonce2, Is.EqualTo(0x0807060504030201));
        Assert.That(pending.Share.Extranonce2Size, Is.EqualTo(8));
        Assert.That(pending.Share.Ntime, Is.EqualTo(0x6553f1ff));
        Assert.That(pending.Share.Nonce, Is.EqualTo(0x003b9a12), "a short nonce is padded on the left");
        Assert.That(pending.Share.HasVersionBits, Is.False);
        Assert.That(pending.Extranonce1, Is.EqualTo(0x0a004000), "the first byte on the wire is the lowest");
        Assert.That(pending.Work.Work.Job, Is.SameAs(rig.CurrentJob));
        Assert.That(pending.Work.Difficulty.Difficulty.Text, Is.EqualTo("1024"));
        Assert.That(pending.Work.SentMs, Is.EqualTo(rig.NowMs));
        Assert.That(pending.Worker!.Name, Is.EqualTo(Rig.Address + ".rig"));
        Assert.That(pending.Verdict, Is.Null);
    }

    [TestCase(ShareResult.Accepted, "true", "null")]
    [TestCase(ShareResult.SolvesBlock, "true", "null")]
    [TestCase(ShareResult.UnknownJob, "null", "[21,\"Job not found\",null]")]
    [TestCase(ShareResult.Stale, "null", "[21,\"Stale share\",null]")]
    [TestCase(ShareResult.Duplicate, "null", "[22,\"Duplicate share\",null]")]
    [TestCase(ShareResult.LowDifficulty, "null", "[23,\"Low difficulty share\",null]")]
    [TestCase(ShareResult.TimeOutOfRange, "null", "[20,\"Time out of range\",null]")]
    [TestCase(ShareResult.VersionNotAllowed, "null", "[20,\"Version bits not allowed\",null]")]
    [TestCase(ShareResult.Malformed, "null", "[20,\"Malformed share\",null]")]
    [TestCase(ShareResult.Unauthorized, "null", "[24,\"Unauthorized worker\",null]")]
    [TestCase(ShareResult.NotSubscribed, "null", "[25,\"Not subscribed\",null]")]
    [TestCase(ShareResult.Unavailable, "null", "[20,\"Pool cannot record shares\",null]")]
    public void Each_verdict_has_its_answer(ShareResult verdict, string result, string error)
    {
        var rig = new Rig { Judge = _ => verdict }.LoggedIn();
        Assert.That(rig.Send(Rig.Submit(Job1)), Is.EqualTo($$"""{"id":4,"result":{{result}},"error":{{error}}}""" + "\n"));
    }

    [Test]
    public void Every_verdict_is_covered()
    {
        foreach (var verdict in Enum.GetValues<ShareResult>())
        {
            if (verdict is ShareResult.Accepted or ShareResult.SolvesBlock) continue;
            Assert.That(V1Writer.ErrorOf(verdict).Length, Is.Positive);
        }
    }

    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1a2b3c4d\"", null)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1\"", null)]
    [TestCase("\"000000000000000A\"", "\"6553F100\"", "\"1A2B3C4D\"", null)]
    [TestCase("\"\\u0030000000000000001\"", "\"6553f100\"", "\"1a2b3c4\\u0064\"", null)]
    [TestCase("\"00000000000001\"", "\"6553f100\"", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"000000000000000001\"", "\"6553f100\"", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"0x00000000000001\"", "\"6553f100\"", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"553f100\"", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\" 553f100\"", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f1000\"", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1a2b3c4d5\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"+1\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1 \"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1\\u0000\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"１\"", ShareResult.Malformed)]
    [TestCase("1", "\"6553f100\"", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "null", "\"1a2b3c4d\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "[\"1a2b3c4d\"]", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1a2b3c4d\",\"1fffe00\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1a2b3c4d\",\"0\"", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1a2b3c4d\",7", ShareResult.Malformed)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1a2b3c4d\",null", null)]
    [TestCase("\"0000000000000001\"", "\"6553f100\"", "\"1a2b3c4d\",\"00c00000\",\"more\",{},[]", null)]
    public void Fields_are_read_strictly(string extranonce2, string ntime, string nonce, ShareResult? decided)
    {
        var rig = new Rig().LoggedIn();
        rig.Send(Rig.Ask("4", "mining.submit", $$"""["{{Rig.Address}}.rig","{{Job1}}",{{extranonce2}},{{ntime}},{{nonce}}]"""));
        Assert.That(rig.Judged.Single().Pending.Verdict, Is.EqualTo(decided));
        Assert.That(rig.Session.CloseReason, Is.Null);
    }

    [TestCase("[]", ShareResult.Unauthorized)]
    [TestCase("{}", ShareResult.Unauthorized)]
    [TestCase("null", ShareResult.Unauthorized)]
    [TestCase("[\"" + Rig.Address + ".rig\"]", ShareResult.Malformed)]
    [TestCase("[\"" + Rig.Address + ".rig\",\"x\"]", ShareResult.Malformed)]
    public void Missing_fields_are_a_verdict_too(string parameters, ShareResult decided)
    {
        var rig = new Rig().LoggedIn();
        rig.Send($$"""{"id":4,"method":"mining.submit","params":{{parameters}}}""" + "\n");
        Assert.That(rig.Judged.Single().Pending.Verdict, Is.EqualTo(decided));
    }

    [TestCase("0003000000010001")]
    [TestCase("0003000000020000")]
    [TestCase("0000000000000000")]
    [TestCase("")]
    [TestCase("1")]
    [TestCase("0x03000000010000")]
    [TestCase("zzzzzzzzzzzzzzzz")]
    [TestCase("00030000000100000")]
    public void A_job_id_that_was_not_handed_out_here_is_unknown(string jobId)
    {
        var rig = new Rig().LoggedIn();
        Assert.That(rig.Send(Rig.Submit(jobId)), Does.Contain("[21,\"Job not found\",null]"));
        Assert.That(rig.Judged.Single().Pending.Work.Work, Is.Null);
    }

    [Test]
    public void A_giant_job_id_is_unknown()
    {
        var rig = new Rig().LoggedIn();
        Assert.That(rig.Send(Rig.Submit(new string('0', 3000))), Does.Contain("[21,"));
    }

    [Test]
    public void Before_subscribe_it_is_25_and_before_authorize_24_and_the_connection_stays()
    {
        var rig = new Rig();
        Assert.That(rig.Send(Rig.Submit(Job1)), Does.Contain("[25,"));
        rig.Send(Rig.Subscribe);
        Assert.That(rig.Send(Rig.Submit(Job1)), Does.Contain("[24,"));
        Assert.That(rig.Session.CloseReason, Is.Null);
        rig.Send(Rig.Authorize);
        Assert.That(rig.Send(Rig.Submit(Job1)), Does.Contain("true"));
    }

    [Test]
    public void Shares_are_credited_to_the_worker_they_name()
    {
        var rig = new Rig().LoggedIn();
        for (var i = 0; i < 20; i++) rig.Send($$"""{"id":2,"method":"mining.authorize","params":["{{Rig.Address}}_w{{i}}","x"]}""" + "\n");
        foreach (var i in new[] { 7, 0, 19, 3 })
        {
            rig.Send(Rig.Submit(Job1, user: $"{Rig.Address}_w{i}"));
            Assert.That(rig.Judged[^1].Pending.Worker!.Name, Is.EqualTo($"{Rig.Address}.w{i}"));
        }
    }

    [TestCase(Rig.Address, null)]
    [TestCase(Rig.Address + ".other", null)]
    [TestCase(Rig.Address + "_", null)]
    [TestCase("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2.rig", ShareResult.Unauthorized)]
    [TestCase("", ShareResult.Unauthorized)]
    public void A_name_of_the_same_account_is_credited_to_the_first_worker_and_no_other_is(string user, ShareResult? decided)
    {
        var rig = new Rig().LoggedIn();
        rig.Send(Rig.Submit(Job1, user: user));
        var (pending, _) = rig.Judged.Single();
        Assert.That(pending.Verdict, Is.EqualTo(decided));
        Assert.That(pending.Worker!.Name, Is.EqualTo(Rig.Address + ".rig"));
        Assert.That(pending.Work.Work, Is.Not.Null, "a block found under a wrong name is still a block");
    }

    [Test]
    public void An_escaped_user_name_is_the_same_name()
    {
        var rig = new Rig().LoggedIn();
        rig.Send(Rig.Submit(Job1, user: Rig.Address.Replace("bc1", "\\u0062c1", StringComparison.Ordinal) + "\\u002erig"));
        Assert.That(rig.Judged.Single().Pending.Verdict, Is.Null);
    }

    [TestCase(false, "", 0u)]
    [TestCase(true, "", 0x1fffe000u)]
    public void Version_bits_and_mask_travel_with_the_share(bool isConfigured, string _, uint mask)
    {
        var rig = new Rig();
        if (isConfigured) rig.Send(Rig.Configure);
        rig.LoggedIn();
        rig.Send(Rig.Submit(Job1).Replace("\"1a2b3c4d\"", "\"1a2b3c4d\",\"00C00000\"", StringComparison.Ordinal));
        var (pending, _) = rig.Judged.Single();
        Assert.That(pending.Work.VersionMask, Is.EqualTo(mask));
        Assert.That(pending.Share.VersionBits, Is.EqualTo(0x00c00000));
        Assert.That(pending.Share.HasVersionBits, Is.True);
    }

    [Test]
    public void Twenty_submissions_with_the_same_id_get_twenty_answers_in_order()
    {
        var rig = new Rig { Judge = p => p.Share.Nonce % 2 == 0 ? ShareResult.Accepted : ShareResult.LowDifficulty }.LoggedIn();
        var reply = rig.Send(string.Concat(Enumerable.Range(0, 20).Select(i => Rig.Submit(Job1, nonce: $"{i:x}"))));
        var lines = reply.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(20));
        for (var i = 0; i < 20; i++) Assert.That(lines[i], Does.Contain(i % 2 == 0 ? "true" : "[23,"));
    }

    [TestCase("null,")]
    [TestCase("")]
    public void A_submission_without_id_is_judged_and_not_answered(string id)
    {
        var rig = new Rig().LoggedIn();
        var text = Rig.Submit(Job1).Replace("\"id\":4,", id.Length > 0 ? "\"id\":null," : "", StringComparison.Ordinal);
        Assert.That(rig.Send(text), Is.Empty);
        Assert.That(rig.Judged.Single().Verdict, Is.EqualTo(ShareResult.Accepted));
    }

    [Test]
    public void No_request_overtakes_a_submission()
    {
        var rig = new Rig().LoggedIn();
        var ping = """{"id":"p","method":"mining.ping"}""" + "\n";
        var reply = rig.Send(Rig.Submit(Job1, 1) + Rig.Submit(Job1, 2) + ping + Rig.Submit(Job1, 3) + "nonsense\n");
        Assert.That(
            reply.Split('\n').Select(line => line.Length > 6 ? line[6..9] : line),
            Is.EqualTo(new[] { "1,\"", "2,\"", "\"p\"", "3,\"", "" }));
        Assert.That(rig.Session.CloseReason, Is.Not.Null, "and the malformed line closes only after the answers before it");
    }

    [Test]
    public void A_full_round_pauses_and_nothing_is_lost()
    {
        var rig = new Rig(roundCapacity: 3).LoggedIn();
        var reply = rig.Send(string.Concat(Enumerable.Range(0, 20).Select(i => Rig.Submit(Job1, i))));
        Assert.That(reply.TrimEnd().Split('\n').Select(line => line[6..line.IndexOf(',', StringComparison.Ordinal)]),
            Is.EqualTo(Enumerable.Range(0, 20).Select(i => i.ToString())));
    }

    [TestCase("7")]
    [TestCase("007")]
    [TestCase("-7")]
    [TestCase("9999999999999999999")]
    [TestCase("\"\"")]
    public void A_kept_id_reads_back_as_it_was_and_its_place_is_free_after_that(string id)
    {
        var ids = default(V1RequestIds);
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(ids.TryKeep(Encoding.ASCII.GetBytes(id), out var reference), Is.True, $"id {i}");
            Assert.That(Encoding.ASCII.GetString(ids.Text(reference, new byte[16])), Is.EqualTo(id));
            ids.Release(reference);
        }
    }

    [Test]
    public void Many_ids_that_are_words_wait_side_by_side()
    {
        var rig = new Rig(roundCapacity: 500).LoggedIn();
        var submit = Rig.Submit(Job1);
        var submits = Enumerable.Range(0, 200).Select(i => submit.Replace("\"id\":4", $"\"id\":\"word-{i}\"", StringComparison.Ordinal));
        var reply = rig.Send(string.Concat(submits));
        Assert.That(reply.TrimEnd().Split('\n').Select(line => line[..(line.IndexOf(',', StringComparison.Ordinal))]),
            Is.EqualTo(Enumerable.Range(0, 200).Select(i => $"{{\"id\":\"word-{i}\"")));
    }

    [Test]
    public void Five_hundred_messages_in_one_segment_are_answered_in_order()
    {
        var rig = new Rig().LoggedIn();
        var text = new StringBuilder();
        for (var i = 0; i < 500; i++) text.Append(i % 7 == 0 ? $$"""{"id":{{i}},"method":"mining.ping"}""" + "\n" : Rig.Submit(Job1, i));
        var reply = rig.Send(text.ToString());
        Assert.That(reply.TrimEnd().Split('\n').Select(line => line[6..line.IndexOf(',', StringComparison.Ordinal)]),
            Is.EqualTo(Enumerable.Range(0, 500).Select(i => i.ToString())));
    }
}
