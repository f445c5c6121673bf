using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>A miner's day in one connection, over every wire.</summary>
public sealed class WholeSessionTests(Wire wire) : EveryWireFixture(wire)
{
    private const string Accepted = """{"id":4,"result":true,"error":null}""";

    private protected override EngineSetup Setup => new() { StartDifficulty = "0.0000000005" };

    [Test]
    [Category("a28")]
    [Category("a37")]
    public async Task A_session_goes_from_the_handshake_over_shares_and_a_new_block_to_its_end()
    {
        using var client = await Connect();
        await client.Send(
            """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}""",
            """{"id":2,"method":"mining.subscribe","params":["wire/1.0"]}""",
            $$"""{"id":3,"method":"mining.authorize","params":["{{User}}","x"]}""");
        Assert.That(
            await client.Line(),
            Is.EqualTo("""{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}"""));
        Assert.That(await client.Line(), Does.StartWith("""{"id":2,"result":[["""));
        Assert.That(await client.Line(), Is.EqualTo("""{"id":3,"result":true,"error":null}"""));
        var first = await client.WaitForJob(job => job.Clean);

        // Shares in one piece, byte by byte and with rolled versions.
        var shares = Enumerable.Range(0, 50).Select(i => MinedShare.Find(client, (ulong)i, share => share.IsShare)).ToList();
        await client.Send([.. shares.Select(share => share.Submit("4", User))]);
        Assert.That(await client.Answers(50), Is.All.EqualTo(Accepted));
        var rolled = MinedShare.Find(client, 100, share => share.IsShare, version: 0x20c00000);
        await client.SendInPieces(rolled.Submit("4", User, "00c00000") + "\n", 1);
        Assert.That(await client.Answer(), Is.EqualTo(Accepted));

        Assert.That(await client.Ask(shares[7].Submit("4", User)), Does.Contain("[22,"));
        Assert.That(await client.Ask(MinedShare.Find(client, 101, share => !share.IsShare).Submit("4", User)), Does.Contain("[23,"));

        await Engine.Chain.OtherMinersFind(1);
        await client.WaitForJob(job => job.PrevHash != first.PrevHash && job.Clean);
        Assert.That(
            await client.Ask(MinedShare.Find(client, 102, share => share.IsShare, first).Submit("4", User)), Does.Contain("[21,"));
        Assert.That(await client.Ask(MinedShare.Find(client, 103, share => share.IsShare).Submit("4", User)), Is.EqualTo(Accepted));
        Assert.That(await client.AnswersBeforeProbe(), Is.Empty);
    }

    [Test]
    [Category("a28")]
    public async Task Two_thousand_shares_in_a_row_are_answered_in_order_while_the_miner_reads_late()
    {
        using var client = await ConnectAndLogIn();
        var lines = Enumerable.Range(0, 2_000).Select(i => MinedShare.Try(client, (ulong)i).Submit($"{i}", User)).ToArray();
        await client.Send(lines);
        var answers = await client.Answers(lines.Length);
        Assert.That(
            answers.Select(answer => answer[..answer.IndexOf(',')]), Is.EqualTo(Enumerable.Range(0, 2_000).Select(i => $"{{\"id\":{i}")));
    }
}
