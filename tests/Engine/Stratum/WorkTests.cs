using System.Numerics;
using System.Text.RegularExpressions;
using Viddhana.Contracts.Config;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>What is handed out: jobs, difficulties with new work only, masks, and how long it stays known.</summary>
public sealed partial class WorkTests
{
    [Test]
    [Category("a43")]
    public void A_refresh_leaves_earlier_work_valid_and_a_new_tip_makes_it_clean()
    {
        var rig = new Rig().LoggedIn();
        var first = rig.CurrentJob!;
        Assert.That(rig.Publish(rig.MakeJob(tip: 1)), Does.EndWith("false]}\n"));
        rig.Send(Rig.Submit(Rig.JobId(first)));
        Assert.That(rig.Judged[^1].Pending.Work.Work.Job, Is.SameAs(first));

        Assert.That(rig.Publish(rig.MakeJob(tip: 2, isNewTip: true)), Does.EndWith("true]}\n"));
        first.Retire(rig.NowMs);
        rig.Send(Rig.Submit(Rig.JobId(first)));
        Assert.That(rig.Judged[^1].Pending.Work.Work.Job, Is.SameAs(first), "a stale share must still be tested as a block");
        Assert.That(rig.Publish(rig.MakeJob(tip: 3)), Does.EndWith("true]}\n"), "a tip whose first job was missed");
        Assert.That(rig.Publish(rig.MakeJob(tip: 3, isNewTip: true)), Does.EndWith("true]}\n"), "the job after a refused one");
    }

    [Test]
    public void A_job_is_sent_once_and_never_after_a_newer_one()
    {
        var rig = new Rig().LoggedIn();
        var second = rig.MakeJob(tip: 1);
        var third = rig.MakeJob(tip: 1);
        Assert.That(rig.Publish(rig.CurrentJob!), Is.Empty);
        Assert.That(rig.Publish(third), Is.Not.Empty);
        Assert.That(rig.Publish(second), Is.Empty);
        var retired = rig.MakeJob(tip: 1);
        retired.Retire(rig.NowMs);
        Assert.That(rig.Publish(retired), Is.Empty);
    }

    [Test]
    public void Nothing_is_sent_before_login()
    {
        var rig = new Rig();
        Assert.That(rig.Publish(rig.MakeJob(tip: 1)), Is.Empty);
        rig.Send(Rig.Subscribe);
        Assert.That(rig.Publish(rig.MakeJob(tip: 1)), Is.Empty);
    }

    [Test]
    [Category("a47")]
    [Category("a49")]
    public void A_new_difficulty_comes_with_new_work_under_a_new_id_and_old_work_keeps_its_own()
    {
        var rig = new Rig().LoggedIn();
        var job = rig.CurrentJob!;
        var reply = rig.Send("""{"id":5,"method":"mining.suggest_difficulty","params":[2048]}""" + "\n");
        Assert.That(Rig.LastJobId(reply), Is.EqualTo(Rig.JobId(job, 1)));
        Assert.That(reply, Does.EndWith("false]}\n"));

        rig.Send(Rig.Submit(Rig.JobId(job)));
        Assert.That(rig.Judged[^1].Pending.Work.Difficulty.Difficulty.Text, Is.EqualTo("1024"));
        rig.Send(Rig.Submit(Rig.JobId(job, 1)));
        Assert.That(rig.Judged[^1].Pending.Work.Difficulty.Difficulty.Text, Is.EqualTo("2048"));

        reply = rig.Publish(rig.MakeJob(tip: 1));
        Assert.That(reply, Does.Not.Contain("set_difficulty"), "it is told once");
        Assert.That(Rig.LastJobId(reply), Is.EqualTo(Rig.JobId(rig.CurrentJob!)));
    }

    [Test]
    [Category("a48")]
    [Category("a51")]
    public void Suggestions_make_at_most_one_change_every_two_seconds_and_one_set_difficulty_per_notify()
    {
        var rig = new Rig().LoggedIn();
        var all = "";
        for (var i = 0; i < 500; i++)
        {
            all += rig.Send($$"""{"id":5,"method":"mining.suggest_difficulty","params":[{{1000 + i}}]}""" + "\n");
            all += rig.Tick(10);
        }

        var methods = Method().Matches(all).Select(match => match.Groups[1].Value).ToArray();
        Assert.That(methods, Has.Length.EqualTo(6), "three changes in five seconds");
        for (var i = 0; i < methods.Length; i++) Assert.That(methods[i], Is.EqualTo(i % 2 == 0 ? "set_difficulty" : "notify"));
        Assert.That(rig.Tick(2000), Does.Contain("\"params\":[1499]"), "the last suggestion is not forgotten");
    }

    [Test]
    public void Variants_of_a_job_are_bounded_and_the_next_job_brings_the_difficulty()
    {
        var rig = new Rig().LoggedIn();
        var seen = new HashSet<string>();
        for (var i = 0; i < 400; i++)
        {
            rig.NowMs += 2000;
            var reply = rig.Send($$"""{"id":5,"method":"mining.suggest_difficulty","params":[{{1000 + i}}]}""" + "\n");
            foreach (Match id in NotifyId().Matches(reply)) Assert.That(seen.Add(id.Value), Is.True, "no id twice");
        }

        Assert.That(seen, Has.Count.EqualTo(JobVariants.VariantsMax - 1));
        Assert.That(rig.Publish(rig.MakeJob(tip: 1)), Does.Contain("\"params\":[1399]"));
    }

    [Test]
    public void A_difficulty_is_never_harder_than_the_block()
    {
        var easy = UInt256.FromBigInteger((BigInteger.One << 255) - 1);
        var rig = new Rig();
        rig.CurrentJob = rig.MakeJob(tip: 1, isNewTip: true, blockTarget: easy);
        var reply = rig.Send(Rig.Subscribe + Rig.Authorize);
        Assert.That(reply, Does.Contain("""mining.set_difficulty","params":[0.000000000"""));
        rig.Send(Rig.Submit(Rig.LastJobId(reply)));
        Assert.That(rig.Judged[^1].Pending.Work.Difficulty.Target, Is.GreaterThanOrEqualTo(easy));

        reply = rig.Send("""{"id":5,"method":"mining.suggest_difficulty","params":[9999999]}""" + "\n");
        Assert.That(reply, Does.Not.Contain("notify"), "what is handed out does not change");
        reply = rig.Publish(rig.MakeJob(tip: 2, isNewTip: true));
        Assert.That(reply, Does.Contain("\"params\":[9999999]"), "until the block is harder again");
    }

    [Test]
    public void A_mask_that_a_template_changes_is_told_before_the_work_it_is_for()
    {
        var rig = new Rig();
        rig.Send("""{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""" + "\n");
        rig.LoggedIn();
        var reply = rig.Publish(rig.MakeJob(tip: 1, version: 0x20002000));
        var mask = """{"id":null,"method":"mining.set_version_mask","params":["1fffc000"]}""" + "\n";
        Assert.That(reply, Does.StartWith(mask + """{"id":null,"method":"mining.notify"""));
        Assert.That(rig.Publish(rig.MakeJob(tip: 1, version: 0x20002000)), Does.Not.Contain("set_version_mask"));

        var other = new Rig().LoggedIn();
        reply = other.Publish(other.MakeJob(tip: 1, version: 0x20002000));
        Assert.That(reply, Does.Not.Contain("set_version_mask"), "it did not configure it");
    }

    [Test]
    public void Configure_after_login_brings_work_that_may_be_rolled()
    {
        var rig = new Rig().LoggedIn();
        var reply = rig.Send(Rig.Configure);
        rig.Send(Rig.Submit(Rig.LastJobId(reply)));
        Assert.That(rig.Judged[^1].Pending.Work.VersionMask, Is.EqualTo(0x1fffe000));
        rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!)));
        Assert.That(rig.Judged[^1].Pending.Work.VersionMask, Is.Zero);
    }

    [Test]
    [Category("a42")]
    public void Without_new_jobs_there_is_new_work_every_45_seconds()
    {
        var rig = new Rig(new DifficultyConfig { Vardiff = false }).LoggedIn();
        var notifies = 0;
        for (var second = 0; second < 450; second++)
        {
            var reply = rig.Tick(1000);
            if (reply.Length > 0) notifies++;
            Assert.That(reply, Does.Not.Contain("set_difficulty"));
        }

        Assert.That(notifies, Is.EqualTo(10));
        rig.CurrentJob!.Retire(rig.NowMs);
        Assert.That(rig.Tick(60_000), Is.Empty, "a retired job is not renewed");
    }

    [Test]
    [Category("a43")]
    public void Work_of_the_last_four_minutes_stays_known_at_any_pace_up_to_64_pieces()
    {
        var rig = new Rig(new DifficultyConfig { Vardiff = false }).LoggedIn();
        var jobs = new List<Job> { rig.CurrentJob! };
        for (var i = 0; i < 200; i++)
        {
            rig.NowMs += i < 100 ? 5_000 : 1_000;
            rig.Publish(rig.MakeJob(tip: 1));
            jobs.Add(rig.CurrentJob!);
            var known = i < 100 ? 240_000 / 5_000 : 63;
            rig.Send(Rig.Submit(Rig.JobId(jobs[Math.Max(0, jobs.Count - known)])));
            Assert.That(rig.Judged[^1].Pending.Verdict, Is.Null, $"job {i}");
        }

        rig.Send(Rig.Submit(Rig.JobId(jobs[0])));
        Assert.That(rig.Judged[^1].Pending.Verdict, Is.EqualTo(ShareResult.UnknownJob));
    }

    [Test]
    public void While_shares_cannot_be_recorded_or_come_late_difficulty_stays_where_it_is([Values] bool late)
    {
        var rig = new Rig { Judge = _ => late ? ShareResult.Stale : ShareResult.Unavailable }.LoggedIn();
        for (var i = 0; i < 60; i++)
        {
            rig.Send(Rig.Submit(Rig.JobId(rig.CurrentJob!)));
            Assert.That(rig.Tick(10_000) + rig.Publish(rig.MakeJob(tip: 1)), Does.Not.Contain("set_difficulty"));
        }
    }

    [Test]
    public void A_planned_close_asks_subscribed_clients_to_come_back()
    {
        var rig = new Rig();
        rig.Session.OnDrain(rig.Output);
        Assert.That(rig.Send(""), Is.Empty);
        rig.LoggedIn();
        rig.Session.OnDrain(rig.Output);
        Assert.That(rig.Send(""), Is.EqualTo("""{"id":null,"method":"client.reconnect","params":[]}""" + "\n"));
    }

    [GeneratedRegex("mining\\.(notify|set_difficulty)")]
    private static partial Regex Method();

    [GeneratedRegex("(?<=mining.notify\",\"params\":\\[\")[0-9a-f]{16}")]
    private static partial Regex NotifyId();
}
