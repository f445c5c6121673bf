using System.Buffers.Binary;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum.CryptoNote;

/// <summary>Reads <c>submit</c>: {id, job_id, nonce, result}, further members ignored.</summary>
internal static class CryptoNoteSubmit
{
    private const int NonceSize = 4;
    private const int HashSize = 32;

    /// <summary>
    /// Reads the share in binary; every field has exactly its length. The result is what the client believes the hash to be: it must be
    /// there, but only our own hash counts. A job id that is none of ours reads as 0, which was never handed out.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="share">The share.</param>
    /// <param name="session">The session id, within the bytes of params.</param>
    public static bool TryRead(in V1Reader request, out Submission share, out V1Value session)
    {
        share = default;
        session = CryptoNoteParams.Find(request, "id"u8);
        var job = CryptoNoteParams.Find(request, "job_id"u8);
        if (job.Kind != V1Kind.String) return false;

        Span<byte> scratch = stackalloc byte[2 * HashSize];
        var members = new V1Reader(request.Raw(request.Params));
        if (!Hex.TryReadUInt64(members.Text(job, scratch), out share.JobId)) share.JobId = 0;

        Span<byte> nonce = stackalloc byte[NonceSize];
        Span<byte> hash = stackalloc byte[HashSize];
        share.Extranonce2Size = NonceSize;
        var isRead = Hex.TryReadBytes(members.Text(CryptoNoteParams.Find(request, "nonce"u8), scratch), nonce)
            && Hex.TryReadBytes(members.Text(CryptoNoteParams.Find(request, "result"u8), scratch), hash);
        share.BlobNonce = BinaryPrimitives.ReadUInt32LittleEndian(nonce);
        return isRead;
    }
}
