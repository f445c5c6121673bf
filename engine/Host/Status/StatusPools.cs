using System.Text.Json;
using Viddhana.Core;
using Viddhana.Engine.Net;
using Viddhana.Engine.Node;

namespace Viddhana.Engine.Status;

/// <summary>The part of the document that is about pools: shares, the job at hand, nodes.</summary>
internal sealed class StatusPools
{
    private readonly (Pool Pool, ShareRates Rates)[] _pools;

    public StatusPools(IReadOnlyList<Pool> pools)
    {
        _pools = new (Pool, ShareRates)[pools.Count];
        for (var i = 0; i < _pools.Length; i++) _pools[i] = (pools[i], new ShareRates());
    }

    public void Write(Utf8JsonWriter json, Now now)
    {
        json.WriteStartArray("pools");
        foreach (var (pool, rates) in _pools)
        {
            rates.Sample(pool.Metrics, now.MonotonicMs);
            json.WriteStartObject();
            json.WriteString("id", pool.Id);
            json.WriteString("coin", pool.Config.Coin);
            json.WriteString("network", pool.Config.Network);
            json.Measure("hashrate", pool.Metrics.Hashrate.PerSecond(now.MonotonicMs));
            json.WriteNumber("blocksFound", pool.Metrics.BlocksFound.Value);
            json.WriteNumber("blocksWaiting", pool.BlocksWaiting);
            WriteShares(json, rates);
            WriteJob(json, pool, now);
            WriteNodes(json, pool);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteShares(Utf8JsonWriter json, ShareRates rates)
    {
        json.WriteStartObject("shares");
        for (var i = 0; i < PoolMetrics.ResultNames.Count; i++) json.WriteNumber(PoolMetrics.ResultNames[i], rates.Totals[i]);
        json.WriteEndObject();
        json.WriteStartObject("sharesPerSecond");
        for (var i = 0; i < PoolMetrics.ResultNames.Count; i++) json.Measure(PoolMetrics.ResultNames[i], rates.PerSecond(i));
        json.WriteEndObject();
    }

    private static void WriteJob(Utf8JsonWriter json, Pool pool, Now now)
    {
        var jobs = pool.Jobs;
        json.WriteStartObject("jobs");
        json.WriteNumber("newTips", jobs.NewTips);
        json.WriteNumber("refreshes", jobs.Refreshes);
        json.WriteNumber("refused", jobs.Refused.Value);
        json.Note("lastRefusal", jobs.LastRefusal);
        json.Text("templateError", pool.TemplateError);
        json.Measure("templateAgeSeconds", pool.TemplateAgeMs < 0 ? -1 : pool.TemplateAgeMs / 1_000.0);
        if (pool.CurrentJob is { } job)
        {
            json.WriteNumber("job", job.Serial);
            json.WriteNumber("height", job.Height);
            json.Measure("ageSeconds", (now.MonotonicMs - job.CreatedMs) / 1_000.0);
            json.WriteNumber("transactions", jobs.Transactions);
            json.WriteString("reason", job.IsNewTip ? "newtip" : "refresh");
        }

        json.WriteEndObject();
    }

    private static void WriteNodes(Utf8JsonWriter json, Pool pool)
    {
        json.WriteStartArray("nodes");
        foreach (var node in pool.Nodes.Links)
        {
            json.WriteStartObject();
            json.WriteString("name", node.Name);
            json.WriteNumber("rank", node.Rank);
            json.WriteString("state", StateOf(node.Condition));
            json.WriteBoolean("active", node == pool.Nodes.Active);
            json.WriteBoolean("lags", node.Lags);
            json.WriteNumber("height", node.Height);
            json.Measure("latencyMs", node.LatencyMs);
            json.Measure("templateMs", node.TemplateMs);
            json.Text("detail", node.Detail);
            json.Note("lastError", node.LastError);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string StateOf(NodeCondition condition) => condition switch
    {
        NodeCondition.Starting => "starting",
        NodeCondition.Up => "up",
        NodeCondition.LoggedOut => "loggedout",
        NodeCondition.WarmingUp => "warmingup",
        NodeCondition.Syncing => "syncing",
        NodeCondition.NoTemplate => "notemplate",
        NodeCondition.WrongNetwork => "wrongnetwork",
        _ => "down",
    };
}
