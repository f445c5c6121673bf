using System.Text;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>A share costs no garbage, from its bytes to its answer.</summary>
public sealed class AllocationTests
{
    private const string Job1 = "0003000000010000";

    [TestCase("\"id\":4")]
    [TestCase("\"id\":123456789")]
    [TestCase("\"id\":\"word\"")]
    [TestCase("\"id\":null")]
    public void A_submit_allocates_nothing_in_the_session(string id)
    {
        var rig = new Rig().LoggedIn();
        var line = Encoding.ASCII.GetBytes(Rig.Submit(Job1).Replace("\"id\":4", id, StringComparison.Ordinal));
        AssertFree(rig, Segment(line, 50), Judge(ShareResult.LowDifficulty));
    }

    [Test]
    public void An_accepted_share_allocates_nothing_also_where_the_block_target_is_easier_than_the_difficulty()
    {
        var rig = new Rig();
        rig.CurrentJob = rig.MakeJob(tip: 1, isNewTip: true, blockTarget: Viddhana.Core.Bytes.UInt256.Max);
        rig.LoggedIn();
        rig.Send("""{"id":1,"method":"mining.suggest_difficulty","params":[4096]}""" + "\n");
        var line = Encoding.ASCII.GetBytes(Rig.Submit(Rig.JobId(rig.CurrentJob)));
        AssertFree(rig, Segment(line, 50), Judge(ShareResult.Accepted));
    }

    [Test]
    public void A_flood_at_the_hardest_difficulty_of_the_port_allocates_nothing()
    {
        var rig = new Rig(new DifficultyConfig { Max = "1024" }).LoggedIn();
        var line = Encoding.ASCII.GetBytes(Rig.Submit(Job1));
        for (var second = 0; second < 10; second++)
        {
            rig.Send(line);
            rig.NowMs += 1000;
        }

        AssertFree(rig, Segment(line, 50), Judge(ShareResult.Accepted));
    }

    [Test]
    public void A_submit_with_the_real_validator_allocates_nothing()
    {
        var rig = new Rig().LoggedIn();
        var processor = new ShareProcessor(Sha256d.Instance, new DuplicateFilter());
        var now = rig.Now;
        AssertFree(rig, Segment(Encoding.ASCII.GetBytes(Rig.Submit(Job1)), 50), round => processor.Process(round, now));
    }

    [Test]
    public void One_worker_of_a_thousand_is_found_without_garbage()
    {
        var rig = new Rig().LoggedIn();
        for (var i = 0; i < 1000; i++) rig.Send(Rig.Ask("2", "mining.authorize", $$"""["{{Rig.Address}}.w{{i}}","x"]"""));
        var line = Encoding.ASCII.GetBytes(Rig.Submit(Job1, user: Rig.Address + ".w777"));
        AssertFree(rig, Segment(line, 50), Judge(ShareResult.Stale));
    }

    [Test]
    public void An_idle_session_is_small()
    {
        var rig = new Rig();
        var sessions = new ISession[1000];
        var output = new FrameBuffer(1 << 20);
        var login = Encoding.ASCII.GetBytes(Rig.Subscribe + Rig.Authorize);
        var jobs = Enumerable.Range(0, 8).Select(_ => rig.MakeJob(tip: 1)).ToArray();
        foreach (var job in jobs) job.Variants.Get(job, 0);
        void Fill(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                sessions[i] = Dialects.ByName["v1"].NewSession(rig.Pool, rig.Port, (uint)i, rig.Now);
                sessions[i].OnBytes(login, rig.Round, output, rig.Now);
                for (var n = 0; n < jobs.Length; n++) sessions[i].OnJob(jobs[n], output, new Now(rig.NowMs + (n * 30_000), 0));
                output.Clear();
            }
        }

        Fill(0, 100);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Fill(100, 1000);
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / 900;
        GC.KeepAlive(sessions);
        TestContext.Out.WriteLine($"{each} bytes per session");
        Assert.That(each, Is.LessThan(1400), "bytes per session with one worker and four minutes of work");
    }

    private static Action<Round> Judge(ShareResult verdict) => round =>
    {
        foreach (ref var place in round.Verdicts) place = verdict;
    };

    private static byte[] Segment(byte[] line, int count) => [.. Enumerable.Repeat(line, count).SelectMany(bytes => bytes)];

    private static void AssertFree(Rig rig, byte[] segment, Action<Round> process)
    {
        void Turn()
        {
            for (var rest = segment.AsSpan(); rest.Length > 0;)
            {
                rest = rest[rig.Session.OnBytes(rest, rig.Round, rig.Output, rig.Now)..];
                process(rig.Round);
                for (var i = 0; i < rig.Round.Count; i++)
                    rig.Session.OnVerdict(rig.Round.Pending[i], rig.Round.Verdicts[i], rig.Output, rig.Now);
                rig.Round.Clear();
            }

            rig.Output.Clear();
        }

        for (var i = 0; i < 50; i++) Turn();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Turn();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(rig.Session.CloseReason, Is.Null);
    }
}
