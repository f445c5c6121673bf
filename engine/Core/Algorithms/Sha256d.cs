using Viddhana.Contracts;

namespace Viddhana.Core.Algorithms;

/// <summary>SHA-256 applied twice: proof of work, block and transaction ids and merkle nodes of Bitcoin and its kin.</summary>
public sealed unsafe class Sha256d : IPowAlgorithm
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashSize = 32;

    // Six portable compressions take about a microsecond: the limit of calls that a collection has to wait for.
    private const int ShortMax = 256;

    private readonly Kernel _kernel;

    /// <summary>A hasher that uses one kernel whatever the count.</summary>
    /// <exception cref="BrokenInvariantException">This process cannot run the kernel.</exception>
    public Sha256d(Kernel kernel)
    {
        Check.That(NativeKernels.CanRun(kernel));
        _kernel = Usable(kernel);
    }

    /// <summary>The algorithm as the engine uses it: the quickest kernels of this CPU.</summary>
    public static IPowAlgorithm Instance { get; } = new Sha256d(Kernel.Auto);

    /// <inheritdoc/>
    public string Name => "sha256d";

    /// <inheritdoc/>
    public bool IsSlow => false;

    /// <summary>
    /// The hash of one message of any length, in the order in which SHA-256 yields its bytes (block ids are printed the other way round).
    /// </summary>
    public static void Hash(ReadOnlySpan<byte> message, Span<byte> hash) => Hash(Default, message, hash);

    /// <summary>
    /// Hashes several messages of the same length that lie one after another, side by side: headers, coinbases of one job, merkle nodes
    /// (64 bytes each). The hashes lie one after another too; the spans must not overlap.
    /// </summary>
    public static void HashMany(ReadOnlySpan<byte> messages, int messageSize, Span<byte> hashes) =>
        HashMany(Default, messages, messageSize, hashes);

    /// <summary>A single SHA-256 of a message of any length.</summary>
    public static void HashSingle(ReadOnlySpan<byte> message, Span<byte> hash) => HashSingle(Default, message, hash);

    /// <inheritdoc/>
    void IPowAlgorithm.Hash(ReadOnlySpan<byte> header, Span<byte> hash) => Hash(_kernel, header, hash);

    /// <inheritdoc/>
    void IPowAlgorithm.HashMany(ReadOnlySpan<byte> headers, int headerSize, Span<byte> hashes) =>
        HashMany(_kernel, headers, headerSize, hashes);

    /// <summary><see cref="HashSingle(ReadOnlySpan{byte}, Span{byte})"/> by a kernel of choice.</summary>
    internal static void HashSingle(Kernel kernel, ReadOnlySpan<byte> message, Span<byte> hash)
    {
        Check.That(hash.Length >= HashSize);
        if (kernel == Kernel.Managed)
        {
            Sha256.Hash(message, hash);
            return;
        }

        fixed (byte* from = message)
        fixed (byte* to = hash)
        {
            if (message.Length <= ShortMax) NativeKernels.Sha256Short(kernel, from, (nuint)message.Length, to);
            else NativeKernels.Sha256(kernel, from, (nuint)message.Length, to);
        }
    }

    /// <summary>What the static forms use.</summary>
    internal static Kernel Default { get; } = Usable(Kernel.Auto);

    /// <summary>What this hasher uses.</summary>
    internal Kernel Kernel => _kernel;

    private static Kernel Usable(Kernel kernel) => kernel == Kernel.Auto && !NativeKernels.IsLoaded ? Kernel.Managed : kernel;

    private static void Hash(Kernel kernel, ReadOnlySpan<byte> message, Span<byte> hash)
    {
        Check.That(hash.Length >= HashSize);
        if (kernel == Kernel.Managed)
        {
            Sha256.HashTwice(message, hash);
            return;
        }

        // Safety: both spans are pinned for the call; the kernel reads Length bytes and writes 32.
        fixed (byte* from = message)
        fixed (byte* to = hash)
        {
            if (message.Length <= ShortMax) NativeKernels.Sha256dShort(kernel, from, (nuint)message.Length, 1, to);
            else NativeKernels.Sha256d(kernel, from, (nuint)message.Length, 1, to);
        }
    }

    private static void HashMany(Kernel kernel, ReadOnlySpan<byte> messages, int messageSize, Span<byte> hashes)
    {
        Check.That(messageSize > 0);
        var count = messages.Length / messageSize;
        Check.That(count * messageSize == messages.Length && hashes.Length >= count * HashSize);
        Check.That(!messages.Overlaps(hashes));
        if (kernel == Kernel.Managed)
        {
            for (var i = 0; i < count; i++) Sha256.HashTwice(messages.Slice(i * messageSize, messageSize), hashes[(i * HashSize)..]);
            return;
        }

        // Safety: both spans are pinned for the call; the kernel reads count messages and writes count hashes, sizes checked above.
        fixed (byte* from = messages)
        fixed (byte* to = hashes)
        {
            NativeKernels.Sha256d(kernel, from, (nuint)messageSize, (nuint)count, to);
        }
    }
}
