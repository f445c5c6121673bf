namespace Viddhana.Core.Algorithms;

/// <summary>scrypt with N = 1024, r = 1, p = 1 over an 80-byte header that is its own salt (RFC 7914): Litecoin and its kin.</summary>
public sealed unsafe class Scrypt : IPowAlgorithm
{
    /// <summary>Bytes of a header; no other length is hashed.</summary>
    public const int HeaderSize = 80;

    private const int HashSize = 32;
    private const int Alignment = 64;

    // 128 KiB for each lane. A thread that hashes one by one keeps 512 KiB, one that hashes batches 2 MiB, until it ends.
    [ThreadStatic]
    private static byte[]? _scratch;

    private readonly Kernel _kernel;

    /// <summary>A hasher that uses one kernel whatever the count.</summary>
    /// <exception cref="BrokenInvariantException">This process cannot run the kernel.</exception>
    public Scrypt(Kernel kernel)
    {
        Check.That(NativeKernels.CanRun(kernel));
        _kernel = kernel == Kernel.Auto && !NativeKernels.IsLoaded ? Kernel.Managed : kernel;
    }

    /// <summary>The algorithm as the engine uses it: the quickest kernels of this CPU.</summary>
    public static IPowAlgorithm Instance { get; } = new Scrypt(Kernel.Auto);

    /// <inheritdoc/>
    public string Name => "scrypt";

    /// <inheritdoc/>
    public bool IsSlow => true;

    /// <inheritdoc/>
    public void Hash(ReadOnlySpan<byte> header, Span<byte> hash) => HashMany(header, header.Length, hash);

    /// <inheritdoc/>
    public void HashMany(ReadOnlySpan<byte> headers, int headerSize, Span<byte> hashes)
    {
        Check.That(headerSize == HeaderSize);
        var count = headers.Length / HeaderSize;
        Check.That(count * HeaderSize == headers.Length && hashes.Length >= count * HashSize);
        Check.That(!headers.Overlaps(hashes));

        // Safety: everything is pinned for the call; the scratch has room for the lanes that the kernels round up to.
        fixed (byte* from = headers)
        fixed (byte* to = hashes)
        fixed (byte* scratch = ScratchFor(count))
        {
            var aligned = (byte*)(((nuint)scratch + Alignment - 1) & ~(nuint)(Alignment - 1));
            if (_kernel == Kernel.Managed) HashManaged(headers, hashes, aligned);
            else NativeKernels.Scrypt(_kernel, from, (nuint)count, to, aligned);
        }
    }

    private static void HashManaged(ReadOnlySpan<byte> headers, Span<byte> hashes, byte* scratch)
    {
        var room = new Span<byte>(scratch, NativeKernels.ScryptLaneBytes);
        for (var i = 0; i < headers.Length / HeaderSize; i++)
        {
            ManagedScrypt.Hash(headers.Slice(i * HeaderSize, HeaderSize), hashes[(i * HashSize)..], room);
        }
    }

    private static byte[] ScratchFor(int count)
    {
        var lanes = Math.Min((count + 3) & ~3, NativeKernels.ScryptLanesMax);
        var size = (lanes * NativeKernels.ScryptLaneBytes) + Alignment;
        var scratch = _scratch;
        if (scratch is null || scratch.Length < size) _scratch = scratch = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        return scratch;
    }
}
