using Viddhana.Contracts.Config;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>What all sessions of one listening port share: how difficulty is chosen there. Immutable.</summary>
public sealed class SessionPort
{
    /// <summary>
    /// Takes the port's own difficulty section, or the pool's where the port has none. Throws <see cref="ArgumentException"/> for values
    /// that the configuration loader refuses.
    /// </summary>
    /// <param name="difficulty">The section.</param>
    /// <param name="drainTo">Where clients are sent when the engine stops; null: they come back here.</param>
    public SessionPort(DifficultyConfig difficulty, string? drainTo = null)
    {
        Min = Read(difficulty.Min, "min");
        Max = Read(difficulty.Max, "max");
        if (Min > Max) throw new ArgumentException($"difficulty.min {Min} is above difficulty.max {Max}");

        Start = Clamp(Read(difficulty.Start, "start"));
        RentalMin = Clamp(Read(difficulty.RentalMin, "rental_min"));
        HasVardiff = difficulty.Vardiff;
        DrainTo = HostAndPort.Parse(drainTo);
        Vardiff = new VardiffRules(
            ToMs(difficulty.TargetSeconds), ToMs(difficulty.RetargetSeconds), difficulty.Variance, ToMs(difficulty.IdleSeconds));
    }

    /// <summary>What a miner starts with that asks for nothing.</summary>
    public Difficulty Start { get; }

    /// <summary>The easiest difficulty of the port.</summary>
    public Difficulty Min { get; }

    /// <summary>The hardest.</summary>
    public Difficulty Max { get; }

    /// <summary>The easiest for rental services, which put many machines behind one connection.</summary>
    public Difficulty RentalMin { get; }

    /// <summary>Where clients are sent when the engine stops, or null.</summary>
    internal HostAndPort? DrainTo { get; }

    /// <summary>False: difficulty changes only when a miner asks for it.</summary>
    public bool HasVardiff { get; }

    /// <summary>How difficulty follows the hash rate.</summary>
    public VardiffRules Vardiff { get; }

    /// <summary>The nearest value the port allows.</summary>
    public Difficulty Clamp(Difficulty value) => value < Min ? Min : value > Max ? Max : value;

    private static Difficulty Read(string text, string key) =>
        Difficulty.TryParse(text, out var value) ? value : throw new ArgumentException($"difficulty.{key}: '{text}' is no difficulty");

    private static long ToMs(double seconds) => Math.Max(1, (long)(seconds * 1000));
}
