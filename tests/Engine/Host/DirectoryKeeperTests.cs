using Viddhana.Contracts;
using Viddhana.Contracts.Published;
using Viddhana.Engine;
using Viddhana.Engine.Access;
using Viddhana.Engine.Metrics;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Host;

/// <summary>What was told last is known after a restart, and what cannot be read changes nothing.</summary>
public sealed class DirectoryKeeperTests
{
    private const long Now = 1_790_000_000_000;

    private static readonly byte[] Sample = Document(["alice"], new Ban(BanKind.Account, "mallory", "x", Now + 10_000));

    [Test]
    public void A_restart_knows_what_was_told_last()
    {
        using var folder = new TemporaryFolder();
        New(folder).Take(Sample, Now);

        var next = New(folder);
        next.Load(Now);
        Assert.That(next.Current.NameOf("alice"u8), Is.EqualTo("alice"));
        Assert.That(next.Current.FindBan("mallory.rig"u8), Is.Not.Null);
        Assert.That((next.Version, next.Trouble), Is.EqualTo((DirectoryFormat.VersionOf(Sample), (string?)null)));

        var later = New(folder);
        later.Load(Now + 10_000);
        Assert.That(later.Current.FindBan("mallory.rig"u8), Is.Null, "over while the engine was down");
    }

    [Test]
    public void Damage_leaves_the_last_in_force_and_a_damaged_copy_is_told_of()
    {
        using var folder = new TemporaryFolder();
        var keeper = New(folder);
        keeper.Take(Sample, Now);
        keeper.Take(Sample.AsSpan(0, Sample.Length - 3), Now);
        Assert.That(keeper.Current.NameOf("alice"u8), Is.EqualTo("alice"));
        Assert.That(keeper.Trouble, Does.Contain("cannot be read"));
        keeper.Take(Sample, Now);
        Assert.That(keeper.Trouble, Is.Null);

        File.WriteAllBytes(folder[JournalFiles.DirectoryCopy], Sample[..40]);
        var next = New(folder);
        next.Load(Now);
        Assert.That((next.Current.NameCount, next.Version), Is.EqualTo((0, "")));
        Assert.That(next.Trouble, Does.Contain("last line is missing"));
        next.Take(Sample, Now);
        Assert.That(next.Current.NameCount, Is.EqualTo(1));
        Assert.That(File.ReadAllBytes(folder[JournalFiles.DirectoryCopy]), Is.EqualTo(Sample));
    }

    [Test]
    public void Where_the_copy_cannot_be_written_the_directory_is_in_force_all_the_same()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder[JournalFiles.DirectoryCopy]);
        var keeper = New(folder);
        keeper.Take(Sample, Now);
        Assert.That(keeper.Current.NameCount, Is.EqualTo(1));
        Assert.That(keeper.Trouble, Does.Contain("lost at a restart"));
    }

    [Test]
    public void Open_connections_are_looked_at_when_there_are_other_bans_and_only_then()
    {
        using var folder = new TemporaryFolder();
        var keeper = New(folder);
        var sweeps = new List<int>();
        keeper.BansChanged += directory => sweeps.Add(directory.BanCount);
        keeper.Take(Document(["alice"]), Now);
        keeper.Take(Sample, Now);
        keeper.Take(Sample, Now);
        keeper.Take(Document(["alice", "bob"], new Ban(BanKind.Account, "mallory", "x", Now + 10_000)), Now);
        Assert.That(sweeps, Is.EqualTo(new[] { 1 }));

        keeper.Tick(Now + 9_999);
        Assert.That(keeper.Current.BanCount, Is.EqualTo(1));
        keeper.Tick(Now + 10_000);
        Assert.That(keeper.Current.BanCount, Is.Zero);
        Assert.That(sweeps, Has.Count.EqualTo(1));
    }

    private static DirectoryKeeper New(TemporaryFolder folder) => new(folder.Path, Log.Nowhere, new MetricsRegistry());

    private static byte[] Document(string[] names, params Ban[] bans) => DirectoryFormat.Write(new PublishedDirectory(names, bans));
}
