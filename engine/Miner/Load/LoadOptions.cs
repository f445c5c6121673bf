namespace Viddhana.Miner.Load;

/// <summary>What a load run is told.</summary>
internal sealed record LoadOptions
{
    public required int Connections { get; init; }

    /// <summary>User name; <c>{n}</c> becomes the connection's number.</summary>
    public required string User { get; init; }

    /// <summary>Shares per second over all connections; 0: as fast as answers come.</summary>
    public required double SharesPerSecond { get; init; }

    /// <summary>Most shares of one connection that wait for answers.</summary>
    public required int Depth { get; init; }

    public required double Seconds { get; init; }
}
