using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>Version bits of the template that meet those of the miners.</summary>
public sealed class TemplateVersionTests : ShareFixture
{
    [TestCase("20000000")]
    [TestCase("20000004")]
    [TestCase("20c00000", Description = "two of the miners' bits signal")]
    [TestCase("3fffe000", Description = "all of them do, so none is left to roll")]
    [Category("a55")]
    public async Task Bits_as_a_difference_and_bits_as_they_are_give_one_header(string version)
    {
        const int Seed = 55;
        var random = new Random(Seed);
        using var client = await Connect();
        await client.Ask(Configure);
        await client.LogIn(User);
        await Engine.Chain.SetVersion(version);
        await Engine.Chain.OtherMinersFind(1);
        await client.WaitForJob(job => job.Version == version);

        var template = Convert.ToUInt32(version, 16);
        Assert.That(client.VersionMask, Is.EqualTo(0x1fffe000 & ~template), "bits that the template sets are its own");
        for (var i = 0ul; i < 2 * Samples; i++)
        {
            var rolled = (template & ~client.VersionMask) | ((uint)random.Next() & client.VersionMask);
            var share = MinedShare.Try(client, i, version: rolled);

            // ESP-Miner sends what it changed; BIP 310 has the bits themselves.
            var (difference, bits) = (Hex8(rolled ^ template), Hex8(rolled & client.VersionMask));
            await AssertVerdict(client, share, difference, $"seed {Seed}, share {i}, version {rolled:x8}");
            var again = share.IsShare ? Refused(22, "Duplicate share") : Refused(23, "Low difficulty share");
            Assert.That(await client.Ask(share.Submit("4", User, bits)), Is.EqualTo(again), $"seed {Seed}, share {i}, version {rolled:x8}");
        }
    }
}
