using System.Text;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>In the dialects of blobs, too, a share costs no garbage, hashing included.</summary>
public sealed class BlobAllocationTests
{
    [TestCase("cryptonote")]
    [TestCase("EthereumStratum")]
    [TestCase("plain")]
    [TestCase("ethproxy")]
    public void A_share_allocates_nothing_from_its_bytes_to_its_answer(string kind)
    {
        var rig = BlobNoiseTests.NewRig(kind);
        var lines = BlobNoiseTests.Transcript(kind).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        rig.Send(string.Concat(lines[..^1].Select(line => line + "\n")));
        var segment = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(lines[^1] + "\n", 50)));
        for (var i = 0; i < 50; i++) Turn(rig, segment);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Turn(rig, segment);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(rig.Session.CloseReason, Is.Null);
        rig.Send(lines[^1] + "\n");
        Assert.That(rig.Judged[^1].Verdict, Is.EqualTo(ShareResult.Duplicate), "it was hashed, and known");
    }

    [TestCase(nameof(BlobForm.CryptoNote))]
    [TestCase(nameof(BlobForm.Ethash))]
    public void New_work_allocates_nothing_for_each_further_connection(string form)
    {
        var rig = new BlobRig(Enum.Parse<BlobForm>(form));
        var login = form == nameof(BlobForm.CryptoNote)
            ? XmrigModel.LoginLine(BlobRig.Wallet)
            : "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"x\",\"EthereumStratum/1.0.0\"]}\n"
                + "{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"4wallet\"]}\n";
        var sessions = Enumerable.Range(0, 20).Select(number =>
        {
            var session = rig.Connect((uint)number);
            rig.Send(login);
            return session;
        }).ToArray();

        // Rings grow while work is young: first through all of their places.
        for (var i = 0; i < 70; i++) Broadcast(rig, sessions);
        Assert.That(Broadcast(rig, sessions), Is.Zero);
    }

    [TestCase(nameof(BlobForm.CryptoNote))]
    [TestCase(nameof(BlobForm.Ethash))]
    public void An_idle_session_is_small(string form)
    {
        var rig = new BlobRig(Enum.Parse<BlobForm>(form));
        var login = form == nameof(BlobForm.CryptoNote)
            ? XmrigModel.LoginLine(BlobRig.Wallet)
            : "{\"id\":1,\"method\":\"eth_submitLogin\",\"params\":[\"4wallet\"]}\n{\"id\":5,\"method\":\"eth_getWork\",\"params\":[]}\n";
        var sessions = new ISession[1000];
        void Fill(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                sessions[i] = rig.Connect((uint)i);
                rig.Send(login);
            }
        }

        Fill(0, 100);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Fill(100, 1000);
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / 900;
        GC.KeepAlive(sessions);
        TestContext.Out.WriteLine($"{each} bytes per session");
        Assert.That(each, Is.LessThan(1400));
    }

    private static long Broadcast(BlobRig rig, ISession[] sessions)
    {
        rig.NewJob(1);
        var job = rig.Job;
        job.Variants.Get(job, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var session in sessions)
        {
            session.OnJob(job, rig.Output, rig.Now);
            rig.Output.Clear();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Turn(BlobRig rig, byte[] segment)
    {
        for (var rest = segment.AsSpan(); rest.Length > 0;)
        {
            rest = rest[rig.Session.OnBytes(rest, rig.Round, rig.Output, rig.Now)..];
            rig.Judge(rig.Round);
            for (var i = 0; i < rig.Round.Count; i++)
                rig.Session.OnVerdict(rig.Round.Pending[i], rig.Round.Verdicts[i], rig.Output, rig.Now);
            rig.Round.Clear();
        }

        rig.Output.Clear();
    }
}
