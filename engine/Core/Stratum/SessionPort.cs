using Viddhana.Contracts.Config;

namespace Viddhana.Core.Stratum;

/// <summary>What all sessions of one listening port share: how difficulty is chosen there. Immutable.</summary>
public sealed class SessionPort
{
    /// <summary>Takes the port's own difficulty section, or the pool's where the port has none. The configuration has been validated.</summary>
    public SessionPort(DifficultyConfig difficulty)
    {
        Difficulty = difficulty;
    }

    /// <summary>The section as configured.</summary>
    public DifficultyConfig Difficulty { get; }
}
