using System.Buffers.Binary;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum.EthStratum;

/// <summary>
/// Reads submissions of each mode. Every field has exactly its length. Mix digests that clients send say nothing: ours is computed.
/// </summary>
internal static class EthStratumSubmit
{
    /// <summary>Bytes of the nonce.</summary>
    public const int NonceSize = 8;

    private const int HashSize = 32;

    /// <summary>EthereumStratum: [user, job id, minernonce]; the nonce is extranonce and minernonce.</summary>
    public static bool TryReadMinerNonce(in V1Reader request, ReadOnlySpan<byte> extranonce, out Submission share)
    {
        if (!TryReadJob(request, out share)) return false;

        Span<byte> scratch = stackalloc byte[2 * NonceSize];
        Span<byte> nonce = stackalloc byte[NonceSize];
        extranonce.CopyTo(nonce);
        var isRead = Hex.TryReadBytes(request.Text(request.Param(2), scratch), nonce[extranonce.Length..]);
        share.BlobNonce = BinaryPrimitives.ReadUInt64LittleEndian(nonce);
        return isRead;
    }

    /// <summary>Plain: [user, job id, nonce, header hash, mix digest], with or without 0x.</summary>
    public static bool TryReadPlain(in V1Reader request, out Submission share) =>
        TryReadJob(request, out share) && TryNonce(request, 2, ref share);

    /// <summary>ETHPROXY: [nonce, header hash, mix digest], with or without 0x.</summary>
    /// <param name="request">The request.</param>
    /// <param name="share">The share, without its job id.</param>
    /// <param name="header">The first eight bytes of the header hash: which of its own work the client means.</param>
    public static bool TryReadProxy(in V1Reader request, out Submission share, out ulong header)
    {
        share = default;
        share.Extranonce2Size = NonceSize;
        Span<byte> scratch = stackalloc byte[2 + (2 * HashSize)];
        Span<byte> hash = stackalloc byte[HashSize];
        var isRead = Hex.TryReadBytes(Digits(request, 1, scratch), hash) && TryNonce(request, 0, ref share);
        header = KeyOf(hash);
        return isRead;
    }

    /// <summary>What a connection knows its own header hashes by.</summary>
    public static ulong KeyOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt64LittleEndian(header);

    // A job id that is none of ours reads as 0, which was never handed out.
    private static bool TryReadJob(in V1Reader request, out Submission share)
    {
        share = default;
        share.Extranonce2Size = NonceSize;
        if (request.Param(1).Kind != V1Kind.String) return false;

        Span<byte> scratch = stackalloc byte[2 * NonceSize];
        if (!Hex.TryReadUInt64(request.Text(request.Param(1), scratch), out share.JobId)) share.JobId = 0;
        return true;
    }

    private static bool TryNonce(in V1Reader request, int param, ref Submission share)
    {
        Span<byte> scratch = stackalloc byte[2 + (2 * NonceSize)];
        Span<byte> nonce = stackalloc byte[NonceSize];
        var isRead = Hex.TryReadBytes(Digits(request, param, scratch), nonce);
        share.BlobNonce = BinaryPrimitives.ReadUInt64LittleEndian(nonce);
        return isRead;
    }

    private static ReadOnlySpan<byte> Digits(in V1Reader request, int param, Span<byte> scratch)
    {
        var text = request.Text(request.Param(param), scratch);
        return text.StartsWith("0x"u8) ? text[2..] : text;
    }
}
