namespace Viddhana.Contracts.Config;

/// <summary>Section <c>backoffice.live</c>: who may watch <c>/api/v1/live</c>.</summary>
public sealed class LiveConfig
{
    /// <summary>Viewers at a time, in all.</summary>
    public int ViewersMax { get; set; } = 10_000;

    /// <summary>Viewers at a time from one address; many people may share one.</summary>
    public int ViewersPerAddressMax { get; set; } = 50;
}
