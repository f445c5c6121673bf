using System.Text;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Miner;
using Viddhana.Miner.Hashing;
using Viddhana.Miner.Net;
using Viddhana.Miner.Report;
using Viddhana.Miner.Stratum;
using MinerRig = Viddhana.Miner.Rig;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>Which found shares a rig still sends.</summary>
[TestFixture]
public sealed class RigTests
{
    private static readonly string[] Handshake =
    [
        """{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}""",
        """{"id":2,"result":[[],"0a0b0c0d",8],"error":null}""",
        """{"id":3,"result":true,"error":null}""",
    ];

    [Test]
    public void A_share_of_an_older_job_is_sent_until_a_clean_job_comes()
    {
        var rig = Ready();
        Tell(rig, Job("j1", clean: true));
        var old = Found(rig);
        Tell(rig, Job("j2", clean: false));
        Assert.That(Submits(rig, old), Is.True);
        Tell(rig, Job("j3", clean: true));
        Tell(rig, Job("j4", clean: false));
        Assert.That(Submits(rig, old), Is.False);
        Assert.That(Submits(rig, Found(rig)), Is.True);
    }

    [Test]
    public void A_share_made_with_another_extranonce1_is_not_sent_once_there_is_a_job_with_the_new_one()
    {
        var rig = Ready();
        Tell(rig, Job("j1", clean: true));
        var old = Found(rig);
        Tell(rig, """{"id":null,"method":"mining.set_extranonce","params":["0a0b0c0d",8]}""");
        Assert.That(Submits(rig, old), Is.True);
        Tell(rig, Job("j2", clean: false));
        Assert.That(Submits(rig, old), Is.False);
    }

    [Test]
    public void A_share_with_version_bits_that_are_no_longer_allowed_is_not_sent()
    {
        var rig = Ready();
        Tell(rig, Job("j1", clean: true));
        var old = Found(rig, versionBits: 0x2000);
        var plain = Found(rig, versionBits: 0);
        Tell(rig, """{"id":null,"method":"mining.set_version_mask","params":["00004000"]}""");
        Assert.That(Submits(rig, old), Is.False);
        Assert.That(Submits(rig, plain), Is.True);
        Assert.That(rig.Work.Take(1, 0)!.Value.Unit.VersionBits & ~0x4000u, Is.Zero);
    }

    [Test]
    public void Nothing_is_sent_after_the_connection_has_gone_and_what_was_not_answered_is_counted()
    {
        var rig = Ready(out var run);
        Tell(rig, Job("j1", clean: true));
        var share = Found(rig);
        Assert.That(Submits(rig, share), Is.True);
        rig.OnDisconnected("gone");
        Assert.That(rig.IsReady, Is.False);
        Assert.That(Submits(rig, share), Is.False);
        Assert.That((run.Totals.Unanswered, run.Totals.Connected, run.Totals.Authorized), Is.EqualTo((1L, 0, 0)));
        Assert.That(run.Totals.UnansweredWork, Is.EqualTo((UInt128)4_295_032_833));
    }

    private static MinerRig Ready() => Ready(out _);

    private static MinerRig Ready(out Run run)
    {
        var options = new RunOptions { Url = new PoolUrl("127.0.0.1", 1, false), Algorithm = Sha256d.Instance, Password = "x" };
        run = new Run(options, new EventLog(Stream.Null, isJson: true, isTerminal: false), null);
        var rig = run.NewRig("me");
        rig.OnConnected();
        foreach (var line in Handshake) Tell(rig, line);
        return rig;
    }

    private static void Tell(MinerRig rig, string line) => rig.OnLine(Encoding.UTF8.GetBytes(line));

    private static string Job(string id, bool clean) =>
        $$"""{"id":null,"method":"mining.notify","params":["{{id}}","{{new string('0', 64)}}","01","02",[],"""
        + $$""" "20000000","1d00ffff","66000000",{{(clean ? "true" : "false")}}]}""";

    private static FoundShare Found(MinerRig rig, uint versionBits = 0)
    {
        var job = rig.Work.Take(1, 0)!.Value.Unit.Job;
        return new FoundShare(new WorkUnit(job, 1, versionBits, 0x1fffe000, job.Ntime), 5, UInt256.Max);
    }

    private static bool Submits(MinerRig rig, in FoundShare share)
    {
        rig.Connection.Output.Clear();
        rig.Submit(share);
        return Encoding.UTF8.GetString(rig.Connection.Output.Written).Contains("mining.submit", StringComparison.Ordinal);
    }
}
