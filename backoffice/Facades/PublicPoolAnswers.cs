using System.Text.Json.Serialization;

namespace Viddhana.Backoffice.Facades;

// The names are those of public-pool (src/app.controller.ts, src/controllers/client/client.controller.ts) and what its page reads.

/// <summary>A point of a chart: a slot of ten minutes.</summary>
/// <param name="Label">When it began.</param>
/// <param name="Data">Hashes per second.</param>
internal sealed record PublicPoolPoint(DateTimeOffset Label, double Data)
{
    /// <summary><c>solo</c> or <c>pplns</c>; only where charts are asked for by mode.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PayoutMode { get; init; }
}

/// <summary>A block that was found.</summary>
internal sealed record PublicPoolBlock(long Height, string MinerAddress, string Worker, string SessionId);

/// <summary>A kind of miner. User agents are not kept, so there is one.</summary>
internal sealed record PublicPoolAgent(string UserAgent, long Count, double BestDifficulty, double TotalHashRate);

/// <summary>A best share.</summary>
internal sealed record PublicPoolScore(DateTimeOffset UpdatedAt, double BestDifficulty, string BestDifficultyUserAgent);

/// <summary><c>/api/info</c>.</summary>
internal sealed record PublicPoolInfo(
    IReadOnlyList<PublicPoolBlock> BlockData,
    IReadOnlyList<PublicPoolAgent> UserAgents,
    IReadOnlyList<PublicPoolScore> HighScores,
    DateTimeOffset Uptime);

/// <summary><c>/api/pool</c>.</summary>
internal sealed record PublicPoolPool(
    double TotalHashRate, long BlockHeight, long TotalMiners, IReadOnlyList<PublicPoolBlock> BlocksFound, decimal Fee);

/// <summary><c>/api/network</c>: what a node's getmininginfo says, as far as the pool's work shows it.</summary>
internal sealed record PublicPoolNetwork(
    [property: JsonPropertyName("blocks")] long Blocks,
    [property: JsonPropertyName("difficulty")] double Difficulty,
    [property: JsonPropertyName("networkhashps")] double NetworkHashPs,
    [property: JsonPropertyName("chain")] string Chain,
    [property: JsonPropertyName("currentblockweight")] long? CurrentBlockWeight,
    [property: JsonPropertyName("currentblocktx")] long? CurrentBlockTx,
    [property: JsonPropertyName("pooledtx")] long? PooledTx,
    [property: JsonPropertyName("warnings")] string Warnings);

/// <summary>Sums of shares, in difficulties.</summary>
internal sealed record PublicPoolAccounting(
    double BestSubmissionDifficulty,
    DateTimeOffset? BestSubmissionDifficultyAt,
    double CreditedDifficultyLast10Minutes,
    double CreditedDifficultyLastHour,
    double TotalCreditedDifficulty,
    double HashRateLast10Minutes,
    double HashRateLastHour,
    double NetworkDifficultyPercent);

/// <summary>A rig of <c>/api/client/ADDRESS</c>. The order of the names is that of public-pool.</summary>
internal sealed record PublicPoolWorker(
    string SessionId, string Name, string BestDifficulty, double HashRate, DateTimeOffset StartTime, DateTimeOffset LastSeen);

/// <summary>
/// <c>/api/client/ADDRESS</c>. The count stands before the list: a NerdMiner has 2 KB for both, and reads what fits.
/// </summary>
internal sealed record PublicPoolClient(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? BestDifficulty,
    int WorkersCount,
    IReadOnlyList<PublicPoolWorker> Workers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PublicPoolAccounting? Accounting);

/// <summary><c>/api/client/ADDRESS/NAME</c>.</summary>
internal sealed record PublicPoolGroup(
    string Name, double BestDifficulty, IReadOnlyList<PublicPoolPoint> ChartData, IReadOnlyList<string> PayoutModes);

/// <summary><c>/api/client/ADDRESS/NAME/SESSION</c>.</summary>
internal sealed record PublicPoolSession(
    string SessionId,
    string Name,
    double BestDifficulty,
    IReadOnlyList<PublicPoolPoint> ChartData,
    DateTimeOffset StartTime,
    string PayoutMode);
