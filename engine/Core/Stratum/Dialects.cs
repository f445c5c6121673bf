using System.Collections.Frozen;
using Viddhana.Core.Jobs;
using Viddhana.Core.Stratum.CryptoNote;
using Viddhana.Core.Stratum.EthStratum;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum;

/// <summary>A way to talk to miners. Stateless; its sessions hold the state.</summary>
public interface IDialect
{
    /// <summary>Name in the registry: <c>v1</c>.</summary>
    string Name { get; }

    /// <summary>
    /// The session of a new connection. <paramref name="extranonce1"/> is its number (instance id and connection number); its bytes on the
    /// wire are big-endian.
    /// </summary>
    ISession NewSession(SessionPool pool, SessionPort port, uint extranonce1, Now now);

    /// <summary>Renders the work frames of a job variant, for <see cref="Chains.JobRequest.Render"/>.</summary>
    RenderNotify RenderNotify { get; }
}

/// <summary>Every dialect the engine speaks. A new one is a folder beside V1 and one line here.</summary>
public static class Dialects
{
    /// <summary>By name.</summary>
    public static readonly FrozenDictionary<string, IDialect> ByName = new IDialect[]
    {
        new V1Dialect(),
        new CryptoNoteDialect(),
        new EthStratumDialect(),
    }.ToFrozenDictionary(dialect => dialect.Name, StringComparer.Ordinal);
}
