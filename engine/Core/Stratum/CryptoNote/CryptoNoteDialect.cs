using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.CryptoNote;

/// <summary>
/// What XMRig and other CryptoNote miners speak: JSON-RPC lines with login, job, submit, keepalived, getjob. Its work is a
/// <see cref="BlobWork"/> with a nonce of 4 bytes and a blob for each connection. The coin's algorithm is named as XMRig names it
/// (<c>rx/0</c>), and its difficulty 1 is the target that every hash meets.
/// </summary>
public sealed class CryptoNoteDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "cryptonote";

    /// <inheritdoc/>
    public ISession NewSession(SessionPool pool, SessionPort port, uint extranonce1, Now now)
    {
        // Compact targets are 2^64 / difficulty.
        Check.That(pool.Difficulties.Get(Difficulty.One).Target == UInt256.Max);
        return new CryptoNoteSession(pool, port, extranonce1);
    }

    /// <inheritdoc/>
    public RenderNotify RenderNotify => (work, _) => CryptoNoteWriter.JobHead(work);
}
