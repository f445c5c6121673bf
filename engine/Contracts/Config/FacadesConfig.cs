namespace Viddhana.Contracts.Config;

/// <summary>Section <c>backoffice.facades</c>: what the backoffice speaks besides its own API.</summary>
public sealed class FacadesConfig
{
    /// <summary>
    /// A listener of its own for devices that ask public-pool's API at a fixed port (NerdMiner: 2019); null: none. Nothing else answers
    /// there.
    /// </summary>
    public HttpConfig? PublicPool { get; set; }
}
