namespace Viddhana.Contracts.Config;

/// <summary>Section <c>engine.status</c>: what the engine tells the backoffice about itself.</summary>
public sealed class StatusConfig
{
    /// <summary>Milliseconds between two status documents, 250 to 60000.</summary>
    public int IntervalMs { get; set; } = 2_000;
}
