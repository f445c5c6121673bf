using Viddhana.Core.Jobs;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>
/// What a chain has to hold so that no work is credited twice (docs/adding.md), as a test that a new chain is added to: here is the test
/// chain in its forms.
/// </summary>
public sealed class BlobWorkTests
{
    private const uint Here = 0x0140000a;

    private static readonly string[] Forms = Enum.GetNames<BlobForm>();

    [TestCaseSource(nameof(Forms))]
    public void Another_job_variant_start_or_engine_gives_another_blob(string form)
    {
        var rig = new BlobRig(Enum.Parse<BlobForm>(form));
        var numbers = new JobNumbers(1, 1, true);
        var blobs = new[]
        {
            Blob(rig.JobOf(numbers), 0),
            Blob(rig.JobOf(numbers), 1),
            Blob(rig.JobOf(numbers), 255),
            Blob(rig.JobOf(numbers with { Serial = 2 }), 0),
            Blob(rig.JobOf(numbers, processStart: 8), 0),
            Blob(rig.JobOf(numbers, instanceId: 6), 0),
        };
        Assert.That(blobs.Distinct().Count(), Is.EqualTo(blobs.Length));
        Assert.That(Blob(rig.JobOf(numbers), 0), Is.EqualTo(blobs[0]), "and the same gives the same");
    }

    [TestCaseSource(nameof(Forms))]
    public void Connections_have_blobs_of_their_own_or_all_the_same(string form)
    {
        var rig = new BlobRig(Enum.Parse<BlobForm>(form));
        var work = rig.Job.Variants.Get(rig.Job, 0).Blob!;
        Assert.That(Blob(rig.Job, 0, Here + 1) != Blob(rig.Job, 0, Here), Is.EqualTo(work.HasOwnBlobs));
    }

    [TestCaseSource(nameof(Forms))]
    public void The_nonce_is_zeros_and_the_whole_of_the_blob_is_written(string form)
    {
        var rig = new BlobRig(Enum.Parse<BlobForm>(form));
        var work = rig.Job.Variants.Get(rig.Job, 0).Blob!;
        var (zeros, ones) = (new byte[work.Size], Enumerable.Repeat((byte)0xff, work.Size).ToArray());
        work.Write(Here, zeros);
        work.Write(Here, ones);
        Assert.That(ones, Is.EqualTo(zeros));
        Assert.That(zeros.AsSpan(work.NonceOffset, work.NonceSize).ToArray(), Is.All.Zero);
    }

    private static string Blob(Job job, ushort variant, uint extranonce1 = Here)
    {
        var work = job.Variants.Get(job, variant).Blob!;
        var blob = new byte[work.Size];
        work.Write(extranonce1, blob);
        return Convert.ToHexStringLower(blob);
    }
}
