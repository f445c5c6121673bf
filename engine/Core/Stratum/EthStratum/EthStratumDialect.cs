using Viddhana.Core.Jobs;

namespace Viddhana.Core.Stratum.EthStratum;

/// <summary>
/// What miners of Ethash and its relatives speak, told apart by the first message: EthereumStratum/1.0.0 as NiceHash specified it, plain
/// Stratum as XMRig (KawPow) and ethminer speak it, and ETHPROXY (eth_submitLogin, eth_getWork). Its work is a <see cref="BlobWork"/> of
/// 40 bytes: the header hash, then the nonce of 8 bytes, most significant first.
/// </summary>
public sealed class EthStratumDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "ethstratum";

    /// <inheritdoc/>
    public ISession NewSession(SessionPool pool, SessionPort port, uint extranonce1, Now now) =>
        new EthStratumSession(pool, port, extranonce1);

    /// <inheritdoc/>
    public RenderNotify RenderNotify => (work, _) => EthStratumWriter.NotifyHead(work);
}
