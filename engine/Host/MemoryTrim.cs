namespace Viddhana.Engine;

/// <summary>
/// Gives memory back after a storm. Shares allocate nothing, so after thousands of log-ins or a large template no collection would come by
/// itself for hours, and what they left would stay resident. Waits until allocation has calmed down, so that it never runs in the storm.
/// </summary>
internal sealed class MemoryTrim : IDisposable
{
    private const int LookMs = 5_000;
    private const long CalmBytes = 256 << 10;
    private const long WorthBytes = 8 << 20;

    private readonly Func<long> _allocated;
    private readonly Action _collect;
    private readonly Timer? _timer;
    private long _seen;
    private long _trimmed;

    /// <summary>Looks at the process by itself from now on.</summary>
    public MemoryTrim()
        : this(() => GC.GetTotalAllocatedBytes(), Collect) => _timer = new Timer(_ => Look(), null, LookMs, LookMs);

    /// <param name="allocated">Bytes that were ever allocated.</param>
    /// <param name="collect">Gives back what is free.</param>
    internal MemoryTrim(Func<long> allocated, Action collect) => (_allocated, _collect) = (allocated, collect);

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Collects when it is worth it and allocation was calm since the last look.</summary>
    internal void Look()
    {
        var allocated = _allocated();
        var isCalm = allocated - _seen < CalmBytes;
        _seen = allocated;
        if (!isCalm || allocated - _trimmed < WorthBytes) return;

        _collect();
        _trimmed = allocated;
    }

    private static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux()) _ = Net.LibC.TrimHeap(0);   // OpenSSL's part: what thousands of handshakes have left
    }
}
