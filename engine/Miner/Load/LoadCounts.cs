using Viddhana.Miner.Report;

namespace Viddhana.Miner.Load;

/// <summary>What a worker thread has counted. Written by that thread alone; read by others after it has ended.</summary>
internal sealed class LoadCounts
{
    /// <summary>Shares sent, measured time and warm-up together.</summary>
    public long Sent { get; set; }

    /// <summary>In the measured time: answers that said yes.</summary>
    public long Accepted { get; set; }

    /// <summary>In the measured time: refusals by error code.</summary>
    public SortedDictionary<int, long> Rejected { get; } = [];

    public long Disconnects { get; set; }

    public long ConnectFailures { get; set; }

    /// <summary>Answers to authorize or subscribe that said no.</summary>
    public long Refused { get; set; }

    public long CleanJobs { get; set; }

    /// <summary>In the measured time: conversations opened and closed again.</summary>
    public long Cycles { get; set; }

    /// <summary>Open loop: shares that were due and could not be sent by the end, because all connections were full.</summary>
    public long NeverSent { get; set; }

    /// <summary>From when a share was due (closed loop: sent) to when its answer was read.</summary>
    public Latencies Latency { get; } = new();

    /// <summary>From the first connection attempt to the job in hand.</summary>
    public Latencies Opening { get; } = new();

    /// <summary>Open loop: how late shares were sent. A generator that is late itself has measured itself.</summary>
    public Latencies Lateness { get; } = new();

    /// <summary>Adds all of another.</summary>
    public void Add(LoadCounts other)
    {
        Sent += other.Sent;
        Accepted += other.Accepted;
        Disconnects += other.Disconnects;
        ConnectFailures += other.ConnectFailures;
        Refused += other.Refused;
        CleanJobs += other.CleanJobs;
        Cycles += other.Cycles;
        NeverSent += other.NeverSent;
        foreach (var (code, count) in other.Rejected) Rejected[code] = Rejected.GetValueOrDefault(code) + count;
        Latency.Add(other.Latency);
        Opening.Add(other.Opening);
        Lateness.Add(other.Lateness);
    }
}
