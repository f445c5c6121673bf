using System.Buffers.Binary;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>Reads <c>mining.submit</c>: [user, job id, extranonce2, ntime, nonce, version bits?], further values ignored.</summary>
internal static class V1Submit
{
    // The longest field is extranonce2 or the job id: 16 digits.
    private const int FieldMax = 16;

    /// <summary>
    /// Reads the share in binary. Every field has exactly its length, but for the nonce: 1 to 8 digits, which small miners send without
    /// leading zeros. A job id that is none of ours reads as 0, which was never handed out.
    /// </summary>
    public static bool TryRead(in V1Reader request, int extranonce2Size, out Submission share)
    {
        share = default;
        share.Extranonce2Size = (byte)extranonce2Size;
        Span<byte> scratch = stackalloc byte[FieldMax];
        if (request.Param(1).Kind != V1Kind.String) return false;
        if (!Hex.TryReadUInt64(request.Text(request.Param(1), scratch), out share.JobId)) share.JobId = 0;

        return TryExtranonce2(request.Text(request.Param(2), scratch), extranonce2Size, out share.Extranonce2)
            && Hex.TryReadUInt32(request.Text(request.Param(3), scratch), out share.Ntime)
            && Hex.TryReadShortUInt32(request.Text(request.Param(4), scratch), out share.Nonce)
            && TryVersionBits(request, scratch, ref share);
    }

    private static bool TryExtranonce2(ReadOnlySpan<byte> digits, int size, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        var isRead = Hex.TryReadBytes(digits, bytes[..size]);
        value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return isRead;
    }

    private static bool TryVersionBits(in V1Reader request, Span<byte> scratch, ref Submission share)
    {
        if (request.Param(5).Kind is V1Kind.Missing or V1Kind.Null) return true;

        share.HasVersionBits = true;
        return Hex.TryReadUInt32(request.Text(request.Param(5), scratch), out share.VersionBits);
    }
}
