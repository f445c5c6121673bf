using System.Text;
using Viddhana.Contracts.Published;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.Contracts;

/// <summary>What the backoffice publishes is read back as it was, or not at all.</summary>
public sealed class DirectoryFormatTests
{
    private static readonly PublishedDirectory Sample = new(
        ["alice", "b0b"],
        [
            new Ban(BanKind.Address, "203.0.113.0/24", "floods, again", 0),
            new Ban(BanKind.Account, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "withholds blocks", 1_790_000_000_000),
            new Ban(BanKind.Worker, "alice.rig~7", "x", 1),
        ]);

    [Test]
    public void A_document_has_these_bytes_for_ever()
    {
        Assert.That(Encoding.ASCII.GetString(DirectoryFormat.Write(Sample)), Is.EqualTo(
            """
            viddhana-directory 1
            name alice
            name b0b
            ban address 0 203.0.113.0/24 floods, again
            ban account 1790000000000 bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 withholds blocks
            ban worker 1 alice.rig~7 x
            end 5 30ab8263e69e972d

            """));
    }

    [Test]
    public void What_is_written_is_read_back()
    {
        var document = DirectoryFormat.Write(Sample);
        var read = DirectoryFormat.Read(document, out var error);
        Assert.That(error, Is.Empty);
        Assert.That(read!.Names, Is.EqualTo(Sample.Names));
        Assert.That(read.Bans, Is.EqualTo(Sample.Bans));
        Assert.That(DirectoryFormat.VersionOf(document), Has.Length.EqualTo(16));
        Assert.That(DirectoryFormat.Read(DirectoryFormat.Write(PublishedDirectory.Empty), out _)!.Names, Is.Empty);
    }

    [Test]
    public void Half_a_document_is_none_wherever_it_is_cut()
    {
        var document = DirectoryFormat.Write(Sample);
        for (var length = 0; length < document.Length; length++)
            Assert.That(DirectoryFormat.Read(document.AsSpan(0, length), out _), Is.Null, $"cut at {length}");
    }

    [Test]
    public void A_changed_byte_is_seen_wherever_it_is()
    {
        var document = DirectoryFormat.Write(Sample);
        for (var at = 0; at < document.Length; at++)
        {
            document[at] ^= 1;
            Assert.That(DirectoryFormat.Read(document, out _), Is.Null, $"byte {at}");
            document[at] ^= 1;
        }
    }

    [Test]
    public void Noise_is_refused_and_breaks_nothing()
    {
        const int Seed = 20_271;
        var random = new Random(Seed);
        for (var i = 0; i < Fuzz.Rounds(2_000); i++)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            Assert.That(DirectoryFormat.Read(noise, out _), Is.Null, $"seed {Seed}, round {i}");
        }
    }

    [TestCase("Alice", "203.0.113.7", "x")]
    [TestCase("al", "203.0.113.7", "x")]
    [TestCase("alice\n", "203.0.113.7", "x")]
    [TestCase("alice", "203.0.113.7 x", "x")]
    [TestCase("alice", "", "x")]
    [TestCase("alice", "203.0.113.7", "")]
    [TestCase("alice", "203.0.113.7", "say \"no\"")]
    [TestCase("alice", "203.0.113.7", "two\nlines")]
    [TestCase("alice", "203.0.113.7", "back\\slash")]
    public void What_would_break_a_line_is_never_written(string name, string target, string reason) => Assert.That(
        () => DirectoryFormat.Write(new PublishedDirectory([name], [new Ban(BanKind.Address, target, reason, 0)])),
        Throws.ArgumentException);

    [Test]
    public void Too_many_are_never_written_and_never_read()
    {
        var names = Enumerable.Range(0, PublishedDirectory.NamesMax + 1).Select(i => $"n{i:d6}").ToList();
        Assert.That(() => DirectoryFormat.Write(new PublishedDirectory(names, [])), Throws.ArgumentException);
        names.RemoveAt(0);
        var most = DirectoryFormat.Write(new PublishedDirectory(names, []));
        Assert.That(DirectoryFormat.Read(most, out _)!.Names, Has.Count.EqualTo(65_536));
        Assert.That(DirectoryFormat.Read(new byte[PublishedDirectory.BytesMax + 1], out var error), Is.Null);
        Assert.That(error, Does.StartWith("longer than"));
    }

    [Test]
    public void Lines_of_a_later_program_are_passed_over()
    {
        var document = Redigested("viddhana-directory 1\nname alice\ncolour blue\nban planet 0 mars x\nban address 0 192.0.2.1 x\n", 4);
        var read = DirectoryFormat.Read(document, out var error);
        Assert.That(error, Is.Empty);
        Assert.That(read!.Names, Is.EqualTo(new[] { "alice" }));
        Assert.That(read.Bans, Has.Count.EqualTo(1));
        Assert.That(DirectoryFormat.Read(Redigested("viddhana-directory 2\n", 0), out error), Is.Null);
        Assert.That(error, Does.Contain("another format"));
    }

    [Test]
    public void A_miner_is_told_until_when_and_why()
    {
        Assert.That(Sample.Bans[0].Message, Is.EqualTo("Banned: floods, again"));
        Assert.That(Sample.Bans[1].Message, Is.EqualTo("Banned until 2026-09-21 14:13 UTC: withholds blocks"));
    }

    private static byte[] Redigested(string body, int lines)
    {
        var bytes = Encoding.ASCII.GetBytes(body);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..16];
        return [.. bytes, .. Encoding.ASCII.GetBytes($"end {lines} {digest}\n")];
    }
}
