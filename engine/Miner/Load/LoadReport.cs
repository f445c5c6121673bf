using System.Text.Json;

namespace Viddhana.Miner.Load;

/// <summary>A result as members of a JSON object. Times are microseconds where the name says nothing else.</summary>
internal static class LoadReport
{
    private const double Million = 1e6;

    public static void Write(Utf8JsonWriter json, LoadResult result)
    {
        var plan = result.Plan;
        json.WriteString("mode"u8, plan.Mode.ToString().ToLowerInvariant());
        json.WriteString("label"u8, plan.Label);
        json.WriteString("target"u8, plan.Target.ToString());
        json.WriteNumber("connections"u8, plan.Connections);
        json.WriteNumber("depth"u8, plan.Depth);
        json.WriteNumber("rate"u8, plan.Rate);
        json.WriteNumber("threads"u8, plan.Threads);
        json.WriteNumber("seconds"u8, Round(result.Seconds));
        if (plan.Mode != LoadMode.Churn) WriteSetup(json, result);
        if (plan.Mode == LoadMode.Submit) WriteShares(json, result);
        if (plan.Mode == LoadMode.Churn) WriteCycles(json, result);
        if (plan.Mode == LoadMode.Broadcast) WriteRounds(json, result);
        json.WriteNumber("disconnects"u8, result.Counts.Disconnects);
        json.WriteNumber("connectFailures"u8, result.Counts.ConnectFailures);
        json.WriteNumber("refused"u8, result.Counts.Refused);
        json.WriteNumber("cleanJobs"u8, result.Counts.CleanJobs);
        if (plan.ServerPids.Count > 0) WriteServer(json, result);
        json.WriteNumber("generatorCores"u8, Round(Per(result.GeneratorCpuSeconds, result.Seconds)));
    }

    private static void WriteSetup(Utf8JsonWriter json, LoadResult result)
    {
        json.WriteStartObject("setup"u8);
        json.WriteNumber("ready"u8, result.Ready);
        json.WriteNumber("readyAtEnd"u8, result.ReadyAtEnd);
        json.WriteNumber("seconds"u8, Round(result.SetupSeconds));
        json.WriteNumber("perSecond"u8, Round(Per(result.Ready, result.SetupSeconds)));
        if (result.Plan.ServerPids.Count > 0)
        {
            var cpu = result.Opened.CpuSeconds - result.Before.CpuSeconds;
            json.WriteNumber("serverCpuPerConnection"u8, Round(Per(cpu * Million, result.Ready)));
        }

        json.WritePropertyName("latency"u8);
        result.Counts.Opening.Write(json);
        json.WriteEndObject();
    }

    private static void WriteShares(Utf8JsonWriter json, LoadResult result)
    {
        var counts = result.Counts;
        json.WriteNumber("answers"u8, counts.Latency.Count);
        json.WriteNumber("accepted"u8, counts.Accepted);
        json.WriteStartObject("rejectedByCode"u8);
        foreach (var (code, count) in counts.Rejected) json.WriteNumber(code.ToString(), count);
        json.WriteEndObject();
        json.WriteNumber("answersPerSecond"u8, Round(Per(counts.Latency.Count, result.Seconds)));
        json.WriteNumber("acceptedPerSecond"u8, Round(Per(counts.Accepted, result.Seconds)));
        json.WriteNumber("unanswered"u8, result.Unanswered);
        json.WriteNumber("neverSent"u8, counts.NeverSent);
        json.WritePropertyName("latency"u8);
        counts.Latency.Write(json);
        if (result.Plan.Rate > 0)
        {
            json.WritePropertyName("lateness"u8);
            counts.Lateness.Write(json);
        }
    }

    private static void WriteCycles(Utf8JsonWriter json, LoadResult result)
    {
        json.WriteNumber("cycles"u8, result.Counts.Cycles);
        json.WriteNumber("cyclesPerSecond"u8, Round(Per(result.Counts.Cycles, result.Seconds)));
        json.WritePropertyName("latency"u8);
        result.Counts.Opening.Write(json);
    }

    private static void WriteRounds(Utf8JsonWriter json, LoadResult result)
    {
        json.WriteStartArray("rounds"u8);
        foreach (var round in result.Rounds) WriteRound(json, round, result);
        json.WriteEndArray();
        if (result.Rounds.Count == 0) return;

        json.WritePropertyName("median"u8);
        WriteRound(
            json,
            new BroadcastRound(
                (int)Median(r => r.Connections), Median(r => r.FirstMs), Median(r => r.LastMs), Median(r => r.P50Ms), Median(r => r.P99Ms),
                Median(r => r.CpuSeconds)),
            result);

        double Median(Func<BroadcastRound, double> of) => result.Rounds.Select(of).Order().ElementAt(result.Rounds.Count / 2);
    }

    private static void WriteRound(Utf8JsonWriter json, BroadcastRound round, LoadResult result)
    {
        json.WriteStartObject();
        json.WriteNumber("connections"u8, round.Connections);
        json.WriteNumber("triggerToFirstMs"u8, Round(round.FirstMs));
        json.WriteNumber("triggerToLastMs"u8, Round(round.LastMs));
        json.WriteNumber("spreadMs"u8, Round(round.SpreadMs));
        json.WriteNumber("p50Ms"u8, Round(round.P50Ms));
        json.WriteNumber("p99Ms"u8, Round(round.P99Ms));
        if (result.Plan.ServerPids.Count > 0)
            json.WriteNumber("serverCpuPerConnection"u8, Round(Per(round.CpuSeconds * Million, round.Connections)));
        json.WriteEndObject();
    }

    private static void WriteServer(Utf8JsonWriter json, LoadResult result)
    {
        var (start, end) = (result.Start, result.End);
        var cpu = end.CpuSeconds - start.CpuSeconds;
        json.WriteStartObject("server"u8);
        json.WriteNumber("processes"u8, end.Processes);
        json.WriteNumber("threads"u8, end.Threads);
        json.WriteNumber("userSeconds"u8, Round(end.UserSeconds - start.UserSeconds));
        json.WriteNumber("systemSeconds"u8, Round(end.SystemSeconds - start.SystemSeconds));
        json.WriteNumber("cores"u8, Round(Per(cpu, result.Seconds)));
        if (result.Plan.Mode == LoadMode.Submit)
        {
            json.WriteNumber("cpuPerAccepted"u8, Round(Per(cpu * Million, result.Counts.Accepted)));
            json.WriteNumber("userPerAccepted"u8, Round(Per((end.UserSeconds - start.UserSeconds) * Million, result.Counts.Accepted)));
            json.WriteNumber("generatorCpuPerServerCpu"u8, Round(Per(result.GeneratorCpuSeconds, cpu)));
        }

        if (result.Plan.Mode == LoadMode.Churn) json.WriteNumber("cpuPerCycle"u8, Round(Per(cpu * Million, result.Counts.Cycles)));
        json.WriteNumber("rssBeforeBytes"u8, result.Before.RssBytes);
        json.WriteNumber("rssSettledBytes"u8, result.Settled.RssBytes);
        json.WriteNumber("rssEndBytes"u8, end.RssBytes);
        json.WriteNumber("rssPeakBytes"u8, end.PeakBytes);
        if (result.Ready > 0)
        {
            json.WriteNumber("rssBytesPerConnection"u8, Round(Per(result.Settled.RssBytes - result.Before.RssBytes, result.Ready)));
            json.WriteNumber(
                "kernelTcpBytesPerConnection"u8, Round(Per(result.KernelBytes.Settled - result.KernelBytes.Before, result.Ready)));
        }

        json.WriteEndObject();
    }

    private static double Per(double sum, double count) => count > 0 ? sum / count : 0;

    private static double Round(double value) => Math.Round(value, 3);
}
