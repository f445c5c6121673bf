namespace Viddhana.Engine.Metrics;

/// <summary>The state of one dependency, as <c>/health</c> and <c>/ready</c> show it.</summary>
/// <param name="Name">Which: <c>journal</c>, <c>node btc 10.0.0.2:8332</c> …; without credentials.</param>
/// <param name="Ok">True when it works.</param>
/// <param name="Detail">A few words for the operator, without credentials.</param>
public sealed record HealthEntry(string Name, bool Ok, string Detail)
{
    /// <summary>False for what is reported only (one node of several, Redis): it alone does not make the engine unready.</summary>
    public bool IsRequired { get; init; } = true;
}
