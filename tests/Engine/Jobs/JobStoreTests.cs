using Viddhana.Core.Jobs;

namespace Viddhana.Tests.Engine.Jobs;

public sealed class JobStoreTests
{
    [Test]
    public void A_new_tip_retires_every_earlier_job_before_it_is_current()
    {
        var store = new JobStore();
        var first = Publish(store, "aa", 0);
        var refresh = Publish(store, "aa", 30_000);
        Assert.That(first.IsNewTip, Is.True);
        Assert.That(refresh.IsNewTip, Is.False);
        Assert.That(first.IsRetired || refresh.IsRetired, Is.False, "a refresh keeps older jobs valid");
        Assert.That(store.Current, Is.SameAs(refresh));

        var other = Publish(store, "bb", 60_000);
        Assert.That(first.IsRetired && refresh.IsRetired, Is.True);
        Assert.That(other.IsNewTip && other.Tip > refresh.Tip && other.Serial > refresh.Serial, Is.True);
        Assert.That(store.Current, Is.SameAs(other));
    }

    [Test]
    public void A_tip_that_comes_back_is_a_new_tip()
    {
        var store = new JobStore();
        var a = Publish(store, "aa", 0);
        var b = Publish(store, "bb", 1);
        var back = Publish(store, "aa", 2);
        Assert.That(back.Tip, Is.GreaterThan(b.Tip));
        Assert.That(a.IsRetired && b.IsRetired && back.IsNewTip, Is.True);
    }

    [Test]
    public void Jobs_of_the_same_tip_expire_by_age()
    {
        var store = new JobStore(lifetimeMs: 1_000);
        var first = Publish(store, "aa", 0);
        var second = Publish(store, "aa", 500);
        var third = Publish(store, "aa", 1_000);
        Assert.That(first.IsRetired, Is.True);
        Assert.That(second.IsRetired || third.IsRetired, Is.False);
    }

    [Test]
    public void Live_jobs_of_a_tip_are_bounded()
    {
        var store = new JobStore();
        var jobs = Enumerable.Range(0, JobStore.JobsMax + 10).Select(n => Publish(store, "aa", n)).ToList();
        Assert.That(jobs.Count(job => !job.IsRetired), Is.EqualTo(JobStore.JobsMax));
        Assert.That(jobs.Take(10).All(job => job.IsRetired), Is.True);
    }

    [Test]
    public void Forced_new_work_is_a_new_tip_on_the_same_block()
    {
        var store = new JobStore();
        var first = Publish(store, "aa", 0);
        var forced = Publish(store, "aa", 1, force: true);
        Assert.That(first.IsRetired && forced.IsNewTip, Is.True);
        Assert.That(forced.Tip, Is.GreaterThan(first.Tip));
    }

    [Test]
    public void A_withdrawn_job_gives_way_to_the_newest_live_one_and_the_next_job_is_clean()
    {
        var store = new JobStore();
        var first = Publish(store, "aa", 0);
        var second = Publish(store, "aa", 1);
        var third = Publish(store, "aa", 2);
        store.Withdraw(second, 3);
        Assert.That(store.Current, Is.SameAs(third));
        store.Withdraw(third, 3);
        Assert.That(store.Current, Is.SameAs(first));
        store.Withdraw(first, 3);
        Assert.That(store.Current, Is.Null);
        Assert.That(first.IsRetired && second.IsRetired && third.IsRetired, Is.True);

        var next = Publish(store, "aa", 4);
        Assert.That(next.IsNewTip, Is.True);
        Assert.That(next.Tip, Is.EqualTo(first.Tip));
    }

    [Test]
    public void Numbers_that_were_not_used_cost_nothing()
    {
        var store = new JobStore();
        Publish(store, "aa", 0);
        store.Next("bb");
        var job = Publish(store, "bb", 1);
        Assert.That(job.IsNewTip, Is.True, "the template of the first could not be read");
    }

    [Test]
    public void Wire_ids_hold_all_three_numbers() =>
        Assert.That(WireJobId.Make(0x1234, 0x56789abc, 0xdef0), Is.EqualTo(0x123456789abcdef0));

    private static Job Publish(JobStore store, string prevHash, long nowMs, bool force = false)
    {
        var numbers = store.Next(prevHash, force);
        var job = PlainJob.Make(numbers, nowMs);
        store.Publish(job, nowMs);
        return job;
    }
}
