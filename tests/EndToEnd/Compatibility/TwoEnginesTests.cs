using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>A miner that a balancer sends to another engine finds there what it had before.</summary>
public sealed class TwoEnginesTests
{
    private const string Start = "0.0000000005";
    private const string Harder = "0.000000001";
    private const string User = WireEngine.PoolAddress + ".rig";

    [Test]
    [Category("a53")]
    public async Task A_worker_that_comes_to_another_engine_goes_on_at_its_last_difficulty()
    {
        await using var redis = await RedisServer.Start();
        await using var chain = await SimulatedChain.Start("1a010000", transactions: 1);
        await using var first = await WireEngine.Start(Setup(redis, chain, instance: 0));
        await using var second = await WireEngine.Start(Setup(redis, chain, instance: 1));
        using (var client = await LogIn(first))
        {
            Assert.That(client.Job!.Difficulty, Is.EqualTo(Start));
            await client.Ask($$"""{"id":3,"method":"mining.suggest_difficulty","params":[{{Harder}}]}""");
            await client.WaitForJob(job => job.Difficulty == Harder);
            var share = MinedShare.Find(client, 1, share => share.IsShare);
            Assert.That(await client.Ask(share.Submit("4", User)), Is.EqualTo("""{"id":4,"result":true,"error":null}"""));
        }

        // The other engine asks Redis when the worker logs in; what it hears comes with new work, or at the next login.
        await Eventually.Holds("the other engine knows it", async () =>
        {
            using var again = await LogIn(second);
            return again.Job!.Difficulty == Harder;
        });
        using var stranger = await LogIn(second, WireEngine.PoolAddress + ".other");
        Assert.That(stranger.Job!.Difficulty, Is.EqualTo(Start));
    }

    private static EngineSetup Setup(RedisServer redis, SimulatedChain chain, int instance) => new()
    {
        Node = ("bitcoin", chain.Url, WireEngine.PoolAddress),
        Common = $"redis: {{url: \"{redis.Url}\"}}",
        Engine = $"instance_id: {instance}",
        MorePorts = [$"difficulty: {{start: {Start}, min: \"0.0000000001\"}}"],
    };

    private static async Task<WireClient> LogIn(WireEngine engine, string user = User)
    {
        var client = await WireClient.Connect(engine.MorePort(0));
        await client.LogIn(user);
        return client;
    }
}
