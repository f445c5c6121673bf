namespace Viddhana.Core.Algorithms;

/// <summary>
/// Hashes shares, of any mix of jobs, in one call: coinbase, merkle path, header. Everything that does not depend on the share is prepared
/// in <see cref="CoinbaseWords"/> and <see cref="JobWords"/>.
/// </summary>
internal static unsafe class ShareKernels
{
    /// <summary>Bytes of a header.</summary>
    public const int HeaderSize = 80;

    /// <summary>Those that <see cref="Hash"/> has a form for, of which this process can run some.</summary>
    public static readonly Kernel[] All = [Kernel.Portable, Kernel.ShaNi, Kernel.Avx2, Kernel.Avx512, Kernel.Managed];

    /// <summary>Hashes all shares. The caller keeps what they point to alive.</summary>
    /// <param name="kernel">One that this process can run.</param>
    /// <param name="shares">The shares.</param>
    /// <param name="headers">Room for 80 bytes a share, or empty if the headers are not wanted.</param>
    /// <param name="hashes">Room for the SHA-256d of each header, or empty if it is not wanted.</param>
    public static void Hash(Kernel kernel, ReadOnlySpan<KernelShare> shares, Span<byte> headers, Span<byte> hashes)
    {
        Check.That(headers.IsEmpty || headers.Length >= shares.Length * HeaderSize);
        Check.That(hashes.IsEmpty || hashes.Length >= shares.Length * Sha256d.HashSize);
        if (kernel == Kernel.Managed)
        {
            ManagedShares.Hash(shares, headers, hashes);
            return;
        }

        // Safety: all are pinned for the call, sizes are checked above, and an empty span is the null pointer that kernels expect.
        fixed (KernelShare* from = shares)
        fixed (byte* headersTo = headers)
        fixed (byte* hashesTo = hashes)
        {
            NativeKernels.Shares(kernel, from, (nuint)shares.Length, headersTo, hashesTo);
        }
    }
}
