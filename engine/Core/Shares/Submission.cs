using System.Runtime.InteropServices;

namespace Viddhana.Core.Shares;

/// <summary>One share as the miner sent it, in binary: text ends at the dialect's reader.</summary>
[StructLayout(LayoutKind.Auto)]
public struct Submission
{
    /// <summary>The wire job id.</summary>
    public ulong JobId;

    /// <summary>extranonce2 in wire order, the first byte in the lowest eight bits; length in <see cref="Extranonce2Size"/>.</summary>
    public ulong Extranonce2;

    /// <summary>Bytes of extranonce2, 1 to 8; of the nonce where there is a <see cref="BlobNonce"/>.</summary>
    public byte Extranonce2Size;

    /// <summary>True when the sixth parameter was present.</summary>
    public bool HasVersionBits;

    /// <summary>Header time.</summary>
    public uint Ntime;

    /// <summary>Header nonce, as a number.</summary>
    public uint Nonce;

    /// <summary>The sixth parameter (BIP 310): the bits that replace those of the template's version under the mask.</summary>
    public uint VersionBits;

    /// <summary>
    /// Where the work is a <see cref="Jobs.BlobWork"/>: the whole nonce as it stands in the blob, the first byte in the lowest eight bits.
    /// Such work has no extranonce2, so it takes that one's place.
    /// </summary>
    public ulong BlobNonce
    {
        readonly get => Extranonce2;
        set => Extranonce2 = value;
    }
}
