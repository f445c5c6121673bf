using System.Text.Json;
using Viddhana.Tests.EndToEnd.Compatibility.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>
/// The order of answers where shares are validated on several threads: scrypt, on a real litecoind where every second share is a block, so
/// that work goes stale and new work goes out all the while.
/// </summary>
public sealed class AnswerOrderTests
{
    private const int Miners = 6;
    private const int Messages = 300;

    /// <summary>An address of the chain that nobody has a wallet for.</summary>
    private const string Address = "rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7k693xs3";

    [Test]
    [Category("a64")]
    public async Task Each_connection_is_answered_in_the_order_of_its_requests_whatever_thread_decides_on_its_shares()
    {
        await using var node = await LitecoinNode.Start();
        await node.Mine(1);
        await using var engine = await WireEngine.Start(new EngineSetup
        {
            Node = ("litecoin", node.Url, Address),
            Engine = "threads: 2\nhash_threads: 4",
        });
        var accepted = await Task.WhenAll(Enumerable.Range(0, Miners).Select(seed => Task.Run(() => AssertInOrder(engine, seed))));
        Assert.That(accepted.Sum(), Is.Positive, "not all work went stale before anyone was heard");
        await Eventually.Get("blocks were found meanwhile", node.Rpc.Height, height => height > 1);
    }

    // Gives the number of accepted shares: some have none when another one's block comes early.
    private static async Task<int> AssertInOrder(WireEngine engine, int seed)
    {
        using var client = await engine.ConnectAndLogIn(worker: $"rig{seed}");
        var random = new Random(seed);
        var lines = Enumerable.Range(0, Messages).Select(id => Message(client, engine.Miner + $".rig{seed}", id, random)).ToList();

        // In pieces of any size, so that what is read at once is now one share and now fifty.
        var sending = Task.Run(async () =>
        {
            var all = string.Concat(lines.Select(line => line + "\n"));
            for (var at = 0; at < all.Length;)
            {
                var length = Math.Min(random.Next(1, 6_000), all.Length - at);
                await client.SendRaw(all.Substring(at, length));
                at += length;
            }
        });
        var shares = 0;
        for (var id = 0; id < Messages; id++)
        {
            var answer = JsonDocument.Parse(await client.Answer()).RootElement;
            Assert.That(answer.GetProperty("id").GetInt32(), Is.EqualTo(id), $"seed {seed}: {answer}");
            AssertFits(answer, lines[id], $"seed {seed}: {lines[id]}");
            if (answer.GetProperty("result").ValueKind == JsonValueKind.True) shares++;
        }

        await sending;
        return shares;
    }

    // Half are shares that need hashing; the rest is decided in no time.
    private static string Message(WireClient client, string user, int id, Random random) => random.Next(6) switch
    {
        0 => $$"""{"id":{{id}},"method":"mining.ping","params":[]}""",
        1 => $$"""{"id":{{id}},"method":"mining.submit","params":["{{user}}","none","00","00","00"]}""",
        2 => $$"""{"id":{{id}},"method":"no.such.method","params":[]}""",
        _ => MinedShare.Try(client, (ulong)id).Submit($"{id}", user),
    };

    private static void AssertFits(JsonElement answer, string line, string what)
    {
        var error = answer.GetProperty("error") is { ValueKind: JsonValueKind.Array } array ? array[0].GetInt32() : 0;
        if (line.Contains("mining.ping", StringComparison.Ordinal))
            Assert.That(answer.GetProperty("result").GetString(), Is.EqualTo("pong"), what);
        else if (line.Contains("no.such", StringComparison.Ordinal)) Assert.That(error, Is.EqualTo(-3), what);
        else if (line.Contains("\"none\"", StringComparison.Ordinal)) Assert.That(error, Is.EqualTo(20), what);
        else Assert.That(error, Is.EqualTo(0).Or.EqualTo(21), $"{what}: {answer}");
    }
}
