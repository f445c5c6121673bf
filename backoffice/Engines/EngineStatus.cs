using System.Text.Json;
using System.Text.Json.Serialization;

namespace Viddhana.Backoffice.Engines;

/// <summary>What an engine says of itself: its status document, format 1. Times are Unix milliseconds, 0 for never.</summary>
public sealed record EngineStatus
{
    /// <summary>Longest document that is read.</summary>
    public const int BytesMax = 256 << 10;

    private const long TimeMax = 253_402_300_800_000;   // the year 10000

    /// <summary>Version of the document.</summary>
    public int Format { get; init; }

    /// <summary>Instance id.</summary>
    public int Engine { get; init; }

    /// <summary>Of its journal, 16 hex digits.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>Number of this process start.</summary>
    public int ProcessStart { get; init; }

    /// <summary>Rises by one with each document of a process.</summary>
    public long Number { get; init; }

    /// <summary>running or stopped.</summary>
    public string State { get; init; } = "";

    /// <summary>When it was written, by the engine's clock.</summary>
    public long At { get; init; }

    /// <summary>Milliseconds between documents.</summary>
    public int IntervalMs { get; init; } = 2_000;

    /// <summary>Of the program.</summary>
    public string Version { get; init; } = "";

    /// <summary>The machine.</summary>
    public string Host { get; init; } = "";

    /// <summary>Start of the process.</summary>
    public long StartedAt { get; init; }

    /// <summary>Seconds since then.</summary>
    public long UptimeSeconds { get; init; }

    /// <summary>Threads that serve connections.</summary>
    public int Threads { get; init; }

    /// <summary>Milliseconds since the last turn of the thread that is longest silent.</summary>
    public long LoopSilentMs { get; init; }

    /// <summary>Resident memory.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>CPU time since the start.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>Open connections.</summary>
    public int Connections { get; init; }

    /// <summary>How many there may be.</summary>
    public int ConnectionsMax { get; init; }

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<ListenerStatus> Listeners { get; init; } = [];

    /// <summary>Its pools.</summary>
    public IReadOnlyList<PoolStatus> Pools { get; init; } = [];

    /// <summary>Its journal.</summary>
    public JournalStatus Journal { get; init; } = new();

    /// <summary>How Redis is for it; null: not used.</summary>
    public RedisState? Redis { get; init; }

    /// <summary>What was turned away or cut off since the start, by cause.</summary>
    public IReadOnlyDictionary<string, long> Limits { get; init; } = new Dictionary<string, long>();

    /// <summary>Its certificate; null: none.</summary>
    public CertificateStatus? Tls { get; init; }

    /// <summary>Names and bans as it knows them.</summary>
    public DirectoryStatus Directory { get; init; } = new();

    // What is missing has a default; what is null is no engine's word.
    private bool IsWhole => Listeners is not null && Pools is not null && Journal is not null && Limits is not null && Directory is not null
        && StartedAt is >= 0 and < TimeMax && (Tls is null || Tls.NotAfter is > 0 and < TimeMax)
        && Listeners.All(listener => listener is not null)
        && Pools.All(pool => pool is { Id: not null, Shares: not null, SharesPerSecond: not null, Jobs: not null, Nodes: not null }
            && pool.Jobs.LastRefusalAt is >= 0 and < TimeMax
            && pool.Nodes.All(node => node is { Name: not null, State: not null, Detail: not null, LastErrorAt: >= 0 and < TimeMax }));

    /// <summary>Reads a document; null with what is wrong with it.</summary>
    public static EngineStatus? Read(ReadOnlySpan<byte> json, out string error)
    {
        error = $"longer than {BytesMax} bytes";
        if (json.Length > BytesMax) return null;

        try
        {
            var status = JsonSerializer.Deserialize<EngineStatus>(json, JsonSerializerOptions.Web);
            error = status is null ? "empty" : status.Format < 1 || !status.IsWhole ? "no whole status document" : "";
            return error.Length == 0 ? status : null;
        }
        catch (JsonException broken)
        {
            error = broken.Message;
            return null;
        }
    }
}

/// <summary>A Stratum port.</summary>
public sealed record ListenerStatus(
    string Pool, string Address, int Port, string Tls, bool HasBalancers, int Plain, int Encrypted, int Sessions, string? Trouble);

/// <summary>A pool on an engine.</summary>
public sealed record PoolStatus(
    string Id,
    string Coin,
    string Network,
    double Hashrate,
    long BlocksFound,
    int BlocksWaiting,
    IReadOnlyDictionary<string, long> Shares,
    IReadOnlyDictionary<string, double> SharesPerSecond,
    JobStatus Jobs,
    IReadOnlyList<NodeStatus> Nodes);

/// <summary>A pool's work on an engine. What is about the job at hand is null before the first.</summary>
public sealed record JobStatus(
    long NewTips,
    long Refreshes,
    long Refused,
    string? LastRefusal,
    long LastRefusalAt,
    string? TemplateError,
    double TemplateAgeSeconds,
    long? Job,
    long? Height,
    double? AgeSeconds,
    int? Transactions,
    string? Reason);

/// <summary>A coin node as an engine sees it; latencies and height are -1 before the first answer.</summary>
public sealed record NodeStatus(
    string Name,
    int Rank,
    string State,
    bool Active,
    bool Lags,
    long Height,
    double LatencyMs,
    double TemplateMs,
    string Detail,
    string? LastError,
    long LastErrorAt);

/// <summary>The store of shares.</summary>
public sealed record JournalStatus
{
    /// <summary>Bytes in use.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes at which shares are refused.</summary>
    public long BytesMax { get; init; }

    /// <summary>Last sequence written.</summary>
    public long Sequence { get; init; }

    /// <summary>Last sequence flushed.</summary>
    public long Synced { get; init; }

    /// <summary>Last sequence that is in the database, as far as the engine knows.</summary>
    public long Committed { get; init; }

    /// <summary>Milliseconds of the last flush.</summary>
    public double FsyncMs { get; init; }

    /// <summary>Milliseconds of the slowest since the document before.</summary>
    public double FsyncWorstMs { get; init; }

    /// <summary>Why shares are refused, or null.</summary>
    public string? Trouble { get; init; }

    /// <summary>How full it is, 0 to 1.</summary>
    [JsonIgnore]
    public double Fill => BytesMax > 0 ? (double)Bytes / BytesMax : 0;
}

/// <summary>Redis as an engine sees it.</summary>
public sealed record RedisState(string State, bool Ok, string Detail, long Lag, long Messages, long Resends);

/// <summary>A TLS certificate.</summary>
public sealed record CertificateStatus(string Sha256, long NotAfter, string Subject, string? Trouble);

/// <summary>What an engine knows of names and bans.</summary>
public sealed record DirectoryStatus
{
    /// <summary>Version of the document; "" before the first.</summary>
    public string Version { get; init; } = "";

    /// <summary>When it was told last; 0 where it goes by the copy of before its start.</summary>
    public long ToldAt { get; init; }

    /// <summary>Stratum names.</summary>
    public int Names { get; init; }

    /// <summary>Bans in force.</summary>
    public int Bans { get; init; }

    /// <summary>What is wrong with it, or null.</summary>
    public string? Trouble { get; init; }
}
