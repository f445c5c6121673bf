using System.Text;
using System.Text.Json.Nodes;
using Viddhana.Backoffice.Engines;

namespace Viddhana.Tests.Backoffice.Engines;

/// <summary>A status document as the engine writes it, all well; tests change what they are about.</summary>
internal static class StatusText
{
    /// <summary>When <see cref="TestClock"/> begins.</summary>
    public static readonly long NowMs = new TestClock().GetUtcNow().ToUnixTimeMilliseconds();

    public static JsonObject Sample(int engine = 0, long number = 1) => JsonNode.Parse(
        $$$"""
        {"format":1,"engine":{{{engine}}},"epoch":"00000000000000e{{{engine}}}","processStart":3,"number":{{{number}}},
        "state":"running","at":{{{NowMs}}},
        "intervalMs":2000,"version":"1.0","host":"rack1","startedAt":{{{NowMs - 60_000}}},"uptimeSeconds":60,"threads":2,"loopSilentMs":3,
        "memoryBytes":1,"cpuSeconds":1.5,"connections":2,"connectionsMax":100,
        "listeners":[{"pool":"btc","address":"0.0.0.0","port":3333,"tls":"off","hasBalancers":false,
          "plain":2,"encrypted":0,"sessions":1,"trouble":null}],
        "pools":[{"id":"btc","coin":"bitcoin","network":"regtest","hashrate":1000.5,"blocksFound":2,"blocksWaiting":0,
          "shares":{"valid":10,"stale":1,"duplicate":0,"lowdiff":0,"invalid":0,"unauthorized":0,"unavailable":0},
          "sharesPerSecond":{"valid":0.5,"stale":0,"duplicate":0,"lowdiff":0,"invalid":0,"unauthorized":0,"unavailable":0},
          "jobs":{"newTips":4,"refreshes":9,"refused":0,"lastRefusal":null,"lastRefusalAt":0,"templateError":null,"templateAgeSeconds":5,
            "job":13,"height":102,"ageSeconds":5,"transactions":7,"reason":"newtip"},
          "nodes":[{"name":"10.0.0.1:8332","rank":0,"state":"up","active":true,"lags":false,"height":101,"latencyMs":1.5,"templateMs":20,
            "detail":"block 101","lastError":null,"lastErrorAt":0}]}],
        "journal":{"bytes":10,"bytesMax":1000,"sequence":12,"synced":12,"committed":12,"fsyncMs":1,"fsyncWorstMs":2,"trouble":null},
        "redis":null,"limits":{"refused_full":0,"closed_fault":0},"tls":null,
        "directory":{"version":"","toldAt":0,"names":0,"bans":0,"trouble":null}}
        """)!.AsObject();

    public static JsonObject Change(this JsonObject document, Action<JsonObject> change)
    {
        change(document);
        return document;
    }

    public static JsonObject Pool(this JsonObject document) => document["pools"]![0]!.AsObject();

    public static JsonObject Node(this JsonObject document) => document.Pool()["nodes"]![0]!.AsObject();

    public static byte[] Bytes(this JsonNode document) => Encoding.UTF8.GetBytes(document.ToJsonString());
}

/// <summary>Documents in the test's hands.</summary>
internal sealed class HandStatus : IStatusSource
{
    public Dictionary<int, byte[]> Documents { get; } = [];

    public Exception? Failure { get; set; }

    public void Tell(JsonObject document) => Documents[document["engine"]!.GetValue<int>()] = document.Bytes();

    public Task<IReadOnlyList<(string Name, byte[] Document)>> ReadAsync(CancellationToken cancel) => Failure is { } failure
        ? throw failure
        : Task.FromResult<IReadOnlyList<(string, byte[])>>([.. Documents.Select(pair => ($"engine {pair.Key}", pair.Value))]);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
