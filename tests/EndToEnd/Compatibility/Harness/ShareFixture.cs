using System.Globalization;

namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>
/// Tests of submitted shares. About every second hash is a share, so what the engine says of some dozen shares shows which headers it
/// hashed: the tests build the same headers by themselves. All ask with id 4.
/// </summary>
public abstract class ShareFixture : PlainWireFixture
{
    private protected const string Configure =
        """{"id":9,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""";

    private protected const string Accepted = """{"id":4,"result":true,"error":null}""";

    /// <summary>Headers that are compared in one test: that others would fit as well has a chance of one in 2^32.</summary>
    private protected const int Samples = 32;

    private protected override EngineSetup Setup => new() { StartDifficulty = "0.0000000005" };

    private protected static string Refused(int code, string text) => $$"""{"id":4,"result":null,"error":[{{code}},"{{text}}",null]}""";

    private protected static string Hex8(uint value) => value.ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>Submits a header: it must be accepted or refused as its hash, which the test computes, is a share or not.</summary>
    private protected async Task AssertVerdict(WireClient client, MinedShare share, string? versionBits, string? what = null)
    {
        var expected = share.IsShare ? Accepted : Refused(23, "Low difficulty share");
        Assert.That(await client.Ask(share.Submit("4", User, versionBits)), Is.EqualTo(expected), what);
    }

    /// <summary>Submits a share of this client's newest work that must be accepted.</summary>
    private protected async Task AssertWorks(WireClient client, ulong counter = 99) =>
        Assert.That(await client.Ask(MinedShare.Find(client, counter, share => share.IsShare).Submit("4", User)), Is.EqualTo(Accepted));
}
