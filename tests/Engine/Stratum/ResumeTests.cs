using System.Text.RegularExpressions;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>A client that comes back with its session id: same extranonce1, old work still counts, and nobody else gets in.</summary>
public sealed class ResumeTests
{
    private const string FirstId = "5e55104000000001";
    private const string SecondId = "5e55104000000002";

    [Test]
    public void A_client_that_shows_its_session_id_gets_its_extranonce1_and_its_old_work_counts()
    {
        var rig = Working(out var job);
        rig.Reconnect(afterMs: 60_000);
        Assert.That(Subscribe(rig, $"\"{FirstId}\""), Is.EqualTo((SecondId, "0040000a")));
        Assert.That(rig.Numbers.Taken, Is.EqualTo(new[] { 0x0040000au }), "the number that came with the connection is free again");

        rig.Send(Rig.Authorize);
        rig.Send(Rig.Submit(job, nonce: "00000002"));
        var (pending, verdict) = rig.Judged[^1];
        Assert.That(verdict, Is.EqualTo(ShareResult.Accepted));
        Assert.That(pending.Work.Difficulty.Difficulty.Text, Is.EqualTo("1024"));
        Assert.That(pending.Extranonce1, Is.EqualTo(0x0a004000u), "the number it was sent with");
    }

    [Test]
    public void Old_work_keeps_its_own_difficulty_whatever_the_new_connection_is_given()
    {
        var rig = Working(out var job);
        rig.Reconnect();
        Subscribe(rig, $"\"{FirstId}\"");
        var reply = rig.Send(Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}.rig","d=4096"]"""));
        Assert.That(reply, Does.Contain("mining.set_difficulty\",\"params\":[4096]"));
        rig.Send(Rig.Submit(job));
        Assert.That(rig.Judged[^1].Pending.Work.Difficulty.Difficulty.Text, Is.EqualTo("1024"));
        rig.Send(Rig.Submit(Rig.LastJobId(reply)));
        Assert.That(rig.Judged[^1].Pending.Work.Difficulty.Difficulty.Text, Is.EqualTo("4096"));
    }

    [Test]
    public void What_a_resumed_session_is_sent_is_other_work_than_before()
    {
        var rig = Working(out var job);
        rig.Reconnect();
        Subscribe(rig, $"\"{FirstId}\"");
        var reply = rig.Send(Rig.Authorize);
        Assert.That(Rig.LastJobId(reply), Is.Not.EqualTo(job).And.EqualTo(Rig.JobId(rig.CurrentJob!, 1)));
        Assert.That(reply, Does.EndWith("true]}\n"));

        rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!, 1)));
        rig.Reconnect();
        Subscribe(rig, $"\"{SecondId}\"");
        Assert.That(Rig.LastJobId(rig.Send(Rig.Authorize)), Is.EqualTo(Rig.JobId(rig.CurrentJob!, 2)), "also the second time");

        rig.Reconnect();
        rig.Publish(rig.MakeJob(tip: 1));
        Subscribe(rig, "\"5e55104000000003\"");
        Assert.That(Rig.LastJobId(rig.Send(Rig.Authorize)), Is.EqualTo(Rig.JobId(rig.CurrentJob!)), "a later job is new as it is");
    }

    [Test]
    public void After_a_withdrawn_job_a_resumed_session_is_not_sent_an_earlier_one_again()
    {
        var rig = Working(out _);
        var first = rig.CurrentJob!;
        rig.Publish(rig.MakeJob(tip: 1));
        rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!)));
        rig.Reconnect();
        rig.CurrentJob = first;
        Subscribe(rig, $"\"{FirstId}\"");
        Assert.That(rig.Send(Rig.Authorize), Does.Not.Contain("mining.notify"));
        Assert.That(rig.Publish(rig.MakeJob(tip: 1)), Does.Contain("mining.notify"));
    }

    [Test]
    public void A_resumed_session_must_authorise_again()
    {
        var rig = Working(out var job);
        rig.Reconnect();
        Subscribe(rig, $"\"{FirstId}\"");
        Assert.That(rig.Session.IsMining, Is.False);
        rig.Send(Rig.Submit(job));
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Unauthorized));
    }

    [TestCase("\"5e55104000000002\"", Description = "another's, or a guess")]
    [TestCase("\"0040000a\"", Description = "the extranonce1 itself")]
    [TestCase("\"1662637786319\"", Description = "NiceHash sends a time")]
    [TestCase("\"5e5510400000000\"")]
    [TestCase("\"5e551040000000010\"")]
    [TestCase("\"5e5510400000000g\"")]
    [TestCase("\"\"")]
    [TestCase("null", Description = "Braiins")]
    [TestCase("7")]
    [TestCase("[\"5e55104000000001\"]")]
    public void Whoever_cannot_name_it_gets_a_new_extranonce1_and_unknown_jobs(string id)
    {
        var rig = Working(out var job);
        rig.Reconnect();
        Assert.That(Subscribe(rig, id), Is.EqualTo((SecondId, "0040000b")));
        rig.Send(Rig.Authorize);
        rig.Send(Rig.Submit(job));
        Assert.That(rig.Judged[^1].Verdict, Is.Not.EqualTo(ShareResult.UnknownJob), "everybody has the current job");
        Assert.That(rig.Judged[^1].Pending.Extranonce1, Is.EqualTo(0x0b004000u), "with a number of its own");
        Assert.That(rig.Numbers.Taken, Is.EquivalentTo(new[] { 0x0040000au, 0x0040000bu }), "the first is kept for who can name it");
    }

    [Test]
    public void While_its_owner_is_connected_nobody_resumes_a_session()
    {
        var rig = Working(out _);
        var owner = rig.Session;
        rig.Connect();
        Assert.That(Subscribe(rig, $"\"{FirstId}\"").Extranonce1, Is.EqualTo("0040000b"));
        Assert.That(owner.Extranonce1, Is.EqualTo(0x0040000au));
    }

    [Test]
    public void A_session_is_resumed_once()
    {
        var rig = Working(out _);
        rig.Reconnect();
        Assert.That(Subscribe(rig, $"\"{FirstId}\"").Extranonce1, Is.EqualTo("0040000a"));
        rig.Connect();
        Assert.That(Subscribe(rig, $"\"{FirstId}\"").Extranonce1, Is.EqualTo("0040000c"));
    }

    [TestCase(119_999, true)]
    [TestCase(120_000, false)]
    public void It_is_kept_for_two_minutes(long afterMs, bool isKept)
    {
        var rig = Working(out _);
        rig.Reconnect(afterMs);
        Assert.That(Subscribe(rig, $"\"{FirstId}\"").Extranonce1, Is.EqualTo(isKept ? "0040000a" : "0040000b"));
        Assert.That(rig.Numbers.Returned, Is.EqualTo(new[] { isKept ? 0x0040000bu : 0x0040000au }), "the other one is given back");
    }

    [Test]
    public void What_nobody_comes_for_is_given_back_when_a_job_is_published()
    {
        var rig = Working(out _);
        rig.Close();
        rig.Pool.Parked!.Expire(rig.NowMs + 119_999);
        Assert.That(rig.Numbers.Returned, Is.Empty);
        rig.Pool.Parked.Expire(rig.NowMs + 120_000);
        Assert.That(rig.Numbers.Returned, Is.EqualTo(new[] { 0x0040000au }));
        Assert.That(rig.Pool.Parked.Count, Is.Zero);
    }

    [Test]
    public void A_session_that_has_found_no_share_is_not_kept_so_that_a_place_costs_work()
    {
        var rig = new Rig { Judge = _ => ShareResult.Stale }.LoggedIn();
        rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!)));
        rig.Reconnect();
        Assert.That(Subscribe(rig, $"\"{FirstId}\"").Extranonce1, Is.EqualTo("0040000b"));
        Assert.That(rig.Pool.Parked!.Count, Is.Zero);
    }

    [Test]
    public void So_many_are_kept_and_the_oldest_goes_first()
    {
        var rig = new Rig(parkedMax: 3).LoggedIn();
        for (var i = 0; i < 10; i++)
        {
            rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!)));
            rig.Reconnect(afterMs: 10);
            rig.LoggedIn();
            Assert.That(rig.Pool.Parked!.Count, Is.LessThanOrEqualTo(3));
        }

        Assert.That(rig.Numbers.Returned, Is.EqualTo(Enumerable.Range(0x0040000a, 7).Select(n => (uint)n)));
        Assert.That(rig.Numbers.Taken, Has.Count.EqualTo(4), "three that are kept, and the connection's");
    }

    [Test]
    public void Coming_and_going_leaves_nothing_behind()
    {
        var rig = Working(out _);
        for (var i = 1; i < 5_000; i++)
        {
            rig.Reconnect();
            Assert.That(Subscribe(rig, $"\"{0x5e55_1040_0000_0000 + (ulong)i:x16}\"").Extranonce1, Is.EqualTo("0040000a"));
        }

        Assert.That(rig.Pool.Parked!.Count, Is.Zero);
        Assert.That(rig.Numbers.Taken, Has.Count.EqualTo(1));
    }

    [Test]
    public void Where_a_job_has_no_variant_left_that_the_client_has_not_had_it_gets_a_new_extranonce1()
    {
        var rig = Working(out _);
        for (var i = 0; i < JobVariants.VariantsMax; i++) rig.Tick(45_000);
        rig.Reconnect();
        Assert.That(Subscribe(rig, $"\"{FirstId}\"").Extranonce1, Is.EqualTo("0040000b"));
        Assert.That(rig.Numbers.Returned, Is.EqualTo(new[] { 0x0040000au }));
        Assert.That(rig.Send(Rig.Authorize), Does.Contain("mining.notify"));
    }

    [Test]
    [Category("a16")]
    public void A_second_subscribe_with_a_session_id_changes_nothing()
    {
        var rig = Working(out _);
        rig.Reconnect();
        rig.LoggedIn();
        Assert.That(Subscribe(rig, $"\"{FirstId}\""), Is.EqualTo((SecondId, "0040000b")));
        Assert.That(rig.Pool.Parked!.Count, Is.EqualTo(1));
    }

    [Test]
    public void Nothing_is_kept_where_resuming_is_off()
    {
        var numbers = new TestNumbers();
        var parked = new ParkedSessions(keepMs: 0, countMax: 10, numbers);
        var rig = Working(out _);
        var session = new ParkedSession(1, 2, default, rig.CurrentJob!, 0, 0);
        Assert.That(parked.TryPark(session), Is.False);
        Assert.That(new ParkedSessions(60_000, 10, numbers).TryPark(session), Is.True);
    }

    private static Rig Working(out string job)
    {
        var rig = new Rig().LoggedIn();
        job = Rig.JobId(rig.CurrentJob!);
        rig.Send(Rig.Submit(job));
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Accepted));
        return rig;
    }

    private static (string SessionId, string Extranonce1) Subscribe(Rig rig, string sessionId)
    {
        var reply = rig.Send(Rig.Ask("1", "mining.subscribe", $"""["test/1",{sessionId}]"""));
        var match = Regex.Match(reply, """\["mining.notify","([0-9a-f]{16})"\]\],"([0-9a-f]{8})",8\],"error":null\}""");
        Assert.That(match.Success, Is.True, reply);
        return (match.Groups[1].Value, match.Groups[2].Value);
    }
}
