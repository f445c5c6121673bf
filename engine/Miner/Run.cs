using System.Diagnostics;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Miner.Net;
using Viddhana.Miner.Report;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner;

/// <summary>What every kind of run is told.</summary>
internal sealed record RunOptions
{
    public required PoolUrl Url { get; init; }

    public required IPowAlgorithm Algorithm { get; init; }

    public required string Password { get; init; }

    public string? SuggestedDifficulty { get; init; }

    public bool AcceptsAnyCertificate { get; init; }

    public bool RollsVersion { get; init; } = true;

    /// <summary>Longest pause between connection attempts before the random part.</summary>
    public int ReconnectMaxMs { get; init; } = 30_000;

    public int? Seed { get; init; }
}

/// <summary>What the rigs of a run share. Whatever is not said to be otherwise is used under <see cref="Gate"/>.</summary>
/// <param name="options">The options.</param>
/// <param name="log">Events.</param>
/// <param name="transcript">Answered shares; null: not kept.</param>
internal sealed class Run(RunOptions options, EventLog log, Transcript? transcript)
{
    private const int ToldPerSecondMax = 20;

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Random _random = options.Seed is { } seed ? new Random(seed) : new Random();
    private long _toldSecond;
    private int _toldInSecond;

    /// <summary>The one lock: connections, rigs and totals.</summary>
    public Lock Gate { get; } = new();

    public Totals Totals { get; } = new();

    public EventLog Log { get; } = log;

    public Transcript? Transcript { get; } = transcript;

    /// <summary>True once the run only waits for the last answers.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Monotonic milliseconds since the start. Needs no gate.</summary>
    public long NowMs => _watch.ElapsedMilliseconds;

    /// <summary>Milliseconds since 1970.</summary>
    public static long UtcMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>The difficulty-1 target that pools of the algorithm use.</summary>
    public static UInt256 Difficulty1(string algorithm) => algorithm switch
    {
        "scrypt" => new UInt256(0, 0, 0, 0x0000_ffff_0000_0000),
        _ => new UInt256(0, 0, 0, 0x0000_0000_ffff_0000),
    };

    /// <summary>A rig with a connection of its own.</summary>
    public Rig NewRig(string user, Action<Rig, TimeSpan>? answered = null, Action<Rig>? linesDone = null, Action<Rig>? workChanged = null)
    {
        var random = new Random(_random.Next());
        var stratum = new StratumOptions(
            user, options.Password, Difficulty1(options.Algorithm.Name), options.RollsVersion, options.SuggestedDifficulty);
        var connection = new PoolConnection(options.Url, options.AcceptsAnyCertificate, Gate, new Backoff(random, options.ReconnectMaxMs));
        return new Rig(this, stratum, connection, random) { Answered = answered, LinesDone = linesDone, WorkChanged = workChanged };
    }

    /// <summary>Tells of something that may happen to a thousand rigs at once: a few lines a second, the others are dropped.</summary>
    public void TellLimited(string name, string worker, string text)
    {
        var second = NowMs / 1_000;
        if (second != _toldSecond) (_toldSecond, _toldInSecond) = (second, 0);
        if (++_toldInSecond <= ToldPerSecondMax || Log.IsJson) Log.Tell(name, worker, text, UtcMs);
    }
}
