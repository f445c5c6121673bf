using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>A pool that gives its miners the least extranonce2 that is allowed.</summary>
public sealed class ShortExtranonceTests : ShareFixture
{
    private protected override EngineSetup Setup => base.Setup with { Pool = "extranonce2_size: 4" };

    [Test]
    [Category("a7")]
    public async Task Subscribe_tells_the_size_that_is_configured_as_a_number()
    {
        using var client = await Connect();
        Assert.That(
            await client.Ask("""{"id":1,"method":"mining.subscribe","params":[]}"""),
            Does.Match("""\],"[0-9a-f]{8}",4\],"error":null\}$"""));
    }

    [Test]
    [Category("a54")]
    [Category("a58")]
    public async Task Shares_of_that_size_count_and_others_are_refused()
    {
        using var client = await ConnectAndLogIn();
        for (var i = 0ul; i < Samples; i++) await AssertVerdict(client, MinedShare.Try(client, i), null);
        var share = MinedShare.Try(client, 1_000);
        Assert.That(share.Extranonce2, Has.Length.EqualTo(8));
        foreach (var wrong in (string[])["000003e", "0000003e8", "00000000000003e8", ""])
            Assert.That(
                await client.Ask(share.Submit("4", User).Replace($"\"{share.Extranonce2}\"", $"\"{wrong}\"", StringComparison.Ordinal)),
                Is.EqualTo(Refused(20, "Malformed share")), wrong);
    }
}
