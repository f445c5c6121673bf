using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>Every error code of shares, and that the connection outlives each.</summary>
public sealed class ErrorCodeTests : ShareFixture
{
    [Test]
    [Category("a37")]
    public async Task Code_20_is_for_what_is_wrong_in_itself()
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Find(client, 1, each => each.IsShare);
        Assert.That(await client.Ask("""{"id":4,"method":"mining.submit","params":[]}"""), Is.EqualTo(Refused(24, "Unauthorized worker")));
        Assert.That(
            await client.Ask($$"""{"id":4,"method":"mining.submit","params":["{{User}}"]}"""), Is.EqualTo(Refused(20, "Malformed share")));
        Assert.That(
            await client.Ask(share.Submit("4", User).Replace(share.Ntime, "00000000")), Is.EqualTo(Refused(20, "Time out of range")));
        Assert.That(await client.Ask(share.Submit("4", User, "00002000")), Is.EqualTo(Refused(20, "Version bits not allowed")));
        Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo(Accepted));
    }

    [Test]
    [Category("a37")]
    public async Task Code_21_is_for_a_job_that_nobody_gave_out_here()
    {
        using var client = await ConnectAndLogIn();
        using var other = await ConnectAndLogIn();
        await Engine.Chain.OtherMinersFind(1);
        await client.WaitForJob(job => job.PrevHash != other.Job!.PrevHash);
        using var late = await ConnectAndLogIn();
        var share = MinedShare.Find(client, 1, each => each.IsShare);
        foreach (var id in (string[])["", "0", "nonsense", "ffffffffffffffff", new string('1', 400), other.Job!.Id])
            Assert.That(await late.Ask(share.Submit("4", User).Replace(share.Job.Id, id)), Is.EqualTo(Refused(21, "Job not found")), id);
        Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo(Accepted));
    }

    [Test]
    [Category("a37")]
    public async Task Code_21_is_for_work_on_a_block_that_is_no_longer_the_last()
    {
        using var client = await ConnectAndLogIn();
        var old = client.Job!;
        await Engine.Chain.OtherMinersFind(1);
        await client.WaitForJob(job => job.PrevHash != old.PrevHash);
        Assert.That(client.Job!.Clean, Is.True);
        var late = MinedShare.Find(client, 1, each => each.IsShare, old);
        Assert.That(await client.Ask(late.Submit("4", User)), Is.EqualTo(Refused(21, "Stale share")));
        await AssertWorks(client);
    }

    [Test]
    [Category("a37")]
    public async Task Code_22_is_for_a_share_that_was_there_before_whoever_sends_it()
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Find(client, 1, each => each.IsShare);
        await client.Ask($$"""{"id":2,"method":"mining.authorize","params":["{{Engine.Miner}}.other","x"]}""");
        Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo(Accepted));
        Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo(Refused(22, "Duplicate share")));
        Assert.That(await client.Ask(share.Submit("4", Engine.Miner + ".other")), Is.EqualTo(Refused(22, "Duplicate share")));
    }

    [Test]
    [Category("a37")]
    public async Task Code_23_is_for_a_hash_above_the_target()
    {
        using var client = await ConnectAndLogIn();
        var share = MinedShare.Find(client, 1, each => !each.IsShare);
        Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo(Refused(23, "Low difficulty share")));
        await AssertWorks(client);
    }

    [Test]
    [Category("a37")]
    public async Task Code_24_is_for_a_worker_that_did_not_log_in()
    {
        using var client = await Connect();
        await client.Ask("""{"id":1,"method":"mining.subscribe","params":[]}""");
        const string Share = """{"id":4,"method":"mining.submit","params":["rig","1","0000000000000001","6650fa1c","00000001"]}""";
        Assert.That(await client.Ask(Share), Is.EqualTo(Refused(24, "Unauthorized worker")));
        await client.LogIn(User);
        Assert.That(await client.Ask(Share), Is.EqualTo(Refused(24, "Unauthorized worker")));
    }

    [Test]
    [Category("a37")]
    public async Task Code_25_is_for_a_client_that_did_not_subscribe()
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask("""{"id":4,"method":"mining.submit","params":["rig","1","0000000000000001","6650fa1c","00000001"]}"""),
            Is.EqualTo(Refused(25, "Not subscribed")));
        await client.LogIn(User);
    }
}
