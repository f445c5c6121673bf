namespace Viddhana.Miner.Mine;

/// <summary>A worker to be: its user name and how fast it hashes.</summary>
internal sealed record WorkerSpec(string User, double HashesPerSecond);

/// <summary>What a mining run is told.</summary>
internal sealed record MineOptions
{
    public required IReadOnlyList<WorkerSpec> Workers { get; init; }

    public required int Threads { get; init; }

    /// <summary>Ends after this many accepted shares.</summary>
    public long? SharesMax { get; init; }

    /// <summary>Ends after this many accepted shares that are blocks.</summary>
    public long? BlocksMax { get; init; }

    /// <summary>Ends after this time.</summary>
    public double? SecondsMax { get; init; }
}
