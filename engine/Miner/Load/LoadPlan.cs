using System.Net;

namespace Viddhana.Miner.Load;

/// <summary>What the connections do once they are there.</summary>
internal enum LoadMode : byte
{
    /// <summary>Submit shares.</summary>
    Submit,

    /// <summary>Nothing: what holding them costs.</summary>
    Idle,

    /// <summary>Connect, subscribe, authorize, close, and again.</summary>
    Churn,

    /// <summary>Wait for new blocks.</summary>
    Broadcast,
}

/// <summary>What a generator run is told.</summary>
internal sealed record LoadPlan
{
    public required LoadMode Mode { get; init; }

    public required IPEndPoint Target { get; init; }

    public required int Connections { get; init; }

    /// <summary>User name; <c>{n}</c> becomes the connection's number.</summary>
    public required string User { get; init; }

    public string Password { get; init; } = "x";

    /// <summary>Shares of one connection under way: kept full without a rate, the limit with one.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Shares per second in all, due at fixed moments whatever the server does; 0: as fast as answers come.</summary>
    public double Rate { get; init; }

    public double WarmupSeconds { get; init; } = 2;

    /// <summary>Quiet time between the last connection and the reading of memory.</summary>
    public double SettleSeconds { get; init; } = 1;

    public double Seconds { get; init; } = 10;

    public double SetupMaxSeconds { get; init; } = 120;

    /// <summary>New connections per second; 0: no limit.</summary>
    public double ConnectRate { get; init; }

    /// <summary>Most conversations that are being opened at one time.</summary>
    public int OpeningMax { get; init; } = 128;

    /// <summary>Source addresses 127.0.1.1 …, taken in turn; 0: the system's choice.</summary>
    public int Sources { get; init; }

    public string? Difficulty { get; init; }

    /// <summary>Asks for version rolling and rolls.</summary>
    public bool RollsVersion { get; init; }

    public int Threads { get; init; } = 1;

    public IReadOnlyList<int> ServerPids { get; init; } = [];

    /// <summary>Makes a new block.</summary>
    public Trigger? Trigger { get; init; }

    public int Rounds { get; init; } = 5;

    /// <summary>Time for each round of a broadcast.</summary>
    public double IntervalSeconds { get; init; } = 3;

    public string Label { get; init; } = "";

    /// <summary>The address that a connection comes from.</summary>
    public IPAddress? SourceOf(int number)
    {
        const int PerNet = 250;
        if (Sources == 0) return null;

        var source = number % Sources;
        return new IPAddress([127, 0, (byte)(1 + (source / PerNet)), (byte)(1 + (source % PerNet))]);
    }
}
