using Viddhana.Core.Jobs;

namespace Viddhana.Core.Stratum.V1;

/// <summary>Stratum V1 as Bitcoin and Litecoin miners speak it: JSON lines, mining.* methods, BIP 310 extensions.</summary>
public sealed class V1Dialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "v1";

    /// <inheritdoc/>
    public ISession NewSession(SessionPool pool, SessionPort port, uint extranonce1, Now now) => new V1Session(pool, port, extranonce1);

    /// <inheritdoc/>
    public RenderNotify RenderNotify => V1Writer.Notify;
}
