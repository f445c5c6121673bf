using Viddhana.Tests.EndToEnd.Compatibility.Harness;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>Miners that come while block after block goes out: nothing may come before what they wait for.</summary>
public sealed class ReconnectStormTests(Wire wire) : EveryWireFixture(wire)
{
    private const int Reconnects = 1_000;
    private const int AtOnce = 8;
    private const int BlocksMin = 20;

    private int _blocks;

    /// <summary>Empty blocks, so that one follows the other fast.</summary>
    private protected override EngineSetup Setup => new() { Transactions = 0 };

    [Test]
    [Category("a8")]
    [Category("a17")]
    public async Task The_first_line_after_subscribe_is_its_answer_and_the_first_answer_after_authorize_is_its_own_whatever_is_broadcast()
    {
        using var ended = new CancellationTokenSource();
        var finding = FindBlocks(ended.Token);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i <= Reconnects || IsTooQuiet(finding); i = Interlocked.Increment(ref next))
                await Reconnect(i);
        }));
        await ended.CancelAsync();
        await finding;
    }

    // So that the machine's speed does not decide how much happens.
    private bool IsTooQuiet(Task finding) => !finding.IsCompleted && Volatile.Read(ref _blocks) < BlocksMin;

    private async Task Reconnect(int number)
    {
        const string Subscribe = """{"id":1,"method":"mining.subscribe","params":["NerdMinerV2/1.8.3"]}""";
        var authorize = $$"""{"params": ["{{User}}", "x"], "id": 2, "method": "mining.authorize"}""";
        using var client = await Connect();
        switch (number % 3)
        {
            case 0:
                await client.Send(Subscribe);
                AssertSubscribed(await client.Line());
                await client.Send(authorize);
                break;
            case 1:
                await client.Send(Subscribe, authorize);
                AssertSubscribed(await client.Line());
                break;
            default:
                // A worker that is known when the extranonce is handed out: work may follow in the same moment.
                await client.Send(authorize);
                AssertAuthorized(await client.Line());
                await client.Send(Subscribe);
                AssertSubscribed(await client.Line());
                break;
        }

        if (number % 3 != 2) AssertAuthorized(await client.Answer());
        await client.WaitForJob(_ => true);
        Assert.That(client.Notifications[0], Does.Contain("mining.set_difficulty"), "before any work");
        Assert.That(client.Notifications.Find(line => line.Contains("mining.notify", StringComparison.Ordinal)), Does.EndWith(",true]}"));
    }

    private async Task FindBlocks(CancellationToken until)
    {
        for (; !until.IsCancellationRequested; Interlocked.Increment(ref _blocks)) await Engine.Chain.OtherMinersFind(1);
    }

    private static void AssertSubscribed(string line) => Assert.That(line, Does.StartWith("""{"id":1,"result":[["""));

    private static void AssertAuthorized(string line) => Assert.That(line, Is.EqualTo("""{"id":2,"result":true,"error":null}"""));
}
